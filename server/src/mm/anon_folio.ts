// How large a folio the first write to anonymous memory brings: one page, or one of the sizes of multi-size THP (6.8) that
// fits. mm/memory.c; mm-semantics §2.2.

import type { Fault } from "./fault.ts";
import { condition } from "./frames.ts";
import { thp_vma_allowable } from "./huge_memory.ts";
import type { Kernel } from "./kernel.ts";
import { alloc_page, folio_alloc } from "./page_alloc.ts";

const RANGE_NONE = condition("pte_range_none(pte + pte_index(addr), 1 << order)", "order");

// A zeroed folio for the fault, as large as may be, or -1; the caller maps it at the multiple of its size that the fault
// lies in. Mirrors alloc_anon_folio(), mm/memory.c, 6.12.
export function alloc_anon_folio(k: Kernel, vmf: Fault): number {
  for (const order of k.machine.mthp.length === 0 ? [] : suitable_orders(k, vmf)) {
    const folio = folio_alloc(k, order);
    if (folio < 0) continue;
    k.setRun(k.w.page.content, folio, 2 ** order, 0);
    return folio;
  }
  const pfn = alloc_page(k);
  if (pfn >= 0) k.set(k.w.page.content, pfn, 0);
  return pfn;
}

// The orders below a PMD's whose aligned range lies in the VMA and is empty, the largest first: once one is empty, the
// smaller ones are. Anonymous folios of two pages there are none. Mirrors thp_vma_allowable_orders() and
// thp_vma_suitable_orders(), include/linux/huge_mm.h, 6.12.
function suitable_orders(k: Kernel, vmf: Fault): number[] {
  if (!k.model.mthp || !thp_vma_allowable(k, vmf.vma)) return [];
  const { start, end } = k.w.vma;
  const orders = k.machine.mthp
    .map((bytes) => Math.log2(bytes / k.pageSize))
    .filter((order) => order > 1 && order < k.hpageOrder)
    .sort((a, b) => b - a);
  return orders.filter((order) => {
    const nr = 2 ** order;
    const first = vmf.vpn - (vmf.vpn % nr);
    if (first < start.data[vmf.vma] || first + nr > end.data[vmf.vma]) return false;
    return k.decide(RANGE_NONE, order, pte_range_none(k, vmf.pte - (vmf.vpn - first), nr));
  });
}

// Mirrors pte_range_none(), mm/memory.c, 6.12.
function pte_range_none(k: Kernel, pte: number, nr: number): boolean {
  const { data } = k.w.pte.entry;
  for (let at = pte; at < pte + nr; at++) if (data[at] !== 0) return false;
  return true;
}
