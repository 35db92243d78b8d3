/** A job file as a person would write it: what is as it would be anyway is left out. */
import { stringify } from "yaml";
import type { JobFile } from "@/api/types";

function said(value: unknown): unknown {
  if (Array.isArray(value)) return value.length ? value : undefined;
  if (value === null || value === "" || value === false || value === 0) return undefined;
  if (typeof value !== "object") return value;
  const parts = Object.entries(value)
    .map(([name, part]) => [name, said(part)] as const)
    .filter(([, part]) => part !== undefined);
  return parts.length ? Object.fromEntries(parts) : undefined;
}

export function yamlOf(file: JobFile): string {
  return stringify(said(file) ?? {}, { lineWidth: 0 });
}
