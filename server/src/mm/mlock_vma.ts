// Locked pages: mapped in a VMA with VM_LOCKED, marked with PG_mlocked, and kept apart from the lists that reclaim reads.
// mm/mlock.c, mm/internal.h.

import { FOLIO_DOUBLE_MAP, PG_mlocked } from "./flags.ts";
import {
  folio_nr_pages,
  folio_test_anon,
  folio_test_large,
  has_flag,
  is_huge_zero_folio,
  large_folio,
  page_folio,
} from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain, mlock_folio, munlock_folio, munlock_folio_but_for, vma_locks } from "./lru.ts";
import { vm_normal_page } from "./normal_page.ts";
import { ZERO_PFN } from "./page_alloc.ts";
import { PTE_PRESENT, walk_ptes } from "./pgtable.ts";
import { FPB_IGNORE_DIRTY, FPB_IGNORE_SOFT_DIRTY, pte_batch } from "./pte_batch.ts";

export { vma_locks };

// What munlock() finds mapped; before 5.18 a page that nobody else maps gets to its list at once. Mirrors
// __munlock_pagevec(), mm/mlock.c, 5.10.
function munlock_in_walk(k: Kernel, folio: number): void {
  const alone = !k.model.mlockBatches && k.w.page._mapcount.data[folio] === 1 && !folio_test_large(k, folio);
  if (alone) munlock_folio_but_for(k, folio, -1);
  else munlock_vma_folio(k, folio);
}

// The folio lost a mapping in a locked VMA, or its VMA the lock; entire: a PMD's mapping. Up to 6.6 PTEs of a large folio
// lock nothing. Before 5.18 folios that are not locked are passed over. Mirrors munlock_vma_folio(), mm/internal.h, 6.12.
export function munlock_vma_folio(k: Kernel, folio: number, entire = false): void {
  if (!entire && !k.model.mlocksLargePtes && folio_test_large(k, folio)) return;
  if (k.model.mlockBatches || (k.w.page.flags.data[folio] & PG_mlocked) !== 0) munlock_folio(k, folio);
}

// So many pages of the folio came to be mapped in the VMA, by a PMD or by PTEs.
// Mirrors mlock_vma_folio() at the end of __folio_add_anon_rmap() and __folio_add_file_rmap(), mm/rmap.c, 6.12 and 7.2
// (mlock_vma_page() in page_add_anon_rmap() and page_add_file_rmap(), 6.1).
export function mlock_mapped_folio(k: Kernel, vma: number, folio: number, nr: number, entire: boolean): void {
  if (!vma_locks(k, vma)) return;
  const { mlocksMapped } = k.model;
  const whole = nr === folio_nr_pages(k, folio);
  const locks = mlocksMapped === "whole" ? whole : whole && (nr === 1 || (entire && mlocksMapped === "small and PMD"));
  if (locks) mlock_folio(k, folio);
}

// A PMD of the VMA became PTEs, which lock no large folio: it is locked no longer, unless another VMA locks it.
// Mirrors __split_huge_pmd(), mm/huge_memory.c, 5.10, munlock_vma_page() at the end of __split_huge_pmd_locked(), 6.1, and
// folio_remove_rmap_pmd(), 6.12.
export function mlocked_pmd_splits(k: Kernel, vma: number, folio: number): void {
  if ((k.w.page.flags.data[folio] & PG_mlocked) === 0) return;
  if (!k.model.mlockBatches) munlock_folio_but_for(k, folio, undefined);
  else if (vma_locks(k, vma)) munlock_folio_but_for(k, folio, vma);
}

// The VMA's flags have changed: what its range maps is locked or not from now on. A large folio that PTEs map is locked
// only when all of it is mapped in the range (6.7), before not at all. Before 5.18 the walk only unlocks, and mlock's
// populate locks page by page (follow_page_pte() with FOLL_MLOCK).
// Mirrors mlock_vma_pages_range() and mlock_pte_range(), mm/mlock.c, 6.12 (munlock_vma_pages_range() before 5.18).
export function mlock_vma_pages_range(k: Kernel, vma: number, start: number, end: number): void {
  const locked = vma_locks(k, vma);
  if (locked && !k.model.mlockBatches) return;
  if (k.model.mlockBatches) lru_add_drain(k);
  // The first page of memory behind the entries of a folio that was seen to already.
  let done = start;
  walk_ptes(
    k,
    k.w.vma.mm.data[vma] - 1,
    start,
    end,
    (row, vpn, entry) => {
      const page = vpn >= done && entry & PTE_PRESENT ? vm_normal_page(k, vma, entry) : undefined;
      if (page === undefined) return;
      const folio = page_folio(k, page);
      if (folio_test_large(k, folio)) {
        const left = Math.min(end, vpn - (vpn % k.hpageNr) + k.hpageNr) - vpn;
        const nr = k.model.mlocksLargePtes ? pte_batch(k, row, page, left, IGNORED) : 1;
        done = vpn + nr;
        if (!large_ptes_count(k, page, nr, locked)) return;
      }
      if (locked) mlock_folio(k, folio);
      else munlock_in_walk(k, folio);
    },
    (_pmd, _first, _from, _to, entry) => {
      const page = entry & PTE_PRESENT ? vm_normal_page(k, vma, entry) : undefined;
      if (page === undefined) return;
      if (locked) mlock_folio(k, page);
      else munlock_vma_folio(k, page, true);
    },
  );
  if (k.model.mlockBatches) lru_add_drain(k);
}

const IGNORED = FPB_IGNORE_DIRTY | FPB_IGNORE_SOFT_DIRTY;

// Whether so many PTEs of a large folio make a difference. Mirrors allow_mlock_munlock(), mm/mlock.c, 6.12; up to 6.6
// mlock_pte_range() passes them over.
function large_ptes_count(k: Kernel, page: number, nr: number, locks: boolean): boolean {
  return k.model.mlocksLargePtes && (!locks || nr === folio_nr_pages(k, page_folio(k, page)));
}

// What GUP locks for mlock() before 5.18: neither of the zero pages, no large folio that PTEs map, no anonymous one that
// another PMD maps as well. Mirrors the FOLL_MLOCK parts of follow_page_pte(), mm/gup.c, and follow_trans_huge_pmd(),
// mm/huge_memory.c, 5.10.
export function gup_locks(k: Kernel, page: number, entire: boolean): boolean {
  const row = large_folio(k, page);
  if (row < 0) return page !== ZERO_PFN;
  const folio = page_folio(k, page);
  if (!entire || is_huge_zero_folio(k, folio) || has_flag(k, folio, FOLIO_DOUBLE_MAP)) return false;
  return !folio_test_anon(k, folio) || k.w.folio._entire_mapcount.data[row] === 1;
}
