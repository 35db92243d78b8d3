/** The report as a file for a spreadsheet (RFC 4180). */
import type { components } from "@/api/schema";

export type UsageRow = components["schemas"]["UsageRow"];

function cell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  // A name that begins like a formula would be run by some spreadsheets.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(rows: readonly UsageRow[]): string {
  const [first] = rows;
  if (!first) return "";
  const names = Object.keys(first) as (keyof UsageRow)[];
  return [names, ...rows.map((row) => names.map((name) => row[name]))]
    .map((line) => `${line.map(cell).join(",")}\r\n`)
    .join("");
}
