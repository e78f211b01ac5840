// Locked pages: mapped in a VMA with VM_LOCKED, marked with PG_mlocked, and kept apart from the lists that reclaim reads.
// mm/mlock.c, mm/internal.h.

import { PG_mlocked } from "./flags.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain, mlock_folio, munlock_folio, vma_locks } from "./lru.ts";
import { vm_normal_page } from "./normal_page.ts";
import { PTE_PRESENT, walk_ptes } from "./pgtable.ts";

export { vma_locks };

// The page lost a mapping in a locked VMA, or its VMA the lock. Before 5.18 pages that are not locked are passed over.
// Mirrors munlock_vma_folio(), mm/internal.h, 6.12.
export function munlock_vma_folio(k: Kernel, pfn: number): void {
  if (k.model.mlockBatches || (k.w.page.flags.data[pfn] & PG_mlocked) !== 0) munlock_folio(k, pfn);
}

// The VMA's flags have changed: what its range maps is locked or not from now on. Before 5.18 the walk only unlocks, and
// mlock's populate locks page by page (follow_page_pte() with FOLL_MLOCK).
// Mirrors mlock_vma_pages_range(), mm/mlock.c, 6.12 (munlock_vma_pages_range() before 5.18).
export function mlock_vma_pages_range(k: Kernel, vma: number, start: number, end: number): void {
  const locked = vma_locks(k, vma);
  if (locked && !k.model.mlockBatches) return;
  if (k.model.mlockBatches) lru_add_drain(k);
  walk_ptes(k, k.w.vma.mm.data[vma] - 1, start, end, (_row, _vpn, entry) => {
    const pfn = entry & PTE_PRESENT ? vm_normal_page(k, vma, entry) : undefined;
    if (pfn === undefined) return;
    if (locked) mlock_folio(k, pfn);
    else munlock_vma_folio(k, pfn);
  });
  if (k.model.mlockBatches) lru_add_drain(k);
}
