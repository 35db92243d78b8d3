/** A node with its GPUs, each a cell; one without GPUs with its slots. */
import { Box, Link as MuiLink, LinearProgress, Paper, Stack, Typography } from "@mui/material";
import { Link } from "react-router";
import type { Worker } from "@/api/types";
import { percent } from "@/shared/format";
import { StateChip } from "@/shared/StateChip";
import { GpuCell } from "./GpuCell";
import type { Measure } from "./look";
import { NodeActions } from "./NodeActions";

export function NodeCard({ node, measure }: { node: Worker; measure: Measure }) {
  return (
    <Paper component="section" aria-label={`Node ${node.name}`} sx={{ p: 1.5, minWidth: 0 }}>
      <Stack direction="row" sx={{ alignItems: "center", gap: 1, mb: 1 }}>
        <MuiLink
          component={Link}
          to={`/fleet/${node.name}`}
          sx={{ fontWeight: 650, overflow: "hidden", textOverflow: "ellipsis" }}
        >
          <bdi>{node.name}</bdi>
        </MuiLink>
        <Box sx={{ flexGrow: 1 }} />
        <StateChip state={node.state} />
        <NodeActions node={node} />
      </Stack>
      {node.gpus.length > 0 && (
        <Box sx={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(72px, 1fr))", gap: 0.75, mb: 1 }}>
          {node.gpus.map((gpu) => (
            <GpuCell key={gpu.uuid} gpu={gpu} node={node} measure={measure} />
          ))}
        </Box>
      )}
      <Bar title="CPU" part={node.cpu === null ? null : node.cpu / 100} />
      <Bar title="Memory" part={node.memory_used === null ? null : node.memory_used / node.memory} />
      <Typography variant="body2" color="text.secondary" sx={{ mt: 0.5 }}>
        {node.slots_free} of {node.slots} slots free
        {node.disk === "ok" ? "" : ` · its disk is ${node.disk}`}
        {node.jobs.length ? ` · ${node.jobs.length} ${node.jobs.length === 1 ? "job" : "jobs"}` : ""}
      </Typography>
    </Paper>
  );
}

function Bar({ title, part }: { title: string; part: number | null }) {
  return (
    <Stack direction="row" sx={{ alignItems: "center", gap: 1 }}>
      <Typography variant="body2" sx={{ width: 64 }}>
        {title}
      </Typography>
      <LinearProgress
        variant="determinate"
        role="meter"
        aria-label={title}
        value={100 * Math.min(part ?? 0, 1)}
        sx={{ flexGrow: 1, height: 6, borderRadius: 3 }}
      />
      <Typography variant="body2" sx={{ width: 44, textAlign: "end" }}>
        {percent(part)}
      </Typography>
    </Stack>
  );
}
