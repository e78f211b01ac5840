// Turning a check that holds under some of the trace's models only into one check for each result.

import type { Analysis } from "./analysis.ts";
import type { Replacement } from "./formatting.ts";
import { statementOn } from "./steps_of.ts";

// `expect X == 1` becomes `expect @5.7 X == 2` and `expect @6.18 X == 1`. Undefined where all models agree, where the
// check names its models already, or where no written value could be another one.
export function splitExpect(analysis: Analysis, line: number): Replacement | undefined {
  const { program, models, document } = analysis;
  const index = statementOn(program, line);
  const statement = index === undefined ? undefined : program.statements[index];
  if (statement?.kind !== "expect" || statement.when) return undefined;
  const conditions = new Map<string, string[]>();
  for (const model of models) {
    const condition = conditionUnder(analysis, model, line, statement.text);
    if (condition === undefined) return undefined;
    conditions.set(condition, [...(conditions.get(condition) ?? []), model]);
  }
  if (conditions.size < 2) return undefined;
  const { start, end } = statement;
  const indent = document.line(line).slice(0, start);
  const checks = [...conditions].map(([condition, own]) => `expect @${own.join(",")} ${condition}`);
  return { range: { line, start, end }, text: checks.join(`\n${indent}`) };
}

// The condition that holds under the model: as written, or with the value that the run had.
function conditionUnder(analysis: Analysis, model: string, line: number, written: string): string | undefined {
  const verdict = analysis.verdict(model);
  if (!verdict || !analysis.isRun(model)) return undefined;
  const failures = verdict.failures.filter(({ range }) => range.line === line);
  if (failures.length === 0) return written;
  const edit = failures.length === 1 ? failures[0].fixes?.[0].edits[0] : undefined;
  if (!edit || failures[0].code !== "expect-failed") return undefined;
  const text = analysis.document.line(line);
  const start = text.indexOf(written);
  const { range } = edit;
  return text.slice(start, range.start) + edit.text + text.slice(range.end, start + written.length);
}
