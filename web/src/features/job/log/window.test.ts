import { describe, expect, it } from "vitest";
import type { LogLine } from "@/api/types";
import { appended, errorLine, MOST, nextMatch, NOTHING, prepended } from "./window";

function line(number: number, rank = 0, partial = false): LogLine {
  return { rank, at: number, text: `line ${number}`, partial, cursor: `1:${number}` };
}

function lines(first: number, last: number): LogLine[] {
  return Array.from({ length: last - first + 1 }, (_, index) => line(first + index));
}

const texts = (all: readonly LogLine[]) => all.map(({ at }) => at);

describe("a progress bar", () => {
  it("is replaced where it stands by its rank's next line, and by no other's", () => {
    let held = appended(NOTHING, [line(1), line(2, 0, true), line(3, 1)], "1:3", true);
    held = appended(held, [line(4, 0, true), line(5, 1)], "1:5", true);
    expect(texts(held.lines)).toEqual([1, 4, 3, 5]);
    held = appended(held, [line(6), line(7)], "1:7", true);
    expect(texts(held.lines)).toEqual([1, 6, 3, 5, 7]);
  });
  it("is also replaced across the seam of two pages", () => {
    const held = prepended({ ...NOTHING, lines: [line(3), line(4)] }, [line(1), line(2, 0, true)], "");
    expect(texts(held.lines)).toEqual([1, 3, 4]);
  });
});

describe("the window", () => {
  it("loses its oldest lines at the front, and knows how to read them again", () => {
    const held = appended(appended(NOTHING, lines(1, MOST), `1:${MOST}`, true), lines(MOST + 1, MOST + 10), "x", true);
    expect(held.lines).toHaveLength(MOST);
    expect(held).toMatchObject({ start: "1:10", end: "x", newest: true });
  });
  it("loses its newest lines when it goes back, and says so", () => {
    const held = prepended(appended(NOTHING, lines(101, 100 + MOST), "x", true), lines(91, 100), "1:90");
    expect(held.lines).toHaveLength(MOST);
    expect(held).toMatchObject({ start: "1:90", end: `1:${90 + MOST}`, newest: false });
  });
});

describe("the error", () => {
  const log = (...all: string[]) => all.map((text) => ({ text, rank: 0 }));
  it("of a traceback is its beginning", () =>
    expect(errorLine(log("a", "Traceback (most recent call last):", "  File x", "ValueError: no", "bye"))).toBe(1));
  it("is the last one", () => expect(errorLine(log("KeyError: 1", "fine", "CUDA error: out of memory"))).toBe(2));
  it("may not be there", () => expect(errorLine(log("Terrors of the deep", "all fine"))).toBe(-1));
});

it("a match is found in both directions, in any case", () => {
  const all = [{ text: "Loss 1" }, { text: "x" }, { text: "loss 2" }];
  expect(nextMatch(all, "LOSS", -1, 1)).toBe(0);
  expect(nextMatch(all, "loss", 0, 1)).toBe(2);
  expect(nextMatch(all, "loss", 2, -1)).toBe(0);
  expect(nextMatch(all, "loss", 2, 1)).toBe(-1);
});
