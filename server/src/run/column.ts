// A column of numbers that grows: what the long tables of a recording are made of.
//
// It is kept in chunks that never move, so growing copies nothing, a chunk of nothing but the default value takes no
// memory, and a branch shares the chunks of its past.

type Numbers = Int32Array | Uint32Array | Float64Array;

const BITS = 12;
const CHUNK = 1 << BITS;
const MASK = CHUNK - 1;

export class Column<T extends Numbers = Numbers> {
  length = 0;
  // Bytes taken by the chunks.
  bytes = 0;
  private chunks: (T | undefined)[] = [];
  private readonly make: () => T;
  private readonly standard: number;

  // Entries of a chunk that is not there are `standard`.
  constructor(make: () => T, standard = 0) {
    this.make = make;
    this.standard = standard;
  }

  at(index: number): number {
    const chunk = this.chunks[index >>> BITS];
    return chunk === undefined ? this.standard : chunk[index & MASK];
  }

  push(value: number): void {
    const index = this.length++;
    if (value === this.standard && this.chunks[index >>> BITS] === undefined) return;
    this.set(index, value);
  }

  set(index: number, value: number): void {
    this.chunk(index >>> BITS)[index & MASK] = value;
  }

  truncate(length: number): void {
    if (length >= this.length) return;
    for (let index = Math.ceil(length / CHUNK); index < this.chunks.length; index++) this.drop(index);
    this.chunks.length = Math.min(this.chunks.length, Math.ceil(length / CHUNK));
    this.chunks[length >>> BITS]?.fill(this.standard, length & MASK);
    this.length = length;
  }

  // The first `length` values, in a column of its own.
  copy(length: number): Column<T> {
    const copy = new Column(this.make, this.standard);
    copy.chunks = this.chunks.slice(0, Math.ceil(length / CHUNK));
    copy.bytes = this.bytes;
    copy.length = length;
    const last = length >>> BITS;
    if (copy.chunks[last] !== undefined) copy.chunks[last] = copy.chunks[last].slice() as T;
    copy.chunks[last]?.fill(this.standard, length & MASK);
    return copy;
  }

  private chunk(index: number): T {
    let chunk = this.chunks[index];
    if (chunk === undefined) {
      chunk = this.make();
      if (this.standard !== 0) chunk.fill(this.standard);
      this.chunks[index] = chunk;
      this.bytes += chunk.byteLength;
    }
    return chunk;
  }

  private drop(index: number): void {
    this.bytes -= this.chunks[index]?.byteLength ?? 0;
    this.chunks[index] = undefined;
  }
}

export const int32 = (standard = 0): Column<Int32Array> => new Column(() => new Int32Array(CHUNK), standard);
export const uint32 = (standard = 0): Column<Uint32Array> => new Column(() => new Uint32Array(CHUNK), standard);
export const float64 = (standard = 0): Column<Float64Array> => new Column(() => new Float64Array(CHUNK), standard);
