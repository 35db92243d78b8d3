/** The report as a file for a spreadsheet. */
import type { components } from "@/api/schema";
import { csv } from "@/shared/csv";

export type UsageRow = components["schemas"]["UsageRow"];

export function usageCsv(rows: readonly UsageRow[]): string {
  const [first] = rows;
  if (!first) return "";
  const names = Object.keys(first) as (keyof UsageRow)[];
  return csv(
    names,
    rows.map((row) => names.map((name) => row[name])),
  );
}
