// MADV_PAGEOUT and MADV_COLD: what a process tells reclaim. mm/madvise.c; mm-semantics §5.5.

import { PG_lru, PG_referenced, PG_unevictable } from "./flags.ts";
import { folio_test_large, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_deactivate, folio_isolate_lru, lru_add_drain } from "./lru.ts";
import {
  clear_bits,
  mapped_here_alone,
  pmd_mapped_by_others,
  split_for_part,
  walk_tables,
  whole_folio,
} from "./madvise_large.ts";
import { vm_normal_page } from "./normal_page.ts";
import { PTE_ACCESSED, PTE_PRESENT, PTE_SPECIAL, pte_pfn, pte_with, type VisitHuge } from "./pgtable.ts";
import { reclaim_pages } from "./reclaim_pages.ts";

// What makes the advice pass over a page.
const NORMAL = condition("vm_normal_folio(vma, addr, ptent)", "special");
const ON_LRU = condition("folio_test_lru(folio)", "lru");
const UNEVICTABLE = condition("folio_test_unevictable(folio)", "unevictable");

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
    const isolated: number[] = [];
    const take = (folio: number) => {
      const { flags } = k.w.page;
      k.set(flags, folio, flags.data[folio] & ~PG_referenced);
      if (!pageout) folio_deactivate(k, folio);
      else if (flags.data[folio] & PG_unevictable) k.decide(UNEVICTABLE, 1, true);
      else if (folio_isolate_lru(k, folio)) isolated.push(folio);
    };
    const young = !pageout || k.model.pageoutClearsYoung ? PTE_ACCESSED : 0;
    const huge: VisitHuge = (pmd, _first, from, to, entry) => {
      if ((entry & (PTE_PRESENT | PTE_SPECIAL)) !== PTE_PRESENT) return;
      const folio = pte_pfn(entry);
      if (pmd_mapped_by_others(k, folio)) return;
      if (to - from !== k.hpageNr) {
        split_for_part(k, folio, folio);
        return;
      }
      k.set(k.w.pte.entry, pmd, pte_with(entry, 0, young));
      take(folio);
    };
    walk_tables(k, vma, start, end, huge, (row, vpn, entry) => {
      const page = vm_normal_page(k, vma, entry);
      if (page === undefined) {
        if (entry & PTE_PRESENT) k.decide(NORMAL, 1, false);
        return 1;
      }
      let nr = 1;
      if (folio_test_large(k, page)) {
        const whole = whole_folio(k, page, row, end - vpn, "lru");
        if (!whole.taken) return whole.step;
        nr = whole.step;
      }
      const folio = page_folio(k, page);
      if ((k.w.page.flags.data[folio] & PG_lru) === 0 && !k.decide(ON_LRU, 0, false)) return nr;
      if (!mapped_here_alone(k, folio, nr)) return nr;
      clear_bits(k, row, nr, young);
      take(folio);
      return nr;
    });
    if (isolated.length > 0) reclaim_pages(k, isolated);
  },
);
