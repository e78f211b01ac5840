// The rows of a table that are in use, ascending, where rows die and never live again: processes, address spaces, pins.
// A long recording has many dead ones, which nobody wants to pass by again and again.
//
// Derived from a column, and found anew after a seek: rows that were made since the last question are looked at, dead
// ones dropped. A row is alive before somebody asks: whoever makes one asks for none meanwhile.

import type { Kernel } from "./kernel.ts";
import type { Field, Table } from "./world.ts";

export class LiveRows {
  private readonly k: Kernel;
  private readonly table: Table;
  private readonly life: Field;
  private epoch = -1;
  private seen = 0;
  private live: number[] = [];

  // Not 0 in `life`: alive.
  constructor(k: Kernel, table: Table, life: Field) {
    this.k = k;
    this.table = table;
    this.life = life;
  }

  // The caller may end some of them while it goes through the list, which stays as it was.
  rows(): readonly number[] {
    const { k } = this;
    const { data } = this.life;
    if (this.epoch !== k.epoch) {
      this.epoch = k.epoch;
      this.seen = 0;
      this.live = [];
    }
    const live = this.live.filter((row) => data[row] !== 0);
    const end = k.rows(this.table);
    for (let row = this.seen; row < end; row++) if (data[row] !== 0) live.push(row);
    this.seen = end;
    this.live = live;
    return live;
  }
}
