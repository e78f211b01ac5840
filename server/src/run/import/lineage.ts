// Whose is a line? The thread ids of the log become processes here, at the line that bears them or at their first own line.

import { quoted } from "./call.ts";
import { appear, BIRTHS, bear, birthOf } from "./life.ts";
import type { LogLine } from "./line.ts";
import type { Process } from "./process.ts";
import type { Translation } from "./translation.ts";
import type { Entry, OpenCall, Window } from "./window.ts";

/** How many calls in flight are searched for what another line needs. */
const MAX_HELD = 1024;

const FREES: ReadonlySet<string> = new Set(["munmap", "mremap"]);

export class Lineage {
  /** Split calls that have begun, by thread. */
  private readonly begun = new Map<number, Entry>();
  /** Of these, the births whose child is not known yet, and the calls that free memory. */
  private readonly births = new Set<Entry>();
  private readonly frees = new Set<Entry>();
  private readonly t: Translation;
  private readonly window: Window;
  private readonly sourceOf: (entry: Entry) => string;

  constructor(t: Translation, window: Window, sourceOf: (entry: Entry) => string) {
    this.t = t;
    this.window = window;
    this.sourceOf = sourceOf;
  }

  /** A split call has begun. */
  hold(entry: Entry, call: OpenCall): void {
    this.begun.set(call.pid, entry);
    const set = BIRTHS.has(call.name) ? this.births : FREES.has(call.name) ? this.frees : undefined;
    if (set === undefined) return;
    set.add(entry);
    if (set.size > MAX_HELD) set.delete(set.values().next().value!);
  }

  /** The line on which a split call began, once it has ended. */
  release(call: OpenCall): Entry | undefined {
    const entry = this.begun.get(call.pid);
    if (entry?.call !== call) return undefined;
    this.begun.delete(call.pid);
    this.births.delete(entry);
    this.frees.delete(entry);
    return entry;
  }

  /** The split call that a thread is in. */
  inFlight(pid: number): Entry | undefined {
    return this.begun.get(pid);
  }

  allInFlight(): Iterable<Entry> {
    return this.begun.values();
  }

  /** Calls in flight that free memory. */
  freeing(): Iterable<Entry> {
    return this.frees;
  }

  /** The process of a thread's line; a thread that is new to the log comes into being. */
  processOf(pid: number, line: LogLine | undefined, source: string): Process | undefined {
    const { processes, tally } = this.t;
    const known = pid === 0 ? processes.ofLinesWithoutPid() : processes.of(pid);
    if (known !== undefined) return known;
    if (processes.full) {
      tally.drop("lines of more threads than Linux has");
      return undefined;
    }
    const birth = this.window.birthOf(pid);
    const begun = birth === undefined ? undefined : this.begun.get(birth.pid);
    const born = begun !== undefined && begun.call === birth ? this.bearFrom(begun, pid) : undefined;
    if (born !== undefined) return born;
    const nameless = processes.nameless();
    if (nameless !== undefined && pid !== 0) {
      processes.bind(pid, nameless);
      nameless.threads.delete(0);
      return nameless;
    }
    const sole = this.soleBirth();
    const adopted = sole === undefined ? undefined : this.bearFrom(sole, pid);
    if (adopted !== undefined) return adopted;
    return appear(this.t, pid, line?.comm, this.programOf(pid), source);
  }

  /** A birth has happened: the child comes into the trace, or the thread joins its process. */
  born(parent: Process, call: OpenCall, pid: number, source: string): void {
    const birth = birthOf(call.name, call.text);
    const { tally } = this.t;
    if (!birth.thread) {
      tally.succeeded++;
      tally.asOperations++;
    }
    const program = birth.thread ? undefined : this.programOf(pid);
    this.window.forgetBirth(pid);
    bear(this.t, parent, birth, pid, program, source);
  }

  /** The child of a birth that is still in flight, at the line where it began. */
  private bearFrom(entry: Entry, pid: number): Process | undefined {
    const call = entry.call!;
    const { processes } = this.t;
    const parent = processes.of(call.pid) ?? processes.ofLinesWithoutPid();
    if (call.done || parent === undefined || !parent.alive) return undefined;
    call.done = true;
    this.born(parent, call, pid, this.sourceOf(entry));
    return processes.of(pid);
  }

  /** The one birth in flight whose child is not known, when there is exactly one. */
  private soleBirth(): Entry | undefined {
    let sole: Entry | undefined;
    for (const entry of this.births) {
      if (entry.call!.done) continue;
      if (sole !== undefined) return undefined;
      sole = entry;
    }
    return sole;
  }

  /** The program that a process will exec, when that line is at hand. */
  private programOf(pid: number): string | undefined {
    const text = this.window.programOf(pid);
    return text === undefined ? undefined : quoted(text);
  }
}
