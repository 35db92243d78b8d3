/**
 * The job file as blocks of fields. The text stays the truth: a field shows what the text says, and a change of it
 * changes only its own place in the text, whatever else and whatever comments are there.
 */
import { parseDocument } from "yaml";
import type { components } from "@/api/schema";

export type Recipe = components["schemas"]["RecipeView"];
export type Param = components["schemas"]["ParamView"];

export interface Field {
  /** Where it is in the job file. */
  path: readonly string[];
  label: string;
  kind: "text" | "number" | "choice" | "switch" | "list";
  choices?: readonly string[];
  /** What is taken where nothing is given. */
  usual?: string;
  help?: string;
}

export interface Block {
  title: string;
  fields: readonly Field[];
}

const number = (path: string, label: string, usual = "", help = ""): Field => ({
  path: path.split("."),
  label,
  kind: "number",
  usual,
  help,
});
const text = (path: string, label: string, usual = "", help = ""): Field => ({
  ...number(path, label, usual, help),
  kind: "text",
});

export const BLOCKS: readonly Block[] = [
  {
    title: "Resources",
    fields: [
      number("resources.gpus", "GPUs", "", "in all"),
      number("resources.slots", "CPU slots", "", "in place of GPUs"),
      number("resources.nodes", "Nodes", "any"),
      text("resources.gpu", "GPU model", "any", "such as A100 or H100|A100:40GB..80GB"),
      number("resources.cpus", "CPU cores", "any", "for each rank"),
      text("resources.memory", "Memory", "any", "for each rank, such as 16GB"),
    ],
  },
  {
    title: "Schedule",
    fields: [
      { ...text("class", "Class", "normal"), kind: "choice", choices: ["urgent", "normal", "batch", "scavenger"] },
      number("priority", "Priority", "50", "0 to 100"),
      text("max_duration", "At most", "no limit", "such as 8h; starts sooner behind others"),
      { ...text("hold", "Hold it until it is released"), kind: "switch" },
    ],
  },
  {
    title: "Elasticity and tries",
    fields: [
      number("elastic.min_nodes", "Fewest nodes", "", "it goes on with as few"),
      number("elastic.max_nodes", "Most nodes", "", "it grows to as many"),
      number("retry.max", "Tries after a failure", "3"),
      text("checkpoint.every", "Checkpoint every", "", "such as 10m"),
    ],
  },
  {
    title: "Dependencies",
    fields: [
      { ...text("after", "After these jobs", "", "names or ids, with commas between"), kind: "list" },
      text("array", "Array", "", "a job of each: 0-9, or 0-99%4 for four at once"),
      text("resume_from", "Begin with the checkpoint of", "", "a job, or JOB@STEP"),
    ],
  },
];

/** The field of a recipe's parameter. */
export function fieldOf({ name, type, default: usual, help, choices }: Param): Field {
  const kind = type === "choice" ? "choice" : type === "int" || type === "float" ? "number" : "text";
  return {
    path: ["params", name],
    label: name,
    kind,
    choices,
    usual: usual === null ? "its own" : String(usual),
    help,
  };
}

/** What the text says there, as it is written into a field; empty where it says nothing, or is no job file. */
export function valueAt(source: string, { path, kind }: Field): string {
  const document = parseDocument(source);
  if (document.errors.length) return "";
  const value: unknown = document.getIn(path);
  if (kind === "list") {
    const list = (document.toJS() as Record<string, unknown>)[path[0] ?? ""];
    return Array.isArray(list) ? list.join(", ") : shownAs(list);
  }
  return shownAs(value);
}

function shownAs(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The text with what was written into the field; nothing takes its place away, with what is empty then. */
export function edited(source: string, field: Field, written: string): string {
  const document = parseDocument(source);
  if (document.errors.length) return source;
  const { path } = field;
  if (written === "") {
    document.deleteIn(path);
    const above = path.slice(0, -1);
    const left: unknown = above.length ? document.getIn(above) : undefined;
    if (left && typeof left === "object" && "items" in left && (left.items as unknown[]).length === 0)
      document.deleteIn(above);
  } else {
    document.setIn(path, plain(field, written));
  }
  return document.toString({ lineWidth: 0 });
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
    default:
      return written;
  }
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
