/** What a job can go on from: each with its files. */
import { mdiChevronDown, mdiChevronRight, mdiContentSaveOutline } from "@mdi/js";
import { Box, Button, Paper, Stack, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import type { Job } from "@/api/types";
import { Ago } from "@/shared/Ago";
import { Empty } from "@/shared/Empty";
import { bytes, figure } from "@/shared/format";
import { Icon } from "@/shared/Icon";
import { Loaded } from "@/shared/Loaded";
import type { Checkpoint } from "@/api/types";
import { useMay } from "@/shared/roles";
import { cloneUrl } from "./clone";
import { Files } from "./Files";
import { checkpointFilesQuery, checkpointsQuery, fileUrl } from "./queries";

const NONE = (
  <>
    What <code>save_checkpoint()</code> of the training library keeps is listed here while the job runs.
  </>
);

export function Checkpoints({ job }: { job: Job }) {
  const query = useQuery(checkpointsQuery(job.id));
  return (
    <Loaded query={query}>
      {(checkpoints) => {
        const next = checkpoints.find((each) => each.state === "saved");
        return checkpoints.length ? (
          <Stack spacing={1} component="ul" aria-label="Checkpoints" sx={{ listStyle: "none", p: 0, m: 0 }}>
            {checkpoints.map((each) => (
              <One key={`${each.attempt}.${each.serial}`} job={job} checkpoint={each} next={each === next} />
            ))}
          </Stack>
        ) : (
          <Empty icon={mdiContentSaveOutline} title="No checkpoints yet" text={NONE} />
        );
      }}
    </Loaded>
  );
}

interface Props {
  job: Job;
  checkpoint: Checkpoint;
  /** Whether the next attempt goes on from it. */
  next: boolean;
}

function One({ job, checkpoint, next }: Props) {
  const [open, setOpen] = useState(false);
  const maySubmit = useMay("submit");
  const metrics = Object.entries(checkpoint.metrics).map(([name, value]) => `${name} ${figure(value)}`);
  const words = [
    checkpoint.state === "incoming" && "not all of it has arrived",
    checkpoint.best && "the best",
    next && "the next attempt goes on from here",
  ].filter(Boolean);
  return (
    <Paper component="li" sx={{ p: 1.5, minWidth: 0 }}>
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 2, alignItems: "center" }}>
        <Button
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          startIcon={<Icon path={open ? mdiChevronDown : mdiChevronRight} />}
        >
          Step {checkpoint.step}
        </Button>
        <span>{bytes(checkpoint.size)}</span>
        <Ago at={checkpoint.at} />
        <span>attempt {checkpoint.attempt}</span>
        {metrics.length > 0 && <bdi>{metrics.join(", ")}</bdi>}
        {words.length > 0 && <strong>{words.join(", ")}</strong>}
        {maySubmit && checkpoint.state === "saved" && (
          <Button
            component={Link}
            to={cloneUrl(job.id, { resume_from: `${job.id}@${checkpoint.step}` })}
            aria-label={`New job from step ${checkpoint.step}`}
          >
            New job from here
          </Button>
        )}
      </Stack>
      {open && (
        <Box sx={{ mt: 1 }}>
          {checkpoint.path ? (
            <Typography>
              On shared storage: <code>{checkpoint.path}</code>
            </Typography>
          ) : (
            <CheckpointFiles job={job.id} step={checkpoint.step} />
          )}
        </Box>
      )}
    </Paper>
  );
}

function CheckpointFiles({ job, step }: { job: string; step: number }) {
  const query = useQuery(checkpointFilesQuery(job, String(step)));
  return (
    <Loaded query={query}>
      {(files) => <Files files={files} urlOf={({ path }) => fileUrl(job, `checkpoints/${step}/files`, path)} />}
    </Loaded>
  );
}
