/** A job file as the reader writes it, and what can be said of it before the head is asked. */
import { LineCounter, parseDocument } from "yaml";
import type { JobFile } from "@/api/types";

/** What an empty composer begins with: a job that runs on any fleet. */
export const FIRST = `name: digits
recipe: digits
resources:
  slots: 1
  nodes: 1
`;

export interface Draft {
  /** What is to be submitted; null while the text is none. */
  file: JobFile | null;
  /** What is wrong, with its line; empty while nothing is. */
  wrong: string;
}

export function draftOf(text: string): Draft {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error) return { file: null, wrong: `Line ${lines.linePos(error.pos[0]).line}: ${error.message}` };
  const value: unknown = document.toJS();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { file: null, wrong: "A job file has fields, like `recipe: digits`." };
  }
  // What it leaves out, the head fills in; what the head does not know, it names.
  return { file: value as JobFile, wrong: "" };
}
