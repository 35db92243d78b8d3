/** How curves are drawn, as an address tells it. */
import { useSearchParams } from "react-router";
import type { Axis } from "./curves";
import type { Range } from "./useCurves";

export interface Settings {
  /** The weight of `smooth`. */
  weight: number;
  log: boolean;
  axis: Axis;
  /** Whether several ranks are shown as one line each; else as a mean with the lowest and the highest. */
  ranks: boolean;
  /** Only metrics whose name contains it. */
  filter: string;
  range: Range | null;
}

export function settingsOf(search: URLSearchParams): Settings {
  const weight = Number(search.get("smooth") ?? 0);
  const [first, last] = ["from", "to"].map((name) => Number(search.get(name) || Number.NaN));
  const ranged = Number.isInteger(first) && Number.isInteger(last);
  return {
    weight: weight >= 0 && weight < 1 ? weight : 0,
    log: search.get("log") === "1",
    axis: search.get("axis") === "time" ? "time" : "step",
    ranks: search.get("ranks") === "each",
    filter: search.get("metric") ?? "",
    range: ranged ? { first: Math.min(first ?? 0, last ?? 0), last: Math.max(first ?? 0, last ?? 0) } : null,
  };
}

/** The address with some of it changed; what is as usual is left out. */
export function withSettings(search: URLSearchParams, change: Partial<Settings>): URLSearchParams {
  const { weight, log, axis, ranks, filter, range } = { ...settingsOf(search), ...change };
  const next = new URLSearchParams(search);
  const wanted: Record<string, string> = {
    smooth: weight ? String(weight) : "",
    log: log ? "1" : "",
    axis: axis === "time" ? "time" : "",
    ranks: ranks ? "each" : "",
    metric: filter,
    from: range ? String(range.first) : "",
    to: range ? String(range.last) : "",
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return next;
}

export function useSettings(): [Settings, (change: Partial<Settings>) => void] {
  const [search, setSearch] = useSearchParams();
  return [
    settingsOf(search),
    (change) => setSearch((before) => withSettings(before, change), { replace: true, preventScrollReset: true }),
  ];
}
