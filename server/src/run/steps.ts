// The executed statements of a recording, one row each: which statement, for which process, which events, what it
// came to. Columns of numbers (20 to 36 bytes a step), so that a million steps stay cheap; `outcome` builds the readable one.

import type { Statement } from "../lang/program.ts";
import type { Value } from "../lang/value.ts";
import { MAJOR, MINOR, outcomeNames, SIGBUS, SIGNALS, SIGSEGV } from "../mm/outcome.ts";
import { type Column, float64, int32, uint32 } from "./column.ts";
import { Rounds } from "./rounds.ts";

// The low 17 bits of a step's bits are the kernel's outcome (mm/outcome.ts). These are ours.
export const CHECK_PASSED = 1 << 17;
export const CHECK_FAILED = 1 << 18;
export const CHECK_SKIPPED = 1 << 19;
// The step has at least one failure.
export const HAS_FAILED = 1 << 20;
// The statement's process was dead, so nothing was done.
export const NOT_DONE = 1 << 21;
// The operation was cut short by a limit of the run.
export const CUT_SHORT = 1 << 22;
const ERRNO_SHIFT = 24;
const KERNEL_BITS = CHECK_PASSED - 1;

export interface StepOutcome {
  // What the operation came to, in the words of the language: `minor`, `cow`; an errno or a signal stands here too,
  // and `ok` for a call that succeeded.
  readonly words: readonly string[];
  readonly signal: string | undefined;
  readonly errno: string | undefined;
  // What the operation returned, if it returns something.
  readonly value: Value | undefined;
  // Pages that the operation's range covers; 0 when it has none.
  readonly pages: number;
}

// The place an operation was about: `pages` pages from virtual page number `vpn` of address space `mm`.
export interface Place {
  readonly mm: number;
  readonly vpn: number;
  readonly pages: number;
}

export class Steps {
  // The statements that the rows are about; a rerun with an edited program puts the new ones here.
  statements: readonly Statement[];
  // Events before the first step: the machine's boot and the birth of `main`.
  readonly boot: number;
  private rounds = new Rounds();
  private statementColumn = int32();
  private roundColumn = int32();
  private taskColumn = int32();
  private endColumn = uint32();
  private bitsColumn = uint32();
  private mmColumn = int32(-1);
  private vpnColumn = float64();
  private pagesColumn = uint32();
  private values = new Map<number, Value>();
  private readonly errnos: string[] = [];

  constructor(statements: readonly Statement[], boot: number) {
    this.statements = statements;
    this.boot = boot;
  }

  get length(): number {
    return this.statementColumn.length;
  }

  push(
    statement: number,
    round: number,
    task: number,
    end: number,
    bits: number,
    errno: string | undefined,
    value: Value | undefined,
    place: Place | undefined,
  ): void {
    if (value !== undefined) this.values.set(this.length, value);
    this.statementColumn.push(statement);
    this.roundColumn.push(round);
    this.taskColumn.push(task);
    this.endColumn.push(end);
    this.bitsColumn.push(errno === undefined ? bits : (bits | (this.errnoNumber(errno) << ERRNO_SHIFT)) >>> 0);
    this.mmColumn.push(place ? place.mm : -1);
    this.vpnColumn.push(place ? place.vpn : 0);
    this.pagesColumn.push(place ? place.pages : 0);
  }

  addRound(repeat: number, round: number, count: number, up: number): number {
    return this.rounds.push(repeat, round, count, up, this.length);
  }

  statement(step: number): number {
    return this.statementColumn.at(step);
  }
  line(step: number): number {
    return this.statements[this.statement(step)].line;
  }
  // The positions in the journal between which the step's events stand: [start, end). A step may have none.
  start(step: number): number {
    return step === 0 ? this.boot : this.endColumn.at(step - 1);
  }
  end(step: number): number {
    return this.endColumn.at(step);
  }
  task(step: number): number {
    return this.taskColumn.at(step);
  }
  bits(step: number): number {
    return this.bitsColumn.at(step);
  }
  mark(step: number, bits: number): void {
    this.bitsColumn.set(step, this.bits(step) | bits);
  }
  kernelBits(step: number): number {
    return this.bits(step) & KERNEL_BITS;
  }
  errno(step: number): string | undefined {
    const number = this.bits(step) >>> ERRNO_SHIFT;
    return number === 0 ? undefined : this.errnos[number - 1];
  }
  value(step: number): Value | undefined {
    return this.values.get(step);
  }
  place(step: number): Place | undefined {
    const mm = this.mmColumn.at(step);
    return mm < 0 ? undefined : { mm, vpn: this.vpnColumn.at(step), pages: this.pagesColumn.at(step) };
  }

  outcome(step: number): StepOutcome {
    const bits = this.kernelBits(step);
    const errno = this.errno(step);
    return {
      words: outcomeWords(bits, errno, this.statements[this.statement(step)], (this.bits(step) & NOT_DONE) !== 0),
      signal: signalName(bits),
      errno,
      value: this.value(step),
      pages: this.place(step)?.pages ?? 0,
    };
  }

  // The rounds of all repeats that the step ran in, innermost first.
  roundsOf(step: number): { repeat: number; round: number; count: number; id: number }[] {
    const all = [];
    for (let id = this.roundColumn.at(step); id !== 0; id = this.rounds.up(id)) {
      all.push({ repeat: this.rounds.repeat(id), round: this.rounds.round(id), count: this.rounds.count(id), id });
    }
    return all;
  }

  // The step that the event at this position belongs to: the one in progress when `position` events have happened,
  // or the next one to run. `length` when all have run.
  stepAt(position: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.end(middle) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  // Forgets the steps from `length` on.
  truncate(length: number): void {
    if (length >= this.length) return;
    for (let step = length; step < this.length && this.values.size > 0; step++) this.values.delete(step);
    for (const column of this.columns()) column.truncate(length);
    this.rounds.truncate(length);
  }

  // The first `length` steps, as a table of its own.
  copy(length: number): Steps {
    const copy = new Steps(this.statements, this.boot);
    copy.rounds = this.rounds.copy(length);
    copy.statementColumn = this.statementColumn.copy(length);
    copy.roundColumn = this.roundColumn.copy(length);
    copy.taskColumn = this.taskColumn.copy(length);
    copy.endColumn = this.endColumn.copy(length);
    copy.bitsColumn = this.bitsColumn.copy(length);
    copy.mmColumn = this.mmColumn.copy(length);
    copy.vpnColumn = this.vpnColumn.copy(length);
    copy.pagesColumn = this.pagesColumn.copy(length);
    for (const [step, value] of this.values) if (step < length) copy.values.set(step, value);
    copy.errnos.push(...this.errnos);
    return copy;
  }

  get bytes(): number {
    const columns = this.columns().reduce((sum, column) => sum + column.bytes, 0);
    return columns + this.values.size * 100 + this.rounds.bytes;
  }

  private columns(): Column[] {
    return [
      this.statementColumn,
      this.roundColumn,
      this.taskColumn,
      this.endColumn,
      this.bitsColumn,
      this.mmColumn,
      this.vpnColumn,
      this.pagesColumn,
    ];
  }

  private errnoNumber(errno: string): number {
    const known = this.errnos.indexOf(errno);
    return known >= 0 ? known + 1 : this.errnos.push(errno);
  }
}

// What became of a check; undefined for a step that is none.
export function checkWord(bits: number): "holds" | "fails" | "skipped" | undefined {
  if (bits & CHECK_PASSED) return "holds";
  if (bits & CHECK_FAILED) return "fails";
  return bits & CHECK_SKIPPED ? "skipped" : undefined;
}

export function signalName(bits: number): string | undefined {
  if ((bits & SIGNALS) === 0) return undefined;
  if (bits & SIGSEGV) return "SIGSEGV";
  return bits & SIGBUS ? "SIGBUS" : "OOM";
}

// `hit` is said only when no page faulted: beside a fault it would read as a contradiction.
function outcomeWords(bits: number, errno: string | undefined, statement: Statement, notDone: boolean): string[] {
  if (errno !== undefined) return [errno];
  if (notDone) return [];
  const words: string[] = outcomeNames(bits);
  if (bits & (MINOR | MAJOR | SIGNALS)) return words.filter((word) => word !== "hit");
  if (words.length === 0 && statement.kind === "operation") return ["ok"];
  return words;
}
