// The states that were met, in the order in which they were met: fingerprint, parent, and the operation between the two.
//
// A table of open addressing over the fingerprints. Two states with the same 64 bits would be taken for one: among 10^7
// states that is to be expected once in 10^5 searches.

const FIRST = 1 << 12;

export class Visited {
  length = 0;
  private high = new Uint32Array(FIRST);
  private low = new Uint32Array(FIRST);
  private parent = new Int32Array(FIRST);
  private act = new Uint8Array(FIRST);
  // Numbers of states + 1, 0 = free; at most half of it is used.
  private slots = new Int32Array(2 * FIRST);

  // False when it was met before.
  add(high: number, low: number, parent: number, act: number): boolean {
    const mask = this.slots.length - 1;
    let at = low & mask;
    for (; this.slots[at] !== 0; at = (at + 1) & mask) {
      const state = this.slots[at] - 1;
      if (this.low[state] === low && this.high[state] === high) return false;
    }
    const state = this.length++;
    this.slots[at] = state + 1;
    this.high[state] = high;
    this.low[state] = low;
    this.parent[state] = parent;
    this.act[state] = act;
    if (this.length === this.high.length) this.grow();
    return true;
  }

  // The operations that lead to the state, from the first on.
  path(state: number): number[] {
    const path: number[] = [];
    for (let at = state; at > 0; at = this.parent[at]) path.push(this.act[at]);
    return path.reverse();
  }

  private grow(): void {
    const size = 2 * this.length;
    const wider = <A extends Uint32Array | Int32Array | Uint8Array>(made: A, from: A): A => {
      made.set(from);
      return made;
    };
    this.high = wider(new Uint32Array(size), this.high);
    this.low = wider(new Uint32Array(size), this.low);
    this.parent = wider(new Int32Array(size), this.parent);
    this.act = wider(new Uint8Array(size), this.act);
    this.slots = new Int32Array(2 * size);
    const mask = this.slots.length - 1;
    for (let state = 0; state < this.length; state++) {
      let at = this.low[state] & mask;
      while (this.slots[at] !== 0) at = (at + 1) & mask;
      this.slots[at] = state + 1;
    }
  }
}
