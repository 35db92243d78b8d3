/** One metric: its chart, the same as a table, and as a picture. */
import { mdiImageOutline, mdiTable } from "@mdi/js";
import { Button, Paper, Stack, Typography } from "@mui/material";
import { useMemo, useRef, useState } from "react";
import { figure } from "@/shared/format";
import { Icon } from "@/shared/Icon";
import { save } from "@/shared/save";
import { Chart, type Drawn } from "./Chart";
import { type Line, smooth, spread } from "./curves";
import { useLook } from "./palette";
import type { Settings } from "./settings";
import { ValueTable } from "./ValueTable";

interface Props {
  name: string;
  lines: readonly Line[];
  settings: Settings;
  onZoom: (from: number, to: number) => void;
}

/** What is drawn of `lines`: smoothed with the raw ones behind them, or the mean of ranks between the edges. */
function drawn(lines: readonly Line[], { weight, ranks }: Settings, ofRanks: boolean): Drawn[] {
  const [low, mean, high] = spread(ofRanks && lines.length > 1 && !ranks ? lines : []);
  const bold = mean.at.length ? [mean] : lines;
  const edges = mean.at.length
    ? [low, high].map((line, place) => ({ ...line, index: 0, faint: true, top: place === 1 }))
    : [];
  return [
    ...edges,
    ...bold.flatMap((line, index) => [
      ...(weight ? [{ ...line, label: `${line.label}, raw`, index, faint: true }] : []),
      { ...line, values: smooth(line.values, weight), index },
    ]),
  ];
}

/** In words, for whoever does not see it. */
function described(name: string, lines: readonly Line[]): string {
  const told = lines.slice(0, 8).map(({ label, at, values }) => {
    const known = values.filter((value) => value !== null);
    if (!known.length) return `${label}: no value`;
    const range = `lowest ${figure(Math.min(...known))}, highest ${figure(Math.max(...known))}`;
    return `${label}: ${at.length} points, ${range}, last ${figure(known.at(-1))}`;
  });
  return `${name}. ${told.join(". ")}.`;
}

export function ChartCard({ name, lines, settings, onZoom, ofRanks = false }: Props & { ofRanks?: boolean }) {
  const card = useRef<HTMLDivElement>(null);
  const [table, setTable] = useState(false);
  const { paper } = useLook();
  const { weight, ranks } = settings;
  const shown = useMemo(() => drawn(lines, { weight, ranks } as Settings, ofRanks), [lines, weight, ranks, ofRanks]);

  function picture(): void {
    const canvas = card.current?.querySelector("canvas");
    if (!canvas) return;
    const copy = document.createElement("canvas");
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext("2d");
    if (!context) return;
    context.fillStyle = paper;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(canvas, 0, 0);
    copy.toBlob((blob) => blob && save(`${name}.png`, "image/png", blob));
  }

  return (
    <Paper ref={card} component="section" aria-label={name} sx={{ p: 1.5, minWidth: 0 }}>
      <Stack direction="row" sx={{ alignItems: "center", mb: 1, gap: 1 }}>
        <Typography variant="h2" sx={{ flexGrow: 1, overflowWrap: "anywhere" }}>
          {name}
        </Typography>
        <Button size="small" startIcon={<Icon path={mdiImageOutline} />} onClick={picture}>
          PNG
        </Button>
        <Button
          size="small"
          startIcon={<Icon path={mdiTable} />}
          aria-expanded={table}
          onClick={() => setTable(!table)}
        >
          Table
        </Button>
      </Stack>
      <Chart label={described(name, lines)} lines={shown} axis={settings.axis} log={settings.log} onZoom={onZoom} />
      {table && <ValueTable name={name} lines={lines} axis={settings.axis} />}
    </Paper>
  );
}
