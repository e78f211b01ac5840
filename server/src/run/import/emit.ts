// How does a line of the trace look, and where does it go?
//
//   bash_2: munmap(m7[2], 8K)                # pipeline.strace:131
//   bash_2: mprotect(0x20000, 4K, r) -> ENOMEM  # pipeline.strace:132
//   └──────────statement───────────┘ └outcome┘  └─────source──────┘
//
// Lines stand in short blocks, and in each block the outcomes and the comments in one column, as the formatter has them.

import { PAGE, pageUp } from "./abi.ts";
import { hex, size } from "./names.ts";
import type { Process } from "./process.ts";
import { printable } from "./report.ts";
import type { Name, Space } from "./space.ts";

/** The place in the log that a line of the trace comes from, `FILE:LINE`. */
export type Source = string;

/** A block ends with a blank line after this many lines, or where a process begins anew. */
const BLOCK_LINES = 40;

/** Blocks are joined into chunks of about this many lines, so that a long trace is a list of strings. */
const CHUNK_LINES = 1024;

/** A statement wider than this does not push the columns of its neighbours. */
const WIDEST = 80;

interface Line {
  readonly statement: string;
  readonly outcome: string;
  readonly comment: string;
}

export class Writer {
  private block: Line[] = [];
  private lines: string[] = [];
  private chunks: string[] = [];

  operation(process: Process, text: string, source: Source, note = ""): void {
    const whole = process.name === "main" ? text : `${process.name}: ${text}`;
    const arrow = whole.indexOf(" -> ");
    const statement = arrow < 0 ? whole : whole.slice(0, arrow);
    this.push({ statement, outcome: arrow < 0 ? "" : whole.slice(arrow + 1), comment: remark(source, note) });
  }

  /** A line that no process does, such as `process NAME`. */
  declaration(text: string, source: Source, note = ""): void {
    this.push({ statement: text, outcome: "", comment: remark(source, note) });
  }

  /** A comment that stands alone. */
  comment(text: string, source: Source): void {
    this.endBlock();
    this.lines.push(`# ${printable(text)}  # ${source}`);
  }

  /** A blank line: what follows is a new part of the story. */
  paragraph(): void {
    this.endBlock();
    if (this.lines.length > 0 && this.lines.at(-1) !== "") this.lines.push("");
  }

  /** The chunks that are complete since the last call, so that a caller may write them away. */
  drain(): string[] {
    const chunks = this.chunks;
    this.chunks = [];
    return chunks;
  }

  flush(): string[] {
    this.endBlock();
    this.join();
    return this.drain();
  }

  private push(line: Line): void {
    this.block.push(line);
    if (this.block.length < BLOCK_LINES) return;
    this.paragraph();
    if (this.lines.length >= CHUNK_LINES) this.join();
  }

  private endBlock(): void {
    const { block } = this;
    if (block.length === 0) return;
    let arrow = 0;
    for (const { statement, outcome } of block) {
      if (outcome !== "" && statement.length <= WIDEST) arrow = Math.max(arrow, statement.length);
    }
    const texts = block.map(({ statement, outcome }) =>
      outcome === "" ? statement : `${statement.padEnd(arrow)} ${outcome}`,
    );
    let hash = 0;
    for (const text of texts) if (text.length <= WIDEST) hash = Math.max(hash, text.length);
    for (const [i, text] of texts.entries()) this.lines.push(`${text.padEnd(hash)}  ${block[i]!.comment}`);
    this.block = [];
  }

  private join(): void {
    if (this.lines.length === 0) return;
    this.chunks.push(`${this.lines.join("\n")}\n`);
    this.lines = [];
  }
}

const remark = (source: Source, note: string): string => (note === "" ? `# ${source}` : `# ${source} ${note}`);

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
