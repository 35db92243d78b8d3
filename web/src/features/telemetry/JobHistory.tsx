/** What the GPUs of a job measured while it ran, or the nodes of a job without any, under its curves. */
import { Button, Stack, Typography } from "@mui/material";
import type { Job } from "@/api/types";
import Figures from "./Figures";
import { figuresOf, OF_GPUS, OF_NODE, within } from "./history";
import { useHistories } from "./useHistory";

interface Props {
  job: Job;
  /** Unix seconds that the time axis begins with. */
  zero: number;
  /** What the curves above reach over, in seconds since then; null where they are drawn over steps. */
  span: readonly [from: number, to: number] | null;
  overTime: () => void;
  onZoom: (from: number, to: number) => void;
}

export function JobHistory({ job, zero, span, overTime, onZoom }: Props) {
  const nodes = job.shares.map((share) => share.node);
  const histories = useHistories(nodes, zero, job.ended ?? 0);
  if (!nodes.length) return null;
  const sources = job.shares.flatMap((share, place) => {
    const history = histories[place]?.data;
    return history ? [{ node: nodes.length > 1 ? share.node : "", history, gpus: share.gpus }] : [];
  });
  const figures = figuresOf(job.shares.some((share) => share.gpus.length) ? OF_GPUS : OF_NODE, sources, zero);
  return (
    <section aria-label="Telemetry">
      <Stack direction="row" useFlexGap sx={{ flexWrap: "wrap", gap: 2, alignItems: "center", mt: 3, mb: 1 }}>
        <Typography variant="h2">What its {job.shares[0]?.gpus.length ? "GPUs" : "nodes"} measured</Typography>
        {!span && (
          <>
            <Typography color="text.secondary">It is known by the time, not by steps.</Typography>
            <Button onClick={overTime}>Draw all over time</Button>
          </>
        )}
      </Stack>
      {span && !figures.length && (
        <Typography color="text.secondary">Nothing of that time is kept: it reaches back a day at most.</Typography>
      )}
      {span && (
        <Figures
          axis="time"
          onZoom={onZoom}
          figures={figures.map(({ title, lines }) => ({ title, lines: lines.map((line) => within(line, ...span)) }))}
        />
      )}
    </section>
  );
}
