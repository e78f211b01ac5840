// Runs a program's statements on a kernel, one at a time, into a recording.
//
// The statements are flat, with jumps: a `repeat` is never unrolled, so its count costs nothing. All state that is not
// in the recording is the program counter and the running loops, and both can be rebuilt at any step (resumeAfter).

import { type Environment, evaluate, isTrue } from "../lang/evaluate.ts";
import type { OpResult } from "../lang/ops.ts";
import {
  type Expect,
  type Fault,
  isFault,
  MAIN,
  type Operation,
  type ProcessStatement,
  type Repeat,
} from "../lang/program.ts";
import { kindOf, type Outcomes, type Process, type Value } from "../lang/value.ts";
import { matches } from "../lang/when.ts";
import { LimitReached } from "../mm/errors.ts";
import { KTHREAD } from "../mm/kernel.ts";
import { SIGNALS } from "../mm/outcome.ts";
import { new_task, sys_exit } from "../mm/syscalls.ts";
import { acceptedValue, checkMessage } from "./check.ts";
import { accepted, mismatchMessage, missing } from "./expected.ts";
import { FailureLog } from "./failure_log.ts";
import type { Fact } from "./failures.ts";
import { placeOf } from "./place.ts";
import { NO_OUTCOME, type Recording } from "./recording.ts";
import { CHECK_FAILED, CHECK_PASSED, CHECK_SKIPPED, CUT_SHORT, NOT_DONE, type Place, signalName } from "./steps.ts";

export interface Watch {
  // Milliseconds that the run may take, by the clock.
  readonly milliseconds: number;
  clock(): number;
  cancelled(): boolean;
}

// Statements between two looks at the clock, when the kernel makes no events that would look.
const POLL_MASK = 0x3ff;

interface Loop {
  readonly repeat: number;
  readonly count: number;
  round: number;
  // The row of the recording's rounds, -1 until a step runs in this round.
  id: number;
}

class Cancelled extends Error {}

export class Execution {
  readonly recording: Recording;
  private readonly watch: Watch;
  private readonly checkInvariants: boolean;
  // In a trace `page(addr)` is always of main's address space.
  private readonly env: { k: Environment["k"]; task: 0; last: Outcomes; lookup(symbol: number): Value };
  // What each name means now.
  private values: (Value | undefined)[] = [];
  private loops: Loop[] = [];
  private pc = 0;
  private ticks = 0;
  private deadline = Number.POSITIVE_INFINITY;
  private readonly log: FailureLog;
  // Who does the running operation.
  private task = 0;

  constructor(recording: Recording, watch: Watch, checkInvariants: boolean) {
    this.recording = recording;
    this.watch = watch;
    this.checkInvariants = checkInvariants;
    this.log = new FailureLog(recording);
    this.values[MAIN] = { kind: "process", task: 0 };
    this.env = {
      k: recording.kernel,
      task: 0,
      last: NO_OUTCOME,
      lookup: (symbol) => this.values[symbol] ?? null,
    };
  }

  // Takes up the state after the recording's last step.
  resume(): void {
    const { recording } = this;
    const { steps, program } = recording;
    const last = steps.length - 1;
    for (const symbol of program.symbols) {
      if (symbol.id !== MAIN) this.values[symbol.id] = recording.names.current(symbol.id);
    }
    this.log.resume(this.checkInvariants);
    if (last < 0) return;
    this.pc = steps.statement(last) + 1;
    this.env.last = recording.lastOutcome(steps.length);
    this.loops = steps
      .roundsOf(last)
      .reverse()
      .map(({ repeat, round, count, id }) => ({ repeat, round, count, id }));
    for (const { repeat, round } of this.loops) this.bindCounter(repeat, round);
  }

  get done(): boolean {
    return this.pc >= this.recording.program.statements.length || this.recording.limit !== undefined;
  }

  // Runs on for about so many milliseconds, at least one statement. True when the run has come to its end.
  advance(milliseconds: number): boolean {
    const { clock } = this.watch;
    const began = clock();
    return this.within(() => {
      while (!this.done) {
        if ((++this.ticks & POLL_MASK) === 0) {
          this.look();
          if (clock() - began > milliseconds) return;
        }
        // The kernel looks once in many events; a small limit holds between statements.
        if (this.eventsMade > this.recording.kernel.limits.events) this.look();
        this.statement();
      }
    });
  }

  // Runs at least one statement, and on until control comes to the one with this index. False when the run ended before.
  advanceTo(statement: number): boolean {
    this.within(() => {
      while (!this.done) {
        if ((++this.ticks & POLL_MASK) === 0 || this.eventsMade > this.recording.kernel.limits.events) this.look();
        this.statement();
        if (this.pc === statement) return;
      }
    });
    return !this.done && this.pc === statement;
  }

  // Runs within the limits; one that is reached ends the run.
  private within(run: () => void): boolean {
    const { clock, milliseconds } = this.watch;
    if (this.deadline === Number.POSITIVE_INFINITY) this.deadline = clock() + milliseconds;
    const { kernel } = this.recording;
    kernel.interrupt = () => this.look();
    try {
      run();
    } catch (error) {
      if (error instanceof LimitReached) this.stop(error.kind, error.message);
      else if (error instanceof Cancelled) this.stop("cancelled", "the run was cancelled");
      else throw error;
    } finally {
      kernel.interrupt = undefined;
    }
    return this.done;
  }

  // By the trace: the boot's own are not counted.
  private get eventsMade(): number {
    return this.recording.kernel.position - this.recording.steps.boot;
  }

  private look(): void {
    const { kernel } = this.recording;
    if (this.eventsMade > kernel.limits.events) {
      throw new LimitReached("events", `the run made more than ${english(kernel.limits.events)} events`);
    }
    if (this.ticks > kernel.limits.events) {
      throw new LimitReached("events", `the run executed more than ${english(kernel.limits.events)} statements`);
    }
    if (this.recording.steps.bytes + kernel.bytes > kernel.limits.bytes) {
      throw new LimitReached("memory", `the recording took more than ${english(kernel.limits.bytes)} bytes`);
    }
    if (this.watch.cancelled()) throw new Cancelled();
    if (this.watch.clock() > this.deadline) {
      throw new LimitReached("time", `the run took longer than ${english(this.watch.milliseconds)} ms`);
    }
  }

  // A limit ends the run in the middle of a statement: what it did so far stays, as a step of its own.
  private stop(kind: NonNullable<Recording["limit"]>["kind"], message: string): void {
    const { recording } = this;
    const statement = Math.min(this.pc, recording.program.statements.length - 1);
    const { steps, kernel } = recording;
    const before = steps.length === 0 ? steps.boot : steps.end(steps.length - 1);
    if (kernel.position > before) this.step(this.task, kernel.outcome | CUT_SHORT);
    recording.limit = { kind, message, statement, line: recording.program.statements[statement].line };
  }

  private statement(): void {
    const { program, reached, steps } = this.recording;
    const statement = program.statements[this.pc];
    if (reached[this.pc] < 0) reached[this.pc] = steps.length;
    switch (statement.kind) {
      case "operation":
        this.operation(statement);
        this.pc++;
        return;
      case "expect":
        this.expect(statement);
        this.pc++;
        return;
      case "process": {
        const name = program.symbols[statement.symbol].name;
        this.process(statement, name);
        this.pc++;
        return;
      }
      case "repeat":
        this.repeat(statement);
        return;
      case "end": {
        const loop = this.loops[this.loops.length - 1];
        loop.round++;
        loop.id = -1;
        if (loop.round < loop.count) {
          this.bindCounter(loop.repeat, loop.round);
          this.pc = loop.repeat + 1;
          return;
        }
        this.loops.pop();
        this.pc++;
        return;
      }
    }
  }

  private process(statement: ProcessStatement, name: string): void {
    const { k } = this.env;
    k.killed = [];
    const task = new_task(k, name);
    const step = this.recording.steps.length;
    for (const killed of k.killed) this.recording.deaths.set(killed, step);
    const value: Process | undefined = task < 0 ? undefined : { kind: "process", task };
    this.step(Math.max(0, task), 0, { value });
    this.bind(statement.symbol, value ?? null);
    if (value === undefined) this.log.fail("unexpected-errno", statement, () => `there is no memory for ${name}`);
  }

  private repeat(statement: Repeat): void {
    const count = evaluate(statement.count, this.env);
    if (isFault(count) || typeof count !== "bigint") {
      const message = isFault(count) ? count.message : `the count of a repeat is a number, not ${kindOf(count)}`;
      this.step(0, NOT_DONE);
      this.log.fail("wrong-kind", statement.count, () => message);
      this.pc = statement.close + 1;
      return;
    }
    if (count <= 0n) {
      this.bindNone(statement);
      this.pc = statement.close + 1;
      return;
    }
    this.loops.push({ repeat: this.pc, count: Number(count), round: 0, id: -1 });
    this.bindCounter(this.pc, 0);
    this.pc++;
  }

  // What a repeat of no rounds would have bound is none.
  private bindNone(repeat: Repeat): void {
    for (let i = this.pc + 1; i < repeat.close; i++) {
      const inside = this.recording.program.statements[i];
      if (inside.kind === "operation" && inside.target !== undefined) this.bind(inside.target, null);
    }
  }

  private bindCounter(repeat: number, round: number): void {
    const statement = this.recording.program.statements[repeat];
    if (statement.kind === "repeat" && statement.name !== undefined) this.values[statement.name] = BigInt(round);
  }

  private operation(statement: Operation): void {
    const { env } = this;
    const { k } = env;
    k.outcome = 0;
    k.killed = [];
    const who = statement.process === undefined ? MAIN : statement.process;
    const process = this.values[who] ?? null;
    if (process === null || typeof process !== "object" || process.kind !== "process") {
      this.notDone(statement, 0);
      const name = this.recording.program.symbols[who].name;
      this.log.fail(
        "none-argument",
        statement,
        () => `${name} is ${process === null ? "none" : `a ${kindOf(process)}`} here, not a process`,
      );
      return;
    }
    const { task } = process;
    this.task = task;
    if (k.w.task.alive.data[task] === 0) {
      this.notDone(statement, task);
      this.log.failDead(statement, task);
      return;
    }
    const args = this.arguments(statement);
    if (isFault(args)) {
      this.notDone(statement, task);
      this.log.fail(args.code, args, () => args.message);
      return;
    }
    const name = statement.target === undefined ? undefined : this.recording.program.symbols[statement.target].name;
    const place = placeOf(k, statement.op, args, task);
    // What the kernel does on its own it does for nobody.
    k.current = statement.op.group === "The kernel's own work" ? KTHREAD : task;
    const result = statement.op.run({ k, task, args, name });
    k.current = KTHREAD;
    if (result.fault) {
      this.notDone(statement, task);
      const { fault } = result;
      this.log.fail(fault.code, statement.args[fault.param] ?? statement, () => fault.message);
      return;
    }
    this.conclude(statement, task, result, place);
  }

  private conclude(statement: Operation, task: number, result: OpResult, place: Place | undefined): void {
    const { k } = this.env;
    const bits = k.outcome;
    const { errno } = result;
    const { expected } = statement;
    const unmet = expected ? missing(expected, bits, errno) : undefined;
    const signal = bits & SIGNALS & ~(expected?.bits ?? 0) ? signalName(bits) : undefined;
    // Of a signal that nobody expected the process dies, in the same step.
    if (signal !== undefined) sys_exit(k, task);
    const step = this.recording.steps.length;
    if (k.w.task.alive.data[task] === 0) this.recording.deaths.set(task, step);
    for (const killed of k.killed) this.recording.deaths.set(killed, step);
    const value = result.value ?? undefined;
    this.step(task, bits, { errno, value, place });
    if (statement.target !== undefined) this.bind(statement.target, value ?? null);
    this.env.last = { kind: "outcomes", bits, errno };
    if (expected && unmet !== undefined) {
      const dies = signal === undefined ? "" : `, and ${this.taskName(task)} dies of it`;
      const message = mismatchMessage(expected, bits, errno) + dies;
      const text = accepted(bits, errno);
      this.log.fail("outcome-mismatch", expected, () => message, {
        fix: { title: `Accept the actual outcome: ${text}`, span: expected, text },
      });
    } else if (signal !== undefined) {
      const name = this.taskName(task);
      this.log.fail("unexpected-signal", statement, () => deathText(name, signal), {
        fix: this.arrow(statement, signal),
      });
    } else if (errno !== undefined && !expected) {
      this.log.fail("unexpected-errno", statement, () => `${statement.op.name} fails with ${errno}`, {
        fix: this.arrow(statement, errno),
      });
    }
    if (this.checkInvariants) this.log.invariants(statement);
  }

  private arrow(statement: Operation, word: string): Fact["fix"] {
    return {
      title: `Expect ${word}`,
      span: { start: statement.end, end: statement.end },
      text: ` -> ${word}`,
    };
  }

  private arguments(statement: Operation): (Value | undefined)[] | Fault {
    const { args } = statement;
    const values = new Array<Value | undefined>(args.length);
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (arg === undefined) continue;
      const value = evaluate(arg, this.env);
      if (isFault(value)) return value;
      values[i] = value;
    }
    return values;
  }

  private expect(statement: Expect): void {
    const { env } = this;
    if (statement.when && !matches(statement.when, env.k.model.name)) {
      this.step(0, CHECK_SKIPPED);
      return;
    }
    const value = evaluate(statement.condition, env);
    if (isFault(value)) {
      this.step(0, CHECK_FAILED);
      this.log.fail(value.code, value, () => value.message);
      return;
    }
    if (isTrue(value)) {
      this.step(0, CHECK_PASSED);
      return;
    }
    this.step(0, CHECK_FAILED);
    const message = checkMessage(statement, env);
    this.log.fail("expect-failed", statement.condition, () => message, {
      fix: acceptedValue(statement.condition, env),
    });
  }

  private notDone(statement: Operation, task: number): void {
    this.step(task, NOT_DONE);
    if (statement.target !== undefined) this.bind(statement.target, null);
  }

  private bind(symbol: number, value: Value): void {
    this.values[symbol] = value;
    this.recording.names.bind(symbol, this.recording.steps.length, value);
  }

  private step(task: number, bits: number, more: { errno?: string; value?: Value; place?: Place } = {}): void {
    const { steps, kernel } = this.recording;
    steps.push(this.pc, this.round(), task, kernel.position, bits, more.errno, more.value, more.place);
  }

  // The row of the innermost round, made now if this is its first step. Rounds without a row are innermost: a loop
  // that goes on has ended those inside it.
  private round(): number {
    const { loops } = this;
    let at = loops.length;
    while (at > 0 && loops[at - 1].id < 0) at--;
    let up = at === 0 ? 0 : loops[at - 1].id;
    for (; at < loops.length; at++) {
      const loop = loops[at];
      loop.id = this.recording.steps.addRound(loop.repeat, loop.round, loop.count, up);
      up = loop.id;
    }
    return up;
  }

  private taskName(task: number): string {
    return this.recording.kernel.side.taskNames[task];
  }
}

function deathText(name: string, signal: string): string {
  return signal === "OOM" ? `${name} is killed: memory is used up (OOM)` : `${name} dies of ${signal}`;
}

function english(number: number): string {
  return number.toLocaleString("en-US");
}
