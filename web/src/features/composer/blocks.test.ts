import { describe, expect, it } from "vitest";
import { BLOCKS, type Field, fieldOf, RUN } from "./blocks";
import { edited, valueAt, withRecipe, without } from "./text";

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

describe("a command", () => {
  it("that is a list of words is shown as in a shell, with its lines", () => {
    expect(valueAt("run: [python, -c, 'print(1)', 'a b']", RUN)).toBe("python -c 'print(1)' 'a b'");
    expect(valueAt('run: [sh, -c, "a\\nb"]', RUN)).toBe("sh -c 'a\nb'");
    expect(valueAt("run: make it", RUN)).toBe("make it");
  });
});

describe("edited", () => {
  it("changes its own place only, and keeps comments", () => {
    expect(edited(TEXT, field("Nodes"), "2")).toBe(TEXT + "  nodes: 2\n");
  });
  it("takes what is emptied away, with the block that is empty then", () => {
    const rest = edited(TEXT, field("CPU slots"), "");
    expect(rest).toBe("# mine\nname: digits # keep me\nrecipe: digits\n");
    expect(edited(rest, field("CPU slots"), "1")).toBe(TEXT);
  });
  it("writes lists, switches and words that look like numbers as what they are", () => {
    const text = edited(edited(TEXT, field("After these jobs"), "a, b"), field("Hold it until it is released"), "true");
    expect(text).toContain("after:\n  - a\n  - b\nhold: true\n");
    expect(valueAt(text, field("After these jobs"))).toBe("a, b");
    expect(edited(TEXT, field("Memory"), "16")).toContain('memory: "16"');
  });
  it("writes pairs, one a line, and reads them back", () => {
    const text = edited(TEXT, field("Variables"), "A=1\nB=x=y z\n\nC");
    expect(text).toBe(TEXT + 'env:\n  A: "1"\n  B: x=y z\n  C: ""\n');
    expect(valueAt(text, field("Variables"))).toBe("A=1\nB=x=y z\nC=");
    expect(valueAt("resources: {labels: {rack: 7}}", field("Only nodes labelled"))).toBe("rack=7");
  });
  it("writes below a word that stood for a whole block", () => {
    const text = edited("run: a\npython: inherit\n", field("Virtual environment"), "/opt/venv");
    expect(text).toBe("run: a\npython:\n  venv: /opt/venv\n");
    expect(edited("run: a\npython: inherit\n", field("Virtual environment"), "")).toBe("run: a\npython: inherit\n");
    expect(valueAt("python: inherit", field("Virtual environment"))).toBe("");
  });
  it("leaves alone what is no job file", () => {
    expect(edited("name: [", field("Nodes"), "2")).toBe("name: [");
    expect(valueAt("name: [", field("Nodes"))).toBe("");
  });
});

describe("without", () => {
  const block = (title: string) => {
    const found = BLOCKS.find((each) => each.title === title);
    if (!found) throw new Error(title);
    return found;
  };
  it("takes a block's fields away and what is empty then, and no other's", () => {
    const text = "run: a # it\nresources:\n  gpus: 1\n  labels:\n    rack: b\nclass: batch\n";
    expect(without(text, block("Resources"))).toBe("run: a # it\nclass: batch\n");
    expect(without(text, block("Schedule"))).toBe(text.replace("class: batch\n", ""));
    expect(without("run: a\nresources:\n  gpus: 1\n  shape: [1]\n", block("Resources"))).toContain("shape");
  });
  it("leaves a text alone that has none of it, or is none", () => {
    expect(without(TEXT, block("Dependencies"))).toBe(TEXT);
    expect(without("name: [", block("Schedule"))).toBe("name: [");
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
