// `mmtrace matrix`: a trace under all models, the lines at which they differ, and why.

import { check } from "../lang/check.ts";
import { modelsOf } from "../lang/models.ts";
import type { Problem } from "../lang/problem.ts";
import type { Program } from "../lang/program.ts";
import type { ModelName } from "../mm/releases.ts";
import { RELEASES, releaseOf } from "../mm/releases.ts";
import { type Cell, Matrix, type MatrixGroup, type MatrixReason, type MatrixRow } from "../run/matrix.ts";
import type { Recording } from "../run/recording.ts";
import { start } from "../run/run.ts";
import { type Paint, paintFor } from "./colour.ts";
import { type Arguments, AT_LIMIT, type Command, FAILED, HELD, WRONG_INPUT } from "./command.ts";
import type { Io } from "./io.ts";
import { LIMIT_OPTIONS, limitsOf } from "./limits.ts";
import { progressOn } from "./progress.ts";
import { readSource } from "./sources.ts";
import { chosenModels, findingOf, hasErrors, problemLine, type Trace, traceOf, writtenText } from "./trace.ts";

// Milliseconds of running between two looks at the terminal.
const SLICE_MS = 200;

export const matrixCommand: Command = {
  name: "matrix",
  synopsis: "FILE [--kernel M[,M…]|all] [--json] [--limit-events N]",
  summary: "Run a trace under all releases and print the lines at which they differ, and why",
  details: [
    "Each line stands above the groups of neighbouring models that came to the same: the outcome and the counters of an\n" +
      "access, the value that a check looks at (also where the check does not count). Below them, for each border between\n" +
      "two groups, the first question (`?`) or write at which the two kernels part, with the kernel function.",
    "A model that cannot run the trace, because its kernel lacks an operation, is named first. FILE `-` is standard input.",
  ],
  options: [
    {
      name: "kernel",
      short: "k",
      value: "M[,M…]|all",
      help: "the models to compare (default: all, or those of a trace that names proposals)",
    },
    { name: "json", help: "print one JSON document instead" },
    ...LIMIT_OPTIONS,
  ],
  positional: { least: 1, most: 1 },
  run: printMatrix,
};

// A model that cannot run the trace, and why.
interface Unable {
  readonly model: string;
  readonly problems: readonly Problem[];
}

// What is told of a run beside the lines that differ.
interface Summary {
  readonly model: string;
  readonly checks: Recording["checks"];
  readonly limit: Recording["limit"];
}

async function printMatrix(args: Arguments, io: Io): Promise<number> {
  const limits = limitsOf(args);
  const chosen = chosenModels(args.text("kernel"));
  const trace = traceOf(await readSource(args.positional[0], io));
  const { program } = trace;
  const models = chosen ?? comparedModels(program);
  for (const problem of program.problems) io.err(`${problemLine(trace.file, problem)}\n`);
  if (hasErrors(program.problems)) return WRONG_INPUT;

  const progress = progressOn(io);
  const matrix = new Matrix(program);
  const unable: Unable[] = [];
  const runs: Summary[] = [];
  let status = HELD;
  for (const model of models) {
    const problems = check(program, model).filter((problem) => problem.severity === "error");
    if (problems.length > 0) {
      unable.push({ model, problems });
      continue;
    }
    const execution = start(program, { model, limits, clock: io.now });
    const { recording } = execution;
    while (!execution.advance(SLICE_MS)) progress.say(`${trace.file} under ${model}: ${recording.steps.length} steps`);
    progress.say(`comparing ${model}`);
    matrix.add(recording);
    runs.push({ model, checks: recording.checks, limit: recording.limit });
    status = Math.max(status, recording.limit ? AT_LIMIT : recording.failed ? FAILED : HELD);
  }
  progress.end();
  if (runs.length === 0) {
    for (const { problems } of unable.slice(0, 1)) {
      for (const problem of problems) io.err(`${problemLine(trace.file, problem)}\n`);
    }
    return WRONG_INPUT;
  }
  const rows = matrix.rows();
  if (args.on("json")) {
    io.out(`${JSON.stringify(matrixJson(trace, matrix, rows, unable, runs), undefined, 2)}\n`);
    return status;
  }
  for (const line of matrixLines(trace, matrix, rows, unable, runs, paintFor(io))) {
    io.out(`${line}\n`);
  }
  return status;
}

// The releases; of a trace about proposals the models that it names.
function comparedModels(program: Program): readonly ModelName[] {
  const named = modelsOf(program);
  return named.every((name) => releaseOf(name) !== undefined) ? RELEASES : named;
}

function* matrixLines(
  trace: Trace,
  matrix: Matrix,
  rows: readonly MatrixRow[],
  unable: readonly Unable[],
  runs: readonly Summary[],
  paint: Paint,
): Generator<string> {
  for (const { model, problems } of unable) yield `${model} cannot run it: ${problemLine(trace.file, problems[0])}`;
  for (const { model, limit } of runs) {
    if (limit)
      yield `${trace.file}:${limit.line + 1}:1: error: under ${model} the run stopped here: ${limit.message} [limit]`;
  }
  if (rows.length === 0) {
    yield `${matrix.models.join(" ")}: no line differs`;
    return;
  }
  for (const row of rows) {
    const rounds = row.executions > 1 ? `  (time ${row.execution} of ${row.executions}; ${row.differ} differ)` : "";
    const text = writtenText(trace, trace.program.statements[row.statement]);
    yield `${paint.strong(`${row.line + 1}  ${text}`)}${paint.dim(rounds)}`;
    const names = row.groups.map(({ models }) => span(models));
    const width = Math.max(...names.map((name) => name.length));
    for (const [i, { cell }] of row.groups.entries()) {
      const shown = cellText(cell);
      yield `    ${names[i].padEnd(width)}  ${cell.failed ? `${shown}  ${paint.bad("fails")}` : shown}`;
    }
    for (const reason of row.reasons) yield* reasonLines(reason, paint);
    yield "";
  }
  yield `${rows.length} of ${trace.program.statements.length} lines differ under ${matrix.models.length} models`;
}

function* reasonLines({ models, line, sides }: MatrixReason, paint: Paint): Generator<string> {
  const where = line === undefined ? "" : ` at line ${line + 1}`;
  yield paint.dim(`  ${models[0]} and ${models[1]} part${where}:`);
  const width = Math.max(...models.map((model) => model.length));
  for (const [i, side] of sides.entries()) {
    const text = side ? `${side.text}${side.function ? `  in ${side.function}` : ""}` : "nothing more";
    yield paint.dim(`    ${models[i].padEnd(width)}  ${text}`);
  }
}

// `5.19 … 7.2` for three neighbours and more.
function span(models: MatrixGroup["models"]): string {
  return models.length < 3 ? models.join(" ") : `${models[0]} … ${models[models.length - 1]}`;
}

function cellText({ value, counters, exclusive }: Cell): string {
  const words = [value ?? "the model has no such field", ...(counters === "" ? [] : [counters])];
  return `${words.filter((word) => word !== "").join(" · ")}${exclusive ? " excl" : ""}`;
}

function matrixJson(
  trace: Trace,
  matrix: Matrix,
  rows: readonly MatrixRow[],
  unable: readonly Unable[],
  runs: readonly Summary[],
): object {
  return {
    file: trace.file,
    models: matrix.models,
    unable: unable.map(({ model, problems }) => ({ model, problems: problems.map(findingOf) })),
    runs: runs.map(({ model, checks, limit }) => ({
      model,
      checks,
      limit: limit ? { kind: limit.kind, line: limit.line + 1, message: limit.message } : null,
    })),
    lines: rows.map(({ statement, line, reasons, ...row }) => ({
      line: line + 1,
      text: writtenText(trace, trace.program.statements[statement]),
      ...row,
      reasons: reasons.map((reason) => ({ ...reason, line: reason.line === undefined ? line + 1 : reason.line + 1 })),
    })),
  };
}
