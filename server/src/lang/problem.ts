// What is wrong with a person's text: always a value in a list, never thrown.

import type { Code } from "./codes.ts";
import type { Range, Span } from "./text.ts";

export type Severity = "error" | "warning";

export interface Problem {
  readonly range: Range;
  // Stable: codes.ts lists them all, with what they mean.
  readonly code: Code;
  readonly severity: Severity;
  readonly message: string;
  // The lines that caused it.
  readonly related?: readonly Related[];
  readonly fixes?: readonly Fix[];
}

export interface Related {
  readonly range: Range;
  readonly message: string;
}

export interface Fix {
  readonly title: string;
  readonly edits: readonly { readonly range: Range; readonly text: string }[];
  readonly preferred?: boolean;
}

// A problem found in one line by itself; the line's number is added when the program is put together.
export interface LineProblem extends Span {
  readonly code: Code;
  readonly severity: Severity;
  readonly message: string;
  // Replacements of this very line, the best first.
  readonly fixes?: readonly LineFix[];
}

export interface LineFix extends Span {
  readonly title: string;
  readonly text: string;
}

export function onLine(line: number, found: LineProblem): Problem {
  const { start, end, code, severity, message } = found;
  const range = { line, start, end };
  if (found.fixes === undefined) return { range, code, severity, message };
  const fixes = found.fixes.map((fix, i) => ({
    title: fix.title,
    edits: [{ range: { line, start: fix.start, end: fix.end }, text: fix.text }],
    preferred: i === 0,
  }));
  return { range, code, severity, message, fixes };
}
