// The swap cache: pages that have a slot on the swap device while they are in memory. mm/swap_state.c; mm-semantics §0.1.
//
// It holds one reference for each page of a folio, whose slots are in a row. A folio comes here when reclaim gives it slots,
// or when it is read back.

import { bug } from "./errors.ts";
import { PG_swapcache } from "./flags.ts";
import { folio_nr_pages, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_put_refs, folio_ref_add } from "./page_ref.ts";
import { free_unnamed } from "./swap_slots.ts";

// The page that is cached for the slot, or -1; it may be one of a large folio. Takes no reference. Mirrors
// swap_cache_get_folio() with folio_file_page(), mm/swap_state.c.
export function swap_cache_get_page(k: Kernel, slot: number): number {
  return k.w.swap.cache.data[slot] - 1;
}

// Its folio, or -1. Mirrors swap_cache_get_folio(), mm/swap_state.c.
export function swap_cache_get_folio(k: Kernel, slot: number): number {
  const page = swap_cache_get_page(k, slot);
  return page < 0 ? -1 : page_folio(k, page);
}

// The folio has the slots from this one on, one for each page: refcount + as many, the cache's. Mirrors add_to_swap_cache(),
// mm/swap_state.c, 6.12 (swap_cache_add_folio() from 6.18 on).
export const add_to_swap_cache = kernelFunction(
  "add_to_swap_cache",
  "mm/swap_state.c",
  (k: Kernel, folio: number, slot: number) => {
    const { page, swap } = k.w;
    const nr = folio_nr_pages(k, folio);
    for (let at = slot; at < slot + nr; at++) {
      if (swap.cache.data[at] !== 0) bug(`add_to_swap_cache: slot ${at} is cached already`);
    }
    folio_ref_add(k, folio, nr);
    k.set(page.flags, folio, page.flags.data[folio] | PG_swapcache);
    k.set(page.swap, folio, slot);
    k.setRun(swap.cache, slot, nr, folio + 1, 1);
  },
);

// The cache lets go of the folio: refcount - its pages. Slots that no entry names are free then.
// Mirrors delete_from_swap_cache(), mm/swap_state.c, 6.12 (swap_cache_del_folio() from 6.18 on).
export const delete_from_swap_cache = kernelFunction(
  "delete_from_swap_cache",
  "mm/swap_state.c",
  (k: Kernel, folio: number) => {
    __delete_from_swap_cache(k, folio);
    folio_put_refs(k, folio, folio_nr_pages(k, folio));
  },
);

// The same without the references, for a folio that goes at once. Mirrors __delete_from_swap_cache() with
// put_swap_folio(), mm/swap_state.c and mm/swapfile.c, 6.12.
function __delete_from_swap_cache(k: Kernel, folio: number): void {
  const { page, swap } = k.w;
  const slot = page.swap.data[folio];
  const nr = folio_nr_pages(k, folio);
  if (swap.cache.data[slot] !== folio + 1) bug(`delete_from_swap_cache: pfn ${folio} is not cached for slot ${slot}`);
  k.setRun(swap.cache, slot, nr, 0);
  k.set(page.flags, folio, page.flags.data[folio] & ~PG_swapcache);
  k.set(page.swap, folio, 0);
  free_unnamed(k, slot, nr);
}
