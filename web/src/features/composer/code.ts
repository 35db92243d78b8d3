/** A directory or files from the reader's machine, made into what the head keeps of code: chunks and a manifest. */

/** As in tensorfleet/wire/manifest.py. */
const CHUNK = 2 ** 20;
/** A longer list is cut into parts, which the command line does. */
const MOST_MANIFEST = CHUNK;
const LEFT_OUT = new Set([".git", "__pycache__", "node_modules", ".DS_Store"]);

export interface Picked {
  /** From the directory that was picked, with slashes. */
  path: string;
  file: Blob;
}

interface Piece {
  digest: string;
  data: Blob;
}

export interface Packed {
  digest: string;
  manifest: Blob;
  pieces: readonly Piece[];
}

/** Without the directory that holds all of it, and without what no job needs; by path. */
export function tidied(picked: readonly Picked[]): readonly Picked[] {
  const cut = picked.map(({ path, file }) => ({ path: path.replace(/^(\.?\/)+/, ""), file }));
  const [first = ""] = cut[0]?.path.split("/") ?? [];
  const inOne = cut.length > 0 && cut.every(({ path }) => path.startsWith(`${first}/`));
  const inner = inOne ? cut.map(({ path, file }) => ({ path: path.slice(first.length + 1), file })) : cut;
  const environments = inner
    .filter(({ path }) => path.endsWith("/pyvenv.cfg"))
    .map(({ path }) => path.slice(0, -"pyvenv.cfg".length));
  return inner
    .filter(({ path }) => !path.split("/").some((part) => LEFT_OUT.has(part)))
    .filter(({ path }) => !environments.some((folder) => path.startsWith(folder)))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** The script that a person most likely means, as a command; empty where that is anybody's guess. */
export function commandFor(paths: readonly string[]): string {
  const scripts = paths.filter((path) => path.endsWith(".py") && !path.includes("/"));
  const script = ["train.py", "main.py"].find((name) => scripts.includes(name)) ?? scripts[0];
  return script && (scripts.length === 1 || ["train.py", "main.py"].includes(script)) ? `python ${script}` : "";
}

/** Reads every file once. told: bytes read so far. Throws Error with a sentence for the reader. */
export async function pack(files: readonly Picked[], told: (bytes: number) => void): Promise<Packed> {
  const pieces: Piece[] = [];
  const entries: object[] = [];
  let read = 0;
  for (const { path, file } of files) {
    const chunks: string[] = [];
    for (let start = 0; start < file.size; start += CHUNK) {
      const data = file.slice(start, start + CHUNK);
      const digest = await digestOf(await data.arrayBuffer());
      pieces.push({ digest, data });
      chunks.push(digest);
      read += data.size;
      told(read);
    }
    const program = (await file.slice(0, 2).text()) === "#!";
    entries.push({ chunks, mode: program ? 0o755 : 0o644, path, size: file.size, target: "" });
  }
  const manifest = new Blob([JSON.stringify({ files: entries })]);
  if (manifest.size > MOST_MANIFEST) {
    throw new Error(
      `${files.length} files are too many for a browser. \`tensorfleet run\` uploads any number of them.`,
    );
  }
  return { digest: await digestOf(await manifest.arrayBuffer()), manifest, pieces };
}

async function digestOf(data: ArrayBuffer): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
