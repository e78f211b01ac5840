// Reading a whole large folio back from a synchronous swap device. mm/memory.c, mm/swap_state.c; mm-semantics §2.7.
//
// What was swapped out as one folio has slots in a row, and entries that name them in the same order. A fault on one of them
// brings all back in one folio again, if folios of that size are allowed there (6.12).

import { copy_run } from "./copy_run.ts";
import type { Fault } from "./fault.ts";
import { PG_swapbacked, PG_uptodate } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { thp_vma_allowable } from "./huge_memory.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru } from "./lru.ts";
import { folio_alloc } from "./page_alloc.ts";
import { pte_batch } from "./page_vma_mapped.ts";
import { mk_pte } from "./pgtable.ts";
import { slot_offset_in } from "./swap_slots.ts";
import { add_to_swap_cache } from "./swap_state.ts";

const CAN_SWAPIN = condition("can_swapin_thp(vmf, pte, 1 << order)", "order");

// The page of the slot in a folio with what the slots around it hold, and one reference for the caller; -1 when there is to be
// no large folio. Up to 6.18 it is in no swap cache. Mirrors alloc_swap_folio(), mm/memory.c, 6.12, and swapin_sync(),
// mm/swap_state.c, 7.2.
export function swapin_large(k: Kernel, vmf: Fault, slot: number): number {
  if (!k.model.swapinReadsLarge || k.machine.mthp.length === 0) return -1;
  const orders = thp_swapin_suitable_orders(k, vmf, slot);
  for (const order of orders) {
    const folio = folio_alloc(k, order);
    if (folio >= 0) return fill(k, folio, 2 ** order, slot);
  }
  return -1;
}

// Orders that may be read, the largest first: from the largest on of which all entries name slots in a row that no page is
// cached for. Mirrors thp_swapin_suitable_orders(), mm/memory.c, 7.2 (a part of alloc_swap_folio(), 6.12).
const thp_swapin_suitable_orders = kernelFunction(
  "thp_swapin_suitable_orders",
  "mm/memory.c",
  (k: Kernel, vmf: Fault, slot: number): number[] => {
    if (!thp_vma_allowable(k, vmf.vma)) return [];
    const { start, end } = k.w.vma;
    const orders = k.machine.mthp
      .map((bytes) => Math.log2(bytes / k.pageSize))
      .filter((order) => order > 1 && order < k.hpageOrder)
      .sort((a, b) => b - a)
      .filter((order) => {
        const nr = 2 ** order;
        const first = vmf.vpn - (vmf.vpn % nr);
        return first >= start.data[vmf.vma] && first + nr <= end.data[vmf.vma];
      });
    const fits = orders.findIndex((order) => k.decide(CAN_SWAPIN, order, can_swapin_thp(k, vmf, slot, 2 ** order)));
    return fits < 0 ? [] : orders.slice(fits);
  },
);

// Mirrors can_swapin_thp() with thp_swap_suitable_orders(), mm/memory.c, 6.12.
function can_swapin_thp(k: Kernel, vmf: Fault, slot: number, nr: number): boolean {
  const { pte, swap } = k.w;
  const at = vmf.vpn % nr;
  if (slot_offset_in(k, slot, nr) !== at) return false;
  const first = pte.entry.data[vmf.pte - at];
  if (first + at * mk_pte(1, 0) !== vmf.entry || pte_batch(k, vmf.pte - at, nr) !== nr) return false;
  for (let i = slot - at; i < slot - at + nr; i++) if (swap.cache.data[i] !== 0) return false;
  return true;
}

function fill(k: Kernel, folio: number, nr: number, slot: number): number {
  const { page, swap } = k.w;
  const at = slot_offset_in(k, slot, nr);
  copy_run(k, page.content, folio, swap.content, slot - at, nr);
  k.set(page.flags, folio, PG_swapbacked | PG_uptodate);
  if (!k.model.swapinSkipsCache) add_to_swap_cache(k, folio, slot - at);
  folio_add_lru(k, folio);
  return folio + at;
}
