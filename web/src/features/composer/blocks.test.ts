import { describe, expect, it } from "vitest";
import { BLOCKS, edited, type Field, fieldOf, valueAt, withRecipe } from "./blocks";

const TEXT = `# mine
name: digits # keep me
recipe: digits
resources:
  slots: 1
`;
const field = (label: string): Field => {
  const found = BLOCKS.flatMap((block) => block.fields).find((each) => each.label === label);
  if (!found) throw new Error(label);
  return found;
};

describe("edited", () => {
  it("changes its own place only, and keeps comments", () => {
    expect(edited(TEXT, field("Nodes"), "2")).toBe(TEXT + "  nodes: 2\n");
  });
  it("takes what is emptied away, with the block that is empty then", () => {
    const without = edited(TEXT, field("CPU slots"), "");
    expect(without).toBe("# mine\nname: digits # keep me\nrecipe: digits\n");
    expect(edited(without, field("CPU slots"), "1")).toBe(TEXT);
  });
  it("writes lists, switches and words that look like numbers as what they are", () => {
    const text = edited(edited(TEXT, field("After these jobs"), "a, b"), field("Hold it until it is released"), "true");
    expect(text).toContain("after:\n  - a\n  - b\nhold: true\n");
    expect(valueAt(text, field("After these jobs"))).toBe("a, b");
    expect(edited(TEXT, field("Memory"), "16")).toContain('memory: "16"');
  });
  it("leaves alone what is no job file", () => {
    expect(edited("name: [", field("Nodes"), "2")).toBe("name: [");
    expect(valueAt("name: [", field("Nodes"))).toBe("");
  });
});

describe("recipes", () => {
  const rate = {
    name: "lr",
    type: "float",
    default: 0.1,
    help: "",
    minimum: null,
    maximum: null,
    choices: [],
  } as const;
  it("have a field for each parameter", () => {
    const lr = fieldOf({ ...rate, choices: [] });
    expect([lr.kind, lr.usual]).toEqual(["number", "0.1"]);
    expect(edited(TEXT, lr, "0.5")).toContain("params:\n  lr: 0.5\n");
  });
  it("are changed with their name and without the old parameters", () => {
    const other = withRecipe(edited(TEXT, fieldOf({ ...rate, choices: [] }), "0.5"), "charlm");
    expect(other).toBe("# mine\nname: charlm # keep me\nrecipe: charlm\nresources:\n  slots: 1\n");
    expect(withRecipe(TEXT, "")).toContain("run: python train.py\n");
    expect(withRecipe(withRecipe(TEXT, ""), "digits")).not.toContain("run:");
  });
});
