/**
 * The text of a job file stays the truth: a field shows what the text says, and a change of it changes only its own
 * place in the text, whatever else and whatever comments are there.
 */
import { type Document, isMap, parseDocument } from "yaml";
import type { Block, Field } from "./blocks";
import { quoted } from "./command";

/** What the text says there, as it is written into a field; empty where it says nothing, or is no job file. */
export function valueAt(source: string, { path, kind }: Field): string {
  const document = parseDocument(source);
  if (document.errors.length) return "";
  // A scalar above the path, such as `python: inherit`, has nothing below it.
  let value: unknown = document.toJS();
  for (const name of path) value = isMapping(value) ? value[name] : undefined;
  if (kind === "list" && Array.isArray(value)) return value.map(shownAs).join(", ");
  if (kind === "words" && Array.isArray(value)) return value.map((word) => quoted(shownAs(word))).join(" ");
  if (kind === "pairs" && isMapping(value))
    return Object.entries(value)
      .map(([name, each]) => `${name}=${shownAs(each)}`)
      .join("\n");
  return shownAs(value);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shownAs(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The text with what was written into the field; nothing takes its place away, with what is empty then. */
export function edited(source: string, field: Field, written: string): string {
  const document = parseDocument(source);
  if (document.errors.length) return source;
  if (written === "") {
    cleared(document, field.path);
  } else {
    for (let depth = 1; depth < field.path.length; depth++) {
      const above = field.path.slice(0, depth);
      if (document.hasIn(above) && !isMap(document.getIn(above))) document.deleteIn(above);
    }
    document.setIn(field.path, plain(field, written));
  }
  return document.toString({ lineWidth: 0 });
}

/** The text without anything of the block. */
export function without(source: string, { fields }: Block): string {
  const document = parseDocument(source);
  if (document.errors.length) return source;
  for (const { path } of fields) cleared(document, path);
  return document.toString({ lineWidth: 0 });
}

/** Takes away what is at `path`, and each mapping above that is empty then. */
function cleared(document: Document, path: readonly string[]): void {
  for (let depth = path.length; depth > 0; depth--) {
    const above = document.getIn(path.slice(0, depth - 1));
    if (depth > 1 && !isMap(above)) return;
    document.deleteIn(path.slice(0, depth));
    if (isMap(above) && above.items.length) return;
  }
}

function plain({ kind }: Field, written: string): unknown {
  switch (kind) {
    case "number":
      return Number.isFinite(Number(written)) ? Number(written) : written;
    case "switch":
      return written === "true";
    case "list":
      return written
        .split(",")
        .map((each) => each.trim())
        .filter(Boolean);
    case "pairs":
      return Object.fromEntries(
        written
          .split("\n")
          .filter((line) => line.trim())
          .map(pair),
      );
    default:
      return written;
  }
}

function pair(line: string): [string, string] {
  const [name = "", ...value] = line.split("=");
  return [name.trim(), value.join("=").trim()];
}

/** The text for another recipe, or for a command where `recipe` is empty: what belonged to the one before goes. */
export function withRecipe(source: string, recipe: string): string {
  const document = parseDocument(source);
  if (document.errors.length) return source;
  const before: unknown = document.get("recipe");
  for (const name of ["params", recipe ? "run" : "recipe"]) document.delete(name);
  if (recipe) document.set("recipe", recipe);
  else if (!document.has("run")) document.set("run", "python train.py");
  if (document.get("name") === before && recipe) document.set("name", recipe);
  return document.toString({ lineWidth: 0 });
}
