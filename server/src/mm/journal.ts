// The journal: everything that ever happened to the world, one event a change, and how to read it.
//
// An event is five numbers in columns of typed arrays (25 bytes): which field, which row, the value before, the value
// after, and the invocation of a kernel function that did it. Chunks never move once they are full, so a branch can
// share the past of the recording that it left. An event may be a run: equal changes of many rows (event_runs.ts). Whoever
// reads events asks covers(), each() or some(), and the values of one row by fromAt() and toAt().

import type { Event, EventKind, Frame } from "./event.ts";
import { EventRuns, fill } from "./event_runs.ts";
import { CONDITIONS } from "./frames.ts";

export interface FieldInfo {
  readonly id: number;
  readonly table: string;
  readonly name: string;
  readonly kind: EventKind;
}

export interface KernelFunction {
  readonly id: number;
  readonly name: string;
  readonly file: string;
}

// Ids of fields are one byte of an event.
export const MOST_FIELDS = 256;

const CHUNK_BITS = 14;
const CHUNK = 1 << CHUNK_BITS;
const MASK = CHUNK - 1;

class Chunk {
  readonly field = new Uint8Array(CHUNK);
  // Below 0: ~ the number of a run.
  readonly row = new Int32Array(CHUNK);
  readonly from = new Float64Array(CHUNK);
  readonly to = new Float64Array(CHUNK);
  readonly frame = new Int32Array(CHUNK);

  copy(): Chunk {
    const copy = new Chunk();
    copy.field.set(this.field);
    copy.row.set(this.row);
    copy.from.set(this.from);
    copy.to.set(this.to);
    copy.frame.set(this.frame);
    return copy;
  }
}

// The table of frames: an invocation's function and its caller's id. Id 0 is "no frame".
class FrameChunk {
  readonly fn = new Uint16Array(CHUNK);
  readonly up = new Int32Array(CHUNK);

  copy(): FrameChunk {
    const copy = new FrameChunk();
    copy.fn.set(this.fn);
    copy.up.set(this.up);
    return copy;
  }
}

export class Journal {
  length = 0;
  frames = 1;
  // Without recording, events are counted (limits) but not kept.
  readonly recording: boolean;
  // Frames are kept, so that each event knows the call stack that made it.
  private readonly framed: boolean;
  private chunks: Chunk[] = [];
  private frameChunks: FrameChunk[] = [];
  private tail: Chunk = new Chunk();
  // So many of the first chunks somebody else reads, too.
  private shared = { chunks: 0, frameChunks: 0 };
  private frameTail: FrameChunk = new FrameChunk();
  private runs = new EventRuns();
  private readonly fields: readonly FieldInfo[];
  private readonly functions: readonly KernelFunction[];

  constructor(fields: readonly FieldInfo[], functions: readonly KernelFunction[], recording = true, framed = true) {
    this.fields = fields;
    this.functions = functions;
    this.recording = recording;
    this.framed = framed;
    this.chunks.push(this.tail);
    this.frameChunks.push(this.frameTail);
  }

  push(field: number, row: number, from: number, to: number, frame: number): void {
    const at = this.length++;
    if (!this.recording) return;
    const i = at & MASK;
    if (i === 0 && at > 0) this.grow(at >>> CHUNK_BITS);
    const chunk = this.tail;
    chunk.field[i] = field;
    chunk.row[i] = row;
    chunk.from[i] = from;
    chunk.to[i] = to;
    chunk.frame[i] = frame;
  }

  // One event for `count` rows from `row` on, of which there are at least two.
  pushRun(
    field: number,
    row: number,
    count: number,
    from: number,
    fromStep: number,
    to: number,
    toStep: number,
    frame: number,
  ): void {
    const run = this.recording ? this.runs.push(this.length, row, count, fromStep, toStep) : 0;
    this.push(field, ~run, from, to, frame);
  }

  // A new invocation of the function, called by the frame `up`.
  enter(fn: number, up: number): number {
    if (!this.framed) return 0;
    const id = this.frames++;
    if (!this.recording) return id;
    const i = id & MASK;
    if (i === 0) {
      this.frameTail = new FrameChunk();
      this.frameChunks[id >>> CHUNK_BITS] = this.frameTail;
    }
    this.frameTail.fn[i] = fn;
    this.frameTail.up[i] = up;
    return id;
  }

  field(at: number): number {
    return this.chunks[at >>> CHUNK_BITS].field[at & MASK];
  }
  // The row that changes; of a run the first one.
  row(at: number): number {
    const row = this.chunks[at >>> CHUNK_BITS].row[at & MASK];
    return row < 0 ? this.runs.row(~row) : row;
  }
  // How many rows change: 1, of a run more.
  count(at: number): number {
    const row = this.chunks[at >>> CHUNK_BITS].row[at & MASK];
    return row < 0 ? this.runs.count(~row) : 1;
  }
  // The value before and after; of a run those of its first row.
  from(at: number): number {
    return this.chunks[at >>> CHUNK_BITS].from[at & MASK];
  }
  to(at: number): number {
    return this.chunks[at >>> CHUNK_BITS].to[at & MASK];
  }
  frame(at: number): number {
    return this.chunks[at >>> CHUNK_BITS].frame[at & MASK];
  }

  covers(at: number, row: number): boolean {
    const first = this.chunks[at >>> CHUNK_BITS].row[at & MASK];
    if (first >= 0) return row === first;
    const within = row - this.runs.row(~first);
    return within >= 0 && within < this.runs.count(~first);
  }
  // The value before and after of a row that the event covers.
  fromAt(at: number, row: number): number {
    const first = this.chunks[at >>> CHUNK_BITS].row[at & MASK];
    return first >= 0 ? this.from(at) : this.from(at) + (row - this.runs.row(~first)) * this.runs.fromStep(~first);
  }
  toAt(at: number, row: number): number {
    const first = this.chunks[at >>> CHUNK_BITS].row[at & MASK];
    return first >= 0 ? this.to(at) : this.to(at) + (row - this.runs.row(~first)) * this.runs.toStep(~first);
  }

  // All rows that the event changes, ascending.
  each(at: number, visit: (row: number, from: number, to: number) => void): void {
    const chunk = this.chunks[at >>> CHUNK_BITS];
    const i = at & MASK;
    if (chunk.row[i] >= 0) visit(chunk.row[i], chunk.from[i], chunk.to[i]);
    else
      this.some(at, (row, from, to) => {
        visit(row, from, to);
        return false;
      });
  }
  // Whether one of them passes.
  some(at: number, passes: (row: number, from: number, to: number) => boolean): boolean {
    const chunk = this.chunks[at >>> CHUNK_BITS];
    const i = at & MASK;
    const [from, to] = [chunk.from[i], chunk.to[i]];
    if (chunk.row[i] >= 0) return passes(chunk.row[i], from, to);
    const run = ~chunk.row[i];
    const [row, count] = [this.runs.row(run), this.runs.count(run)];
    const [fromStep, toStep] = [this.runs.fromStep(run), this.runs.toStep(run)];
    for (let i = 0; i < count; i++) if (passes(row + i, from + i * fromStep, to + i * toStep)) return true;
    return false;
  }

  frameUp(id: number): number {
    return id === 0 ? 0 : this.frameChunks[id >>> CHUNK_BITS].up[id & MASK];
  }
  frameFunction(id: number): KernelFunction {
    return this.functions[this.frameChunks[id >>> CHUNK_BITS].fn[id & MASK]];
  }
  // How many frames are on the stack at this frame; 0 for none.
  depth(id: number): number {
    let depth = 0;
    for (let at = id; at !== 0; at = this.frameUp(at)) depth++;
    return depth;
  }

  frameAt(id: number): Frame | undefined {
    if (id === 0) return undefined;
    const fn = this.frameFunction(id);
    return { id, name: fn.name, file: fn.file, up: this.frameAt(this.frameUp(id)) };
  }

  info(at: number): FieldInfo {
    return this.fields[this.field(at)];
  }

  at(index: number): Event {
    const info = this.info(index);
    const row = this.row(index);
    const run = ~this.chunks[index >>> CHUNK_BITS].row[index & MASK];
    return {
      index,
      kind: info.kind,
      table: info.table,
      row,
      field: info.kind === "decide" ? CONDITIONS[row].text : info.name,
      from: this.from(index),
      to: this.to(index),
      count: this.count(index),
      fromStep: run < 0 ? 0 : this.runs.fromStep(run),
      toStep: run < 0 ? 0 : this.runs.toStep(run),
      frame: this.frameAt(this.frame(index)),
    };
  }

  // Bytes that the journal keeps for its events and frames.
  get bytes(): number {
    return this.chunks.length * CHUNK * 25 + this.frameChunks.length * CHUNK * 6 + this.runs.bytes;
  }

  // Applies the events of [from, to) to the columns in order, or undoes them last first when to < from.
  replay(from: number, to: number, columns: readonly { readonly data: Float64Array }[]): void {
    for (let at = from; at < to; ) {
      const chunk = this.chunks[at >>> CHUNK_BITS];
      const end = Math.min(to, (at | MASK) + 1);
      const { field, row, to: value } = chunk;
      for (; at < end; at++) {
        const i = at & MASK;
        const first = row[i];
        if (first >= 0) columns[field[i]].data[first] = value[i];
        else this.replayRun(columns[field[i]].data, ~first, value[i], this.runs.toStep(~first));
      }
    }
    for (let at = from; at > to; ) {
      const chunk = this.chunks[(at - 1) >>> CHUNK_BITS];
      const end = Math.max(to, (at - 1) & ~MASK);
      const { field, row, from: value } = chunk;
      for (; at > end; at--) {
        const i = (at - 1) & MASK;
        const first = row[i];
        if (first >= 0) columns[field[i]].data[first] = value[i];
        else this.replayRun(columns[field[i]].data, ~first, value[i], this.runs.fromStep(~first));
      }
    }
  }

  private replayRun(column: Float64Array, run: number, value: number, step: number): void {
    fill(column, this.runs.row(run), this.runs.count(run), value, step);
  }

  truncate(length: number, frames: number): void {
    this.length = length;
    this.runs.truncate(length);
    this.frames = frames;
    shorten(this.chunks, (Math.max(length - 1, 0) >>> CHUNK_BITS) + 1);
    this.tail = last(this.chunks, this.shared.chunks);
    shorten(this.frameChunks, ((frames - 1) >>> CHUNK_BITS) + 1);
    this.frameTail = last(this.frameChunks, this.shared.frameChunks);
  }

  // A journal with the same past up to `length`: full chunks are shared, the last ones copied.
  fork(length: number, frames: number): Journal {
    const copy = new Journal(this.fields, this.functions, this.recording, this.framed);
    copy.chunks = [...this.chunks];
    copy.frameChunks = [...this.frameChunks];
    copy.runs = this.runs.fork(length);
    copy.shared = { chunks: copy.chunks.length, frameChunks: copy.frameChunks.length };
    copy.truncate(length, frames);
    copy.shared = { chunks: copy.chunks.length - 1, frameChunks: copy.frameChunks.length - 1 };
    const { chunks, frameChunks } = this.shared;
    this.shared = {
      chunks: Math.max(chunks, copy.shared.chunks),
      frameChunks: Math.max(frameChunks, copy.shared.frameChunks),
    };
    return copy;
  }

  private grow(chunk: number): void {
    this.tail = new Chunk();
    this.chunks[chunk] = this.tail;
  }
}

// To set a length costs time even where it is that already.
function shorten(chunks: unknown[], length: number): void {
  if (chunks.length !== length) chunks.length = length;
}

// The last chunk, which is written to from now on: a copy where a branch reads it.
function last<C extends { copy(): C }>(chunks: C[], shared: number): C {
  const end = chunks.length - 1;
  if (end < shared) chunks[end] = chunks[end].copy();
  return chunks[end];
}
