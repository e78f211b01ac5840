// Events that change many rows of one column at once: the 512 pages of a folio take their mapcount in one event.
//
// A run changes `count` rows that follow each other. The first of them goes from and to the values in the journal's
// columns; each next one from `fromStep` and to `toStep` more. Runs are rare, so what a plain event has not stands here:
// in place of its row the journal keeps ~ the number of the run.

const CHUNK_BITS = 10;
const CHUNK = 1 << CHUNK_BITS;
const MASK = CHUNK - 1;
const BYTES = 28;

class RunChunk {
  readonly event = new Int32Array(CHUNK);
  readonly row = new Int32Array(CHUNK);
  readonly count = new Int32Array(CHUNK);
  readonly fromStep = new Float64Array(CHUNK);
  readonly toStep = new Float64Array(CHUNK);

  copy(): RunChunk {
    const copy = new RunChunk();
    copy.event.set(this.event);
    copy.row.set(this.row);
    copy.count.set(this.count);
    copy.fromStep.set(this.fromStep);
    copy.toStep.set(this.toStep);
    return copy;
  }
}

export class EventRuns {
  length = 0;
  private chunks: RunChunk[] = [];

  // The number of the new run. Events come in ascending order.
  push(event: number, row: number, count: number, fromStep: number, toStep: number): number {
    const run = this.length++;
    const i = run & MASK;
    if (i === 0) this.chunks[run >>> CHUNK_BITS] = new RunChunk();
    const chunk = this.chunks[run >>> CHUNK_BITS];
    chunk.event[i] = event;
    chunk.row[i] = row;
    chunk.count[i] = count;
    chunk.fromStep[i] = fromStep;
    chunk.toStep[i] = toStep;
    return run;
  }

  row(run: number): number {
    return this.chunks[run >>> CHUNK_BITS].row[run & MASK];
  }
  count(run: number): number {
    return this.chunks[run >>> CHUNK_BITS].count[run & MASK];
  }
  fromStep(run: number): number {
    return this.chunks[run >>> CHUNK_BITS].fromStep[run & MASK];
  }
  toStep(run: number): number {
    return this.chunks[run >>> CHUNK_BITS].toStep[run & MASK];
  }

  // Forgets the runs of the events from `events` on.
  truncate(events: number): void {
    if (this.length === 0) return;
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.chunks[middle >>> CHUNK_BITS].event[middle & MASK] >= events) high = middle;
      else low = middle + 1;
    }
    this.length = low;
    this.chunks.length = (low + MASK) >>> CHUNK_BITS;
  }

  // Those of the first `events` events, for a branch: full chunks are shared, the last one copied.
  fork(events: number): EventRuns {
    const copy = new EventRuns();
    copy.length = this.length;
    copy.chunks = [...this.chunks];
    copy.truncate(events);
    const last = copy.chunks.length - 1;
    if (last >= 0) copy.chunks[last] = copy.chunks[last].copy();
    return copy;
  }

  get bytes(): number {
    return this.chunks.length * CHUNK * BYTES;
  }
}

// How many of the `rows` from `at` on are one run: what they hold goes by even steps, and none holds already what it is
// to get (`to`, and each next one `step` more; NaN for a value that is never there).
export function even(data: Float64Array, at: number, rows: number, to: number, step: number): number {
  if (rows < 2 || data[at + 1] === to + step) return 1;
  const by = data[at + 1] - data[at];
  // One row before many equal ones stands alone.
  if (by !== 0 && rows > 2 && data[at + 2] === data[at + 1] && data[at + 2] !== to + 2 * step) return 1;
  let count = 2;
  while (count < rows && data[at + count] === data[at] + count * by && data[at + count] !== to + count * step) count++;
  return count;
}

// Rows from `row` on get `value`, and each next one `step` more.
export function fill(data: Float64Array, row: number, count: number, value: number, step: number): void {
  if (step === 0) data.fill(value, row, row + count);
  else for (let i = 0; i < count; i++) data[row + i] = value + i * step;
}
