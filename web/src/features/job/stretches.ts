/** The states a job went through, with their causes, from its events. */
import type { FleetEvent, Job } from "@/api/types";

export interface Stretch {
  state: string;
  from: number;
  /** null while it goes on. */
  to: number | null;
  /** What happened then, oldest first. */
  causes: readonly string[];
}

export const OVER: readonly Job["state"][] = ["succeeded", "failed", "cancelled"];

/** Oldest first. Events that kept the state add their sentence to it. */
export function stretches(events: readonly FleetEvent[]): Stretch[] {
  const found: Stretch[] = [];
  for (const event of events) {
    const state = event.data.state;
    if (typeof state !== "string") continue;
    const last = found.at(-1);
    if (last?.state === state) {
      found[found.length - 1] = { ...last, causes: [...last.causes, event.text] };
      continue;
    }
    if (last) found[found.length - 1] = { ...last, to: event.at };
    found.push({ state, from: event.at, to: null, causes: [event.text] });
  }
  return found;
}

/** What share of the whole each takes, none so small that it cannot be seen. An end has no length. */
export function shares(all: readonly Stretch[], now: number): number[] {
  const lengths = all.map(({ from, to, state }) =>
    (OVER as readonly string[]).includes(state) ? 0 : Math.max(0, (to ?? now) - from),
  );
  const whole = lengths.reduce((sum, each) => sum + each, 0) || 1;
  return lengths.map((each) => Math.max(0.02, each / whole));
}
