import { describe, expect, it } from "vitest";
import { bytes, duration, figure, hours, percent } from "./format";

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [999_600, "1.00 MB"],
    [42_949_672_960, "42.9 GB"],
    [null, "–"],
  ])("%s is %s", (size, text) => expect(bytes(size)).toBe(text));
});

describe("duration", () => {
  it.each([
    [0, "0 s"],
    [-3, "0 s"],
    [59.6, "1 min"],
    [3725, "1 h 2 min"],
    [86_400, "1 d"],
    [90_061, "1 d 1 h"],
    [undefined, "–"],
  ])("%s s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe("figure", () => {
  it("keeps what is no number", () => {
    expect(figure(Number.NaN)).toBe("NaN");
    expect(figure(Number.NEGATIVE_INFINITY)).toBe("-Infinity");
  });
  it("is short for the very small", () => expect(figure(0.000012345)).toBe("1.234e-5"));
});

it("a fraction is whole per cents", () => expect(percent(0.426)).toBe("43 %"));

describe("hours", () => {
  it("are told to the hundredth, and none is no less", () => {
    expect([0, 0.0001, 0.01, 1.234, 12345.6].map(hours)).toEqual(["0", "< 0.01", "0.01", "1.23", "12,345.6"]);
  });
});
