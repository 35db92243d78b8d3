/** The command that submits the same job, where its options can say all that the job file says. */

/** Words for one value of the job file; null where no option says it. */
type Words = (value: unknown, file: Mapping) => readonly string[] | null;
type Mapping = Readonly<Record<string, unknown>>;

const option =
  (flag: string): Words =>
  (value) =>
    isScalar(value) ? [flag, String(value)] : null;

const pairs =
  (flag: string): Words =>
  (value) => {
    if (!isMapping(value)) return null;
    const entries = Object.entries(value);
    if (!entries.every(([name, each]) => isScalar(each) && !name.includes("="))) return null;
    return entries.flatMap(([name, each]) => [flag, `${name}=${String(each)}`]);
  };

const onlyIf =
  (is: boolean, flag: string): Words =>
  (value) => {
    if (typeof value !== "boolean") return null;
    return value === is ? [flag] : [];
  };

const below =
  (options: Readonly<Record<string, Words>>): Words =>
  (value, file) =>
    isMapping(value) ? wordsOf(value, options, file) : null;

/** `--min-nodes` takes `--nodes` for the most: another `max_nodes` is for the file alone. */
const elastic: Words = (value, file) => {
  if (!isMapping(value) || Object.keys(value).some((name) => !["min_nodes", "max_nodes"].includes(name))) return null;
  const nodes = isMapping(file.resources) ? file.resources.nodes : undefined;
  if ((value.max_nodes ?? nodes) !== nodes) return null;
  return option("--min-nodes")(value.min_nodes ?? 1, file);
};

const OPTIONS: Readonly<Record<string, Words>> = {
  name: option("--name"),
  recipe: option("--recipe"),
  params: pairs("-p"),
  resources: below({
    gpus: option("--gpus"),
    nodes: option("--nodes"),
    gpus_per_node: option("--gpus-per-node"),
    slots: option("--slots"),
    shape: (value, file) => option("--shape")(Array.isArray(value) ? value.join(",") : value, file),
    gpu: option("--gpu"),
    labels: pairs("--label"),
    spread: onlyIf(true, "--spread"),
    apart: option("--apart"),
  }),
  elastic,
  team: option("--team"),
  priority: option("--priority"),
  class: option("--class"),
  hold: onlyIf(true, "--hold"),
  preemptible: (value) => (typeof value === "boolean" ? [value ? "--preemptible" : "--not-preemptible"] : null),
  max_duration: option("--max-duration"),
  retry: below({ max: option("--retries") }),
  resume_from: option("--resume-from"),
  after: (value) => (Array.isArray(value) ? value.flatMap((job) => ["--after", String(job)]) : null),
  array: option("--array"),
  env: pairs("-e"),
  warm: onlyIf(false, "--cold"),
};

/** As it is typed into a POSIX shell; null where options cannot say it and the job file has to be named. */
export function commandOf(file: Mapping): string | null {
  const { run, ...rest } = file;
  const words = wordsOf(rest, OPTIONS, file);
  const command = run === undefined || run === null ? "" : started(run);
  if (words === null || command === null) return null;
  return ["tensorfleet run", ...words.map(quoted), command && `-- ${command}`].filter(Boolean).join(" ");
}

function wordsOf(values: Mapping, options: Readonly<Record<string, Words>>, file: Mapping): string[] | null {
  const all: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === null) continue;
    const words = Object.hasOwn(options, name) ? options[name]?.(value, file) : null;
    if (!words) return null;
    all.push(...words);
  }
  return all;
}

/** The command of the job: one word for each where that comes to the same, else as one word for a shell. */
function started(run: unknown): string | null {
  if (typeof run === "string") {
    const words = run.trim().split(/\s+/);
    return words.every(isPlain) ? words.join(" ") : quoted(run);
  }
  if (!Array.isArray(run) || !run.every((word) => typeof word === "string")) return null;
  // A single word would be read like a command line.
  return run.length > 1 || (run[0] && isPlain(run[0])) ? run.map(quoted).join(" ") : null;
}

/** A word for a POSIX shell. */
export function quoted(word: string): string {
  return isPlain(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function isPlain(word: string): boolean {
  return /^[\w@%+=:,./-]+$/.test(word);
}

function isScalar(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
