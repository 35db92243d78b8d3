import { expect, it } from "vitest";
import type { JobFile } from "@/api/types";
import { yamlOf } from "./yaml";

it("says what is not as it would be anyway, and nothing else", () => {
  const file = {
    name: "digits",
    run: ["python", "train.py"],
    params: { dropout: 0, resume: false },
    recipe: "",
    after: [],
    warm: false,
    priority: 0,
    retry: { max: 0, on: [] },
    resources: { nodes: null, slots: 2, labels: {} },
  } as unknown as JobFile;
  expect(yamlOf(file)).toBe(
    `name: digits
run:
  - python
  - train.py
params:
  dropout: 0
  resume: false
warm: false
priority: 0
retry:
  max: 0
  on: []
resources:
  slots: 2
`,
  );
});
