/** One GPU: a figure on its colour, and its state in a word below. A held one leads to its job. */
import { ButtonBase, Tooltip } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { jobQuery } from "@/api/queries";
import type { Gpu, Worker } from "@/api/types";
import { look, type Measure, stateOf, words } from "./look";

interface Props {
  gpu: Gpu;
  node: Worker;
  measure: Measure;
}

/** Frames by state: a free one is thin, what needs somebody's hand is thick or broken. */
const FRAMES: Record<string, object> = {
  free: { border: "1px solid", borderColor: "divider" },
  held: { border: "1px solid", borderColor: "primary.main" },
  dirty: { border: "3px dashed", borderColor: "warning.main" },
  foreign: { border: "3px dotted", borderColor: "secondary.main" },
  sick: { border: "3px double", borderColor: "error.main" },
  unknown: { border: "1px dashed", borderColor: "text.secondary" },
};

export function GpuCell({ gpu, node, measure }: Props) {
  const holder = useQuery({ ...jobQuery(gpu.job ?? ""), enabled: Boolean(gpu.job) });
  const { text, level } = look(gpu, measure);
  const state = stateOf(gpu, node);
  const sentence = words(gpu, node, gpu.job ? (holder.data?.name ?? gpu.job) : "");
  return (
    <Tooltip title={sentence}>
      <ButtonBase
        component={Link}
        to={gpu.job ? `/jobs/${gpu.job}` : `/fleet/${node.name}`}
        aria-label={`${text} ${state}: ${sentence}`}
        sx={{
          ...FRAMES[state],
          borderRadius: 1,
          height: 48,
          display: "grid",
          alignContent: "center",
          fontSize: "0.8rem",
          color: "text.primary",
          // At most 45 % of the colour: the figure on it stays readable.
          background: `color-mix(in srgb, var(--mui-palette-primary-main) ${Math.round(45 * (level ?? 0))}%, transparent)`,
        }}
      >
        <b>{text}</b> <span>{state}</span>
      </ButtonBase>
    </Tooltip>
  );
}
