/** What narrows the list: words, states, whose. All of it is in the address. */
import { Button, Chip, MenuItem, Stack, TextField, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { meQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { LIVE, STATES, type View } from "./view";

interface Props {
  view: View;
  jobs: readonly Job[];
  found: number;
  onChange: (view: View) => void;
}

interface Preset {
  title: string;
  states: readonly string[];
}

const PRESETS: readonly Preset[] = [
  { title: "All", states: [] },
  { title: "Live", states: LIVE },
  { title: "Waiting", states: ["queued"] },
  { title: "Failed", states: ["failed"] },
];

const same = (one: readonly string[], other: readonly string[]) => one.join() === other.join();

export function FilterBar({ view, jobs, found, onChange }: Props) {
  const me = useQuery(meQuery).data?.user ?? "";
  const teams = useMemo(() => [...new Set(jobs.map((job) => job.team))].sort(), [jobs]);
  const owners = useMemo(() => [...new Set(jobs.map((job) => job.owner))].sort(), [jobs]);
  const narrowed = view.words !== "" || view.states.length > 0 || view.owner !== "" || view.team !== "";
  return (
    <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 1, alignItems: "center" }} role="search">
      <TextField
        label="Filter"
        type="search"
        value={view.words}
        onChange={(event) => onChange({ ...view, words: event.target.value })}
        sx={{ width: 220 }}
      />
      {PRESETS.map((preset) => (
        <Chip
          key={preset.title}
          label={preset.title}
          variant={same(view.states, preset.states) ? "filled" : "outlined"}
          aria-pressed={same(view.states, preset.states)}
          onClick={() => onChange({ ...view, states: preset.states })}
        />
      ))}
      <Chip
        label="Mine"
        variant={view.owner === me ? "filled" : "outlined"}
        aria-pressed={view.owner === me}
        onClick={() => onChange({ ...view, owner: view.owner === me ? "" : me })}
      />
      <Choice
        label="State"
        value={view.states.length === 1 ? (view.states[0] ?? "") : ""}
        options={STATES}
        onChange={(state) => onChange({ ...view, states: state ? [state] : [] })}
      />
      <Choice label="Team" value={view.team} options={teams} onChange={(team) => onChange({ ...view, team })} />
      <Choice label="Owner" value={view.owner} options={owners} onChange={(owner) => onChange({ ...view, owner })} />
      <Chip
        label="By team"
        variant={view.grouped ? "filled" : "outlined"}
        aria-pressed={view.grouped}
        onClick={() => onChange({ ...view, grouped: !view.grouped })}
      />
      <Typography role="status" color="text.secondary">
        {narrowed ? `${found.toLocaleString()} shown` : ""}
      </Typography>
      {narrowed && (
        <Button onClick={() => onChange({ ...view, words: "", states: [], owner: "", team: "" })}>Show all</Button>
      )}
    </Stack>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly string[];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  // One that the address names is shown, even where no job has it.
  const all = value && !options.includes(value) ? [value, ...options] : options;
  return (
    <TextField
      select
      label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      sx={{ minWidth: 104 }}
    >
      <MenuItem value="">Any</MenuItem>
      {all.map((option) => (
        <MenuItem key={option} value={option}>
          {option}
        </MenuItem>
      ))}
    </TextField>
  );
}
