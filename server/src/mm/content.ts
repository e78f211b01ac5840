// What pages hold: immutable byte strings, shared by copy. A write makes a new one; a COW copy costs nothing.

// Bytes up to the last one that is not zero; the rest of the page is zero.
export type Content = Uint8Array;

const ZERO: Content = new Uint8Array(0);

export class Contents {
  // Bytes kept by all contents.
  bytes = 0;
  private readonly all: Content[] = [ZERO];
  // The last write's arguments and result: a write over many equal pages makes one new content. Whoever writes the same
  // array twice must not have changed it in between.
  private memo = { from: -1, offset: -1, data: ZERO, to: 0 };

  // Id 0 is the page of zeroes.
  get(id: number): Content {
    return this.all[id];
  }

  byte(id: number, offset: number): number {
    return this.all[id][offset] ?? 0;
  }

  // The content that `from` becomes when `data` is written at `offset` (bytes; offset + data.length ≤ page size).
  write(from: number, offset: number, data: Uint8Array): number {
    const memo = this.memo;
    if (memo.from === from && memo.offset === offset && same(memo.data, data)) return memo.to;
    const old = this.all[from];
    const bytes = new Uint8Array(Math.max(old.length, offset + data.length));
    bytes.set(old);
    bytes.set(data, offset);
    const to = same(trimmed(bytes), old) ? from : this.add(trimmed(bytes));
    this.memo = { from, offset, data, to };
    return to;
  }

  // The content whose bytes from `length` on are zero (the tail of a truncated file's last page).
  truncate(from: number, length: number): number {
    const old = this.all[from];
    return old.length <= length ? from : this.add(trimmed(old.slice(0, length)));
  }

  get length(): number {
    return this.all.length;
  }

  // Forgets the contents from number `length` on: only when no world, and no event that is kept, names one.
  forget(length: number): void {
    if (this.all.length <= length) return;
    for (let id = length; id < this.all.length; id++) this.bytes -= this.all[id].length + 64;
    this.all.length = length;
    this.memo = { from: -1, offset: -1, data: ZERO, to: 0 };
  }

  equal(a: number, b: number): boolean {
    return a === b || same(this.all[a], this.all[b]);
  }

  private add(bytes: Content): number {
    if (bytes.length === 0) return 0;
    this.bytes += bytes.length + 64;
    return this.all.push(bytes) - 1;
  }
}

function trimmed(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
