import { describe, expect, it } from "vitest";
import type { Gpu, Share, Worker } from "@/api/types";
import { tiles, unitOf } from "./map";

const node = (name: string, more: Partial<Worker> = {}) =>
  ({ id: name, name, state: "online", drain: false, slots: 4, slots_free: 3, gpus: [], ...more }) as unknown as Worker;
const gpu = (uuid: string, state: string) => ({ uuid, state }) as Gpu;
const share = (name: string, ranks: number, gpus: string[] = []) => ({ node: name, ranks, gpus }) as unknown as Share;

describe("tiles", () => {
  it("shows the planner's place before what is asked for, and that before what is free", () => {
    const nodes = [node("a"), node("b", { slots_free: 4 }), node("c"), node("d", { state: "pending" })];
    expect(tiles(nodes, [share("c", 2)], "a", "gpu").map((tile) => [tile.node.name, tile.words])).toEqual([
      ["c", "2 ranks of the job here"],
      ["a", "3 of 4 slots free"],
      ["b", "4 of 4 slots free"],
    ]);
    expect(tiles(nodes, [share("c", 2)], "", "gpu")[0]?.cells).toEqual(["taken", "planned", "planned", "free"]);
  });
  it("marks the very GPUs, and those that nobody gets", () => {
    const gpus = [gpu("0", "free"), gpu("1", "free"), gpu("2", "held"), gpu("3", "sick")];
    const [tile] = tiles([node("g", { gpus })], [share("g", 1, ["1"])], "", "gpu");
    expect(tile?.cells).toEqual(["free", "planned", "taken", "out"]);
  });
  it("shows slots where the job asks for slots", () => {
    const [tile] = tiles([node("g", { gpus: [gpu("0", "free")] })], [share("g", 1)], "", "slot");
    expect(tile?.cells).toEqual(["taken", "planned", "free", "free"]);
    expect(
      [{ slots: 1 }, { shape: "slots:1,1" }, { gpus: 1 }, { slots: null, shape: [1] }, undefined].map(unitOf),
    ).toEqual(["slot", "slot", "gpu", "gpu", "gpu"]);
  });
  it("does not count on a node that is away", () => {
    expect(tiles([node("x", { state: "unreachable" })], [], "", "gpu")[0]?.words).toBe("unreachable");
    expect(tiles([node("x", { drain: true })], [], "", "gpu")[0]?.words).toBe("set aside");
  });
});
