/**
 * A server-sent event stream that survives the head's restarts and the reader's absence.
 *
 * A browser gives up a stream that was once answered with an error, and allows six connections to one head for all of
 * its tabs. So this one opens again by itself, says after which event it goes on, and rests while the tab is hidden.
 */

const AGAIN_MS = 1000;

export interface StreamOptions {
  /** The address without the place to go on from. */
  url: string;
  /** What is done with an event of each name; `id` is empty where events have none. */
  on: Record<string, (data: string, id: string) => void>;
  /** How the last id becomes a parameter of the address: `after` for events, `cursor` for logs. */
  resume?: "after" | "cursor";
  /** Called at each opening; `gap` when news may have been missed before it. */
  opened?: (gap: boolean) => void;
  /** Called when it broke. */
  broken?: () => void;
  /** Goes on while the tab is hidden. */
  always?: boolean;
}

/** Opens the stream. Call the answer to end it. */
export function follow(options: StreamOptions): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = "";
  let ended = false;

  function open(): void {
    if (source || ended || (document.hidden && !options.always)) return;
    const url = new URL(options.url, window.location.origin);
    if (last && options.resume) url.searchParams.set(options.resume, last);
    const stream = new EventSource(url);
    source = stream;
    stream.onopen = () => options.opened?.(!last || !options.resume);
    stream.onerror = () => {
      options.broken?.();
      // EventSource would repeat the first address; ours has to name the newest place.
      close();
      timer = setTimeout(open, AGAIN_MS);
    };
    for (const [name, take] of Object.entries(options.on)) {
      stream.addEventListener(name, (event) => {
        if (event.lastEventId) last = event.lastEventId;
        take(event.data as string, event.lastEventId);
      });
    }
  }

  function close(): void {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function looked(): void {
    if (!document.hidden) open();
    else if (!options.always) close();
  }

  document.addEventListener("visibilitychange", looked);
  open();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", looked);
    close();
  };
}
