/** A job once more, with changes: the address of the composer that holds them, and what they do to a job file. */
import type { JobFile } from "@/api/types";

/** By their full names, like `resources.gpu`; null for what is to be left out. */
export type Fields = Record<string, unknown>;

/** Where `job` is cloned with `fields` changed. */
export function cloneUrl(job: string, fields: Fields = {}): string {
  const search = new URLSearchParams({ from: job });
  if (Object.keys(fields).length) search.set("set", JSON.stringify(fields));
  return `/new?${search.toString()}`;
}

/** The changes in the address; none where it holds something else. */
export function fieldsOf(search: URLSearchParams): Fields {
  try {
    const found: unknown = JSON.parse(search.get("set") ?? "{}");
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Fields) : {};
  } catch {
    return {};
  }
}

/** `file` with `fields` in it. */
export function changed(file: JobFile, fields: Fields): JobFile {
  const copy = structuredClone(file) as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    const parts = name.split(".");
    const last = parts.pop() ?? "";
    let place = copy;
    for (const part of parts) {
      const next = place[part];
      place = (place[part] = typeof next === "object" && next !== null ? next : {}) as Record<string, unknown>;
    }
    if (value === null) Reflect.deleteProperty(place, last);
    else place[last] = value;
  }
  return copy as JobFile;
}
