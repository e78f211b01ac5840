// Counters of few bits: _refcount and _mapcount are signed, and wrap around when they get too large. mm-semantics §9.
//
// The kernel has 32 bits for each; `machine refcount_bits` and `mapcount_bits` bring the overflow within reach of a short
// trace. Once a counter has wrapped, a page may be freed under those who still hold it: then the sums do not add up, as
// they do not in the kernel, and that is no mistake of ours.

import { bug } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import type { Field } from "./world.ts";

// The value as a signed number of so many bits.
export function signed(value: number, bits: number): number {
  const half = 2 ** (bits - 1);
  if (value >= -half && value < half) return value;
  const span = 2 * half;
  const low = ((value % span) + span) % span;
  return low < half ? low : low - span;
}

// Writes what comes of adding to a counter that ends at `end` (Kernel.refcountEnd, mapcountEnd), and gives it; the first
// time that it does not fit is remembered. Each fault comes here several times: a power of two is not computed anew.
export function set_count(k: Kernel, field: Field, pfn: number, sum: number, end: number): number {
  if (sum >= -end && sum < end) {
    k.set(field, pfn, sum);
    return sum;
  }
  const kept = sum - 2 * end * Math.floor((sum + end) / (2 * end));
  k.set(field, pfn, kept);
  k.set(k.w.machine.overflowed, 0, 1);
  return kept;
}

export function overflowed(k: Kernel): boolean {
  return k.w.machine.overflowed.data[0] !== 0;
}

// What cannot be while every counter is right.
export function impossible(k: Kernel, message: string): void {
  if (!overflowed(k)) bug(message);
}
