// What is wrong with a trace: in its text, with its models, and in its runs. Correct text has nothing.

import { check } from "../lang/check.ts";
import type { Fix, Problem } from "../lang/problem.ts";
import type { Failure } from "../run/failures.ts";
import type { Analysis, Verdict } from "./analysis.ts";

export interface Diagnostic extends Problem {
  // The models that it is about; undefined where it is about the text.
  readonly models?: readonly string[];
}

// Everything that is known now: a model whose run has not begun adds nothing of its own.
export function diagnostics(analysis: Analysis): Diagnostic[] {
  const { program, models } = analysis;
  const found: Diagnostic[] = [...program.problems];
  found.push(...merged(models, (model) => check(program, model)));
  // What fails below a line that cannot be read may fail for want of that line alone.
  const firstError = found.reduce(
    (line, p) => (p.severity === "error" ? Math.min(line, p.range.line) : line),
    Infinity,
  );
  found.push(...merged(models, (model) => runProblems(analysis.verdict(model), firstError)));
  return found.sort((a, b) => a.range.line - b.range.line || a.range.start - b.range.start);
}

function runProblems(verdict: Verdict | undefined, before: number): Problem[] {
  if (!verdict) return [];
  const problems = foldRounds(verdict.failures.filter(({ range }) => range.line < before));
  const { limit } = verdict;
  if (limit && limit.kind !== "cancelled" && limit.line < before) {
    const { line, start, end } = verdict.program.statements[limit.statement];
    problems.push({
      range: { line, start, end },
      code: "limit",
      severity: "warning",
      message: `The run stops here: ${limit.message}`,
    });
  }
  return problems;
}

// A line that fails in many rounds of a repeat is one problem: the first round's, with the number of the others.
function foldRounds(failures: readonly Failure[]): Problem[] {
  const first = new Map<string, { problem: Failure; more: number }>();
  for (const problem of failures) {
    const { line, start } = problem.range;
    const key = `${line}:${start}:${problem.code}`;
    const known = first.get(key);
    if (known) known.more++;
    else first.set(key, { problem, more: 0 });
  }
  return [...first.values()].map(({ problem, more }) => {
    if (more === 0) return problem;
    // What one round would accept, another would not.
    const { fixes: _, ...rest } = problem;
    return { ...rest, message: `${problem.message} (and in ${more} more ${more === 1 ? "round" : "rounds"})` };
  });
}

// The problems of all models, the same one once, with the names of the models that have it when not all of them do.
function merged(models: readonly string[], problemsOf: (model: string) => readonly Problem[]): Diagnostic[] {
  const all = new Map<string, { problem: Problem; models: string[] }>();
  for (const model of models) {
    for (const problem of problemsOf(model)) {
      const { range, code, message } = problem;
      const key = JSON.stringify([range.line, range.start, range.end, code, message]);
      const known = all.get(key);
      if (known) known.models.push(model);
      else all.set(key, { problem, models: [model] });
    }
  }
  return [...all.values()].map(({ problem, models: having }) => {
    if (having.length === models.length) return { ...problem, models: having };
    const message = problem.message.includes(having[0])
      ? problem.message
      : `${problem.message} (under ${list(having)})`;
    return { ...problem, message, models: having, fixes: fixesFor(problem, having) };
  });
}

// A fix that follows what one model did says which.
function fixesFor({ fixes }: Problem, models: readonly string[]): Fix[] | undefined {
  return fixes?.map((fix) => ({ ...fix, title: `${fix.title} (as under ${list(models)})`, preferred: false }));
}

export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
