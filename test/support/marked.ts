// Traces in tests: the ranges of what is wrong stand between « and ».

import assert from "node:assert/strict";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import type { Problem } from "../../server/src/lang/problem.ts";

// Asserts that the text's problems stand exactly where the marks are, with these codes in the order of the text. With a
// model, what the model says comes along.
export function finds(marked: string, codes: readonly string[], model?: string): void {
  found(marked, codes, model);
}

// The same, and gives the problems.
export function found(marked: string, codes: readonly string[], model?: string): Problem[] {
  const { text } = unmarked(marked);
  const { program } = analyse(text);
  const problems = [...program.problems, ...(model === undefined ? [] : check(program, model))];
  problems.sort((a, b) => a.range.line - b.range.line || a.range.start - b.range.start);
  assert.equal(mark(text, problems), marked);
  assert.deepEqual(
    problems.map((problem) => problem.code),
    codes,
  );
  return problems;
}

export function clean(text: string): void {
  assert.deepEqual(analyse(text).program.problems, []);
}

// The text after the problem's preferred fix.
export function fixed(marked: string): string {
  const { text } = unmarked(marked);
  const document = analyse(text);
  const fix = document.program.problems[0]?.fixes?.[0];
  assert.ok(fix, "no fix");
  const edits = fix.edits.map(({ range: { line, start, end }, text: to }) => ({
    from: { line, column: start },
    to: { line, column: end },
    text: to,
  }));
  return document.edit(edits).text;
}

function unmarked(marked: string): { text: string } {
  return { text: marked.replace(/[«»]/g, "") };
}

function mark(text: string, problems: readonly Problem[]): string {
  const lines = text.split("\n");
  for (const { range } of [...problems].reverse()) {
    const line = lines[range.line];
    lines[range.line] = `${line.slice(0, range.start)}«${line.slice(range.start, range.end)}»${line.slice(range.end)}`;
  }
  return lines.join("\n");
}
