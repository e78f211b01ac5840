// MADV_PAGEOUT, MADV_COLD and MADV_FREE: what a process tells reclaim. mm/madvise.c; mm-semantics §5.4, §5.5.

import { add_mm_counter } from "./counters.ts";
import { PG_active, PG_dirty, PG_lru, PG_mlocked, PG_referenced, PG_swapcache, PG_unevictable } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_deactivate, folio_isolate_lru, folio_mark_lazyfree, folio_putback_lru, lru_add_drain } from "./lru.ts";
import { vm_normal_page } from "./normal_page.ts";
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, pte_with, walk_ptes } from "./pgtable.ts";
import { shrink_folio } from "./shrink_folio.ts";
import { folio_free_swap, free_swap_and_cache } from "./swapfile.ts";
import { is_swap_entry, swp_offset } from "./swapops.ts";
import { activate_locked, end_swap_write } from "./vmscan_anon.ts";

// What makes the advice pass over a page.
const NORMAL = condition("vm_normal_folio(vma, addr, ptent)", "special");
const ON_LRU = condition("folio_test_lru(folio)", "lru");
const MAPPED_ONCE = condition("folio_mapcount(folio) == 1", "mapcount");
const UNEVICTABLE = condition("folio_test_unevictable(folio)", "unevictable");
const EVICTABLE = condition("folio_evictable(folio)", "mlocked");

// Pages that nobody else maps count as not accessed, and are the next that reclaim looks at (MADV_COLD); or they are
// reclaimed at once (MADV_PAGEOUT), page table by page table. Mirrors madvise_cold() and madvise_pageout(), mm/madvise.c,
// 6.12.
export function madvise_lru(k: Kernel, vma: number, start: number, end: number, pageout: boolean): void {
  lru_add_drain(k);
  const perTable = 2 ** k.geometry.bits[0];
  for (let at = start; at < end; ) {
    const stop = Math.min(end, (Math.floor(at / perTable) + 1) * perTable);
    madvise_cold_or_pageout_pte_range(k, vma, at, stop, pageout);
    at = stop;
  }
}

// Mirrors madvise_cold_or_pageout_pte_range(), mm/madvise.c, 6.12.
const madvise_cold_or_pageout_pte_range = kernelFunction(
  "madvise_cold_or_pageout_pte_range",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number, pageout: boolean) => {
    const { page, pte } = k.w;
    const isolated: number[] = [];
    walk_ptes(k, k.w.vma.mm.data[vma] - 1, start, end, (row, _vpn, entry) => {
      const pfn = vm_normal_page(k, vma, entry);
      if (!taken(k, entry, pfn)) return;
      if (!pageout || k.model.pageoutClearsYoung) k.set(pte.entry, row, pte_with(entry, 0, PTE_ACCESSED));
      k.set(page.flags, pfn, page.flags.data[pfn] & ~PG_referenced);
      if (!pageout) folio_deactivate(k, pfn);
      else if (page.flags.data[pfn] & PG_unevictable) k.decide(UNEVICTABLE, 1, true);
      else if (folio_isolate_lru(k, pfn)) isolated.push(pfn);
    });
    if (isolated.length > 0) reclaim_pages(k, isolated);
  },
);

// Whether the advice is followed for the page: one of the LRU, that this mapping alone has. What keeps it out is recorded.
function taken(k: Kernel, entry: number, pfn: number | undefined): pfn is number {
  const { flags, _mapcount } = k.w.page;
  if (pfn === undefined) {
    if (entry & PTE_PRESENT) k.decide(NORMAL, 1, false);
    return false;
  }
  if ((flags.data[pfn] & PG_lru) === 0) return k.decide(ON_LRU, 0, false);
  const mapcount = _mapcount.data[pfn];
  return mapcount === 1 || k.decide(MAPPED_ONCE, mapcount, false);
}

// Frees the isolated pages that can be freed, whether they were used or not; the others go back to their lists.
// Mirrors reclaim_pages() with shrink_folio_list(), mm/vmscan.c, 6.12.
const reclaim_pages = kernelFunction("reclaim_pages", "mm/vmscan.c", (k: Kernel, isolated: readonly number[]) => {
  const { flags } = k.w.page;
  const kept: number[] = [];
  for (const pfn of isolated) {
    k.tick();
    k.set(flags, pfn, flags.data[pfn] & ~PG_active);
    const locked = (flags.data[pfn] & PG_mlocked) !== 0;
    const shrunk = locked && !k.decide(EVICTABLE, 1, false) ? "activate" : shrink_folio(k, pfn);
    if (shrunk === "freed") continue;
    if (shrunk === "activate") activate_locked(k, pfn);
    kept.push(pfn);
  }
  for (const pfn of kept) {
    folio_putback_lru(k, pfn);
    end_swap_write(k, pfn);
  }
});

// The content of the range may be lost from now on, until it is written again: entries and pages become clean, and the
// pages reclaim's first choice. Swap slots are given up at once. A page that is dirty or in the swap cache and that others
// map too stays as it is. Mirrors madvise_free_pte_range(), mm/madvise.c, 6.12.
export const madvise_free_pte_range = kernelFunction(
  "madvise_free_pte_range",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    const { page, pte } = k.w;
    const mm = k.w.vma.mm.data[vma] - 1;
    lru_add_drain(k);
    walk_ptes(k, mm, start, end, (row, _vpn, entry) => {
      k.tick();
      if ((entry & PTE_PRESENT) === 0) {
        if (!is_swap_entry(entry)) return;
        k.set(pte.entry, row, 0);
        add_mm_counter(k, mm, k.w.mm.rss_swap, -1);
        free_swap_and_cache(k, swp_offset(entry));
        return;
      }
      const pfn = vm_normal_page(k, vma, entry);
      if (pfn === undefined) {
        k.decide(NORMAL, 1, false);
        return;
      }
      if (page.flags.data[pfn] & (PG_swapcache | PG_dirty)) {
        const mapcount = page._mapcount.data[pfn];
        if (mapcount !== 1 && !k.decide(MAPPED_ONCE, mapcount, false)) return;
        if (page.flags.data[pfn] & PG_swapcache && !folio_free_swap(k, pfn)) return;
        k.set(page.flags, pfn, page.flags.data[pfn] & ~PG_dirty);
      }
      k.set(pte.entry, row, pte_with(entry, 0, PTE_ACCESSED | PTE_DIRTY));
      folio_mark_lazyfree(k, pfn);
    });
  },
);
