// A huge entry goes as a whole: munmap, exit, MADV_DONTNEED. mm/huge_memory.c; mm-semantics §5.1.

import { add_mm_counter, mm_counter } from "./counters.ts";
import { folio_test_anon, is_huge_zero_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { __split_huge_pmd } from "./huge_pmd_split.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mark_accessed } from "./lru.ts";
import { folio_mapped } from "./mapcount.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { folio_maybe_dma_pinned, folio_put } from "./page_ref.ts";
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, pte_pfn, type VisitHuge, zap_deposited_table } from "./pgtable.ts";
import { folio_remove_rmap_pmd } from "./rmap.ts";
import { migration_entry_pfn } from "./swapops.ts";
import { folio_mark_dirty } from "./vm_ops.ts";
import { vma_is_anonymous } from "./vma.ts";

// What an unmapping walk does with a huge entry: one that the range covers goes whole, another is split, so that its PTEs
// are gone through. Mirrors zap_pmd_range(), mm/memory.c, 6.12.
export function zap_pmd_range(k: Kernel, vma: number): VisitHuge {
  return (pmd, _first, from, to) => {
    if (to - from === k.hpageNr) zap_huge_pmd(k, vma, pmd);
    else __split_huge_pmd(k, vma, pmd);
  };
}

// The folio: mapped once less as a whole, refcount - 1, rss - its pages; VmPTE - one page where a table waited.
// The huge zero folio counts nowhere. Mirrors zap_huge_pmd(), mm/huge_memory.c, 6.12.
const zap_huge_pmd = kernelFunction("zap_huge_pmd", "mm/huge_memory.c", (k: Kernel, vma: number, pmd: number) => {
  const mm = k.w.vma.mm.data[vma] - 1;
  const entry = k.w.pte.entry.data[pmd];
  const present = (entry & PTE_PRESENT) !== 0;
  const folio = present ? pte_pfn(entry) : migration_entry_pfn(entry);
  k.set(k.w.pte.entry, pmd, 0);
  if (is_huge_zero_folio(k, folio)) {
    if (vma_is_anonymous(k, vma)) zap_deposited_table(k, mm, pmd);
    return;
  }
  const anon = folio_test_anon(k, folio);
  if (present) folio_remove_rmap_pmd(k, vma, folio);
  if (anon) zap_deposited_table(k, mm, pmd);
  add_mm_counter(k, mm, mm_counter(k, folio), -k.hpageNr);
  if (!present) return;
  if (!anon && k.model.zapHugeKeepsUse) {
    if (entry & PTE_DIRTY) folio_mark_dirty(k, folio);
    if (entry & PTE_ACCESSED) folio_mark_accessed(k, folio);
  }
  if (anon && folio_maybe_dma_pinned(k, folio) && folio_mapped(k, folio)) {
    k.set(k.w.page.unmapped_by, folio, mm + 1);
  }
  if (vma_locks(k, vma)) munlock_vma_folio(k, folio, true);
  folio_put(k, folio);
});
