// Which processes and threads does the log speak of, and whose is a line?
//
// A thread (CLONE_THREAD) belongs to its process; what it does is written as its process's. A process without CLONE_THREAD but
// with CLONE_VM has its own name and shares the address space.

import type { MappedFile, Space } from "./space.ts";

export interface Process {
  readonly name: string;
  /** The program it runs, after which its children are called; empty when the log does not tell. */
  program: string;
  space: Space;
  files: Descriptors;
  /** The ids of its live threads. */
  readonly threads: Set<number>;
  /** Its own id, that of the first thread. */
  readonly pid: number;
  alive: boolean;
  /** The signal that a coming `+++ killed by` is about has been written as an access. */
  faulted: boolean;
}

/** What a process's descriptors stand for; shared with CLONE_FILES. */
export interface Descriptors {
  readonly open: Map<number, OpenFile>;
}

export interface OpenFile {
  readonly file: MappedFile | undefined;
  readonly path: string;
  /** The size that fstat() told, for a regular file. */
  readonly size: number | undefined;
  /** The descriptor was seen to be opened, so that it is not another file behind a number used again. */
  readonly seen: boolean;
  readonly closeOnExec: boolean;
  readonly memory: boolean;
}

/** A pid table larger than any Linux has; a log that names more is not a log of one machine. */
const MAX_TASKS = 1 << 20;

export class Processes {
  private readonly byThread = new Map<number, Process>();
  private live = 0;
  /** The process of the lines without a pid. */
  private rootProcess: Process | undefined;

  get count(): number {
    return this.live;
  }

  get full(): boolean {
    return this.byThread.size >= MAX_TASKS;
  }

  of(pid: number): Process | undefined {
    return this.byThread.get(pid);
  }

  add(process: Process): void {
    this.live++;
    this.bind(process.pid, process);
    this.rootProcess ??= process;
  }

  /** A pid that is used again leaves its old process. */
  bind(pid: number, process: Process): void {
    const before = this.byThread.get(pid);
    if (before !== undefined && before !== process) before.threads.delete(pid);
    this.byThread.set(pid, process);
    process.threads.add(pid);
  }

  /** A thread has ended; its process is left to those that remain. */
  unbind(pid: number): void {
    this.byThread.get(pid)?.threads.delete(pid);
    this.byThread.delete(pid);
  }

  died(process: Process): void {
    if (process.alive) this.live--;
    process.alive = false;
  }

  /** Whose a line without a pid is: the one process that lives, or the first that was. */
  ofLinesWithoutPid(): Process | undefined {
    const root = this.rootProcess;
    if (root === undefined || this.live !== 1 || root.alive) return root;
    for (const process of this.byThread.values()) if (process.alive) return process;
    return root;
  }

  /** The first process when its id has not been seen yet, since it had the log to itself. */
  nameless(): Process | undefined {
    const root = this.rootProcess;
    return root?.alive && root.pid === 0 && root.threads.has(0) ? root : undefined;
  }
}
