// The queue of large anonymous folios that a shrinker may split: those that lost some of their mappings, and from 6.12 on
// every THP from its birth. mm/huge_memory.c; mm-semantics §5.10.
//
// A folio's place in the queue is a number (folio.deferred): the oldest has the smallest. deferred_split_scan.ts empties it.

import { FOLIO_PARTIALLY_MAPPED } from "./flags.ts";
import { folio_test_swapcache, has_flag, large_folio, set_flag } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";

// The folio waits for a split: `partially` says that some of its pages, and not all, are mapped no longer. One that reclaim
// works on (it has swap slots) is left to it. A folio of two pages has no room for a place in the queue.
// Mirrors deferred_split_folio(), mm/huge_memory.c, 6.12 (deferred_split_huge_page() before 6.6).
export const deferred_split_folio = kernelFunction(
  "deferred_split_folio",
  "mm/huge_memory.c",
  (k: Kernel, folio: number, partially: boolean) => {
    const row = large_folio(k, folio);
    if (k.w.folio.order.data[row] <= 1 || folio_test_swapcache(k, folio)) return;
    if (!partially && !k.model.partiallyMappedFlag) return;
    if (partially && k.model.partiallyMappedFlag) set_flag(k, folio, FOLIO_PARTIALLY_MAPPED, true);
    if (k.w.folio.deferred.data[row] === 0) enqueue(k, row);
  },
);

// The folio comes to the queue's tail.
export function enqueue(k: Kernel, row: number): void {
  const { machine, folio } = k.w;
  const last = machine.deferred_last.data[0] + 1;
  k.set(machine.deferred_last, 0, last);
  k.set(folio.deferred, row, last);
}

// Takes the folio off the queue, and its mark with it. Mirrors __folio_unqueue_deferred_split(), mm/huge_memory.c, 6.12.
export function folio_unqueue_deferred_split(k: Kernel, folio: number): void {
  const row = large_folio(k, folio);
  if (row < 0 || k.w.folio.deferred.data[row] === 0) return;
  if (has_flag(k, folio, FOLIO_PARTIALLY_MAPPED)) set_flag(k, folio, FOLIO_PARTIALLY_MAPPED, false);
  k.set(k.w.folio.deferred, row, 0);
}

// Whether the folio has a place in the queue.
export function folio_is_queued(k: Kernel, folio: number): boolean {
  const row = large_folio(k, folio);
  return row >= 0 && k.w.folio.deferred.data[row] !== 0;
}

// The heads of the folios that wait, the oldest first.
export function deferred_split_queue(k: Kernel): number[] {
  const { folio } = k.w;
  const rows: number[] = [];
  for (let row = 0; row < k.rows(folio); row++) if (folio.deferred.data[row] !== 0) rows.push(row);
  rows.sort((a, b) => folio.deferred.data[a] - folio.deferred.data[b]);
  return rows.map((row) => folio.head.data[row]);
}
