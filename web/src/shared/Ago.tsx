/** How long ago something was, or how far ahead it is; the full time on hover and for machines. */
import { useSyncExternalStore } from "react";
import { duration, moment } from "./format";

const BEAT_MS = 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Math.floor(Date.now() / 1000);

function beat(): void {
  now = Math.floor(Date.now() / 1000);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(beat, BEAT_MS);
  return () => {
    listeners.delete(listener);
    if (!listeners.size) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Unix seconds, whole, moving by themselves: one clock for all who look at it. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** The time between `from` and `to`, or now. */
export function Lasting({ from, to }: { from: number; to?: number | null }) {
  const present = useNow();
  return <span>{duration((to ?? present) - from)}</span>;
}

/** at: unix seconds. */
export function Ago({ at }: { at: number }) {
  const present = useNow();
  const away = at - present;
  // Two clocks are never quite the same.
  const text = Math.abs(away) < 2 ? "just now" : away > 0 ? `in ${duration(away)}` : `${duration(-away)} ago`;
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={moment(at)}>
      {text}
    </time>
  );
}
