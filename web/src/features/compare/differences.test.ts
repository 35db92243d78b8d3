import { describe, expect, it } from "vitest";
import type { Series } from "@/api/types";
import { flat, results, rowsOf } from "./differences";

describe("flat", () => {
  it("names nested values by their path and leaves out what is empty", () => {
    const found = flat({ run: ["python", "a.py"], resources: { gpus: 2, gpu: "" }, env: { LR: "1" }, after: null });
    expect([...found]).toEqual([
      ["run", "python a.py"],
      ["resources.gpus", "2"],
      ["env.LR", "1"],
    ]);
  });
});

describe("rowsOf", () => {
  it("tells what differs, and who has none", () => {
    const rows = rowsOf([
      new Map([["a", "1"]]),
      new Map([
        ["a", "1"],
        ["b", "2"],
      ]),
    ]);
    expect(rows).toEqual([
      { name: "a", values: ["1", "1"], differs: false },
      { name: "b", values: ["", "2"], differs: true },
    ]);
  });
});

describe("results", () => {
  it("takes the lowest loss and the highest of everything else, of the first rank", () => {
    const curve = (name: string, rank: number, values: (number | null)[]): Series => ({
      name,
      rank,
      source: "sdk",
      points: values.map((value, step) => [step, 0, value]),
      last: values.at(-1) ?? null,
      count: values.length,
    });
    const rows = results(
      [[curve("val_loss", 0, [3, 1, 2, null]), curve("acc", 0, [0.1, 0.9]), curve("acc", 1, [1])]],
      String,
    );
    expect(rows.map((row) => [row.name, ...row.values])).toEqual([
      ["val_loss, last", "2"],
      ["val_loss, lowest", "1"],
      ["acc, last", "0.9"],
      ["acc, highest", "0.9"],
    ]);
  });
});
