// What does each line do, when its turn has come? Calls begin, return, or never return; signals, deaths and faults happen.

import { pageFault, signal } from "./access.ts";
import { readResult, splitArguments } from "./call.ts";
import { isTranslated, translate } from "./calls.ts";
import { BIRTHS, execve, exit } from "./life.ts";
import type { LogLine } from "./line.ts";
import { Lineage } from "./lineage.ts";
import type { Process } from "./process.ts";
import type { Call, Translation } from "./translation.ts";
import { type Entry, type OpenCall, resultOf, type Window } from "./window.ts";

const OF_PROCESSES: ReadonlySet<string> = new Set(["execve", "execveat", "exit", "exit_group", ...BIRTHS]);

const ofMemory = (name: string): boolean => isTranslated(name) || OF_PROCESSES.has(name);

const ENDED = "calls of a process that has ended";
const NO_END = "calls without an end";
const NO_RESULT = "calls without a result";

export class Replay {
  private readonly t: Translation;
  private readonly window: Window;
  private readonly sourceOf: (entry: Entry) => string;
  private readonly lineage: Lineage;

  constructor(t: Translation, window: Window, sourceOf: (entry: Entry) => string) {
    this.t = t;
    this.window = window;
    this.sourceOf = sourceOf;
    this.lineage = new Lineage(t, window, sourceOf);
  }

  entry(entry: Entry): void {
    const { line, fault } = entry;
    const source = this.sourceOf(entry);
    if (fault !== undefined) this.fault(entry, source);
    if (line === undefined) return;
    const process = this.lineage.processOf(line.pid, line, source);
    if (process === undefined) return;
    if (line.kind === "call" || line.kind === "unfinished" || line.kind === "detached") {
      this.begin(entry, process, source);
    } else if (line.kind === "resumed") this.resume(entry, process, source);
    else if (line.kind === "signal") this.signalled(process, line, source);
    else if (line.kind === "exited") this.threadGone(process, line.pid, source);
    else if (line.kind === "killed") {
      exit(this.t, process, source, process.faulted ? "" : `killed by ${line.name}`);
      this.threadGone(process, line.pid, source);
    }
  }

  /** What is still in flight when the log is over. */
  end(): void {
    for (const { call } of this.lineage.allInFlight()) {
      if (call?.done === false && ofMemory(call.name)) this.t.tally.drop(NO_END);
    }
  }

  private begin(entry: Entry, process: Process, source: string): void {
    const call = entry.call!;
    const { kind } = entry.line!;
    if (kind === "unfinished") this.lineage.hold(entry, call);
    if (!process.alive) {
      if (ofMemory(call.name)) this.t.tally.drop(ENDED);
      call.done = true;
    } else if (call.name === "exit_group") {
      call.done = true;
      this.exits(process, source);
    } else if (call.name === "exit") {
      call.done = true;
      this.threadExits(process, call.pid, source);
    } else if (BIRTHS.has(call.name)) {
      if (call.complete) this.birth(call, process, source);
    } else if (kind === "call") this.finish(call, process, source);
    else if (kind === "detached" && ofMemory(call.name)) this.t.tally.drop(NO_END);
  }

  private resume(entry: Entry, process: Process, source: string): void {
    const call = entry.ends;
    if (call === undefined) {
      if (ofMemory(entry.line!.name)) this.t.tally.drop("ends of calls without a beginning");
      return;
    }
    const begun = this.lineage.release(call);
    const from = begun === undefined ? source : this.sourceOf(begun);
    if (BIRTHS.has(call.name)) {
      if (!call.done) this.birth(call, process, from);
      this.execOfChild(call);
    } else if (!call.done) this.finish(call, process, from);
  }

  /** The parent of a vfork goes on when the child's execve has succeeded, even if that call has not returned yet. */
  private execOfChild(call: OpenCall): void {
    const child = resultOf(call)?.value ?? 0;
    const exec = this.lineage.inFlight(child);
    const process = this.t.processes.of(child);
    if (exec?.call === undefined || process === undefined || exec.call.done || !exec.call.complete) return;
    if (exec.call.name === "execve") this.finish(exec.call, process, this.sourceOf(exec));
  }

  private birth(call: OpenCall, parent: Process, source: string): void {
    call.done = true;
    const result = resultOf(call);
    if (result === undefined || Number.isNaN(result.value)) this.t.tally.drop(NO_RESULT);
    else if (result.errno !== "") this.failed(call, result.errno, source);
    else this.lineage.born(parent, call, result.value, source);
  }

  /** A birth or an execve that failed: the language has no word for why. */
  private failed(call: OpenCall, errno: string, source: string): void {
    const { tally, writer } = this.t;
    tally.add(tally.failuresAsComments, `${call.name} ${errno}`);
    const text = `${call.name}(${call.text}`.slice(0, 200);
    writer.comment(`fails for a cause the language cannot express: ${text}`, source);
  }

  /** A call has both ends. */
  private finish(call: OpenCall, process: Process, source: string): void {
    const { t } = this;
    call.done = true;
    const isExec = call.name === "execve" || call.name === "execveat";
    if (!isExec && !isTranslated(call.name)) {
      t.tally.add(t.tally.withoutEffect, call.name);
      return;
    }
    const whole = callOf(call, source);
    if (whole === undefined) t.tally.drop("calls that are cut off");
    else if (!process.alive) t.tally.drop(ENDED);
    else if (isExec) this.exec(process, call, whole);
    else {
      if (whole.name === "mmap" || whole.name === "mremap") this.settle(process, whole);
      translate(t, process, whole);
    }
  }

  /**
   * Memory that a call has been given was free, so the call of another thread that is still in flight and frees it
   * has taken effect already.
   */
  private settle(process: Process, call: Call): void {
    const start = call.result.value;
    const end = start + Number(call.args[call.name === "mmap" ? 1 : 2]);
    if (call.result.errno !== "" || Number.isNaN(end) || !process.space.overlaps(start, end)) return;
    for (const entry of this.lineage.freeing()) {
      const other = entry.call!;
      const owner = this.t.processes.of(other.pid);
      if (other.done || !other.complete || owner?.space !== process.space) continue;
      const [at, size] = splitArguments(other.text).list;
      const frees = Number(at) < end && Number(at) + Number(size) > start;
      if (frees) this.finish(other, owner, this.sourceOf(entry));
    }
  }

  private exec(process: Process, call: OpenCall, whole: Call): void {
    const { t } = this;
    this.window.forgetProgram(call);
    if (whole.result.errno !== "") {
      this.failed(call, whole.result.errno, whole.source);
      return;
    }
    if (Number.isNaN(whole.result.value)) {
      t.tally.drop(NO_RESULT);
      return;
    }
    t.tally.succeeded++;
    t.tally.asOperations++;
    execve(t, process, whole);
    // The other threads are gone; the one that called goes on under the process's own id.
    for (const pid of [...process.threads]) if (pid !== process.pid) t.processes.unbind(pid);
    t.processes.bind(process.pid, process);
  }

  private signalled(process: Process, line: LogLine, source: string): void {
    const { tally } = this.t;
    if (!process.alive || (line.name !== "SIGSEGV" && line.name !== "SIGBUS")) {
      tally.add(tally.withoutEffect, `signal ${line.name}`);
    } else if (!signal(this.t, process, line.name, line.text, source)) {
      tally.drop("signals whose access the log does not explain");
    }
  }

  private fault(entry: Entry, source: string): void {
    const fault = entry.fault!;
    const { tally, processes } = this.t;
    if (entry.superseded) {
      tally.drop("page faults that a signal tells of");
      return;
    }
    const known = processes.of(fault.tid) ?? processes.of(fault.pid);
    const born = this.window.birthOf(fault.pid) !== undefined;
    const process = known ?? (born ? this.lineage.processOf(fault.pid, undefined, source) : undefined);
    if (process === undefined) tally.drop("page faults of processes that the log does not show yet");
    else if (!process.alive) tally.drop("page faults of processes that have ended");
    else pageFault(this.t, process, fault, source);
  }

  private exits(process: Process, source: string): void {
    this.t.tally.succeeded++;
    this.t.tally.asOperations++;
    exit(this.t, process, source);
  }

  /** exit() of one thread: the process ends with its last. */
  private threadExits(process: Process, pid: number, source: string): void {
    process.threads.delete(ownId(process, pid));
    if (process.threads.size === 0) this.exits(process, source);
  }

  /** `+++ exited +++`: the id may be used again. */
  private threadGone(process: Process, pid: number, source: string): void {
    const id = ownId(process, pid);
    if (process.alive) {
      process.threads.delete(id);
      if (process.threads.size === 0) exit(this.t, process, source);
    }
    if (!process.alive || !process.threads.has(id)) this.t.processes.unbind(id);
  }
}

/** The thread of a line without a pid. */
function ownId(process: Process, pid: number): number {
  return pid === 0 ? (process.threads.values().next().value ?? 0) : pid;
}

function callOf(call: OpenCall, source: string): Call | undefined {
  const args = splitArguments(call.text);
  const result = args.end < 0 ? undefined : readResult(call.text, args.end);
  if (result === undefined) return undefined;
  return { name: call.name, args: args.list, result, source, text: `${call.name}(${call.text}` };
}
