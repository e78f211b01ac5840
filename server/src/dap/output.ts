// What the debug console is told: what lines came to as they are passed, failures at their lines, and the sum at the end.

import type { Problem } from "../lang/problem.ts";
import type { Session } from "./session.ts";
import { statementText, type Trace, traceSource } from "./trace.ts";

type Category = "console" | "important" | "stdout" | "stderr";

// `line` counts from 0.
export function say(session: Session, category: Category, text: string, trace?: Trace, line?: number): void {
  const place =
    trace && line !== undefined ? { source: traceSource(trace), line: line + session.client.firstLine } : {};
  session.connection.event("output", { category, output: `${text}\n`, ...place });
}

const MOST_PROBLEMS = 50;

export function sayProblems(session: Session, trace: Trace, problems: readonly Problem[]): void {
  for (const { range, severity, message, code } of problems.slice(0, MOST_PROBLEMS)) {
    const category = severity === "error" ? "stderr" : "console";
    say(
      session,
      category,
      `${trace.path}:${range.line + 1}:${range.start + 1}: ${severity}: ${message} [${code}]`,
      trace,
      range.line,
    );
  }
  if (problems.length > MOST_PROBLEMS) say(session, "console", `… and ${problems.length - MOST_PROBLEMS} more`);
}

// More statements than this at once are summed up.
const MOST_LINES = 20;

// Tells what the statements came to that were passed for the first time: all up to step `upTo`.
export function tell(session: Session, upTo: number): void {
  const { timeline } = session;
  if (upTo <= timeline.told) return;
  const trace = session.loadedTrace;
  const { recording } = timeline;
  const first = timeline.told;
  timeline.told = upTo;
  if (upTo - first <= MOST_LINES) for (let step = first; step < upTo; step++) sayStep(session, trace, step);
  else say(session, "stdout", `… ${(upTo - first).toLocaleString("en-US")} statements`);
  const { facts } = recording;
  for (let i = firstFactFrom(facts, first); i < facts.length && facts[i].step < upTo; i++) {
    const fact = facts[i];
    const line = recording.steps.line(fact.step);
    say(
      session,
      "stderr",
      `line ${line + 1}: ${fact.message((of) => recording.steps.line(of) + 1)} [${fact.code}]`,
      trace,
      line,
    );
  }
}

// Facts stand in the order of their steps.
function firstFactFrom(facts: readonly { readonly step: number }[], step: number): number {
  let low = 0;
  let high = facts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (facts[middle].step < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

// `write(p, 1) → minor anon`; a check that holds says nothing.
function sayStep(session: Session, trace: Trace, step: number): void {
  const { steps } = session.timeline.recording;
  const { words } = steps.outcome(step);
  if (words.length === 0) return;
  const line = steps.line(step);
  say(session, "stdout", `${statementText(trace, steps.statement(step))} → ${words.join(" ")}`, trace, line);
}

export function sayLimit(session: Session): void {
  const { limit } = session.timeline.recording;
  if (limit) say(session, "important", `line ${limit.line + 1}: ${limit.message}`, session.trace, limit.line);
}

// `3 passed, 1 failed, 0 skipped`.
export function sayChecks(session: Session): void {
  const { passed, failed, skipped } = session.timeline.recording.checks;
  say(session, "console", `${passed} passed, ${failed} failed, ${skipped} skipped`);
}

// As the command line: 3 when a limit ended the run, 1 when something did not hold.
export function exitCode(session: Session): number {
  const { limit, failed } = session.timeline.recording;
  if (limit) return 3;
  return failed ? 1 : 0;
}
