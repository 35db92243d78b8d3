/** Lines over steps or time, drawn by uPlot. A stretch that is dragged over is handed to `onZoom`. */
import { Box } from "@mui/material";
import { useEffect, useEffectEvent, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, duration, figure } from "@/shared/format";
import { aligned, alone, type Axis, type Line } from "./curves";
import { type Look, useLook } from "./palette";

export interface Drawn extends Line {
  /** Which colour and dash. */
  index: number;
  /** What lies behind: the raw curve of a smoothed one, the edges of a spread. */
  faint?: boolean;
  /** The upper edge of a spread: the line before it is the lower one. */
  top?: boolean;
}

interface Props {
  /** What it shows, in words. */
  label: string;
  lines: readonly Drawn[];
  axis: Axis;
  log: boolean;
  onZoom: (from: number, to: number) => void;
}

const HEIGHT = 240;

/** A log scale has no place for these. */
const positive = (value: number | null | undefined) =>
  value === null || value === undefined || value > 0 ? value : null;

/** A place on the axis; of short times the fractions, too. */
function placed(axis: Axis, value: number): string {
  if (axis === "step") return String(value);
  if (axis === "clock") return clock(value);
  return Math.abs(value) < 60 ? `${Number(value.toPrecision(4))} s` : duration(value);
}

function dataOf(lines: readonly Drawn[], log: boolean): uPlot.AlignedData {
  const [at, ...rows] = aligned(lines);
  return [at, ...(log ? rows.map((row) => row.map(positive)) : rows)] as uPlot.AlignedData;
}

function optionsOf(props: Pick<Props, "lines" | "axis" | "log">, look: Look, width: number): uPlot.Options {
  const axis = { stroke: look.text, grid: { stroke: look.grid, width: 1 }, ticks: { stroke: look.grid, width: 1 } };
  const place = (value: number) => placed(props.axis, value);
  return {
    width,
    height: HEIGHT,
    cursor: { sync: { key: `curves over ${props.axis}` }, drag: { x: true, y: false, setScale: false } },
    legend: { live: true },
    // The names of uPlot's scales have no values at run time: 3 is logarithmic.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
    scales: { x: { time: props.axis === "clock" }, y: { distr: props.log ? 3 : 1 } },
    axes: [
      { ...axis, values: (_, splits) => splits.map(place) },
      { ...axis, size: 78, values: (_, splits) => splits.map((each) => (Number.isFinite(each) ? figure(each) : "")) },
    ],
    bands: props.lines.flatMap(({ top, index }, place) =>
      top ? [{ series: [place + 1, place] as [number, number], fill: `${look.line(index).color}22` }] : [],
    ),
    series: [
      {
        label: props.axis === "step" ? "Step" : "Time",
        value: (_, value) => (Number.isFinite(value) ? place(value) : "–"),
      },
      ...props.lines.map(({ label, index, faint }): uPlot.Series => {
        const { color, dash } = look.line(index);
        return {
          label,
          stroke: faint ? `${color}66` : color,
          width: faint ? 1 : 2,
          dash: faint ? [] : dash,
          spanGaps: false,
          points: {
            filter: (made, row, show) =>
              show ? null : alone((made.data as (number | null | undefined)[][])[row] ?? []),
            size: 5,
            fill: color,
          },
          value: (_, value) => figure(value),
        };
      }),
    ],
  };
}

export function Chart({ label, lines, axis, log, onZoom }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const look = useLook();
  // Another number of lines, or another look, is another drawing; more points are not.
  const kind = JSON.stringify([axis, log, look.dark, lines.map((line) => [line.label, line.index, line.faint])]);
  const selected = useEffectEvent((made: uPlot) => {
    const { left, width } = made.select;
    if (width > 3) onZoom(made.posToVal(left, "x"), made.posToVal(left + width, "x"));
    made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  });
  const draw = useEffectEvent((element: HTMLDivElement) => {
    const options = optionsOf({ lines, axis, log }, look, element.clientWidth);
    options.hooks = { setSelect: [(made) => selected(made)] };
    return new uPlot(options, dataOf(lines, log), element);
  });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = draw(element);
    plot.current = made;
    const sized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    sized.observe(element);
    return () => {
      sized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [kind]);
  useEffect(() => plot.current?.setData(dataOf(lines, log)), [lines, log]);
  return (
    <Box
      ref={box}
      role="img"
      aria-label={label}
      sx={{ width: "100%", minHeight: HEIGHT, "& .u-legend": { textAlign: "left", fontSize: 12 } }}
    />
  );
}
