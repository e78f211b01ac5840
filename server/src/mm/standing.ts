// Breaches that stand: the rows of one kind that break a rule, each with how.

import type { Breach } from "./invariants.ts";

export class Standing {
  readonly byRow = new Map<number, Breach[]>();

  put(row: number, found: Breach[]): void {
    if (found.length > 0) this.byRow.set(row, found);
    else if (this.byRow.size > 0) this.byRow.delete(row);
  }
}
