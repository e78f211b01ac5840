// What do all parts of the translation share? The state of one import, and the few steps that every call needs.

import { pageDown, pageUp } from "./abi.ts";
import type { Arguments, Result } from "./call.ts";
import { address, type Source, Writer } from "./emit.ts";
import { Files } from "./files.ts";
import { hex, Names, type Stem, size } from "./names.ts";
import { type Process, Processes } from "./process.ts";
import { Tally } from "./report.ts";
import { SIMULATED } from "./simulated.ts";
import { type Area, type Name, plainArea, type Space } from "./space.ts";

/** Which pages the trace writes to where the log cannot say: none, each writable mapping's first, or all. */
export type Touch = "none" | "first" | "all";

/** A system call with both of its ends. */
export interface Call {
  readonly name: string;
  readonly args: Arguments["list"];
  readonly result: Result;
  readonly source: Source;
  /** The call as the log has it, without its front. */
  readonly text: string;
}

/** What became of a call. */
export type Verdict =
  | { readonly kind: "operation" }
  | { readonly kind: "no effect" }
  /** Why the call stands in the trace as a comment only. */
  | { readonly kind: "comment"; readonly reason: string };

export const DONE: Verdict = { kind: "operation" };
export const NO_EFFECT: Verdict = { kind: "no effect" };
export const comment = (reason: string): Verdict => ({ kind: "comment", reason });
export const NOT_SIMULATED = "not simulated";

/** --touch all stops here in one mapping, since a reservation of terabytes is no working set. */
const TOUCH_LIMIT = 64 * 1024 * 1024;

/** The kernel's default for vm.max_map_count, with room: a log that has more mappings is not believed. */
const MAX_AREAS = 65530;

export class Translation {
  readonly writer = new Writer();
  readonly tally = new Tally();
  readonly names = new Names();
  readonly processes = new Processes();
  readonly files = new Files(this.names);
  /** Bytes that the trace itself makes present, never less than what is: the machine's memory is chosen by it. */
  present = 0;
  /** Huge pages that mappings of hugetlb have asked for: the pool is chosen by it. */
  hugePages = 0;

  readonly touch: Touch;
  /** The trace touches nothing at all but by MAP_POPULATE and the like. */
  private readonly untouched: boolean;
  private readonly simulated: ReadonlySet<string>;

  constructor(touch: Touch, faults: boolean, simulated: ReadonlySet<string> = SIMULATED) {
    this.touch = touch;
    this.untouched = touch === "none" && !faults;
    this.simulated = simulated;
  }

  simulates(operation: string): boolean {
    return this.simulated.has(operation);
  }

  /** Writes an operation of a process and counts it. */
  operation(process: Process, name: string, text: string, source: Source, note = ""): void {
    this.tally.add(this.tally.operations, name);
    this.writer.operation(process, text, source, note);
  }

  /** Whether one more mapping would be beyond belief. */
  crowded(space: Space): boolean {
    return space.size >= MAX_AREAS;
  }

  /**
   * Supplies plain mappings for what is missing in [start, end): what execve() itself mapped, or what was there before
   * the log began. False when there is too much of it.
   */
  supply(process: Process, start: number, end: number, source: Source, why: string): boolean {
    for (const hole of process.space.holes(start, end)) {
      if (this.crowded(process.space)) return false;
      const name = this.name("seg", hole.start, hole.end - hole.start);
      const text = `${name.text} = mmap(${size(name.length)}, rw, private|anonymous|fixed_noreplace, at=${hex(hole.start)})`;
      this.tally.add(this.tally.supplied, "plain mappings");
      this.writer.operation(process, text, source, `not in the log: ${why}`);
      process.space.add(plainArea(hole.start, hole.end, name));
    }
    return true;
  }

  /** Without touches it is unknown what the kernel merges at both ends of a range. */
  doubt(space: Space, start: number, end: number): void {
    if (!this.untouched) return;
    space.doubt(start);
    space.doubt(end);
  }

  name(stem: Stem, at: number, length: number): Name {
    return { text: this.names.numbered(stem), at, length };
  }

  /** Lines that must come first, such as a file's declaration. */
  before(process: Process, lines: readonly string[], kind: string, source: Source): void {
    for (const line of lines) {
      this.tally.add(this.tally.supplied, kind);
      this.writer.operation(process, line, source, "size as far as the log maps it");
    }
  }

  /** A file of unknown size reaches at least to the end of [start, end) of an area. */
  growFile(process: Process, area: Area, start: number, end: number, source: Source): void {
    if (area.file === undefined) return;
    const to = pageUp(area.offset + Math.min(end, area.end) - area.start);
    if (start < area.end) this.before(process, this.files.grow(area.file, to), "file sizes", source);
  }

  /** The access that --touch asks for in an area that has just become writable. */
  touchArea(process: Process, start: number, end: number, source: Source): void {
    if (this.touch === "none") return;
    for (const area of process.space.within(start, end)) {
      if ((area.prot & 2) === 0 || area.touched) continue;
      const from = Math.max(area.start, start);
      const within = from - area.start + area.offset;
      if (area.file !== undefined && within >= area.file.size) continue;
      let length = this.touch === "first" ? 1 : Math.min(area.end, end) - from;
      if (area.file !== undefined) length = Math.min(length, pageUp(area.file.size) - within);
      length = Math.min(length, TOUCH_LIMIT);
      const where = address(process.space, from);
      this.access(
        process,
        length === 1 ? `write(${where})` : `write(${where}, 0, ${size(length)})`,
        length,
        source,
        "touch",
      );
      process.space.change(area.start, area.end, (part) => ({ ...part, touched: true }));
    }
  }

  /** Writes an access; `kind` says where it comes from. */
  access(process: Process, text: string, length: number, source: Source, kind: string): void {
    this.present += pageUp(length);
    this.tally.add(this.tally.accesses, kind);
    this.writer.operation(process, text, source, kind === "signal" ? "signal" : "");
  }
}

/** The whole pages that [at, at+length) reaches into. */
export function pages(at: number, length: number): { start: number; end: number } {
  return { start: pageDown(at), end: pageUp(at + length) };
}
