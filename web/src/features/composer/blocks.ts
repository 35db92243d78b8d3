/** The blocks that a job file is made of, each with its fields. */
import type { components } from "@/api/schema";

export type Recipe = components["schemas"]["RecipeView"];
export type Param = components["schemas"]["ParamView"];

export interface Field {
  /** Where it is in the job file. */
  path: readonly string[];
  label: string;
  kind: "text" | "number" | "choice" | "switch" | "list" | "pairs" | "words";
  choices?: readonly string[];
  /** What is taken where nothing is given. */
  usual?: string;
  help?: string;
}

export interface Block {
  title: string;
  /** What it is for, in a few words. */
  about: string;
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
    about: "how many GPUs or CPU slots, and which",
    fields: [
      number("resources.gpus", "GPUs", "", "in all"),
      number("resources.gpus_per_node", "GPUs per node", "", "in place of GPUs in all"),
      number("resources.slots", "CPU slots", "", "in place of GPUs"),
      number("resources.nodes", "Nodes", "any"),
      text("resources.gpu", "GPU model", "any", "such as A100 or H100|A100:40GB..80GB"),
      number("resources.cpus", "CPU cores", "any", "for each rank"),
      text("resources.memory", "Memory", "any", "for each rank, such as 16GB"),
      {
        ...text("resources.labels", "Only nodes labelled", "any", "NAME=VALUE, one a line; node=NAME for one node"),
        kind: "pairs",
      },
      { ...text("resources.spread", "Spread over many nodes"), kind: "switch" },
    ],
  },
  {
    title: "Schedule",
    about: "its place in the queue, how long it may run",
    fields: [
      { ...text("class", "Class", "normal"), kind: "choice", choices: ["urgent", "normal", "batch", "scavenger"] },
      number("priority", "Priority", "50", "0 to 100"),
      text("team", "Team", "your own", "that it counts for"),
      text("max_duration", "At most", "no limit", "such as 8h; starts sooner behind others"),
      { ...text("hold", "Hold it until it is released"), kind: "switch" },
    ],
  },
  {
    title: "Elasticity",
    about: "goes on with fewer nodes, grows to more",
    fields: [
      number("elastic.min_nodes", "Fewest nodes", "", "it goes on with as few"),
      number("elastic.max_nodes", "Most nodes", "", "it grows to as many"),
    ],
  },
  {
    title: "Tries and checkpoints",
    about: "what happens after a failure",
    fields: [
      number("retry.max", "Tries after a failure", "3"),
      text("checkpoint.every", "Checkpoint every", "5m", "such as 10m"),
      number("checkpoint.keep", "Checkpoints kept", "3"),
      text("checkpoint.best", "And the best by", "none", "a metric, such as loss"),
      text("resume_from", "Begin with the checkpoint of", "", "a job, or JOB@STEP"),
    ],
  },
  {
    title: "Dependencies",
    about: "jobs to wait for; an array of jobs",
    fields: [
      { ...text("after", "After these jobs", "", "names or ids, with commas between"), kind: "list" },
      text("array", "Array", "", "a job of each: 0-9, or 0-99%4 for four at once"),
    ],
  },
  {
    title: "Environment",
    about: "variables, and which Python",
    fields: [
      { ...text("env", "Variables", "none", "NAME=VALUE, one a line"), kind: "pairs" },
      text("python.venv", "Virtual environment", "the agent's own", "a path on the nodes"),
    ],
  },
];

export const RUN: Field = { ...text("run", "Command", "", "as in a shell, once for each rank"), kind: "words" };

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
