// A trace as the commands take it: its text, its program, the models that it is to run under, and what is wrong with it.

import { checkAll } from "../lang/check.ts";
import { analyse } from "../lang/document.ts";
import { modelsOf } from "../lang/models.ts";
import { nearest } from "../lang/nearest.ts";
import type { Problem } from "../lang/problem.ts";
import type { Program, Statement } from "../lang/program.ts";
import { RELEASE_MODELS } from "../mm/models.ts";
import { MODEL_NAMES, type ModelName } from "../mm/releases.ts";
import { statementText } from "../run/statement_text.ts";
import { UsageError } from "./command.ts";
import type { Io } from "./io.ts";
import { type Finding, findingLine } from "./report/result.ts";
import { readSource, type Source } from "./sources.ts";

export interface Trace extends Source {
  readonly lines: readonly string[];
  readonly program: Program;
}

export function traceOf(source: Source): Trace {
  const { program } = analyse(source.text);
  const lines = source.text.split(/\r?\n/);
  if (source.stray === undefined) return { ...source, program, lines };
  const problem: Problem = {
    range: { line: source.stray, start: 0, end: lines[source.stray].length },
    code: "unknown-character",
    severity: "error",
    message: "the line has bytes that are no UTF-8",
  };
  return { ...source, program: { ...program, problems: [...program.problems, problem] }, lines };
}

// The trace at the path, and the models that it is to run under: those that were chosen, or its own first one. What is wrong
// with it under them is said on the standard error; undefined when it cannot run.
export async function opened(
  path: string,
  chosen: readonly ModelName[] | undefined,
  io: Io,
): Promise<{ readonly trace: Trace; readonly models: readonly ModelName[] } | undefined> {
  const trace = traceOf(await readSource(path, io));
  const models = chosen ?? modelsOf(trace.program).slice(0, 1);
  const problems = problemsOf(trace.program, models);
  for (const problem of problems) io.err(`${problemLine(trace.file, problem)}\n`);
  return hasErrors(problems) ? undefined : { trace, models };
}

// The models of `--kernel M[,M…]|all`; undefined when the option is not given.
export function chosenModels(option: string | undefined): ModelName[] | undefined {
  if (option === undefined) return undefined;
  if (option === "all") return [...RELEASE_MODELS];
  return option.split(",").map((name) => {
    const model = MODEL_NAMES.find((known) => known === name);
    if (model === undefined) {
      const near = nearest(name, MODEL_NAMES);
      throw new UsageError(`no model '${name}'${near ? `; did you mean '${near}'?` : ""} (mmtrace kernels lists them)`);
    }
    return model;
  });
}

// What is wrong with the text, whatever the model, and what is wrong with it under these models.
export function problemsOf(program: Program, models: readonly string[]): Problem[] {
  const all = [...program.problems, ...checkAll(program, models)];
  return all.sort((a, b) => a.range.line - b.range.line || a.range.start - b.range.start);
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}

export function findingOf(problem: Problem): Finding {
  const { range, severity, message, code } = problem;
  return { line: range.line + 1, column: range.start + 1, severity, message, code };
}

export function problemLine(file: string, problem: Problem): string {
  return findingLine(file, findingOf(problem));
}

// The statement as the trace writes it.
export function writtenText(trace: Trace, statement: Statement): string {
  return statementText(statement, trace.lines[statement.line]);
}
