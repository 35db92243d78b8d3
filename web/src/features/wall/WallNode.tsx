/** One node on the wall: its name, its state, and a cell for each GPU, or for how many of its slots are held. */
import { Box, Paper, Stack } from "@mui/material";
import type { Worker } from "@/api/types";
import { GpuCell } from "@/features/fleet/GpuCell";
import { StateChip } from "@/shared/StateChip";

export function WallNode({ node }: { node: Worker }) {
  return (
    <Paper component="section" aria-label={`Node ${node.name}`} sx={{ p: 1, minWidth: 0 }}>
      <Stack direction="row" sx={{ justifyContent: "space-between", gap: 1, mb: 0.5 }}>
        <Box component="bdi" sx={{ fontWeight: 650, overflow: "hidden", textOverflow: "ellipsis" }}>
          {node.name}
        </Box>
        <StateChip state={node.state} />
      </Stack>
      {node.gpus.length > 0 ? (
        <Box sx={{ display: "grid", gap: 0.5, gridTemplateColumns: "repeat(4, 1fr)" }}>
          {node.gpus.map((gpu) => (
            <GpuCell key={gpu.uuid} gpu={gpu} node={node} measure="utilisation" />
          ))}
        </Box>
      ) : (
        <Box sx={{ color: "text.secondary" }}>
          {node.slots - node.slots_free} of {node.slots} slots held
        </Box>
      )}
    </Paper>
  );
}
