// The shrinker of the deferred split queue: under memory pressure the folios that wait there are split, so that pages that
// nobody maps any more are free. mm/huge_memory.c, mm/shrinker.c; mm-semantics §5.10.

import { deferred_split_queue, enqueue, folio_is_queued, folio_unqueue_deferred_split } from "./deferred_split.ts";
import { FOLIO_PARTIALLY_MAPPED } from "./flags.ts";
import { has_flag, large_folio } from "./folio.ts";
import { split_folio } from "./folio_split.ts";
import { condition, kernelFunction } from "./frames.ts";
import { shrink_huge_zero_folio_count, shrink_huge_zero_folio_scan } from "./huge_zero.ts";
import type { Kernel } from "./kernel.ts";
import { folio_get, folio_put } from "./page_ref.ts";

const PARTIALLY_MAPPED = condition("folio_test_partially_mapped(folio)", "partially mapped");

// SHRINK_BATCH: how many folios a shrinker looks at together. mm/shrinker.c.
const SHRINK_BATCH = 128;
const DEFAULT_SEEKS = 2;

// Up to so many folios of the queue, the oldest of it, but the youngest of those first (list_move()), are split; those that cannot
// be go to its end. From 6.12 on one that is
// mapped as a whole leaves the queue: thp_underused() finds that it is used, as khugepaged's max_ptes_none allows any number
// of pages of zeroes by default. How many were split. Mirrors deferred_split_scan(), mm/huge_memory.c, 6.12.
export const deferred_split_scan = kernelFunction(
  "deferred_split_scan",
  "mm/huge_memory.c",
  (k: Kernel, nr_to_scan: number): number => {
    const list = deferred_split_queue(k).slice(0, nr_to_scan).reverse();
    for (const folio of list) folio_get(k, folio);
    const kept: number[] = [];
    let split = 0;
    for (const folio of list) {
      k.tick();
      const partially = !k.model.partiallyMappedFlag || has_flag(k, folio, FOLIO_PARTIALLY_MAPPED);
      if (k.model.partiallyMappedFlag) k.decide(PARTIALLY_MAPPED, partially ? 1 : 0, partially);
      if (partially && split_folio(k, folio) === 0) split++;
      else if (partially) kept.push(folio);
      else folio_unqueue_deferred_split(k, folio);
    }
    for (const folio of kept) if (folio_is_queued(k, folio)) enqueue(k, large_folio(k, folio));
    for (const folio of list) folio_put(k, folio);
    return split;
  },
);

// A round of reclaim lets the shrinkers look at as much as the round's priority says: twice of what they have at 0, half as
// much with each step. What is left of earlier rounds (nr_deferred) is not remembered.
// Mirrors do_shrink_slab(), mm/shrinker.c, 6.12 (mm/vmscan.c before 6.7).
export function shrink_slab(k: Kernel, priority: number): void {
  if (k.rows(k.w.folio) === 0) return;
  do_shrink_slab(
    priority,
    () => shrink_huge_zero_folio_count(k),
    () => {
      shrink_huge_zero_folio_scan(k);
    },
  );
  do_shrink_slab(
    priority,
    () => deferred_split_queue(k).length,
    (objects) => {
      deferred_split_scan(k, objects);
    },
  );
}

function do_shrink_slab(priority: number, count: () => number, scan: (objects: number) => void): void {
  const freeable = count();
  if (freeable === 0) return;
  let left = Math.min(Math.floor((Math.floor(freeable / 2 ** priority) * 4) / DEFAULT_SEEKS), 2 * freeable);
  while (left >= SHRINK_BATCH || left >= freeable) {
    const scanned = Math.min(SHRINK_BATCH, left);
    scan(scanned);
    left -= scanned;
    if (left <= 0 || count() === 0) return;
  }
}
