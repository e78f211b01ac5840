// What do the next two thousand lines say about this one?
//
// A child may have lines before its parent's clone() returns and names it; a call of one thread may take effect before the line
// on which it returns, because another thread has already been given its memory. So lines wait in a window. On entry
// the two halves of a split call are joined, by thread; on leaving, the call knows its end if that was near.

import { type Result, readResult, splitArguments } from "./call.ts";
import type { PageFault } from "./faults.ts";
import { BIRTHS } from "./life.ts";
import type { LogLine } from "./line.ts";

/** One split or whole call. */
export interface OpenCall {
  readonly pid: number;
  readonly name: string;
  /** What follows `name(`, as far as it is known. */
  text: string;
  /** The call has returned, and `text` is whole. */
  complete: boolean;
  /** It has been translated. */
  done: boolean;
}

export interface Entry {
  readonly line: LogLine | undefined;
  readonly fault: PageFault | undefined;
  /** A call that begins on this line, whole or split. */
  readonly call: OpenCall | undefined;
  /** The call that ends on this line, which began on an earlier one. */
  readonly ends: OpenCall | undefined;
  readonly source: number;
  readonly number: number;
  /** A fault that a signal tells of better. */
  superseded: boolean;
}

const SIZE = 2048;

/** Fewer lines wait when they are long. */
const MAX_CHARACTERS = 1 << 24;

/** Split calls that wait for their end. A log of more threads than this is not believed. */
const MAX_OPEN = 1 << 16;

export class Window {
  private readonly entries: Entry[] = [];
  private head = 0;
  private characters = 0;
  private readonly open = new Map<number, OpenCall>();
  private readonly births = new Map<number, OpenCall>();
  private readonly programs = new Map<number, OpenCall>();
  private readonly faults = new Map<number, Entry>();
  private readonly supersededBy = new Map<number, number>();
  /** Split calls that were forgotten because too many were open. */
  forgotten = 0;

  get full(): boolean {
    return (
      this.entries.length - this.head >= SIZE || (this.characters > MAX_CHARACTERS && this.head < this.entries.length)
    );
  }

  take(): Entry | undefined {
    const entry = this.entries[this.head];
    if (entry === undefined) return undefined;
    this.head++;
    this.characters -= entry.line?.text.length ?? 0;
    if (this.head >= SIZE) {
      this.entries.splice(0, this.head);
      this.head = 0;
    }
    if (entry.fault !== undefined && this.faults.get(entry.fault.tid) === entry) this.faults.delete(entry.fault.tid);
    return entry;
  }

  enterFault(fault: PageFault, source: number, number: number): void {
    const entry = this.push({
      line: undefined,
      fault,
      call: undefined,
      ends: undefined,
      source,
      number,
      superseded: false,
    });
    this.faults.set(fault.tid, entry);
  }

  enter(line: LogLine, source: number, number: number): void {
    let call: OpenCall | undefined;
    let ends: OpenCall | undefined;
    const { pid, name } = line;
    if (line.kind === "call") {
      call = { pid, name, text: line.text, complete: true, done: false };
      this.returned(call);
    } else if (line.kind === "unfinished" || line.kind === "detached") {
      call = { pid, name, text: line.text, complete: false, done: false };
      if (line.kind === "unfinished") this.begin(call);
      if (name === "execve" && !this.programs.has(pid)) this.programs.set(pid, call);
    } else if (line.kind === "resumed") {
      ends = this.end(pid, name);
      if (ends !== undefined) {
        ends.text += line.text;
        ends.complete = true;
        this.returned(ends);
      }
    } else if (line.kind === "superseded") this.supersededBy.set(pid, Number(line.text));
    else if (line.kind === "signal") this.explained(pid, line);
    this.push({ line, fault: undefined, call, ends, source, number, superseded: false });
  }

  /** The birth that gives this pid, when its call is at hand. */
  birthOf(pid: number): OpenCall | undefined {
    return this.births.get(pid);
  }

  forgetBirth(pid: number): void {
    this.births.delete(pid);
  }

  /** The text of the execve that a process will make next, when it is at hand. */
  programOf(pid: number): string | undefined {
    return this.programs.get(pid)?.text;
  }

  forgetProgram(call: OpenCall): void {
    if (this.programs.get(call.pid) === call) this.programs.delete(call.pid);
  }

  private push(entry: Entry): Entry {
    this.entries.push(entry);
    this.characters += entry.line?.text.length ?? 0;
    return entry;
  }

  private begin(call: OpenCall): void {
    if (this.open.size >= MAX_OPEN) {
      const oldest = this.open.keys().next().value!;
      this.open.delete(oldest);
      this.forgotten++;
    }
    this.open.set(call.pid, call);
  }

  /** The call that a resumed line ends: its thread's own, or that of the thread whose execve took over its pid. */
  private end(pid: number, name: string): OpenCall | undefined {
    const call = this.open.get(pid);
    if (call?.name === name) {
      this.open.delete(pid);
      return call;
    }
    const other = this.supersededBy.get(pid);
    const taken = other === undefined ? undefined : this.open.get(other);
    if (taken?.name === name) {
      this.open.delete(other!);
      this.supersededBy.delete(pid);
      return taken;
    }
    // Lines without a front begin calls that end under a pid.
    const nameless = this.open.get(0);
    if (nameless?.name === name) {
      this.open.delete(0);
      return nameless;
    }
    return undefined;
  }

  private returned(call: OpenCall): void {
    if (BIRTHS.has(call.name)) {
      const child = resultOf(call)?.value ?? Number.NaN;
      if (child > 0) this.births.set(child, call);
    } else if (call.name === "execve" && !this.programs.has(call.pid)) {
      if (resultOf(call)?.value === 0) this.programs.set(call.pid, call);
    }
  }

  /** The page fault that a signal comes from is in perf's list too. */
  private explained(pid: number, line: LogLine): void {
    if (line.name !== "SIGSEGV" && line.name !== "SIGBUS") return;
    const entry = this.faults.get(pid);
    if (entry === undefined) return;
    const at = /si_addr=(0x[0-9a-f]{1,16})/.exec(line.text);
    if (at !== null && Number(at[1]) === entry.fault!.address) entry.superseded = true;
  }
}

/** What a whole call returned. */
export function resultOf(call: OpenCall): Result | undefined {
  const { end } = splitArguments(call.text);
  return end < 0 ? undefined : readResult(call.text, end);
}
