import { describe, expect, it } from "vitest";
import { HeadError } from "@/api/client";
import { wrongAt, wrongWith } from "./wrong";

const refusal = (text: string, hint = "") => wrongAt(new HeadError(400, "invalid_request", text, hint));

describe("wrongAt", () => {
  it("reads the place a refusal begins with", () => {
    expect(refusal("resources.memory: 'x' is no size.", "Write 16GB.")).toEqual({
      path: "resources.memory",
      text: "'x' is no size. Write 16GB.",
    });
    expect(refusal("priority: expected a number, got text.")?.text).toBe("Expected a number, got text.");
  });
  it("finds a recipe's parameter", () => {
    expect(refusal("The parameter lr is 'fast', which is not a number.")?.path).toBe("params.lr");
  });
  it("is silent about what is no field's", () => {
    expect(refusal("The largest possible is 8 GPUs: a, b.")).toBeNull();
    expect(wrongAt(new TypeError("priority: x"))).toBeNull();
  });
});

describe("wrongWith", () => {
  it("holds for the field and for what is inside of it", () => {
    const wrong = refusal("env.A: no.");
    expect(refusal("env: no.")?.path).toBe("env");
    expect(wrongWith({ path: "checkpoint.best.mode", text: "no" }, ["checkpoint", "best"])).toBe("no");
    expect(wrongWith({ path: "env", text: "no" }, ["envy"])).toBe("");
    expect(wrongWith(wrong, ["priority"])).toBe("");
  });
});
