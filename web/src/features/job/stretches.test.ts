import { expect, it } from "vitest";
import type { FleetEvent } from "@/api/types";
import { shares, stretches } from "./stretches";

function event(at: number, state: string | null, text: string): FleetEvent {
  return { id: at, kind: "job.x", at, text, job: "j", node: "", actor: "", data: state === null ? {} : { state } };
}

const events = [
  event(0, "queued", "submitted"),
  event(10, "starting", "placed"),
  event(11, "running", "started"),
  event(20, null, "a checkpoint"),
  event(30, "running", "still"),
  event(50, "failed", "rank 1 ended with 1"),
];

it("a state lasts until the next one, and keeps what was said in it", () => {
  const found = stretches(events);
  expect(found.map(({ state, from, to }) => [state, from, to])).toEqual([
    ["queued", 0, 10],
    ["starting", 10, 11],
    ["running", 11, 50],
    ["failed", 50, null],
  ]);
  expect(found[2]?.causes).toEqual(["started", "still"]);
});

it("an end takes no time, and nothing is too short to be seen", () => {
  expect(shares(stretches(events), 5000)).toEqual([0.2, 0.02, 0.78, 0.02]);
  expect(shares([], 1)).toEqual([]);
});
