// How does a line of the trace look, and where does it go?
//
//   bash_2: munmap(m7[2], 8K)  # pipeline.strace:131
//   └─────────operation──────┘ └───────source──────┘

import { PAGE, pageUp } from "./abi.ts";
import { hex, size } from "./names.ts";
import type { Process } from "./process.ts";
import { printable } from "./report.ts";
import type { Name, Space } from "./space.ts";

/** The place in the log that a line of the trace comes from, `FILE:LINE`. */
export type Source = string;

/** Lines are joined into chunks, so that a long trace is a list of strings of about this many lines. */
const CHUNK_LINES = 1024;

export class Writer {
  private lines: string[] = [];
  private chunks: string[] = [];

  operation(process: Process, text: string, source: Source, note = ""): void {
    const prefix = process.name === "main" ? "" : `${process.name}: `;
    this.push(`${prefix}${text}  # ${source}${note === "" ? "" : ` ${note}`}`);
  }

  /** A line that no process does, such as `process NAME`. */
  declaration(text: string, source: Source, note = ""): void {
    this.push(`${text}  # ${source}${note === "" ? "" : ` ${note}`}`);
  }

  comment(text: string, source: Source): void {
    this.push(`# ${printable(text)}  # ${source}`);
  }

  /** The chunks that are complete since the last call, so that a caller may write them away. */
  drain(): string[] {
    const chunks = this.chunks;
    this.chunks = [];
    return chunks;
  }

  flush(): string[] {
    this.join();
    return this.drain();
  }

  private push(line: string): void {
    this.lines.push(line);
    if (this.lines.length >= CHUNK_LINES) this.join();
  }

  private join(): void {
    if (this.lines.length === 0) return;
    this.chunks.push(`${this.lines.join("\n")}\n`);
    this.lines = [];
  }
}

/** An address by the name of its mapping where there is one: `m7`, `m7[2]`, `m7 + 152K`, else `0x7f…`. */
export function address(space: Space, at: number): string {
  const name = space.at(at)?.name;
  return name === undefined ? hex(at) : fromName(name, at);
}

function fromName(name: Name, at: number): string {
  const distance = at - name.at;
  if (distance === 0) return name.text;
  if (distance < 0) return hex(at);
  if (distance % PAGE === 0 && distance < 100 * PAGE) return `${name.text}[${distance / PAGE}]`;
  return `${name.text} + ${size(distance)}`;
}

/** `m7, 8K`, or `m7` alone when that is the whole of what was mapped. */
export function range(space: Space, at: number, length: number): string {
  const name = space.at(at)?.name;
  if (name !== undefined && name.at === at && pageUp(name.length) === pageUp(length)) return name.text;
  return `${address(space, at)}, ${size(length)}`;
}
