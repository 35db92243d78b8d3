/** What the whole fleet has, holds and draws. */
import { Box, Paper, Typography } from "@mui/material";
import type { Worker } from "@/api/types";
import { totals } from "./look";

export function Totals({ nodes }: { nodes: readonly Worker[] }) {
  const all = totals(nodes);
  const figures: [string, string][] = [
    ["Nodes online", `${all.online} of ${all.nodes}`],
    ...(all.gpus ? [["GPUs held", `${all.held} of ${all.gpus}`] as [string, string]] : []),
    ...(all.gpus ? [["GPUs free", String(all.free)] as [string, string]] : []),
    ...(all.trouble ? [["GPUs in trouble", String(all.trouble)] as [string, string]] : []),
    ["Slots free", `${all.slotsFree} of ${all.slots}`],
    ...(all.power ? [["Power of GPUs", `${(all.power / 1000).toFixed(2)} kW`] as [string, string]] : []),
  ];
  return (
    <Paper component="dl" sx={{ display: "flex", flexWrap: "wrap", gap: 4, p: 2, m: 0 }}>
      {figures.map(([title, figure]) => (
        <Box key={title}>
          <Typography component="dt" color="text.secondary" variant="body2">
            {title}
          </Typography>
          <Typography component="dd" sx={{ m: 0, fontSize: "1.3rem", fontWeight: 650 }}>
            {figure}
          </Typography>
        </Box>
      ))}
    </Paper>
  );
}
