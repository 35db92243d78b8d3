import { describe, expect, it } from "vitest";
import { lightness, pieces, plain, readable } from "./ansi";

describe("pieces", () => {
  it("have their colours and weights", () => {
    const found = pieces("a \x1b[1;32mb\x1b[0m c");
    expect(found.map(({ text }) => text)).toEqual(["a ", "b", " c"]);
    expect(found[1]).toMatchObject({ bold: true });
    expect(found[1]?.color).toMatch(/^rgb\(/);
    expect(found[2]).toEqual({ text: " c" });
  });
  it("are text alone where there are no colours", () => expect(pieces("<b>x</b>")).toEqual([{ text: "<b>x</b>" }]));
  it("are readable on a colour of their own", () =>
    expect(pieces("\x1b[43;33mx")).toEqual([{ text: "x", background: "rgb(187 187 0)", color: "#000" }]));
});

describe("plain", () => {
  it.each([
    ["\x1b]0;title\x07text", "text"],
    ["\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"],
    ["\x1b[2K\x1b[1Aup", "up"],
    ["\x1b[?25lhidden\x1b[?25h", "hidden"],
    ["a\x08b\x00c\x9bd", "abcd"],
    ["\x1b[31mred\x1b[0m\tend", "red\tend"],
    ["\x1b]unfinished", ""],
  ])("%j is %j", (text, shown) => expect(plain(text)).toBe(shown));
});

it("a dark colour is made lighter until it can be read", () => {
  expect(lightness(readable([20, 20, 120]))).toBeGreaterThan(0.2);
  expect(readable([200, 200, 200])).toEqual([200, 200, 200]);
});
