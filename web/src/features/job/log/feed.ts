/**
 * A log that is looked at: its newest page, then what comes, then whatever the reader goes back to.
 *
 * It holds one connected part of the log. While nothing is behind that part, a stream adds what is written.
 */
import { ask, head } from "@/api/client";
import { follow } from "@/api/stream";
import type { LogLine } from "@/api/types";
import { appended, errorLine, type Held, MOST, nextMatch, NOTHING, prepended } from "./window";

const PAGE = 1000;
/** Lines that come together are shown together. */
const TOGETHER_MS = 60;

export interface Filter {
  /** null for all. */
  rank: number | null;
  /** 0 for all. */
  attempt: number;
}

export interface Shown {
  held: Held;
  /** Whether the first page has come. */
  loaded: boolean;
  error: unknown;
  /** Whether the reader looks at the end: then what is old makes room for what is new. */
  following: boolean;
  /** The line that was jumped to. */
  mark: LogLine | null;
}

interface Page {
  items: LogLine[];
  cursor: string;
  start: string;
}

interface Place {
  cursor?: string;
  before?: string;
  tail?: number;
  limit?: number;
  contains?: string;
}

export class LogFeed {
  shown: Shown = { held: NOTHING, loaded: false, error: null, following: true, mark: null };

  private readonly listeners = new Set<() => void>();
  private endStream: (() => void) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private fresh: LogLine[] = [];
  private abort = new AbortController();
  private busy = false;

  constructor(
    private readonly job: string,
    private readonly filter: Filter,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Shows the last lines, or of them the one that tells what went wrong. */
  async begin(atError: boolean): Promise<void> {
    this.follow(!atError);
    await this.toEnd();
    const { lines } = this.shown.held;
    const error = atError ? lines[errorLine(lines)] : undefined;
    if (error) this.jump(error);
  }

  /** Whether the reader looks at the end. */
  follow(following: boolean): void {
    if (following !== this.shown.following) this.tell({ ...this.shown, following });
    if (following && !this.shown.held.newest && this.shown.loaded) void this.toEnd();
  }

  /** Goes to `line`, one of those that are held. */
  jump(mark: LogLine): void {
    this.tell({ ...this.shown, following: false, mark });
  }

  /** Shows the last lines, and what comes behind them. */
  toEnd(): Promise<void> {
    return this.reading(async () => {
      const page = await this.page({ tail: PAGE });
      this.show(appended({ ...NOTHING, start: page.start }, page.items, page.cursor, true));
      this.open();
    });
  }

  /** Adds what is in front. */
  async older(): Promise<void> {
    if (this.busy || !this.shown.held.start) return;
    await this.reading(async () => {
      const page = await this.page({ before: this.shown.held.start, limit: PAGE });
      this.flush();
      this.show(prepended(this.shown.held, page.items, page.start));
      if (!this.shown.held.newest) this.closeStream();
    });
  }

  /** Adds what is behind, where a part of it was let go. */
  async newer(): Promise<void> {
    if (this.busy || this.shown.held.newest || !this.shown.loaded) return;
    await this.reading(async () => {
      const page = await this.page({ cursor: this.shown.held.end, limit: PAGE });
      const newest = page.items.length < PAGE;
      this.show(appended(this.shown.held, page.items, page.cursor, newest));
      if (newest) this.open();
    });
  }

  /** Goes to the next line with `words`, or with -1 to the one before; answers whether there is one. */
  async find(words: string, step: 1 | -1): Promise<boolean> {
    const { lines } = this.shown.held;
    const marked = lines.findIndex((line) => line.cursor === this.shown.mark?.cursor);
    const edge = step > 0 ? -1 : lines.length;
    const held = lines[nextMatch(lines, words, marked < 0 ? edge : marked, step)];
    const line = held ?? (await this.findBeyond(words, step));
    if (line) this.jump(line);
    return Boolean(line);
  }

  /** Looks for `words` in what is not held, and then holds what is around. */
  private async findBeyond(words: string, step: 1 | -1): Promise<LogLine | null> {
    let found: LogLine | null = null;
    await this.reading(async () => {
      const { held } = this.shown;
      let place = step > 0 ? held.end : held.start;
      while (!found && place) {
        const page = await this.page({ [step > 0 ? "cursor" : "before"]: place, contains: words, limit: 1 });
        found = page.items[0] ?? null;
        const next = step > 0 ? page.cursor : page.start;
        if (!found && next === place) return;
        place = next;
      }
      if (found) await this.around(found);
    });
    return found;
  }

  /** Goes on to read what is written; for a job that was over and runs again. */
  resume(): void {
    if (this.shown.loaded && this.shown.held.newest) this.open();
  }

  close(): void {
    this.abort.abort();
    this.abort = new AbortController();
    this.closeStream();
  }

  /** The address of the whole, as a text. */
  get textUrl(): string {
    return this.url({ download: "1" });
  }

  private async around(line: LogLine): Promise<void> {
    const front = await this.page({ before: line.cursor, limit: PAGE / 2 });
    const back = await this.page({ cursor: line.cursor, limit: PAGE / 2 });
    const newest = back.items.length < PAGE / 2;
    this.closeStream();
    this.follow(false);
    this.show(appended({ ...NOTHING, start: front.start }, [...front.items, ...back.items], back.cursor, newest));
    if (newest) this.open();
  }

  private async reading(what: () => Promise<void>): Promise<void> {
    this.busy = true;
    const { signal } = this.abort;
    try {
      await what();
    } catch (error) {
      if (!signal.aborted) this.tell({ ...this.shown, error });
    } finally {
      this.busy = false;
    }
  }

  private async page(place: Place): Promise<Page> {
    const { rank, attempt } = this.filter;
    const query = { ...place, ...(rank !== null && { rank }), ...(attempt && { attempt }) };
    const params = { path: { job: this.job }, query };
    const page = await ask(head.GET("/api/v1/jobs/{job}/logs", { params, signal: this.abort.signal }));
    // The same address also streams and gives a text, when it is asked to.
    return page as Page;
  }

  private url(more: Record<string, string>): string {
    const { rank, attempt } = this.filter;
    const query = new URLSearchParams(more);
    if (rank !== null) query.set("rank", String(rank));
    if (attempt) query.set("attempt", String(attempt));
    return `/api/v1/jobs/${encodeURIComponent(this.job)}/logs?${query.toString()}`;
  }

  private open(): void {
    this.endStream ??= follow({
      url: this.url({ cursor: this.shown.held.end }),
      resume: "cursor",
      on: {
        line: (data) => {
          this.fresh.push(JSON.parse(data) as LogLine);
          this.timer ??= setTimeout(() => this.flush(), TOGETHER_MS);
        },
        end: () => {
          this.flush();
          this.closeStream();
        },
      },
    });
  }

  private closeStream(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.fresh = [];
    this.endStream?.();
    this.endStream = undefined;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const fresh = this.fresh;
    this.fresh = [];
    const { held } = this.shown;
    const last = fresh.at(-1);
    if (!last) return;
    if (!this.shown.following && held.lines.length + fresh.length > MOST) {
      // Whoever reads what is old keeps it; the new is read again when it is wanted.
      this.closeStream();
      this.show({ ...held, newest: false });
    } else {
      this.show(appended(held, fresh, last.cursor, true));
    }
  }

  private show(held: Held): void {
    this.tell({ ...this.shown, held, loaded: true, error: null });
  }

  private tell(shown: Shown): void {
    this.shown = shown;
    for (const listener of this.listeners) listener();
  }
}
