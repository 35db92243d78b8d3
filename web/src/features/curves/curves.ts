/** Curves as they are drawn: grouped by metric, smoothed, spread over ranks, by step or by time. */
import type { Series } from "@/api/types";

export type Point = readonly [step: number, time: number, value: number | null];

/** A line of a chart. `at`: steps, or seconds since `zero`. */
export interface Line {
  label: string;
  at: number[];
  values: (number | null)[];
}

export interface Metric {
  name: string;
  /** By rank. */
  series: Series[];
}

/** Those of one name together, names in order; what people look at first comes first. */
export function metricsOf(series: readonly Series[]): Metric[] {
  const found = new Map<string, Series[]>();
  for (const each of series) {
    const same = found.get(each.name);
    if (same) same.push(each);
    else found.set(each.name, [each]);
  }
  const first = (name: string) => (/loss/i.test(name) ? 0 : /acc/i.test(name) ? 1 : 2);
  return [...found]
    .map(([name, same]) => ({ name, series: same.sort((one, other) => one.rank - other.rank) }))
    .sort((one, other) => first(one.name) - first(other.name) || one.name.localeCompare(other.name));
}

/** The series with a point that just came: at its end, in its place, or instead of the one of the same step. */
export function withPoint(series: readonly Series[], news: Series): Series[] {
  const index = series.findIndex((each) => each.name === news.name && each.rank === news.rank);
  const point = news.points[0];
  const old = series[index];
  if (!point) return [...series];
  if (!old) return [...series, news];
  // Sources are ranked by the head: a reading decides anew, a point does not.
  if (old.source !== news.source) return [...series];
  return series.with(index, { ...old, ...placed(old, point) });
}

function placed(old: Series, point: Series["points"][number]): Pick<Series, "points" | "last" | "count"> {
  const tail = old.points.at(-1);
  if (!tail || tail[0] < point[0])
    return { points: [...old.points, point], last: point[2] ?? null, count: old.count + 1 };
  const points = old.points.filter((each) => each[0] !== point[0]);
  const place = points.findIndex((each) => each[0] > point[0]);
  const all = points.toSpliced(place < 0 ? points.length : place, 0, point);
  return { points: all, last: all.at(-1)?.[2] ?? null, count: old.count + all.length - old.points.length };
}

/**
 * Exponential moving average without the bias towards its start (Kingma and Ba, "Adam", 2015, section 3). weight: of
 * what was before, from 0 (no smoothing) to below 1. Gaps stay gaps.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0;
  let norm = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = weight * sum + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}

export type Axis = "step" | "time";

/** The line of one series. zero: unix seconds that the time axis begins with. */
export function lineOf(label: string, points: readonly Point[], axis: Axis, zero: number): Line {
  return {
    label,
    at: points.map(([step, time]) => (axis === "step" ? step : time - zero)),
    values: points.map(([, , value]) => value),
  };
}

/** The lowest, the mean and the highest of several ranks at each place where one of them has a value. */
export function spread(lines: readonly Line[]): [low: Line, mean: Line, high: Line] {
  const found = new Map<number, number[]>();
  for (const line of lines) {
    line.at.forEach((at, index) => {
      const value = line.values[index] ?? null;
      const same = found.get(at);
      if (same && value !== null) same.push(value);
      else if (!same) found.set(at, value === null ? [] : [value]);
    });
  }
  const rows = [...found].sort(([one], [other]) => one - other);
  const line = (label: string, of: (values: number[]) => number): Line => ({
    label,
    at: rows.map(([at]) => at),
    values: rows.map(([, values]) => (values.length ? of(values) : null)),
  });
  return [
    line("lowest rank", (values) => Math.min(...values)),
    line("mean of ranks", (values) => values.reduce((sum, each) => sum + each, 0) / values.length),
    line("highest rank", (values) => Math.max(...values)),
  ];
}

/** All lines over one axis, as uPlot wants them: undefined where a line has no point of its own. */
export function aligned(lines: readonly Line[]): [number[], ...(number | null | undefined)[][]] {
  const places = [...new Set(lines.flatMap((line) => line.at))].sort((one, other) => one - other);
  const index = new Map(places.map((at, place) => [at, place]));
  const rows = lines.map((line) => {
    const row: (number | null | undefined)[] = Array.from({ length: places.length });
    line.at.forEach((at, place) => {
      row[index.get(at) ?? 0] = line.values[place] ?? null;
    });
    return row;
  });
  return [places, ...rows];
}

/** The step nearest to a place on the axis, for a look between two places. */
export function stepAt(place: number, points: readonly Point[], axis: Axis, zero: number): number {
  if (axis === "step") return Math.round(place);
  const near = points.reduce<Point | null>(
    (best, each) => (best && Math.abs(best[1] - zero - place) <= Math.abs(each[1] - zero - place) ? best : each),
    null,
  );
  return near?.[0] ?? 0;
}
