/** Which part of the log, what is looked for in it, and where to go. */
import { mdiAlertCircleOutline, mdiArrowDown, mdiArrowUp, mdiChevronDoubleDown, mdiDownload } from "@mdi/js";
import { Button, IconButton, Stack, TextField, ToggleButton } from "@mui/material";
import type { Job } from "@/api/types";
import { Icon } from "@/shared/Icon";

interface Props {
  job: Job;
  rank: number | null;
  attempt: number;
  choose: (name: "rank" | "attempt", value: string) => void;
  words: string;
  setWords: (words: string) => void;
  find: (step: 1 | -1) => void;
  toError: () => void;
  following: boolean;
  setFollowing: (following: boolean) => void;
  textUrl: string;
}

/** 0, 1, 2 … `count` of them. */
function upTo(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

export function LogBar(props: Props) {
  const { job, rank, attempt, words } = props;
  const ranks = Math.max(job.request.ranks, (rank ?? 0) + 1, ...job.shares.map((each) => each.first_rank + each.ranks));
  return (
    <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 1, alignItems: "center" }}>
      <Choice
        label="Rank"
        value={rank === null ? "" : String(rank)}
        all="All ranks"
        numbers={upTo(ranks)}
        onChange={(value) => props.choose("rank", value)}
      />
      <Choice
        label="Attempt"
        value={attempt ? String(attempt) : ""}
        all="All attempts"
        numbers={upTo(Math.max(job.attempt, attempt), 1)}
        onChange={(value) => props.choose("attempt", value)}
      />
      <Stack
        component="form"
        role="search"
        direction="row"
        sx={{ alignItems: "center", flexGrow: { xs: 1, sm: 0 } }}
        onSubmit={(event) => {
          event.preventDefault();
          props.find(-1);
        }}
      >
        <TextField
          label="Search the log"
          value={words}
          onChange={(event) => props.setWords(event.target.value)}
          slotProps={{ htmlInput: { maxLength: 200 } }}
          sx={{ flexGrow: 1 }}
        />
        <IconButton type="submit" aria-label="Previous match" disabled={!words}>
          <Icon path={mdiArrowUp} />
        </IconButton>
        <IconButton aria-label="Next match" disabled={!words} onClick={() => props.find(1)}>
          <Icon path={mdiArrowDown} />
        </IconButton>
      </Stack>
      <Button startIcon={<Icon path={mdiAlertCircleOutline} />} onClick={props.toError}>
        To the error
      </Button>
      <ToggleButton
        value="follow"
        size="small"
        selected={props.following}
        onChange={() => props.setFollowing(!props.following)}
        sx={{ textTransform: "none", gap: 0.5 }}
      >
        <Icon path={mdiChevronDoubleDown} /> Follow
      </ToggleButton>
      <Button component="a" href={props.textUrl} download startIcon={<Icon path={mdiDownload} />}>
        Download
      </Button>
    </Stack>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  all: string;
  numbers: readonly number[];
  onChange: (value: string) => void;
}

function Choice({ label, value, all, numbers, onChange }: ChoiceProps) {
  return (
    <TextField
      select
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}
      sx={{ minWidth: 110 }}
    >
      <option value="">{all}</option>
      {numbers.map((number) => (
        <option key={number} value={number}>
          {number}
        </option>
      ))}
    </TextField>
  );
}
