// The huge zero folio: zeroes for whoever reads a huge page's worth of memory that nobody has written to. One for the
// machine, allocated when the first process needs it. mm/huge_memory.c; mm-semantics §1.4.
//
// What counts its users is machine.huge_zero_refcount, one for each address space that has ever mapped it, and one for the
// shrinker, which alone may drop the last. The folio's own counters stay as they are.

import { FOLIO_HUGE_ZERO, PG_uptodate, PG_zero } from "./flags.ts";
import { set_flag } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_alloc } from "./page_alloc.ts";
import { folio_put } from "./page_ref.ts";

// Its head; -1 when there is no memory for it. The address space holds on to it until it ends.
// Mirrors mm_get_huge_zero_folio(), mm/huge_memory.c, 6.12.
export function mm_get_huge_zero_folio(k: Kernel, mm: number): number {
  const { machine, mm: m } = k.w;
  if (m.huge_zero.data[mm] === 0) {
    if (!get_huge_zero_folio(k)) return -1;
    k.set(m.huge_zero, mm, 1);
  }
  return machine.huge_zero_folio.data[0];
}

// The address space has ended. Mirrors mm_put_huge_zero_folio(), mm/huge_memory.c, 6.12.
export function mm_put_huge_zero_folio(k: Kernel, mm: number): void {
  if (k.w.mm.huge_zero.data[mm] === 0) return;
  k.set(k.w.mm.huge_zero, mm, 0);
  k.add(k.w.machine.huge_zero_refcount, 0, -1);
}

// Mirrors get_huge_zero_folio(), mm/huge_memory.c, 7.2.
const get_huge_zero_folio = kernelFunction("get_huge_zero_folio", "mm/huge_memory.c", (k: Kernel): boolean => {
  const { machine, page } = k.w;
  if (machine.huge_zero_refcount.data[0] > 0) {
    k.add(machine.huge_zero_refcount, 0, 1);
    return true;
  }
  const folio = folio_alloc(k, k.hpageOrder);
  if (folio < 0) return false;
  k.setRun(page.content, folio, k.hpageNr, 0);
  k.set(page.flags, folio, PG_zero | PG_uptodate);
  set_flag(k, folio, FOLIO_HUGE_ZERO, true);
  k.set(machine.huge_zero_folio, 0, folio);
  k.set(machine.huge_zero_refcount, 0, 2);
  return true;
});

// What there is to free of it: all, once only the shrinker holds on to it. Mirrors shrink_huge_zero_folio_count(),
// mm/huge_memory.c, 7.2.
export function shrink_huge_zero_folio_count(k: Kernel): number {
  return k.w.machine.huge_zero_refcount.data[0] === 1 ? k.hpageNr : 0;
}

// Memory is short, and no address space maps it any more: its pages are free. How many.
// Mirrors shrink_huge_zero_folio_scan(), mm/huge_memory.c, 7.2.
export const shrink_huge_zero_folio_scan = kernelFunction(
  "shrink_huge_zero_folio_scan",
  "mm/huge_memory.c",
  (k: Kernel): number => {
    const { machine } = k.w;
    if (machine.huge_zero_refcount.data[0] !== 1) return 0;
    const folio = machine.huge_zero_folio.data[0];
    k.set(machine.huge_zero_refcount, 0, 0);
    k.set(machine.huge_zero_folio, 0, 0);
    folio_put(k, folio);
    return k.hpageNr;
  },
);
