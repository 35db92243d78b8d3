import { describe, expect, it } from "vitest";
import type { Gpu, Worker } from "@/api/types";
import { look, totals, words } from "./look";

const GPU = {
  index: 1,
  model: "NVIDIA H200",
  memory: 100e9,
  memory_used: 25e9,
  state: "held",
  utilisation: 87,
  temperature: 60,
  power: 350,
  note: "",
} as Gpu;
const NODE = { name: "a", state: "online", gpus: [GPU], slots: 4, slots_free: 3 } as Worker;

describe("a cell", () => {
  it.each([
    ["utilisation", "87 %", 0.87],
    ["memory", "25 %", 0.25],
    ["power", "350 W", 0.5],
    ["temperature", "60 °C", 0.5],
  ] as const)("by %s shows %s", (measure, text, level) => expect(look(GPU, measure)).toEqual({ text, level }));
  it("shows what is not measured as that, and not as nothing", () =>
    expect(look({ ...GPU, power: null }, "power")).toEqual({ text: "–", level: null }));
});

it("the words hold all of it", () =>
  expect(words(GPU, NODE, "bert")).toBe(
    "GPU 1 of a, NVIDIA H200, held by bert, 87 % used, 25.0 GB of 100 GB, 60 °C, 350 W",
  ));

it("GPUs of a node that is not heard are in trouble, whatever they were", () => {
  const silent = { ...NODE, state: "unreachable" };
  expect(totals([NODE, silent])).toMatchObject({ nodes: 2, online: 1, gpus: 2, held: 1, trouble: 1, power: 700 });
});
