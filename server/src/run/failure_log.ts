// Writes down what does not hold while a trace runs, each thing once and none without bound.

import type { Operation } from "../lang/program.ts";
import type { Span } from "../lang/text.ts";
import { Audit } from "../mm/audit.ts";
import type { Fact } from "./failures.ts";
import type { Recording } from "./recording.ts";
import { HAS_FAILED } from "./steps.ts";

// A statement that fails in a long repeat would fill memory with the same sentence: so many are kept of each.
const KEPT_OF_EACH = 100;

export class FailureLog {
  private readonly recording: Recording;
  // Statement → how often it has failed.
  private readonly counts = new Map<number, number>();
  private audit: Audit | undefined;
  // Breaches that are standing: told once, when they begin.
  private standing = new Set<string>();

  constructor(recording: Recording) {
    this.recording = recording;
  }

  // Takes up what the recording holds already.
  resume(checkInvariants: boolean): void {
    const { facts, steps, kernel } = this.recording;
    for (const fact of facts) this.count(steps.statement(fact.step));
    if (!checkInvariants) return;
    this.audit = new Audit(kernel);
    this.standing = new Set(this.audit.look().map((breach) => breach.message));
  }

  // Something about the newest step does not hold.
  fail(
    code: Fact["code"],
    { start, end }: Span,
    message: Fact["message"],
    more: Pick<Fact, "cause" | "fix"> = {},
  ): void {
    const { steps, facts, kernel } = this.recording;
    const step = steps.length - 1;
    steps.mark(step, HAS_FAILED);
    if (this.count(steps.statement(step)) > KEPT_OF_EACH) return;
    facts.push({ step, position: kernel.position, code, span: { start, end }, message, ...more });
  }

  failDead(statement: Operation, task: number): void {
    const { deaths, kernel } = this.recording;
    const died = deaths.get(task);
    const name = kernel.side.taskNames[task];
    if (died === undefined) {
      this.fail("dead-process", statement, () => `process ${name} is dead`);
      return;
    }
    const message: Fact["message"] = (lineOf) => `process ${name} is dead since line ${lineOf(died)}`;
    this.fail("dead-process", statement, message, { cause: { step: died, message: `${name} ended here` } });
  }

  // What the model promises and the world after the newest step does not keep.
  invariants(statement: Operation): void {
    this.audit ??= new Audit(this.recording.kernel);
    const found = this.audit.look();
    if (found.length === 0 && this.standing.size === 0) return;
    const now = new Set<string>();
    for (const breach of found) {
      now.add(breach.message);
      if (this.standing.has(breach.message)) continue;
      this.fail("broken-invariant", statement, () => breach.message);
    }
    this.standing = now;
  }

  private count(statement: number): number {
    const count = (this.counts.get(statement) ?? 0) + 1;
    this.counts.set(statement, count);
    return count;
  }
}
