// Reading pages back from the swap device. mm/swap_state.c; mm-semantics §2.7.

import { PG_swapbacked, PG_uptodate } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru } from "./lru.ts";
import { alloc_page } from "./page_alloc.ts";
import { add_to_swap_cache } from "./swap_state.ts";

// A fresh page with what the device holds, in the swap cache, and one reference for the caller. -1 when memory is used up.
// Mirrors read_swap_cache_async(), mm/swap_state.c, 6.12.
export const read_swap_cache_async = kernelFunction(
  "read_swap_cache_async",
  "mm/swap_state.c",
  (k: Kernel, slot: number): number => {
    const pfn = swap_read_folio(k, slot);
    if (pfn < 0) return pfn;
    add_to_swap_cache(k, pfn, slot);
    folio_add_lru(k, pfn);
    return pfn;
  },
);

// A fresh page with what the device holds, on no list yet. Mirrors swap_read_folio(), mm/page_io.c, 6.12
// (swap_readpage() before 6.10).
export function swap_read_folio(k: Kernel, slot: number): number {
  const pfn = alloc_page(k);
  if (pfn < 0) return -1;
  k.set(k.w.page.content, pfn, k.w.swap.content.data[slot]);
  k.set(k.w.page.flags, pfn, PG_swapbacked | PG_uptodate);
  return pfn;
}
