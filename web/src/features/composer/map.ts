/** The fleet as the composer shows it: each node's GPUs or slots, and which of them the planner would give. */
import type { Share, Worker } from "@/api/types";

export type Cell = "planned" | "free" | "taken" | "out";

export interface Tile {
  node: Worker;
  cells: readonly Cell[];
  /** Ranks that it would get. */
  ranks: number;
  /** Where it stands, in words. */
  words: string;
}

export const MOST = 24;

/** What the job asks for. A node without GPUs shows its slots all the same. */
export type Unit = "gpu" | "slot";

export function unitOf(resources: unknown): Unit {
  const { slots, shape } = (resources ?? {}) as { slots?: unknown; shape?: unknown };
  return (slots ?? null) !== null || (typeof shape === "string" && shape.startsWith("slots")) ? "slot" : "gpu";
}

/** Nodes with a place for the job first, then the one that is asked for, then by what is free. */
export function tiles(
  nodes: readonly Worker[],
  placement: readonly Share[],
  only: string,
  unit: Unit,
): readonly Tile[] {
  return nodes
    .filter((node) => node.state !== "pending")
    .map((node) =>
      tileOf(
        node,
        placement.find((share) => share.node === node.name),
        unit,
      ),
    )
    .sort((one, other) => weight(other, only) - weight(one, only));
}

function weight(tile: Tile, only: string): number {
  const free = tile.cells.filter((cell) => cell === "free").length;
  return (tile.ranks ? 1e6 : 0) + (tile.node.name === only ? 1e5 : 0) + free;
}

function tileOf(node: Worker, share: Share | undefined, asked: Unit): Tile {
  const ranks = share?.ranks ?? 0;
  const unit = node.gpus.length ? asked : "slot";
  const cells = unit === "gpu" ? gpuCells(node, share) : slotCells(node, ranks);
  return { node, cells, ranks, words: wordsOf(node, cells, ranks, unit) };
}

function gpuCells(node: Worker, share: Share | undefined): readonly Cell[] {
  return node.gpus.map((gpu) => {
    if (share?.gpus.includes(gpu.uuid)) return "planned";
    if (gpu.state === "free") return "free";
    return gpu.state === "held" ? "taken" : "out";
  });
}

function slotCells(node: Worker, ranks: number): readonly Cell[] {
  const free = Math.max(0, node.slots_free - ranks);
  const taken = Math.max(0, node.slots - ranks - free);
  return [
    ...Array<Cell>(taken).fill("taken"),
    ...Array<Cell>(ranks).fill("planned"),
    ...Array<Cell>(free).fill("free"),
  ];
}

function wordsOf(node: Worker, cells: readonly Cell[], ranks: number, unit: Unit): string {
  const what = unit === "gpu" ? "GPU" : "slot";
  const many = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
  if (ranks) return `${many(ranks, "rank")} of the job here`;
  if (node.drain) return "set aside";
  if (node.state !== "online") return node.state;
  return `${cells.filter((cell) => cell === "free").length} of ${many(cells.length, what)} free`;
}
