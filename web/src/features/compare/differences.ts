/** What differs between several jobs: their files, what became of them, and how far their metrics got. */
import type { Series } from "@/api/types";

export interface Difference {
  name: string;
  /** One for each job, as it is shown; empty where it has none. */
  values: string[];
  /** Whether they are not all the same. */
  differs: boolean;
}

/** A nested value as `a.b.c: text`; lists are one value. */
export function flat(value: unknown, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    for (const [name, part] of Object.entries(value)) {
      for (const [below, text] of flat(part, path ? `${path}.${name}` : name)) found.set(below, text);
    }
  } else if (value !== null && value !== undefined && value !== "") {
    found.set(path, Array.isArray(value) ? listed(value) : text(value));
  }
  return found;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A command as one writes it; else a list. */
function listed(values: readonly unknown[]): string {
  return values.every((each) => typeof each === "string") ? values.join(" ") : JSON.stringify(values);
}

/** Rows of all names that any has, in order. */
export function rowsOf(columns: readonly Map<string, string>[]): Difference[] {
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  return names.map((name) => {
    const values = columns.map((column) => column.get(name) ?? "");
    return { name, values, differs: new Set(values).size > 1 };
  });
}

/** The last and the best value of each metric: the lowest of what is lost, the highest of everything else. */
export function results(series: readonly (readonly Series[])[], show: (value: number) => string): Difference[] {
  return rowsOf(
    series.map((curves) => {
      const found = new Map<string, string>();
      for (const curve of curves.filter((each) => each.rank === Math.min(...curves.map(({ rank }) => rank)))) {
        const values = curve.points.flatMap(([, , value]) => (value === null ? [] : [value]));
        const least = /loss|err|perplex/i.test(curve.name);
        if (!values.length) continue;
        found.set(`${curve.name}, last`, show(values.at(-1) ?? 0));
        found.set(
          `${curve.name}, ${least ? "lowest" : "highest"}`,
          show(least ? Math.min(...values) : Math.max(...values)),
        );
      }
      return found;
    }),
  );
}
