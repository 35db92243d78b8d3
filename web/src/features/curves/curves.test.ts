import { describe, expect, it } from "vitest";
import type { Series } from "@/api/types";
import { aligned, alone, lineOf, metricsOf, smooth, spread, stepAt, withPoints } from "./curves";

function series(name: string, rank: number, points: Series["points"]): Series {
  return { name, rank, source: "sdk", points, last: points.at(-1)?.[2] ?? null, count: points.length };
}

describe("metricsOf", () => {
  it("puts the loss first and ranks in order", () => {
    const found = metricsOf([series("lr", 0, []), series("val_loss", 1, []), series("val_loss", 0, [])]);
    expect(found.map((each) => each.name)).toEqual(["val_loss", "lr"]);
    expect(found[0]?.series.map((each) => each.rank)).toEqual([0, 1]);
  });
});

describe("withPoints", () => {
  const old = [
    series("loss", 0, [
      [1, 10, 0.5],
      [3, 12, 0.3],
    ]),
  ];
  it("appends", () => {
    const [found] = withPoints(old, [series("loss", 0, [[4, 13, 0.2]])]);
    expect(found?.points.map(([step]) => step)).toEqual([1, 3, 4]);
    expect([found?.last, found?.count]).toEqual([0.2, 3]);
  });
  it("puts a late one into its place", () => {
    const [found] = withPoints(old, [series("loss", 0, [[2, 13, 0.4]])]);
    expect(found?.points.map(([step]) => step)).toEqual([1, 2, 3]);
    expect(found?.last).toBe(0.3);
  });
  it("takes the one of a later attempt for the same step", () => {
    const [found] = withPoints(old, [series("loss", 0, [[3, 20, 0.1]])]);
    expect(found?.points).toEqual([
      [1, 10, 0.5],
      [3, 20, 0.1],
    ]);
    expect(found?.count).toBe(2);
  });
  it("begins a curve that was not there", () => {
    expect(withPoints(old, [series("acc", 0, [[1, 10, 1]])])).toHaveLength(2);
  });
});

describe("withPoints of many", () => {
  it("takes thousands at once, in any order and doubled", () => {
    const news = Array.from({ length: 20_000 }, (_, step) => series("loss", 0, [[step, step, step]]));
    const began = performance.now();
    const [found] = withPoints(withPoints([], news), [...news.slice(0, 5000)].reverse());
    expect(performance.now() - began).toBeLessThan(1000);
    expect(found?.points).toEqual(news.map((each) => each.points[0]));
    expect([found?.last, found?.count]).toEqual([19_999, 20_000]);
  });
});

describe("alone", () => {
  it("finds values that no line shows", () => {
    expect(alone([1, null, 2, undefined, 3, null, undefined, 4])).toEqual([0, 7]);
    expect(alone([undefined, 5])).toEqual([1]);
    expect(alone([null, undefined])).toEqual([]);
  });
});

describe("smooth", () => {
  it("leaves a constant as it is from the first point on, and gaps as gaps", () => {
    const found = smooth([2, 2, null, 2], 0.9);
    expect(found.map((each) => each && Number(each.toFixed(9)))).toEqual([2, 2, null, 2]);
  });
  it("is the raw curve without a weight", () => {
    expect(smooth([1, 5, 3], 0)).toEqual([1, 5, 3]);
  });
});

describe("spread and aligned", () => {
  const one = lineOf(
    "0",
    [
      [1, 0, 1],
      [2, 0, 3],
    ],
    "step",
    0,
  );
  const other = lineOf(
    "1",
    [
      [2, 0, 5],
      [3, 0, null],
    ],
    "step",
    0,
  );
  it("tells the lowest, mean and highest of each place", () => {
    const [low, mean, high] = spread([one, other]);
    expect(low.at).toEqual([1, 2, 3]);
    expect([low.values, mean.values, high.values]).toEqual([
      [1, 3, null],
      [1, 4, null],
      [1, 5, null],
    ]);
  });
  it("counts a rank between its points, too, as each is thinned by itself", () => {
    const wide = lineOf(
      "2",
      [
        [1, 0, 0],
        [5, 0, 8],
      ],
      "step",
      0,
    );
    const [low, mean, high] = spread([wide, lineOf("3", [[3, 0, 10]], "step", 0)]);
    expect([low.values, mean.values, high.values]).toEqual([
      [0, 4, 8],
      [0, 7, 8],
      [0, 10, 8],
    ]);
  });
  it("tells a gap from a place that is another line's", () => {
    expect(aligned([one, other])).toEqual([
      [1, 2, 3],
      [1, 3, undefined],
      [undefined, 5, null],
    ]);
  });
});

describe("stepAt", () => {
  it("finds the step nearest in time", () => {
    const points = [
      [1, 100, 1],
      [2, 110, 1],
      [3, 120, 1],
    ] as const;
    expect(stepAt(12, points, "time", 100)).toBe(2);
    expect(stepAt(2.4, points, "step", 100)).toBe(2);
  });
});
