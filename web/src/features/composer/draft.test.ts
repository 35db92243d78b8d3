import { expect, it } from "vitest";
import { draftOf, FIRST } from "./draft";

it("the first draft is a job", () =>
  expect(draftOf(FIRST)).toEqual({
    file: { name: "digits", recipe: "digits", resources: { slots: 1, nodes: 1 } },
    wrong: "",
  }));
it("an error names its line", () => expect(draftOf("name: a\nrun: [1,\n").wrong).toMatch(/^Line 3: /));
it.each(["", "- a", "words"])("%j is no job file", (text) => expect(draftOf(text).wrong).toMatch(/^A job file has/));
it("a key that is given twice is refused", () => expect(draftOf("name: a\nname: b\n").file).toBeNull());
