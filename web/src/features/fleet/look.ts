/** What the fleet's grid shows of a GPU: a figure, how strong its colour is, and all of it in words. */
import type { Gpu, Worker } from "@/api/types";
import { bytes } from "@/shared/format";

export const MEASURES = ["utilisation", "memory", "power", "temperature"] as const;
export type Measure = (typeof MEASURES)[number];

/** Degrees Celsius and watts between which the colour grows: idle and full load of today's cards. */
const COOL = 30;
const HOT = 90;
const FULL_POWER = 700;

export interface Look {
  /** As short as a cell is. */
  text: string;
  /** Strength of the colour, from 0 to 1; null where it is not measured. */
  level: number | null;
}

function within(level: number): number {
  return Math.min(1, Math.max(0, level));
}

export function look(gpu: Gpu, measure: Measure): Look {
  const none = { text: "–", level: null };
  switch (measure) {
    case "utilisation":
      return gpu.utilisation === null
        ? none
        : { text: `${Math.round(gpu.utilisation)} %`, level: within(gpu.utilisation / 100) };
    case "memory": {
      if (gpu.memory_used === null || !gpu.memory) return none;
      const part = gpu.memory_used / gpu.memory;
      return { text: `${Math.round(100 * part)} %`, level: within(part) };
    }
    case "power":
      return gpu.power === null ? none : { text: `${Math.round(gpu.power)} W`, level: within(gpu.power / FULL_POWER) };
    case "temperature":
      return gpu.temperature === null
        ? none
        : { text: `${Math.round(gpu.temperature)} °C`, level: within((gpu.temperature - COOL) / (HOT - COOL)) };
  }
}

/** The state of a GPU as the grid shows it: one on a node that is not heard is not known to be anything. */
export function stateOf(gpu: Gpu, node: Worker): string {
  return node.state === "unreachable" || node.state === "offline" ? "unknown" : gpu.state;
}

/** All that is known of a GPU, as one sentence. job: the name of the job that holds it. */
export function words(gpu: Gpu, node: Worker, job: string): string {
  const state = stateOf(gpu, node);
  const holder = job ? ` by ${job}` : "";
  const measured = [
    gpu.utilisation === null ? "" : `${Math.round(gpu.utilisation)} % used`,
    gpu.memory_used === null ? "" : `${bytes(gpu.memory_used)} of ${bytes(gpu.memory)}`,
    gpu.temperature === null ? "" : `${Math.round(gpu.temperature)} °C`,
    gpu.power === null ? "" : `${Math.round(gpu.power)} W`,
  ].filter(Boolean);
  const parts = [`GPU ${gpu.index} of ${node.name}`, gpu.model, `${state}${holder}`, gpu.note, ...measured];
  return parts.filter(Boolean).join(", ");
}

export interface Totals {
  nodes: number;
  online: number;
  gpus: number;
  held: number;
  free: number;
  trouble: number;
  slots: number;
  slotsFree: number;
  power: number;
}

export function totals(nodes: readonly Worker[]): Totals {
  const members = nodes.filter((node) => node.state !== "pending");
  const gpus = members.flatMap((node) =>
    node.gpus.map((gpu) => ({ state: stateOf(gpu, node), power: gpu.power ?? 0 })),
  );
  const count = (state: string) => gpus.filter((gpu) => gpu.state === state).length;
  return {
    nodes: members.length,
    online: members.filter((node) => node.state === "online").length,
    gpus: gpus.length,
    held: count("held"),
    free: count("free"),
    trouble: gpus.length - count("held") - count("free"),
    slots: members.reduce((sum, node) => sum + node.slots, 0),
    slotsFree: members.reduce((sum, node) => sum + node.slots_free, 0),
    power: gpus.reduce((sum, gpu) => sum + gpu.power, 0),
  };
}
