// Unmapping huge pages. mm/hugetlb.c; mm-semantics §5.1.

import { FOLIO_RESTORE_RESERVE, PG_dirty, VM_MAYSHARE } from "./flags.ts";
import { folio_test_anon, set_flag } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { huge_pmd_unshare, next_huge_pte } from "./hugetlb_pmd_share.ts";
import {
  HPAGE_RESV_OWNER,
  HPAGE_RESV_UNMAPPED,
  is_vma_resv_set,
  set_vma_resv_flags,
  vma_add_reservation,
  vma_needs_reservation,
} from "./hugetlb_reserve.ts";
import { hugetlb_mapcount, hugetlb_remove_rmap } from "./hugetlb_rmap.ts";
import type { Kernel } from "./kernel.ts";
import { folio_maybe_dma_pinned, folio_put } from "./page_ref.ts";
import { PTE_DIRTY, PTE_PRESENT, pmd_offset, pte_pfn } from "./pgtable.ts";

const NO_FOLIO = -1;

// Clears the VMA's entries in [start, end), multiples of a huge page: mapcount - 1, refcount - 1, hugetlb_usage - its pages; a
// dirty entry makes the page dirty. With `only`, just the entry that maps that folio, and the VMA is marked as robbed of it.
// A table of PMDs that others share goes as a whole, and the counters stay as they are.
// Mirrors __unmap_hugepage_range(), mm/hugetlb.c, 6.12.
export const unmap_hugepage_range = kernelFunction(
  "__unmap_hugepage_range",
  "mm/hugetlb.c",
  (k: Kernel, vma: number, start: number, end: number, only: number) => {
    const mm = k.w.vma.mm.data[vma] - 1;
    for (let vpn = start; vpn < end; ) {
      k.tick();
      const pte = pmd_offset(k, mm, vpn);
      if (pte < 0 || huge_pmd_unshare(k, mm, vma, vpn)) {
        vpn = next_huge_pte(k, vpn);
        continue;
      }
      if (zap_huge_pte(k, mm, vma, vpn, pte, only) && only !== NO_FOLIO) return;
      vpn += k.hpageNr;
    }
  },
);

// The same without a certain page: munmap, truncation, MADV_DONTNEED.
export function zap_hugepage_range(k: Kernel, vma: number, start: number, end: number): void {
  unmap_hugepage_range(k, vma, start, end, NO_FOLIO);
}

// Whether there was a page to unmap.
function zap_huge_pte(k: Kernel, mm: number, vma: number, vpn: number, pte: number, only: number): boolean {
  const { page } = k.w;
  const entry = k.w.pte.entry.data[pte];
  if (entry === 0) return false;
  const folio = pte_pfn(entry);
  if (only !== NO_FOLIO) {
    if ((entry & PTE_PRESENT) === 0 || folio !== only) return false;
    set_vma_resv_flags(k, vma, HPAGE_RESV_UNMAPPED);
  }
  k.set(k.w.pte.entry, pte, 0);
  if ((entry & PTE_PRESENT) === 0) return false;
  if (entry & PTE_DIRTY) k.set(page.flags, folio, page.flags.data[folio] | PG_dirty);
  k.add(k.w.mm.hugetlb_usage, mm, -k.hpageNr);
  hugetlb_remove_rmap(k, folio);
  const anon = folio_test_anon(k, folio);
  if (anon && hugetlb_mapcount(k, folio) > 0 && folio_maybe_dma_pinned(k, folio)) {
    k.set(page.unmapped_by, folio, mm + 1);
  }
  if (anon) restore_reservation(k, vma, vpn, folio);
  folio_put(k, folio);
  return true;
}

// From 6.9 on the owner of a private mapping gets its reservation back with the page (df7a6d1f6405); 7.2 asks whether the page
// is still mapped elsewhere first.
function restore_reservation(k: Kernel, vma: number, vpn: number, folio: number): void {
  const rule = k.model.hugetlbZapRestores;
  if (rule === "nothing" || (rule === "unmapped pages" && hugetlb_mapcount(k, folio) > 0)) return;
  if (k.w.vma.flags.data[vma] & VM_MAYSHARE || !is_vma_resv_set(k, vma, HPAGE_RESV_OWNER)) return;
  set_flag(k, folio, FOLIO_RESTORE_RESERVE, true);
  if (vma_needs_reservation(k, vma, vpn) === 1) vma_add_reservation(k, vma, vpn);
}
