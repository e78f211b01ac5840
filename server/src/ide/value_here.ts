// What an expression is worth at a line: evaluated in the world behind the lines above it, under the first model.

import { evaluate } from "../lang/evaluate.ts";
import { bindExpression } from "../lang/expression.ts";
import { isFault } from "../lang/program.ts";
import type { Value } from "../lang/value.ts";
import type { Recording } from "../run/recording.ts";
import type { Analysis } from "./analysis.ts";
import { stepsBefore } from "./steps_of.ts";

// Undefined where nothing has run yet, or the text cannot be evaluated.
export function valueHere(analysis: Analysis, line: number, text: string): Value | undefined {
  const recording = analysis.recording();
  if (!recording) return undefined;
  const { expr, problems } = bindExpression(recording.program, text);
  if (!expr || problems.some(({ severity }) => severity === "error")) return undefined;
  const before = stepsBefore(recording, line);
  const value = here(recording, line, () => evaluate(expr, recording.environment(before)));
  return isFault(value) ? undefined : value;
}

// Looks at the world behind the lines above the line.
export function here<T>(recording: Recording, line: number, look: () => T): T {
  const { kernel, steps } = recording;
  const before = stepsBefore(recording, line);
  const cursor = kernel.position;
  kernel.seek(before === 0 ? steps.boot : steps.end(before - 1));
  const seen = look();
  kernel.seek(cursor);
  return seen;
}
