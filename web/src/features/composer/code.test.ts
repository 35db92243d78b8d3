// @vitest-environment node
import { describe, expect, it } from "vitest";
import { commandFor, pack, type Picked, tidied } from "./code";

const picked = (...paths: string[]): Picked[] => paths.map((path) => ({ path, file: new Blob(["x"]) }));
const paths = (files: readonly Picked[]) => files.map(({ path }) => path);

describe("tidied", () => {
  it("takes the directory that holds all of it away", () => {
    expect(paths(tidied(picked("proj/b.py", "proj/a/c.py")))).toEqual(["a/c.py", "b.py"]);
    expect(paths(tidied(picked("./proj/b.py", "/proj/a.py")))).toEqual(["a.py", "b.py"]);
    expect(paths(tidied(picked("train.py", "lib/a.py")))).toEqual(["lib/a.py", "train.py"]);
    expect(tidied([])).toEqual([]);
  });
  it("leaves out what no job needs", () => {
    const all = picked("p/.git/HEAD", "p/__pycache__/a.pyc", "p/env/pyvenv.cfg", "p/env/bin/python", "p/a.py");
    expect(paths(tidied(all))).toEqual(["a.py"]);
  });
});

describe("commandFor", () => {
  it("guesses only what is clear", () => {
    expect(commandFor(["a.py", "lib/b.py"])).toBe("python a.py");
    expect(commandFor(["a.py", "train.py"])).toBe("python train.py");
    expect(commandFor(["a.py", "b.py"])).toBe("");
    expect(commandFor(["README.md"])).toBe("");
  });
});

describe("pack", () => {
  it("names chunks and the list of files by their SHA-256, as the command line does", async () => {
    const big = new Blob([new Uint8Array(2 ** 20), "tail"]);
    let read = 0;
    const packed = await pack(
      [
        { path: "big.bin", file: big },
        { path: "go.sh", file: new Blob(["#!/bin/sh\n"]) },
      ],
      (bytes) => (read = bytes),
    );
    expect(read).toBe(big.size + 10);
    expect(packed.pieces.map((piece) => piece.data.size)).toEqual([2 ** 20, 4, 10]);
    const { files } = JSON.parse(await packed.manifest.text()) as { files: { mode: number; chunks: string[] }[] };
    expect(files.map((file) => [file.mode, file.chunks.length])).toEqual([
      [0o644, 2],
      [0o755, 1],
    ]);
    // sha256sum of 1 MiB of zeros
    expect(files[0]?.chunks[0]).toBe("30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58");
  });
});
