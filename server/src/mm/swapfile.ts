// When a page leaves the swap cache, and its slot with it. mm/swapfile.c; mm-semantics §2.11.

import { FOLIO_DOUBLE_MAP, PG_dirty, PG_ksm, PG_swapcache, PG_writeback } from "./flags.ts";
import { folio_nr_pages, folio_test_large, folio_test_swapcache, has_flag, large_folio, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapped } from "./mapcount.ts";
import { swap_count, swap_free, swap_free_nr, vm_swap_full } from "./swap_slots.ts";
import { delete_from_swap_cache, swap_cache_get_folio } from "./swap_state.ts";

const MAP_SWAPCOUNT_AT_MOST_1 = condition("page_trans_huge_map_swapcount(page) <= 1", "mapcount");
const SWAPPED = condition("folio_swapped(folio)", "swap count");

// Takes the folio out of the swap cache when no entry names one of its slots: a reference less for each page, dirty, the
// slots free. One under writeback stays. Mirrors folio_free_swap(), mm/swapfile.c, 6.12 (try_to_free_swap() before 6.1).
export const folio_free_swap = kernelFunction(
  "folio_free_swap",
  "mm/swapfile.c",
  (k: Kernel, folio: number): boolean => {
    const { page } = k.w;
    const flags = page.flags.data[folio];
    if ((flags & (PG_swapcache | PG_writeback)) !== PG_swapcache) return false;
    const count = folio_swapped(k, folio);
    if (k.decide(SWAPPED, count, count > 0)) return false;
    // Before the cache's references go, since the caller's may be the only other one.
    k.set(page.flags, folio, flags | PG_dirty);
    delete_from_swap_cache(k, folio);
    return true;
  },
);

// How many entries name the first of its slots that one names. Mirrors folio_swapped(), mm/swapfile.c, 6.12.
function folio_swapped(k: Kernel, folio: number): number {
  const slot = k.w.page.swap.data[folio];
  const nr = folio_nr_pages(k, folio);
  for (let i = 0; i < nr; i++) {
    const count = swap_count(k, slot + i);
    if (count > 0) return count;
  }
  return 0;
}

// Up to 5.17: whether a write may have the page in place, as mappings and entries of its slot count at most one; of a
// large folio the page for which they are most. The swap cache lets such a folio go at once, whoever holds references,
// unless entries name the slots of other pages. Mirrors reuse_swap_page(), mm/swapfile.c, 5.10.
export const reuse_swap_page = kernelFunction("reuse_swap_page", "mm/swapfile.c", (k: Kernel, pfn: number): boolean => {
  const { page } = k.w;
  const folio = page_folio(k, pfn);
  const flags = page.flags.data[folio];
  if (flags & PG_ksm) return false;
  const swapcount = flags & PG_swapcache ? swap_count(k, page.swap.data[folio] + pfn - folio) : 0;
  const large = folio_test_large(k, folio) ? page_trans_huge_map_swapcount(k, folio) : undefined;
  const count = large?.count ?? page._mapcount.data[pfn] + swapcount;
  if (!k.decide(MAP_SWAPCOUNT_AT_MOST_1, count, count <= 1)) return false;
  const others = large === undefined ? 0 : large.swapped - swapcount;
  if (count === 1 && others === 0 && (flags & (PG_swapcache | PG_writeback)) === PG_swapcache) {
    k.set(page.flags, folio, flags | PG_dirty);
    delete_from_swap_cache(k, folio);
  }
  return true;
});

// The largest count of mappings and of entries of its slot that a page of the folio has, and how many entries name its
// slots. Mirrors page_trans_huge_map_swapcount(), mm/swapfile.c, 5.10.
function page_trans_huge_map_swapcount(k: Kernel, folio: number): { count: number; swapped: number } {
  const { page } = k.w;
  const first = folio_test_swapcache(k, folio) ? page.swap.data[folio] : 0;
  let most = 0;
  let swapped = 0;
  for (let i = 0; i < folio_nr_pages(k, folio); i++) {
    const swapcount = first === 0 ? 0 : swap_count(k, first + i);
    swapped += swapcount;
    most = Math.max(most, page._mapcount.data[folio + i] + swapcount);
  }
  const row = large_folio(k, folio);
  const doubly = has_flag(k, folio, FOLIO_DOUBLE_MAP) ? 1 : 0;
  return { count: most - doubly + k.w.folio._entire_mapcount.data[row], swapped };
}

// A page that lost a mapping: once nobody maps it, the swap cache lets it go. Mirrors free_swap_cache(),
// mm/swap_state.c.
export function free_swap_cache(k: Kernel, pfn: number): void {
  const { page } = k.w;
  if (page.flags.data[pfn] & PG_swapcache && !folio_mapped(k, pfn)) folio_free_swap(k, pfn);
}

// Entries that named so many slots in a row are gone. Mirrors free_swap_and_cache_nr(), mm/swapfile.c, 6.12 (each for itself
// before 6.10).
export function free_swap_and_cache_nr(k: Kernel, first: number, nr: number): void {
  if (nr === 1) {
    free_swap_and_cache(k, first);
    return;
  }
  swap_free_nr(k, first, nr);
  for (let slot = first; slot < first + nr; slot++) {
    const folio = swap_cache_get_folio(k, slot);
    if (folio < 0 || swap_count(k, slot) > 0) continue;
    if (!folio_mapped(k, folio) || vm_swap_full(k)) folio_free_swap(k, folio);
  }
}

// An entry that named the slot is gone. When it was the last and the cached page is mapped by nobody, or swap is half
// full, that page leaves the swap cache. Mirrors free_swap_and_cache(), mm/swapfile.c, 6.12, with
// __try_to_reclaim_swap() (swap_put_entries_direct() from 6.18 on).
export const free_swap_and_cache = kernelFunction("free_swap_and_cache", "mm/swapfile.c", (k: Kernel, slot: number) => {
  swap_free(k, slot);
  const pfn = swap_cache_get_folio(k, slot);
  if (pfn < 0 || swap_count(k, slot) > 0) return;
  if (!folio_mapped(k, pfn) || vm_swap_full(k)) folio_free_swap(k, pfn);
});
