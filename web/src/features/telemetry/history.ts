/** What nodes measured over time, as lines of charts. */
import type { components } from "@/api/schema";
import type { Line } from "@/features/curves/curves";

export type History = components["schemas"]["HistoryView"];

export interface Figure {
  title: string;
  lines: Line[];
}

interface Kind {
  title: string;
  /** Of the head's figures, with what a line of each is called. */
  names: Readonly<Record<string, string>>;
  /** From the head's unit to the title's. */
  scale: number;
}

export const OF_GPUS: readonly Kind[] = [
  { title: "GPU utilisation, %", names: { gpu_utilisation: "" }, scale: 1 },
  { title: "GPU memory, GB", names: { gpu_memory: "" }, scale: 1e-9 },
  { title: "GPU power, W", names: { gpu_power: "" }, scale: 1 },
  { title: "GPU temperature, °C", names: { gpu_temperature: "" }, scale: 1 },
];

export const OF_NODE: readonly Kind[] = [
  { title: "CPU, %", names: { cpu: "CPU" }, scale: 1 },
  { title: "Memory, GB", names: { memory: "used" }, scale: 1e-9 },
  { title: "Network, MB/s", names: { received: "received", sent: "sent" }, scale: 1e-6 },
  { title: "Disk, MB/s", names: { disk_read: "read", disk_written: "written" }, scale: 1e-6 },
];

interface Source {
  /** Of the node; empty where there is one only. */
  node: string;
  history: History;
  /** UUIDs of the GPUs that are shown; null for all. */
  gpus: readonly string[] | null;
}

/** A figure for each kind that something was measured of. zero: Unix seconds that the axis begins with. */
export function figuresOf(kinds: readonly Kind[], sources: readonly Source[], zero: number): Figure[] {
  return kinds
    .map(({ title, names, scale }) => ({
      title,
      lines: sources.flatMap(({ node, history: { times, series }, gpus }) =>
        series
          .filter((each) => each.name in names && (each.gpu === null || (gpus?.includes(each.gpu) ?? true)))
          .map((each) => ({
            label: [node, each.index === null ? names[each.name] : `GPU ${each.index}`].filter(Boolean).join(" "),
            at: times.map((time) => time - zero),
            values: each.values.map((value) => (value === null ? null : value * scale)),
          })),
      ),
    }))
    .filter(({ lines }) => lines.length);
}

/** The line from `from` to `to`, and reaching to both, so that charts above one another share their axis. */
export function within(line: Line, from: number, to: number): Line {
  const rows = line.at.map((at, row) => [at, line.values[row] ?? null] as const);
  const inside = rows.filter(([at]) => at >= from && at <= to);
  const ends = (
    [
      [from, null],
      [to, null],
    ] as const
  ).filter(([end]) => !inside.some(([at]) => at === end));
  const all = [...inside, ...ends].sort(([one], [other]) => one - other);
  return { label: line.label, at: all.map(([at]) => at), values: all.map(([, value]) => value) };
}
