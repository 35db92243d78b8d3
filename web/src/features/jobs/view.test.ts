import { describe, expect, it } from "vitest";
import type { Job } from "@/api/types";
import { addressOf, asks, lines, shown, viewOf } from "./view";

const REQUEST = { kind: "slot", ranks: 1, nodes: 0, shape: [] };

function job(id: string, more: Partial<Job> = {}): Job {
  const usual = { id, name: `job ${id}`, state: "queued", owner: "ada", team: "vision", recipe: "", run: ["python"] };
  return { ...usual, submitted: 0, priority: 50, class: "normal", request: REQUEST, ...more } as Job;
}

const view = viewOf(new URLSearchParams());
const ids = (jobs: readonly Job[]) => jobs.map((each) => each.id).join(" ");

describe("an address", () => {
  it.each(["", "q=bert+large", "state=queued&state=running&owner=ada", "sort=name&group=team"])("%s is kept", (text) =>
    expect(addressOf(viewOf(new URLSearchParams(text))).toString()).toBe(text),
  );
});

describe("what is shown", () => {
  const jobs = [
    job("a", { submitted: 1, name: "Bert" }),
    job("b", { submitted: 3, state: "failed", owner: "bob" }),
    job("c", { submitted: 2, run: ["python", "bert.py"] }),
  ];
  it("is newest first", () => expect(ids(shown(jobs, view))).toBe("b c a"));
  it("has every word somewhere", () => expect(ids(shown(jobs, { ...view, words: "BERT ada" }))).toBe("c a"));
  it("is in one of the states", () => expect(ids(shown(jobs, { ...view, states: ["failed"] }))).toBe("b"));
  it("sorts by names whatever their case", () =>
    expect(ids(shown(jobs, { ...view, sorting: { by: "name", descending: false } }))).toBe("a b c"));
  it("keeps all where the address sorts by what there is not", () =>
    expect(ids(shown(jobs, { ...view, sorting: { by: "colour", descending: false } }))).toBe("a b c"));
});

it("a closed team shows its line alone", () => {
  const jobs = [job("a"), job("b", { team: "audio", state: "failed" }), job("c")];
  expect(lines(jobs, true, new Set(["vision"]))).toEqual([
    { group: { team: "audio", jobs: 1, live: 0 } },
    { job: jobs[1] },
    { group: { team: "vision", jobs: 2, live: 2 } },
  ]);
});

it.each([
  [{ kind: "gpu", ranks: 8, nodes: 2 }, "2 × 4 GPUs"],
  [{ kind: "gpu", ranks: 1 }, "1 GPU"],
  [{ ranks: 2 }, "2 slots"],
  [{ kind: "gpu", ranks: 6, nodes: 2, shape: [4, 2] }, "4 + 2 GPUs"],
])("%o reads %s", (request, text) =>
  expect(asks(job("a", { request: { ...REQUEST, ...request } as Job["request"] }))).toBe(text),
);
