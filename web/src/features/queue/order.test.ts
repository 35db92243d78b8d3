import { expect, it } from "vitest";
import { type Entry, moved, moveFor } from "./order";

const entries = ["a", "b", "c"].map((job) => ({ job }) as Entry);
const ids = (some: readonly Entry[]) => some.map((each) => each.job).join("");

it.each([
  [0, 2, "bca"],
  [2, 0, "cab"],
  [1, 1, "abc"],
])("from %s to %s", (from, to, order) => expect(ids(moved(entries, from, to))).toBe(order));

it("a place is before whoever comes next", () => expect(moveFor(entries, 2, 0)).toEqual({ to: "before", other: "a" }));
it("behind all is last", () => expect(moveFor(entries, 0, 2)).toEqual({ to: "last", other: "" }));
