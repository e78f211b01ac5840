// FILE:LINE EXPR: what `eval` and `why` are asked about. The expression is read as it would be in an `expect` there.

import { bindExpression } from "../lang/expression.ts";
import { modelsOf } from "../lang/models.ts";
import type { Expr } from "../lang/program.ts";
import type { Recording } from "../run/recording.ts";
import { run } from "../run/run.ts";
import { type Arguments, InputError, type Option, UsageError } from "./command.ts";
import type { Io } from "./io.ts";
import { LIMIT_OPTIONS, limitsOf } from "./limits.ts";
import { readSource } from "./sources.ts";
import { chosenModels, hasErrors, problemLine, problemsOf, type Trace, traceOf } from "./trace.ts";

export const PLACE_OPTIONS: readonly Option[] = [
  { name: "kernel", short: "k", value: "M", help: "the model to run under (default: the first that the trace names)" },
  ...LIMIT_OPTIONS,
];

export interface Asked {
  readonly trace: Trace;
  readonly recording: Recording;
  // Steps that had run: everything up to the line, in a repeat its last round.
  readonly steps: number;
  readonly position: number;
  readonly expr: Expr;
}

export async function askedOf(args: Arguments, io: Io): Promise<Asked> {
  const [, file, number] = /^(.+):(\d+)$/s.exec(args.positional[0]) ?? [];
  if (file === undefined) throw new UsageError(`'${args.positional[0]}' is no FILE:LINE`);
  const models = chosenModels(args.text("kernel"));
  if (models !== undefined && models.length > 1) throw new UsageError("--kernel names one model here");
  const trace = traceOf(await readSource(file, io));
  const line = Number(number) - 1;
  if (line < 0 || line >= trace.lines.length) {
    throw new InputError(`${trace.file}: has lines 1 to ${trace.lines.length}, there is no line ${number}`);
  }
  const model = models?.[0] ?? modelsOf(trace.program)[0];
  const problems = problemsOf(trace.program, [model]);
  if (hasErrors(problems)) throw new InputError(problems.map((problem) => problemLine(trace.file, problem)).join("\n"));
  const bound = bindExpression(trace.program, args.positional[1]);
  if (bound.expr === undefined) {
    throw new InputError(
      bound.problems
        .map((problem) => `the expression, column ${problem.range.start + 1}: ${problem.message}`)
        .join("\n"),
    );
  }
  const recording = run(trace.program, {
    model,
    limits: limitsOf(args),
    clock: io.now,
  });
  const steps = stepsAfter(recording, line);
  const position = steps === 0 ? recording.steps.boot : recording.steps.end(steps - 1);
  return { trace, recording, steps, position, expr: bound.expr };
}

// A line that never ran stands for the last one above it that did.
function stepsAfter(recording: Recording, line: number): number {
  const { steps } = recording;
  for (let step = steps.length - 1; step >= 0; step--) if (steps.line(step) === line) return step + 1;
  const ran = Array.from({ length: steps.length }, (_, step) => step).filter((step) => steps.line(step) < line);
  return ran.length === 0 ? 0 : ran[ran.length - 1] + 1;
}
