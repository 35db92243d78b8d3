import { expect, it } from "vitest";
import { SCREENFUL, screenOf } from "./turn";

it("shows all at once where they fit", () => {
  expect(screenOf(["a", "b"], 7)).toEqual({ shown: ["a", "b"], screen: 1, screens: 1 });
  expect(screenOf([], 7)).toEqual({ shown: [], screen: 1, screens: 1 });
});

it("comes to every one of many, in turns", () => {
  const all = Array.from({ length: 2 * SCREENFUL + 1 }, (_, index) => index);
  const seen = [0, 1, 2].flatMap((turn) => screenOf(all, turn).shown);
  expect(seen).toEqual(all);
  expect(screenOf(all, 3)).toEqual(screenOf(all, 0));
});
