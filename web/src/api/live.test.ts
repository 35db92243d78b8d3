import { expect, it } from "vitest";
import { withJob } from "./live";
import type { Jobs } from "./queries";
import type { Job } from "./types";

const job = (id: string, rev: number) => ({ id, rev }) as Job;
const jobs: Jobs = { items: [job("b", 3), job("a", 1)], complete: true };
const shown = (each: Jobs | undefined) => each?.items.map((one) => `${one.id}${one.rev}`).join(" ");

it("a new job comes first", () => expect(shown(withJob(jobs, job("c", 1)))).toBe("c1 b3 a1"));
it("a known job keeps its place", () => expect(shown(withJob(jobs, job("a", 2)))).toBe("b3 a2"));
it("an answer that was overtaken changes nothing", () => expect(withJob(jobs, job("b", 2))).toBe(jobs));
it("what was never asked for stays unknown", () => expect(withJob(undefined, job("a", 1))).toBeUndefined());
