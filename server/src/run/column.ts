// A column of numbers that grows: what the long tables of a recording are made of.

type Numbers = Int32Array | Uint32Array | Float64Array;

export class Column<T extends Numbers> {
  length = 0;
  private data: T;
  private readonly make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.make = make;
    this.data = make(64);
  }

  at(index: number): number {
    return this.data[index];
  }

  push(value: number): void {
    if (this.length === this.data.length) this.grow();
    this.data[this.length++] = value;
  }

  set(index: number, value: number): void {
    this.data[index] = value;
  }

  truncate(length: number): void {
    this.length = Math.min(this.length, length);
  }

  // The first `length` values, in a column of its own.
  copy(length: number): Column<T> {
    const copy = new Column(this.make);
    copy.data = this.make(Math.max(64, length));
    copy.data.set(this.data.subarray(0, length));
    copy.length = length;
    return copy;
  }

  get bytes(): number {
    return this.data.byteLength;
  }

  private grow(): void {
    const data = this.make(this.data.length * 2);
    data.set(this.data);
    this.data = data;
  }
}

export const int32 = (): Column<Int32Array> => new Column((length) => new Int32Array(length));
export const uint32 = (): Column<Uint32Array> => new Column((length) => new Uint32Array(length));
export const float64 = (): Column<Float64Array> => new Column((length) => new Float64Array(length));
