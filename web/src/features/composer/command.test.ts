import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { commandOf, quoted } from "./command";

const command = (text: string) => commandOf(parse(text) as Record<string, unknown>);

describe("commandOf", () => {
  it("has an option for each thing, and the command last", () => {
    expect(
      command(`
name: bert
run: python train.py --lr=0.1
resources: {nodes: 2, gpus_per_node: 4, labels: {rack: a}, spread: true, gpu: "H100|A100:40GB"}
elastic: {min_nodes: 1}
class: batch
hold: false
env: {A: "it's $HOME", B: 1}
after: [prep, x-1]
retry: {max: 0}
warm: false
`),
    ).toBe(
      "tensorfleet run --name bert --nodes 2 --gpus-per-node 4 --label rack=a --spread --gpu 'H100|A100:40GB' " +
        "--min-nodes 1 --class batch -e 'A=it'\\''s $HOME' -e B=1 --after prep --after x-1 --retries 0 --cold " +
        "-- python train.py --lr=0.1",
    );
  });
  it("gives a recipe its parameters", () => {
    expect(command("recipe: digits\nparams: {epochs: 3, model: linear}\n")).toBe(
      "tensorfleet run --recipe digits -p epochs=3 -p model=linear",
    );
  });
  it("leaves a shell's line to a shell, and keeps each word of a list", () => {
    expect(command('run: "echo $HOME | wc"')).toBe("tensorfleet run -- 'echo $HOME | wc'");
    expect(command("run: [echo, a b, '']")).toBe("tensorfleet run -- echo 'a b' ''");
    expect(command("run: [a b]")).toBeNull();
  });
  it("says so where options cannot say it", () => {
    for (const text of [
      "run: a\nresources: {cpus: 4}",
      "run: a\ncode: abc",
      "run: a\nresources: {nodes: 2}\nelastic: {min_nodes: 1, max_nodes: 4}",
      "run: a\ncheckpoint: {every: 10m}",
      "run: a\nretry: {on: [oom]}",
      "run: a\nresources: 3",
      "run: {a: 1}",
      "toString: 1",
    ]) {
      expect(command(text), text).toBeNull();
    }
  });
});

describe("quoted", () => {
  it("changes nothing for a shell", () => {
    expect(quoted("")).toBe("''");
    expect(quoted("~/x")).toBe("'~/x'");
    expect(quoted("a\nb")).toBe("'a\nb'");
  });
});
