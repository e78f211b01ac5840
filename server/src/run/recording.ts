// The recording of a run: everything that happened, step by step and event by event, and what names meant when.
//
// It is the one thing that the debugger, the hovers and the command line look at. The kernel in it is a cursor: seek it
// to a position and the world is as it was then. Execution (execute.ts) writes it, rerun.ts and branch.ts go on from
// one; nobody else changes anything but the kernel's cursor.

import type { Environment } from "../lang/evaluate.ts";
import type { Program, SymbolId } from "../lang/program.ts";
import { MAIN } from "../lang/program.ts";
import type { Outcomes, Value } from "../lang/value.ts";
import type { LimitKind } from "../mm/errors.ts";
import type { Kernel } from "../mm/kernel.ts";
import type { Model } from "../mm/model.ts";
import { type Fact, type Failure, failuresOf } from "./failures.ts";
import { Names } from "./names.ts";
import { CHECK_FAILED, CHECK_PASSED, CHECK_SKIPPED, HAS_FAILED, Steps } from "./steps.ts";

export interface Checks {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Limit {
  readonly kind: LimitKind | "cancelled";
  readonly message: string;
  // Index of the statement that was running.
  readonly statement: number;
  readonly line: number;
}

// What a branch takes over from the recording that it left.
export interface Past {
  readonly steps: Steps;
  readonly names: Names;
  readonly facts: Fact[];
  readonly deaths: Map<number, number>;
  readonly branch: Recording["branch"];
}

export class Recording {
  program: Program;
  readonly kernel: Kernel;
  readonly steps: Steps;
  readonly names: Names;
  // How many steps had run when control first came to each statement; -1 where it never did.
  reached: Int32Array;
  readonly facts: Fact[];
  // Task → the step in which it died.
  readonly deaths: Map<number, number>;
  limit: Limit | undefined;
  // A branch's name and where it left; undefined for the run of the trace as it stands.
  readonly branch: { readonly name: string; readonly from: Recording; readonly step: number } | undefined;

  constructor(program: Program, kernel: Kernel, past: Past | undefined = undefined) {
    this.program = program;
    this.kernel = kernel;
    this.steps = past?.steps ?? new Steps(program.statements, kernel.position);
    this.names = past?.names ?? new Names();
    this.facts = past?.facts ?? [];
    this.deaths = past?.deaths ?? new Map();
    this.branch = past?.branch;
    this.reached = new Int32Array(program.statements.length + 1).fill(-1);
  }

  get model(): Model {
    return this.kernel.model;
  }

  // In the order in which they happened.
  get failures(): Failure[] {
    return failuresOf(this.facts, this.steps);
  }

  get failed(): boolean {
    return this.facts.length > 0;
  }

  // Steps at which something did not hold. Of a line that fails again and again only the first failures are kept.
  get failedSteps(): number {
    let failed = 0;
    for (let step = 0; step < this.steps.length; step++) if (this.steps.bits(step) & HAS_FAILED) failed++;
    return failed;
  }

  get checks(): Checks {
    let passed = 0;
    let failed = 0;
    let skipped = 0;
    for (let step = 0; step < this.steps.length; step++) {
      const bits = this.steps.bits(step);
      if (bits & CHECK_PASSED) passed++;
      else if (bits & CHECK_FAILED) failed++;
      else if (bits & CHECK_SKIPPED) skipped++;
    }
    return { passed, failed, skipped };
  }

  // Events recorded so far: the last position of the cursor.
  get length(): number {
    return this.kernel.journal.length;
  }

  // The step in progress when `position` events have happened, or the next to run; steps.length at the end.
  stepAt(position: number): number {
    return this.steps.stepAt(position);
  }

  // What the name means where `steps` steps have run; in a repeat, its counter has the value of the next step's round.
  nameAtStep(symbol: SymbolId, steps: number): Value | undefined {
    if (symbol === MAIN) return { kind: "process", task: 0 };
    return this.counterAt(symbol, steps) ?? this.names.at(symbol, steps);
  }

  nameAt(symbol: SymbolId, position: number): Value | undefined {
    return this.nameAtStep(symbol, this.stepAt(position));
  }

  // What expressions are evaluated with where `steps` steps have run. The kernel's cursor is the caller's business.
  environment(steps: number, task = 0): Environment {
    return {
      k: this.kernel,
      task,
      last: this.lastOutcome(steps),
      lookup: (symbol) => this.nameAtStep(symbol, steps) ?? null,
    };
  }

  // `last`: what the last operation before step `steps` came to.
  lastOutcome(steps: number): Outcomes {
    for (let step = steps - 1; step >= 0; step--) {
      if (this.program.statements[this.steps.statement(step)].kind !== "operation") continue;
      return { kind: "outcomes", bits: this.steps.kernelBits(step), errno: this.steps.errno(step) };
    }
    return NO_OUTCOME;
  }

  // Forgets everything from step `steps` on, so that running can go on from there.
  truncate(steps: number): void {
    this.kernel.truncate(steps === 0 ? this.steps.boot : this.steps.end(steps - 1));
    this.steps.truncate(steps);
    this.names.truncate(steps);
    while (this.facts.length > 0 && this.facts[this.facts.length - 1].step >= steps) this.facts.pop();
    for (const [task, step] of this.deaths) if (step >= steps) this.deaths.delete(task);
    this.limit = undefined;
  }

  // Takes an edited program on, whose statements before `from` are those of this one; steps from `steps` on go.
  adopt(program: Program, from: number, steps: number): void {
    const { limit } = this;
    this.truncate(steps);
    this.program = program;
    this.steps.statements = program.statements;
    const reached = new Int32Array(program.statements.length + 1).fill(-1);
    reached.set(this.reached.subarray(0, Math.min(from, reached.length)));
    this.reached = reached;
    // A limit that would stop the run again, before anything that changed.
    if (limit && from > limit.statement) this.limit = { ...limit, line: program.statements[limit.statement].line };
  }

  private counterAt(symbol: SymbolId, steps: number): Value | undefined {
    for (const step of [steps, steps - 1]) {
      if (step < 0 || step >= this.steps.length) continue;
      for (const { repeat, round } of this.steps.roundsOf(step)) {
        const statement = this.program.statements[repeat];
        if (statement.kind === "repeat" && statement.name === symbol) return BigInt(round);
      }
    }
    return undefined;
  }
}

export const NO_OUTCOME: Outcomes = { kind: "outcomes", bits: 0, errno: undefined };
