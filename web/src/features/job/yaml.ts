/** A job file as a person would write it: what is as it would be anyway is left out. */
import { stringify } from "yaml";
import type { JobFile } from "@/api/types";

/** What is something else where it is left out, so that an empty or a zero says something. */
const TELLING = new Set(["priority", "grace", "warm", "max", "on", "every", "keep", "factor", "floor"]);

function empty(value: unknown): boolean {
  if (value === null || value === "" || value === false || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** `params` and `env` are the reader's own: nothing in them is left out. */
function said(value: unknown, name = ""): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || /^(params|env|labels)$/.test(name)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([part, each]) => [part, said(each, part)] as const)
      .filter(([part, each]) => TELLING.has(part) || !empty(each)),
  );
}

export function yamlOf(file: JobFile): string {
  return stringify(said(file), { lineWidth: 0 });
}
