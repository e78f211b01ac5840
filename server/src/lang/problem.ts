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

// The problem with a message that fits a line of a terminal or an editor, whatever text it quotes: long words are cut, and
// what would move a cursor or change its colour is written as \xNN.
export function readable(problem: Problem): Problem {
  const { message } = problem;
  if (message.length <= LONG && !CONTROLS.test(message)) return problem;
  const quotes = message
    .split("`")
    .map((part, i) => (i % 2 === 1 && part.length > 60 ? `${part.slice(0, 40)}…` : part));
  const words = quotes.join("`");
  const line = words.length <= 4 * LONG ? words : `${words.slice(0, 4 * LONG)}…`;
  return { ...problem, message: line.replace(new RegExp(CONTROLS, "g"), escaped) };
}

const LONG = 200;

// Control characters, and those that turn the direction of writing.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

function escaped(character: string): string {
  return `\\x${character.codePointAt(0)!.toString(16).padStart(2, "0")}`;
}
