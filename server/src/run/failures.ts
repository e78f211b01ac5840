// What did not hold in a run: each failure as a problem of the text, at the line that failed.
//
// A recording outlives edits that only move lines, so a fact names steps; lines are looked up when it is shown.

import type { Code } from "../lang/codes.ts";
import type { Problem, Related } from "../lang/problem.ts";
import type { Span } from "../lang/text.ts";
import { deadRounds } from "./dead_process.ts";
import type { Steps } from "./steps.ts";

// A problem that running the trace showed.
export interface Failure extends Problem {
  readonly step: number;
  // Where in the journal the world stands in which it was seen.
  readonly position: number;
}

export interface Fact {
  readonly step: number;
  readonly position: number;
  readonly code: Code;
  // Columns on the step's line.
  readonly span: Span;
  // Lines count from 1 where people read them.
  message(lineOf: (step: number) => number): string;
  // The step that caused it.
  readonly cause?: { readonly step: number; readonly message: string };
  // What the line would have to say for it to hold.
  readonly fix?: { readonly title: string; readonly span: Span; readonly text: string };
}

export function failuresOf(facts: readonly Fact[], steps: Steps): Failure[] {
  const rounds = deadRounds(facts, steps);
  return facts
    .filter((fact) => fact.code !== "dead-process" || rounds.has(fact))
    .map((fact) => failureOf(fact, steps, rounds.get(fact) ?? 1));
}

function failureOf(fact: Fact, steps: Steps, times: number): Failure {
  const range = (step: number, { start, end }: Span) => ({ line: steps.line(step), start, end });
  const { step, position, code, fix, cause } = fact;
  const related: Related[] = [];
  if (cause) {
    related.push({ range: range(cause.step, steps.statements[steps.statement(cause.step)]), message: cause.message });
  }
  return {
    step,
    position,
    range: range(step, fact.span),
    code,
    severity: "error",
    message: `${fact.message((of) => steps.line(of) + 1)}${times > 1 ? ` (${times} times)` : ""}`,
    ...(related.length > 0 && { related }),
    ...(fix && {
      fixes: [{ title: fix.title, edits: [{ range: range(step, fix.span), text: fix.text }], preferred: true }],
    }),
  };
}
