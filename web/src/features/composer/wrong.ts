/** Which field of the job file the head's refusal is about. */
import { HeadError } from "@/api/client";

export interface Wrong {
  /** Names with dots between, as the head writes them. */
  path: string;
  text: string;
}

/** The head begins such sentences with the field's place, or names the recipe's parameter; null for all others. */
export function wrongAt(error: unknown): Wrong | null {
  if (!(error instanceof HeadError)) return null;
  const [, path, rest] = /^([a-z_]+(?:\.[a-z_]+)*): (.*)$/s.exec(error.message) ?? [];
  const [, param] = /^The parameter (\w+) is /.exec(error.message) ?? [];
  const said = path && rest ? rest.charAt(0).toUpperCase() + rest.slice(1) : error.message;
  const text = [said, error.hint].filter(Boolean).join(" ");
  if (param) return { path: `params.${param}`, text };
  return path ? { path, text } : null;
}

/** What is wrong with the field at `path`: also what is said of something inside of it, or of all that it is in. */
export function wrongWith(wrong: Wrong | null, path: readonly string[]): string {
  const own = path.join(".");
  return wrong && (wrong.path === own || wrong.path.startsWith(`${own}.`)) ? wrong.text : "";
}
