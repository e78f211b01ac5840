// Taking pages away from an address space: munmap, exit, MADV_DONTNEED, truncation. mm/memory.c; mm-semantics §5.1.

import { add_mm_counter, mm_counter } from "./counters.ts";
import { PG_anon } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mark_accessed, lru_add_drain } from "./lru.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { vm_normal_page } from "./normal_page.ts";
import { folio_put } from "./page_ref.ts";
import { PTE_ACCESSED, PTE_DIRTY, walk_ptes } from "./pgtable.ts";
import { folio_remove_rmap_pte } from "./rmap.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

// Clears the VMA's entries in [start, end) pages. Each page that an entry mapped: mapcount - 1, refcount - 1, rss - 1;
// a dirty entry of a file's page makes the page dirty. The exclusive flag of an anonymous page stays as it is.
// Mirrors unmap_page_range() and zap_pte_range(), mm/memory.c, 6.12.
export const unmap_page_range = kernelFunction(
  "unmap_page_range",
  "mm/memory.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    zap_pte_range(k, vma, start, end, true);
  },
);

// The same for whoever takes the pages but not the mapping. Up to 6.12 the CPU's LRU batches are emptied before, so that
// fresh pages can be freed, and after (free_pages_and_swap_cache()). Mirrors zap_page_range_single(), mm/memory.c, 6.12.
export const zap_page_range_single = kernelFunction(
  "zap_page_range_single",
  "mm/memory.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    unmap_drains_lru(k);
    unmap_page_range(k, vma, start, end);
    unmap_drains_lru(k);
  },
);

// What unmapping does to the LRU batches, at its start and at its end.
export function unmap_drains_lru(k: Kernel): void {
  if (k.model.unmapDrainsLru) lru_add_drain(k);
}

// evenCows false leaves the private copies of a file mapping (zap_details.even_cows).
export const zap_pte_range = kernelFunction(
  "zap_pte_range",
  "mm/memory.c",
  (k: Kernel, vma: number, start: number, end: number, evenCows: boolean) => {
    const mm = k.w.vma.mm.data[vma] - 1;
    const locked = vma_locks(k, vma);
    walk_ptes(k, mm, start, end, (pte, _vpn, entry) => {
      const pfn = vm_normal_page(k, vma, entry);
      const anon = pfn !== undefined && (k.w.page.flags.data[pfn] & PG_anon) !== 0;
      if (anon && !evenCows) return;
      k.set(k.w.pte.entry, pte, 0);
      if (pfn === undefined) return;
      if (!anon && entry & PTE_DIRTY) folio_mark_dirty(k, pfn);
      if (!anon && entry & PTE_ACCESSED) folio_mark_accessed(k, pfn);
      add_mm_counter(k, mm, mm_counter(k, pfn), -1);
      folio_remove_rmap_pte(k, pfn);
      if (locked) munlock_vma_folio(k, pfn);
      folio_put(k, pfn);
    });
  },
);
