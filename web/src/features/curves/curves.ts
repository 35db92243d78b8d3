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

/** The series with the points that just came: at their ends, in their places, or instead of those of the same steps. */
export function withPoints(series: readonly Series[], news: readonly Series[]): Series[] {
  const found = [...series];
  const coming = new Map<Series, Points>();
  for (const each of news) {
    const old = found.find(({ name, rank }) => name === each.name && rank === each.rank);
    const more = old && coming.get(old);
    if (!old) found.push(each);
    // Sources are ranked by the head: a reading decides anew, a point does not.
    else if (old.source !== each.source) continue;
    else if (more) more.push(...each.points);
    else coming.set(old, [...each.points]);
  }
  return found.map((old) => {
    const more = coming.get(old);
    return more ? { ...old, ...merged(old, more) } : old;
  });
}

type Points = Series["points"];

function merged(old: Series, more: Points): Pick<Series, "points" | "last" | "count"> {
  let end = old.points.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
  const inOrder = more.every(([step]) => step > end && ((end = step), true));
  const points = inOrder
    ? [...old.points, ...more]
    : [...new Map([...old.points, ...more].map((point) => [point[0], point])).values()].sort(([a], [b]) => a - b);
  return { points, last: points.at(-1)?.[2] ?? null, count: old.count + points.length - old.points.length };
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

/** time: seconds since some beginning. clock: Unix seconds. */
export type Axis = "step" | "time" | "clock";

/** The line of one series. zero: unix seconds that the time axis begins with. */
export function lineOf(label: string, points: readonly Point[], axis: Axis, zero: number): Line {
  return {
    label,
    at: points.map(([step, time]) => (axis === "step" ? step : time - zero)),
    values: points.map(([, , value]) => value),
  };
}

/**
 * The lowest, the mean and the highest of several ranks at each place where one of them has a point. Ranks are thinned
 * each by itself, so that between two of its points a rank counts with what lies on the straight line between them.
 */
export function spread(lines: readonly Line[]): [low: Line, mean: Line, high: Line] {
  const at = [...new Set(lines.flatMap((line) => line.at))].sort((one, other) => one - other);
  const rows = lines.map((line) => filled(line, at));
  const line = (label: string, of: (values: number[]) => number): Line => ({
    label,
    at,
    values: at.map((_, index) => {
      const values = rows.map((row) => row[index] ?? null).filter((value) => value !== null);
      return values.length ? of(values) : null;
    }),
  });
  return [
    line("lowest rank", (values) => Math.min(...values)),
    line("mean of ranks", (values) => values.reduce((sum, each) => sum + each, 0) / values.length),
    line("highest rank", (values) => Math.max(...values)),
  ];
}

/** The values of a line at `places`, in order; null before its first point, after its last, and beside a gap. */
function filled(line: Line, places: readonly number[]): (number | null)[] {
  const points = line.at
    .map((at, index) => [at, line.values[index] ?? null] as const)
    .sort(([one], [other]) => one - other);
  let next = 0;
  return places.map((place) => {
    while (next < points.length && (points[next]?.[0] ?? 0) < place) next += 1;
    const [before, after] = [points[next - 1], points[next]];
    if (after?.[0] === place) return after[1];
    if (!before || !after || before[1] === null || after[1] === null) return null;
    return before[1] + ((after[1] - before[1]) * (place - before[0])) / (after[0] - before[0]);
  });
}

/** Where a value stands alone between gaps, so that no line shows it. */
export function alone(row: readonly (number | null | undefined)[]): number[] {
  const told = row.flatMap((value, index) => (value === undefined ? [] : [index]));
  const gap = (index: number | undefined) => index === undefined || row[index] === null;
  return told.filter((index, place) => !gap(index) && gap(told[place - 1]) && gap(told[place + 1]));
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

/** What the curves reach over, in seconds since `zero`. */
export function spanOf(series: readonly Series[], zero: number): [from: number, to: number] | null {
  const times = series.flatMap(({ points }) => points.map(([, time]) => time - zero));
  return times.length
    ? [times.reduce((one, other) => Math.min(one, other)), times.reduce((one, other) => Math.max(one, other))]
    : null;
}
