// Texts with a cursor `$0` and marked ranges `«…»`, and answers written back into them.

import { Analysis } from "../../server/src/ide/analysis.ts";
import type { Position } from "../../server/src/ide/position.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../server/src/ide/settings.ts";
import type { Range } from "../../server/src/lang/text.ts";

export interface Marked {
  readonly text: string;
  // Undefined when the text has no `$0`.
  readonly cursor: Position | undefined;
}

function unmark(marked: string): Marked {
  const at = marked.indexOf("$0");
  if (at < 0) return { text: marked, cursor: undefined };
  const before = marked.slice(0, at).split("\n");
  const cursor = { line: before.length - 1, column: before[before.length - 1].length };
  return { text: marked.slice(0, at) + marked.slice(at + 2), cursor };
}

export interface Opened {
  readonly analysis: Analysis;
  readonly cursor: Position;
}

// The analysis of a text, run to the end under all of its models, and where its cursor is.
export function open(marked: string, settings: Partial<Settings> = {}): Opened {
  const { text, cursor } = unmark(marked);
  const analysis = new Analysis(text, { ...DEFAULT_SETTINGS, ...settings }, () => 0);
  analysis.finish();
  return { analysis, cursor: cursor ?? { line: 0, column: 0 } };
}

// The lines of a text with these ranges marked.
export function withRanges(analysis: Analysis, ranges: readonly Range[]): string {
  const { document } = analysis;
  const lines = Array.from({ length: document.lineCount }, (_, line) => document.line(line));
  for (const { line, start, end } of [...ranges].sort((a, b) => b.start - a.start)) {
    const text = lines[line];
    lines[line] = `${text.slice(0, start)}«${text.slice(start, end)}»${text.slice(end)}`;
  }
  return lines.join("\n");
}

// The text after these replacements.
export function edited(analysis: Analysis, edits: readonly { range: Range; text: string }[]): string {
  const { document } = analysis;
  const lines = Array.from({ length: document.lineCount }, (_, line) => document.line(line));
  const ordered = [...edits].sort((a, b) => b.range.line - a.range.line || b.range.start - a.range.start);
  for (const { range, text } of ordered) {
    const old = lines[range.line];
    lines[range.line] = old.slice(0, range.start) + text + old.slice(range.end);
  }
  return lines.join("\n");
}
