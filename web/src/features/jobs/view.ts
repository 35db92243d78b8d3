/** Which jobs are shown, in which order and in which groups: pure, and kept in the address so that it can be shared. */
import type { Job } from "@/api/types";
import type { Sorting } from "@/shared/VirtualTable";

export interface View {
  /** Words that have to be in the name, the id, the owner, the team or the command. */
  words: string;
  states: readonly string[];
  owner: string;
  team: string;
  sorting: Sorting;
  grouped: boolean;
}

export const STATES = [
  "queued",
  "starting",
  "running",
  "recovering",
  "pausing",
  "paused",
  "stopping",
  "succeeded",
  "failed",
  "cancelled",
] as const;

export const LIVE: readonly string[] = STATES.slice(0, 7);

export function viewOf(search: URLSearchParams): View {
  const sort = search.get("sort") ?? "-submitted";
  return {
    words: search.get("q") ?? "",
    states: search.getAll("state"),
    owner: search.get("owner") ?? "",
    team: search.get("team") ?? "",
    sorting: { by: sort.replace(/^-/, ""), descending: sort.startsWith("-") },
    grouped: search.get("group") === "team",
  };
}

export function addressOf(view: View): URLSearchParams {
  const search = new URLSearchParams();
  if (view.words) search.set("q", view.words);
  for (const state of view.states) search.append("state", state);
  if (view.owner) search.set("owner", view.owner);
  if (view.team) search.set("team", view.team);
  const sort = (view.sorting.descending ? "-" : "") + view.sorting.by;
  if (sort !== "-submitted") search.set("sort", sort);
  if (view.grouped) search.set("group", "team");
  return search;
}

const KEYS: Record<string, (job: Job) => number | string> = {
  name: (job) => job.name.toLowerCase(),
  state: (job) => STATES.indexOf(job.state),
  team: (job) => job.team,
  owner: (job) => job.owner,
  asks: (job) => job.request.ranks,
  class: (job) => job.class,
  priority: (job) => job.priority,
  submitted: (job) => job.submitted,
  lasted: (job) => (job.started ? (job.ended ?? Date.now() / 1000) - job.started : 0),
};

function matches(job: Job, view: View, words: readonly string[]): boolean {
  if (view.states.length && !view.states.includes(job.state)) return false;
  if ((view.owner && job.owner !== view.owner) || (view.team && job.team !== view.team)) return false;
  if (!words.length) return true;
  const text = [job.name, job.id, job.owner, job.team, job.recipe, ...job.run].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The jobs of `view`, sorted. Those that compare equal stay as they came: newest first. */
export function shown(jobs: readonly Job[], view: View): Job[] {
  const words = view.words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = jobs.filter((job) => matches(job, view, words));
  const key = KEYS[view.sorting.by];
  if (!key) return found;
  const sign = view.sorting.descending ? -1 : 1;
  const keyed = found.map((job) => [key(job), job] as const);
  keyed.sort(([one], [other]) => (one < other ? -sign : one > other ? sign : 0));
  return keyed.map(([, job]) => job);
}

export interface Group {
  team: string;
  jobs: number;
  live: number;
}

export type Line = { group: Group } | { job: Job };

/** One line for each job, and where they are grouped one before each team, by name. */
export function lines(jobs: readonly Job[], grouped: boolean, closed: ReadonlySet<string>): Line[] {
  if (!grouped) return jobs.map((job) => ({ job }));
  const teams = new Map<string, Job[]>();
  for (const job of jobs) {
    const team = teams.get(job.team);
    if (team) team.push(job);
    else teams.set(job.team, [job]);
  }
  return [...teams.keys()].sort().flatMap((team): Line[] => {
    const own = teams.get(team) ?? [];
    const group = { team, jobs: own.length, live: own.filter((job) => LIVE.includes(job.state)).length };
    return [{ group }, ...(closed.has(team) ? [] : own.map((job) => ({ job })))];
  });
}

/** What a job asks for, short: `2 × 4 GPUs`, `1 slot`. */
export function asks(job: Job): string {
  const { kind, ranks, nodes, shape } = job.request;
  const noun = kind === "gpu" ? "GPU" : "slot";
  if (shape.length) return `${shape.join(" + ")} ${noun}s`;
  if (nodes > 1) return `${nodes} × ${ranks / nodes} ${noun}${ranks / nodes === 1 ? "" : "s"}`;
  return `${ranks} ${noun}${ranks === 1 ? "" : "s"}`;
}
