/** Whether news from the head arrive, for all who want to know. */
import { useSyncExternalStore } from "react";

export type Connection = "connecting" | "online" | "offline";

let current: Connection = "connecting";
const listeners = new Set<() => void>();

export function setConnection(next: Connection): void {
  if (next !== current) {
    current = next;
    for (const listener of listeners) listener();
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => current);
}
