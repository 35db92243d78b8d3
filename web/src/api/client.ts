/**
 * The one way to the head: its published REST interface, typed by its own description.
 *
 *     const job = await ask(head.GET("/api/v1/jobs/{job}", { params: { path: { job: id } } }));
 */
import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type { Problem } from "./types";

export const head = createClient<paths>({
  baseUrl: window.location.origin,
  // A change by cookie has to say that it is ours.
  headers: { "X-TensorFleet": "1" },
});

/** What the head refused, or that it could not be reached. `message` is a sentence for the reader. */
export class HeadError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly hint: string,
  ) {
    super(detail);
    this.name = "HeadError";
  }
}

export const UNREACHABLE = "unreachable";

export function unreachable(): HeadError {
  return new HeadError(0, UNREACHABLE, "The head does not answer.", "What is shown may be old; it is tried again.");
}

export function refused(status: number, problem: Partial<Problem> | undefined): HeadError {
  const detail = problem?.detail || problem?.title || `The head answered with status ${status}.`;
  return new HeadError(status, problem?.code ?? "", detail, problem?.hint ?? "");
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer. Throws HeadError. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call.catch((reason: unknown) => {
    // fetch tells a lost connection by a TypeError; a query that was called off is nobody's fault.
    throw reason instanceof TypeError ? unreachable() : reason;
  });
  if (!response.ok) {
    throw refused(response.status, error as Partial<Problem> | undefined);
  }
  return data as T;
}

/** As a sentence for the reader, whatever was thrown. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
