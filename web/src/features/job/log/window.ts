/** The part of a log that is held: so many lines, whatever the whole has. Pure. */
import type { LogLine } from "@/api/types";

/** Lines held at once. */
export const MOST = 20_000;

export interface Held {
  lines: readonly LogLine[];
  /** Given as `before`, what is in front of them; empty at the log's beginning. */
  start: string;
  /** Given as `cursor`, what is behind them. */
  end: string;
  /** Whether nothing that was written before this moment is behind them. */
  newest: boolean;
}

export const NOTHING: Held = { lines: [], start: "", end: "", newest: false };

/** A progress bar that goes on is where the rank's next line will be. */
function settle(lines: LogLine[], more: readonly LogLine[]): void {
  const bars = new Map<number, number>();
  // Bars are at the end, as many as there are ranks: what is older has ended.
  for (let at = Math.max(0, lines.length - 512); at < lines.length; at += 1) {
    const line = lines[at];
    if (!line) continue;
    if (line.partial) bars.set(line.rank, at);
    else bars.delete(line.rank);
  }
  for (const line of more) {
    const bar = bars.get(line.rank);
    if (bar === undefined) {
      if (line.partial) bars.set(line.rank, lines.length);
      lines.push(line);
    } else {
      // Its place in the log stays that of the bar, so that places grow from line to line.
      lines[bar] = { ...line, cursor: lines[bar]?.cursor ?? line.cursor };
      if (!line.partial) bars.delete(line.rank);
    }
  }
}

/** With `more` behind them. What is too much goes from the front. */
export function appended(held: Held, more: readonly LogLine[], end: string, newest: boolean): Held {
  const lines = [...held.lines];
  settle(lines, more);
  const extra = Math.max(0, lines.length - MOST);
  const start = extra ? (lines[extra - 1]?.cursor ?? held.start) : held.start;
  return { lines: extra ? lines.slice(extra) : lines, start, end, newest };
}

/** With `more` in front of them. What is too much goes from the back. */
export function prepended(held: Held, more: readonly LogLine[], start: string): Held {
  const lines: LogLine[] = [];
  settle(lines, more);
  settle(lines, held.lines);
  if (lines.length <= MOST) return { ...held, lines, start };
  const kept = lines.slice(0, MOST);
  return { lines: kept, start, end: kept.at(-1)?.cursor ?? held.end, newest: false };
}

const ERROR =
  /\b(?:Traceback \(most recent|[A-Za-z]*(?:Error|Exception)\b|FATAL|CRITICAL|panic:|Segmentation fault|out of memory|Killed)/;

/** The line that tells what went wrong: the last one, and of a traceback its beginning. -1 without one. */
export function errorLine(lines: readonly { text: string; rank: number }[]): number {
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at];
    if (!line || !ERROR.test(line.text)) continue;
    const begins = lines.findLastIndex(
      (each, index) => index <= at && each.rank === line.rank && each.text.startsWith("Traceback (most recent"),
    );
    // One far in front belongs to something else.
    return begins >= 0 && at - begins < 200 ? begins : at;
  }
  return -1;
}

/** The next line with `words` from `at` on, in `step`'s direction, without `at` itself; -1 without one. */
export function nextMatch(lines: readonly { text: string }[], words: string, at: number, step: 1 | -1): number {
  const wanted = words.toLowerCase();
  for (let index = at + step; index >= 0 && index < lines.length; index += step) {
    if (lines[index]?.text.toLowerCase().includes(wanted)) return index;
  }
  return -1;
}
