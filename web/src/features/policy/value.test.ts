import { expect, it } from "vitest";
import { valueOf } from "./ChangeSetting";

it.each([
  ["3", 3],
  [" 0.5 ", 0.5],
  ["3d", "3d"],
  ["none", null],
  ["true", true],
  ["", ""],
])("%j is sent as %j", (text, value) => expect(valueOf(text)).toBe(value));
