// MADV_FREE: the process can do without what the range holds. mm/madvise.c; mm-semantics §5.4.

import { add_mm_counter } from "./counters.ts";
import { PG_dirty, PG_swapcache } from "./flags.ts";
import { folio_test_large, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mark_lazyfree, lru_add_drain } from "./lru.ts";
import {
  clear_bits,
  mapped_here_alone,
  pmd_kept_by_others,
  split_for_part,
  walk_tables,
  whole_folio,
} from "./madvise_large.ts";
import { vm_normal_page } from "./normal_page.ts";
import { pte_batch } from "./page_vma_mapped.ts";
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_SPECIAL, pte_pfn, pte_with, type VisitHuge } from "./pgtable.ts";
import { folio_free_swap, free_swap_and_cache_nr } from "./swapfile.ts";
import { is_swap_entry, swp_offset } from "./swapops.ts";

const NORMAL = condition("vm_normal_folio(vma, addr, ptent)", "special");

// The content of the range may be lost from now on, until it is written again: entries and pages become clean, and the
// pages reclaim's first choice. Swap slots are given up at once. A page that is dirty or in the swap cache and that others
// map too stays as it is. Mirrors madvise_free_pte_range(), mm/madvise.c, 6.12.
export const madvise_free_pte_range = kernelFunction(
  "madvise_free_pte_range",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    const { flags } = k.w.page;
    const mm = k.w.vma.mm.data[vma] - 1;
    lru_add_drain(k);
    const huge: VisitHuge = (pmd, _first, from, to, entry) => madvise_free_huge_pmd(k, pmd, to - from, entry);
    walk_tables(k, vma, start, end, huge, (row, vpn, entry) => {
      k.tick();
      if ((entry & PTE_PRESENT) === 0) return is_swap_entry(entry) ? free_swapped(k, mm, row, entry, end - vpn) : 1;
      const page = vm_normal_page(k, vma, entry);
      if (page === undefined) {
        k.decide(NORMAL, 1, false);
        return 1;
      }
      let nr = 1;
      if (folio_test_large(k, page)) {
        const whole = whole_folio(k, page, row, end - vpn, "free");
        if (!whole.taken) return whole.step;
        nr = whole.step;
      }
      const folio = page_folio(k, page);
      if (flags.data[folio] & (PG_swapcache | PG_dirty)) {
        if (!mapped_here_alone(k, folio, nr)) return nr;
        if (flags.data[folio] & PG_swapcache && !folio_free_swap(k, folio)) return nr;
        k.set(flags, folio, flags.data[folio] & ~PG_dirty);
      }
      clear_bits(k, row, nr, PTE_ACCESSED | PTE_DIRTY);
      folio_mark_lazyfree(k, folio);
      return nr;
    });
  },
);

// The slots that this and the following entries name are given up: how many there are.
function free_swapped(k: Kernel, mm: number, row: number, entry: number, most: number): number {
  const { stride } = k.geometry;
  const nr = pte_batch(k, row, Math.min(most, stride - (row % stride)));
  k.setRun(k.w.pte.entry, row, nr, 0);
  add_mm_counter(k, mm, k.w.mm.rss_swap, -nr);
  free_swap_and_cache_nr(k, swp_offset(entry), nr);
  return nr;
}

// A THP of which a part is given up is split, so that the walk goes on with its PTEs; one that others map too stays as it is.
// Mirrors madvise_free_huge_pmd(), mm/huge_memory.c, 6.12.
const madvise_free_huge_pmd = kernelFunction(
  "madvise_free_huge_pmd",
  "mm/huge_memory.c",
  (k: Kernel, pmd: number, nr: number, entry: number) => {
    const { flags } = k.w.page;
    if ((entry & (PTE_PRESENT | PTE_SPECIAL)) !== PTE_PRESENT) return;
    const folio = pte_pfn(entry);
    if (pmd_kept_by_others(k, folio)) return;
    if (nr !== k.hpageNr) {
      split_for_part(k, folio, folio);
      return;
    }
    k.set(flags, folio, flags.data[folio] & ~PG_dirty);
    k.set(k.w.pte.entry, pmd, pte_with(entry, 0, PTE_ACCESSED | PTE_DIRTY));
    folio_mark_lazyfree(k, folio);
  },
);
