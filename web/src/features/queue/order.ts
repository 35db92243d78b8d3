/** What a drag in the queue means to the head. */
import type { components } from "@/api/schema";

export type Entry = components["schemas"]["QueueEntry"];
export type Move = components["schemas"]["MoveBody"];

/** `entries` with the one at `from` at `to`. */
export function moved(entries: readonly Entry[], from: number, to: number): Entry[] {
  const rest = entries.filter((_, at) => at !== from);
  const one = entries[from];
  return one ? rest.toSpliced(to, 0, one) : rest;
}

/** What is asked of the head for that: to go before whoever is behind its new place, or last where nobody is. */
export function moveFor(entries: readonly Entry[], from: number, to: number): Move {
  const behind = moved(entries, from, to)[to + 1];
  return behind ? { to: "before", other: behind.job } : { to: "last", other: "" };
}
