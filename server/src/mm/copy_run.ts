// What the pages of one row of frames or slots hold goes to another one.

import type { Kernel } from "./kernel.ts";
import type { Field } from "./world.ts";

// Copies so many values of a column to rows of another column: one event for each run of equal ones.
export function copy_run(k: Kernel, to: Field, first: number, from: Field, at: number, nr: number): void {
  for (let i = 0; i < nr; ) {
    const value = from.data[at + i];
    let run = 1;
    while (i + run < nr && from.data[at + i + run] === value) run++;
    k.setRun(to, first + i, run, value);
    i += run;
  }
}
