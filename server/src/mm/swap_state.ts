// The swap cache: pages that have a slot on the swap device while they are in memory. mm/swap_state.c; mm-semantics §0.1.
//
// It holds one reference for each page. A page comes here when reclaim gives it a slot, or when it is read back.

import { bug } from "./errors.ts";
import { PG_swapcache } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { swap_entry_unused } from "./swap_slots.ts";

// The page that is cached for the slot, or -1. Takes no reference. Mirrors swap_cache_get_folio(), mm/swap_state.c.
export function swap_cache_get_folio(k: Kernel, slot: number): number {
  return k.w.swap.cache.data[slot] - 1;
}

// The page's slot: refcount + 1, the cache's. Mirrors add_to_swap_cache(), mm/swap_state.c, 6.12 (swap_cache_add_folio()
// from 6.18 on).
export const add_to_swap_cache = kernelFunction(
  "add_to_swap_cache",
  "mm/swap_state.c",
  (k: Kernel, pfn: number, slot: number) => {
    const { page, swap } = k.w;
    if (swap.cache.data[slot] !== 0) bug(`add_to_swap_cache: slot ${slot} is cached already`);
    folio_get(k, pfn);
    k.set(page.flags, pfn, page.flags.data[pfn] | PG_swapcache);
    k.set(page.swap, pfn, slot);
    k.set(swap.cache, slot, pfn + 1);
  },
);

// The cache lets go of the page: refcount - 1. A slot that no entry names is free then.
// Mirrors delete_from_swap_cache(), mm/swap_state.c, 6.12 (swap_cache_del_folio() from 6.18 on).
export const delete_from_swap_cache = kernelFunction(
  "delete_from_swap_cache",
  "mm/swap_state.c",
  (k: Kernel, pfn: number) => {
    __delete_from_swap_cache(k, pfn);
    folio_put(k, pfn);
  },
);

// The same without the reference, for a page that goes at once. Mirrors __delete_from_swap_cache() with
// put_swap_folio(), mm/swap_state.c and mm/swapfile.c, 6.12.
export function __delete_from_swap_cache(k: Kernel, pfn: number): void {
  const { page, swap } = k.w;
  const slot = page.swap.data[pfn];
  if (swap.cache.data[slot] !== pfn + 1) bug(`delete_from_swap_cache: pfn ${pfn} is not cached for slot ${slot}`);
  k.set(swap.cache, slot, 0);
  k.set(page.flags, pfn, page.flags.data[pfn] & ~PG_swapcache);
  k.set(page.swap, pfn, 0);
  if (swap.count.data[slot] === 0) swap_entry_unused(k, slot);
}
