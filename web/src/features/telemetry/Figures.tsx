/** Charts of what was measured. */
import { Box } from "@mui/material";
import { ChartCard } from "@/features/curves/ChartCard";
import type { Axis } from "@/features/curves/curves";
import { GRID } from "@/features/curves/grid";
import type { Figure } from "./history";

interface Props {
  figures: readonly Figure[];
  axis: Axis;
  onZoom: (from: number, to: number) => void;
}

export default function Figures({ figures, axis, onZoom }: Props) {
  const settings = { weight: 0, log: false, axis, ranks: true, filter: "", range: null };
  return (
    <Box sx={GRID}>
      {figures.map(({ title, lines }) => (
        <ChartCard key={title} name={title} lines={lines} settings={settings} onZoom={onZoom} />
      ))}
    </Box>
  );
}
