// Which round of which `repeat` a step ran in.
//
// A round is a row {repeat, round, count, up, first}; `up` is the round of the repeat around it, 0 for none. A row is
// made when a round runs its first step (`first`), so a repeat of any count costs what it runs. A step keeps the id of
// its innermost round, from which the interpreter's loops can be rebuilt at any step.

import { type Column, float64, int32 } from "./column.ts";

export class Rounds {
  private repeats = int32();
  private rounds = float64();
  private counts = float64();
  private ups = int32();
  private firsts = int32();

  constructor() {
    // Row 0 is "outside of every repeat".
    this.push(-1, 0, 0, 0, 0);
  }

  get length(): number {
    return this.repeats.length;
  }

  // `repeat` is the index of the repeat statement, `round` counts from 0, `count` is how many there are to be.
  push(repeat: number, round: number, count: number, up: number, first: number): number {
    this.repeats.push(repeat);
    this.rounds.push(round);
    this.counts.push(count);
    this.ups.push(up);
    this.firsts.push(first);
    return this.repeats.length - 1;
  }

  repeat(id: number): number {
    return this.repeats.at(id);
  }
  round(id: number): number {
    return this.rounds.at(id);
  }
  count(id: number): number {
    return this.counts.at(id);
  }
  up(id: number): number {
    return this.ups.at(id);
  }

  // Forgets the rounds that began at step `steps` or later.
  truncate(steps: number): void {
    const length = this.begunBefore(steps);
    for (const column of this.columns()) column.truncate(length);
  }

  // The rounds that began before step `steps`.
  copy(steps: number): Rounds {
    const length = this.begunBefore(steps);
    const copy = new Rounds();
    copy.repeats = this.repeats.copy(length);
    copy.rounds = this.rounds.copy(length);
    copy.counts = this.counts.copy(length);
    copy.ups = this.ups.copy(length);
    copy.firsts = this.firsts.copy(length);
    return copy;
  }

  get bytes(): number {
    return this.columns().reduce((sum, column) => sum + column.bytes, 0);
  }

  private columns(): Column[] {
    return [this.repeats, this.rounds, this.counts, this.ups, this.firsts];
  }

  private begunBefore(steps: number): number {
    let low = 1;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.firsts.at(middle) >= steps) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
