/** What a drag in the queue means to the head. */
import type { Announcements, UniqueIdentifier } from "@dnd-kit/core";
import type { components } from "@/api/schema";

export type Entry = components["schemas"]["QueueEntry"];
export type Move = components["schemas"]["MoveBody"];

/** `entries` with the one at `from` at `to`. */
export function moved(entries: readonly Entry[], from: number, to: number): Entry[] {
  const rest = entries.filter((_, at) => at !== from);
  const one = entries[from];
  return one ? rest.toSpliced(to, 0, one) : rest;
}

/** What a screen reader is told while a job is moved. */
export function announcements(entries: readonly Entry[]): Announcements {
  const name = (id: UniqueIdentifier | undefined) => entries.find((each) => each.job === id)?.name ?? "nothing";
  const place = (id: UniqueIdentifier | undefined) => entries.findIndex((each) => each.job === id) + 1;
  return {
    onDragStart: ({ active }) =>
      `${name(active.id)} is taken. Arrow keys move it, Space puts it down, Escape puts it back.`,
    onDragOver: ({ active, over }) =>
      active.id === over?.id
        ? `${name(active.id)} is taken from place ${place(active.id)}. Arrow keys move it, Space puts it down.`
        : `${name(active.id)} is at place ${place(over?.id)}, where ${name(over?.id)} was.`,
    onDragEnd: ({ active, over }) => `${name(active.id)} was put at place ${place(over?.id)}.`,
    onDragCancel: ({ active }) => `${name(active.id)} stays where it was.`,
  };
}

/** What is asked of the head for that: to go before whoever is behind its new place, or last where nobody is. */
export function moveFor(entries: readonly Entry[], from: number, to: number): Move {
  const behind = moved(entries, from, to)[to + 1];
  return behind ? { to: "before", other: behind.job } : { to: "last", other: "" };
}
