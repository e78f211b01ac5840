// Expressions of the language where the debugger stands: read once, evaluated at any moment.

import { evaluate, isTrue } from "../lang/evaluate.ts";
import { bindExpression } from "../lang/expression.ts";
import { type Expr, isFault, type Program } from "../lang/program.ts";
import type { Value } from "../lang/value.ts";
import { type Moment, stepsRun } from "./moment.ts";
import { RequestError } from "./reply.ts";
import type { Timeline } from "./timeline.ts";
import { valueText } from "./values.ts";

// An expression, or what is wrong with it.
export function readExpression(program: Program, text: string): Expr | string {
  if (text.trim() === "") return "an expression is missing";
  const { expr, problems } = bindExpression(program, text);
  const wrong = problems.find((problem) => problem.severity === "error");
  if (wrong || expr === undefined) return wrong?.message ?? "this is no expression";
  return expr;
}

export function expressionOf(program: Program, text: string): Expr {
  const expr = readExpression(program, text);
  if (typeof expr === "string") throw new RequestError("bad-expression", expr);
  return expr;
}

// The value at a moment, seen from a task. The kernel's cursor is left there.
export function valueAt(timeline: Timeline, expr: Expr, moment: Moment, task: number): Value {
  timeline.at(moment);
  const value = evaluate(expr, timeline.recording.environment(stepsRun(timeline.recording, moment), task));
  if (isFault(value)) throw new RequestError("bad-expression", value.message);
  return value;
}

// Whether a condition holds; what cannot be evaluated there does not.
export function conditionHolds(timeline: Timeline, expr: Expr, moment: Moment): boolean {
  const { recording } = timeline;
  timeline.at(moment);
  const task = moment.step < recording.steps.length ? recording.steps.task(moment.step) : 0;
  const value = evaluate(expr, recording.environment(stepsRun(recording, moment), task));
  return !isFault(value) && isTrue(value);
}

// A log point's message: text with expressions in braces.
export type LogMessage = readonly (string | Expr)[];

export function readLogMessage(program: Program, text: string): LogMessage | string {
  const parts: (string | Expr)[] = [];
  for (const [i, piece] of text.split(/\{([^{}]*)\}/).entries()) {
    if (i % 2 === 0) {
      if (piece !== "") parts.push(piece);
      continue;
    }
    const expr = readExpression(program, piece);
    if (typeof expr === "string") return `{${piece}}: ${expr}`;
    parts.push(expr);
  }
  return parts;
}

export function logText(timeline: Timeline, message: LogMessage, moment: Moment): string {
  const { recording } = timeline;
  const task = moment.step < recording.steps.length ? recording.steps.task(moment.step) : 0;
  const k = timeline.at(moment);
  const env = recording.environment(stepsRun(recording, moment), task);
  return message
    .map((part) => {
      if (typeof part === "string") return part;
      const value = evaluate(part, env);
      return isFault(value) ? `{${value.message}}` : valueText(k, value, { hex: false });
    })
    .join("");
}
