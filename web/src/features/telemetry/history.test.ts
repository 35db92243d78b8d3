import { describe, expect, it } from "vitest";
import { figuresOf, type History, OF_GPUS, OF_NODE, within } from "./history";

const HISTORY: History = {
  every: 10,
  times: [100, 110],
  series: [
    { name: "cpu", unit: "percent", gpu: null, index: null, values: [1, null] },
    { name: "sent", unit: "bytes/s", gpu: null, index: null, values: [2e6, 4e6] },
    { name: "gpu_power", unit: "watt", gpu: "x", index: 0, values: [50, 60] },
    { name: "gpu_power", unit: "watt", gpu: "y", index: 1, values: [null, 70] },
  ],
};

describe("figuresOf", () => {
  it("has a figure of each kind that was measured, in its unit", () => {
    expect(figuresOf(OF_NODE, [{ node: "", history: HISTORY, gpus: null }], 100)).toEqual([
      { title: "CPU, %", lines: [{ label: "CPU", at: [0, 10], values: [1, null] }] },
      { title: "Network, MB/s", lines: [{ label: "sent", at: [0, 10], values: [2, 4] }] },
    ]);
  });
  it("has a line for each GPU of each node, of those that are wanted", () => {
    const of = (gpus: string[] | null) => figuresOf(OF_GPUS, [{ node: "a", history: HISTORY, gpus }], 0);
    expect(of(null)[0]?.lines.map((line) => line.label)).toEqual(["a GPU 0", "a GPU 1"]);
    expect(of(["y"])[0]?.lines.map((line) => line.label)).toEqual(["a GPU 1"]);
    expect(of([])).toEqual([]);
  });
});

describe("within", () => {
  const line = { label: "l", at: [0, 10, 20], values: [1, 2, 3] };
  it("keeps what lies inside and reaches to both ends", () => {
    expect(within(line, 5, 25)).toEqual({ label: "l", at: [5, 10, 20, 25], values: [null, 2, 3, null] });
    expect(within(line, 10, 20)).toEqual({ label: "l", at: [10, 20], values: [2, 3] });
  });
});
