// Slots for a large folio: as many as it has pages, in a row, and aligned to that, so that it can be written, and read back,
// as a whole. mm/swapfile.c, mm/swap_slots.c.

import { folio_nr_pages, folio_order } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { get_nr_swap_pages, get_swap_page, put_on_free_list, slot_align, total_swap_pages } from "./swap_slots.ts";

const THP_SWAP = condition("IS_ENABLED(CONFIG_THP_SWAP)", "order");

// The first of the folio's slots, named by nobody yet; 0 when there is none for it. A large folio is to be split then.
// Mirrors folio_alloc_swap(), mm/swap_slots.c, 6.12 (get_swap_page() before 5.18).
export function folio_alloc_swap(k: Kernel, folio: number): number {
  const nr = folio_nr_pages(k, folio);
  return nr === 1 ? get_swap_page(k) : get_swap_pages(k, nr, folio_order(k, folio));
}

// Whole folios of that order have slots of their own: on architectures that ask for it, and up to 6.9 only those as large as
// a PMD. CONFIG_THP_SWAP; mm/Kconfig.
function thp_swap(k: Kernel, order: number): boolean {
  const { thpSwapArches, thpSwapOrders } = k.model;
  return thpSwapArches.includes(k.geometry.arch) && (thpSwapOrders === "all" || order === k.hpageOrder);
}

// Mirrors get_swap_pages(), mm/swapfile.c, down to swap_alloc_cluster().
const get_swap_pages = kernelFunction(
  "get_swap_pages",
  "mm/swapfile.c",
  (k: Kernel, nr: number, order: number): number => {
    if (!k.decide(THP_SWAP, order, thp_swap(k, order)) || get_nr_swap_pages(k) < nr) return 0;
    const { machine } = k.w;
    const slot = fresh_slots(k, nr) || freed_slots(k, nr);
    if (slot !== 0) k.set(machine.swap_used, 0, machine.swap_used.data[0] + nr);
    return slot;
  },
);

// Slots that were never used. Those that the alignment passes over come to the free list.
function fresh_slots(k: Kernel, nr: number): number {
  const { machine, swap } = k.w;
  const next = machine.next_swap.data[0];
  const first = slot_align(k, next + 1, nr);
  if (first + nr - 1 > total_swap_pages(k)) return 0;
  k.ensure(swap, first + nr);
  k.set(machine.next_swap, 0, first + nr - 1);
  if (first > next + 1) put_on_free_list(k, next + 1, first - next - 1);
  return first;
}

// Slots that were given back.
function freed_slots(k: Kernel, nr: number): number {
  const { machine, swap } = k.w;
  const used = machine.next_swap.data[0];
  const free = (slot: number) => swap.count.data[slot] === 0 && swap.cache.data[slot] === 0;
  let first = slot_align(k, 1, nr);
  for (let at = first; at <= used; at++) {
    if (!free(at)) first = slot_align(k, at + 1, nr);
    else if (at === first + nr - 1) break;
  }
  if (first + nr - 1 > used) return 0;
  take_off_free_list(k, first, nr);
  return first;
}

function take_off_free_list(k: Kernel, first: number, nr: number): void {
  const { machine, swap } = k.w;
  // The slot before in the list, which stays; 0 at its head.
  let before = 0;
  for (let slot = machine.free_swap.data[0]; slot !== 0; slot = swap.next_free.data[slot]) {
    if (slot >= first && slot < first + nr) continue;
    if (before === 0) k.set(machine.free_swap, 0, slot);
    else k.set(swap.next_free, before, slot);
    before = slot;
  }
  if (before === 0) k.set(machine.free_swap, 0, 0);
  else k.set(swap.next_free, before, 0);
}
