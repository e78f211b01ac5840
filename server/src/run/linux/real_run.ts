// A trace run on a real kernel: each step with what it came to there, and the trace's checks evaluated against what was
// seen. A check of something that cannot be seen has not passed: it is not visible.

import { type Environment, evaluate, isTrue } from "../../lang/evaluate.ts";
import type { Problem } from "../../lang/problem.ts";
import { type Expect, isFault, type Operation } from "../../lang/program.ts";
import type { Outcomes } from "../../lang/value.ts";
import { matches } from "../../lang/when.ts";
import { OUTCOMES, outcomeNames } from "../../mm/outcome.ts";
import { checkMessage } from "../check.ts";
import { NO_OUTCOME, type Recording } from "../recording.ts";
import { type Driven, drive, type GuestLine } from "./drive.ts";
import { frameAt, PAGE } from "./entry_look.ts";
import type { Look, ResultLook } from "./look.ts";
import { type Plan, type PlanStep, planOf } from "./plan.ts";
import { RealSight } from "./sight.ts";

export type CheckWord = "holds" | "fails" | "skipped" | "not visible";

export interface RealStep {
  readonly step: number;
  // Of an `expect`.
  readonly check: CheckWord | undefined;
  // Of an operation that was done.
  readonly outcome: readonly string[] | undefined;
  readonly result: ResultLook | undefined;
  // `pfn 1 ref 1 map 1 excl`, as a simulated run shows it.
  readonly counters: string;
  // Why it was not done, or not visible.
  readonly reason: string | undefined;
}

export interface RealRun {
  readonly steps: readonly RealStep[];
  readonly failures: readonly Problem[];
  readonly checks: {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
    readonly notVisible: number;
  };
  // The line that could not be run, nor any behind it.
  readonly end: Plan["end"];
}

export async function runOn(guest: GuestLine, id: number, recording: Recording): Promise<RealRun> {
  const plan = planOf(recording);
  const { program, steps, kernel } = recording;
  const sight = new RealSight(kernel);
  const found: RealStep[] = [];
  const failures: Problem[] = [];
  const checks = { passed: 0, failed: 0, skipped: 0, notVisible: 0 };
  let last: Outcomes = NO_OUTCOME;
  let end = plan.end;
  let step = 0;
  const checkUpTo = (until: number) => {
    for (; step < until; step++) {
      const statement = program.statements[steps.statement(step)];
      if (statement.kind !== "expect") continue;
      const env = { ...recording.environment(step), last, sight };
      const { check, problem, reason } = checked(statement, env);
      checks[
        check === "holds" ? "passed" : check === "fails" ? "failed" : check === "skipped" ? check : "notVisible"
      ]++;
      if (problem) failures.push(problem);
      found.push({ step, check, outcome: undefined, result: undefined, counters: "", reason });
    }
  };
  for await (const driven of drive(guest, id, recording, plan)) {
    const { planned, result, look, refused } = driven;
    checkUpTo(planned.step);
    step = planned.step + 1;
    if (refused !== undefined) {
      end = { line: planned.line, reason: `the guest cannot do it: ${refused}` };
      break;
    }
    found.push(stepOf(recording, sight, driven));
    const statement = program.statements[steps.statement(planned.step)];
    if (!result || !look || statement.kind !== "operation") continue;
    last = { kind: "outcomes", bits: bitsOf(result), errno: result.errno };
    const problem = unmet(statement, result, kernel.side.taskNames[steps.task(planned.step)]);
    if (problem) failures.push(problem);
  }
  const stop = end?.line;
  const rest = Array.from({ length: steps.length - step }, (_, i) => step + i);
  checkUpTo(
    rest.find((at) => stop !== undefined && steps.line(at) === stop) ?? (stop === undefined ? steps.length : step),
  );
  kernel.seek(recording.length);
  return { steps: found, failures, checks, end };
}

function stepOf(recording: Recording, sight: RealSight, { planned, result, look }: Driven): RealStep {
  const row = { step: planned.step, check: undefined, result, reason: planned.reason };
  if (!result || !look) return { ...row, outcome: planned.process ? [] : undefined, counters: "" };
  sight.show(look, result, recording.steps.task(planned.step));
  const words = result.errno !== undefined ? [result.errno] : result.outcome;
  return { ...row, outcome: words.length > 0 ? words : ["ok"], counters: countersOf(recording, planned, look, sight) };
}

// The first page of the operation's range, as run/counters.ts says it of a simulated one.
function countersOf(recording: Recording, { step, access }: PlanStep, look: Look, sight: RealSight): string {
  const place = recording.steps.place(step);
  if (!place || !look.spaces.some((space) => space.worker === access.worker)) return "";
  const entry = sight.entryAt(access.worker, place.vpn);
  if (entry === undefined) return "";
  if (entry.kind !== "present") return `${entry.kind}${entry.exclusive ? " exclusive" : ""}`;
  const frame = frameAt(entry, place.vpn * PAGE);
  if (!frame) return "";
  const shown = (name: string, value: number | undefined) => (value === undefined ? "" : ` ${name} ${value}`);
  const counts = `${shown("ref", frame.refcount)}${shown("map", frame.mapcount)}${frame.exclusive ? " excl" : ""}`;
  return `pfn ${sight.rename(frame.pfn)}${counts}`;
}

function checked(
  statement: Expect,
  env: Environment,
): { check: CheckWord; problem?: Problem; reason: string | undefined } {
  if (statement.when && !matches(statement.when, env.k.model.name)) return { check: "skipped", reason: undefined };
  const value = evaluate(statement.condition, env);
  if (isFault(value)) {
    if (value.code === "not-visible") return { check: "not visible", reason: value.message };
    const problem = problemAt(statement, statement.condition, value.code, value.message);
    return { check: "fails", problem, reason: undefined };
  }
  if (isTrue(value)) return { check: "holds", reason: undefined };
  const problem = problemAt(statement, statement.condition, "expect-failed", checkMessage(statement, env));
  return { check: "fails", problem, reason: undefined };
}

// What stands behind `->`, as far as it can be seen.
function unmet(statement: Operation, result: ResultLook, who: string): Problem | undefined {
  const { expected } = statement;
  const came = result.errno ?? (result.outcome.join(" ") || "ok");
  if (!expected) {
    if (result.errno !== undefined) {
      return problemAt(statement, statement, "unexpected-errno", `${statement.op.name} fails with ${result.errno}`);
    }
    if (result.signal !== undefined) {
      return problemAt(statement, statement, "unexpected-signal", `${who} dies of ${result.signal}`);
    }
    return undefined;
  }
  const words = outcomeNames(expected.bits).filter((word) => !result.unsure.includes(word));
  const held =
    words.every((word) => result.outcome.includes(word)) &&
    (expected.errno ?? result.errno) === result.errno &&
    (result.errno === undefined || expected.errno !== undefined) &&
    !(expected.ok && result.signal !== undefined);
  if (held) return undefined;
  return problemAt(statement, expected, "outcome-mismatch", `expected ${expected.words.join(" ")}, came to ${came}`);
}

function problemAt(
  { line }: { readonly line: number },
  { start, end }: { readonly start: number; readonly end: number },
  code: Problem["code"],
  message: string,
): Problem {
  return { range: { line, start, end }, code, severity: "error", message };
}

function bitsOf(result: ResultLook): number {
  const words = result.signal === "SIGKILL" ? [...result.outcome, "OOM"] : result.outcome;
  return OUTCOMES.reduce((bits, name, i) => bits | (words.includes(name) ? 1 << i : 0), 0);
}
