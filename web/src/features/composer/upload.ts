/** Code to the head: asks what is missing, and sends only that. */
import { ask, head } from "@/api/client";
import type { Packed } from "./code";

/** Digests in one question; their JSON stays well under the head's 1 MB for a body. */
const ASKED_AT_ONCE = 5_000;

/** Sends what the head lacks, the manifest last: a head that has it has all. told: bytes that are there so far. */
export async function send({ digest, manifest, pieces }: Packed, told: (bytes: number) => void): Promise<void> {
  const named = new Map(pieces.map((piece) => [piece.digest, piece.data]));
  const missing = new Set<string>();
  const digests = [...named.keys()];
  for (let start = 0; start < digests.length; start += ASKED_AT_ONCE) {
    const body = { digests: digests.slice(start, start + ASKED_AT_ONCE) };
    for (const each of (await ask(head.POST("/api/v1/blobs:missing", { body }))).missing) missing.add(each);
  }
  let there = 0;
  for (const [each, data] of named) {
    if (missing.has(each)) await put(each, data);
    there += data.size;
    told(there);
  }
  await put(digest, manifest);
}

async function put(digest: string, data: Blob): Promise<void> {
  await ask(
    head.PUT("/api/v1/blobs/{digest}", {
      params: { path: { digest } },
      body: data,
      bodySerializer: () => data,
      headers: { "Content-Type": "application/octet-stream" },
    }),
  );
}
