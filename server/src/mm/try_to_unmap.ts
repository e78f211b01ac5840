// Taking a page out of every address space, so that it can be reclaimed. mm/rmap.c; mm-semantics §5.6.

import { add_mm_counter, mm_counter } from "./counters.ts";
import { BY_RECLAIM, PG_anon, PG_anon_exclusive, PG_swapbacked } from "./flags.ts";
import { folio_test_large } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { mlock_folio } from "./lru.ts";
import { folio_mapped } from "./mapcount.ts";
import { vma_locks } from "./mlock_vma.ts";
import { folio_maybe_dma_pinned, folio_put } from "./page_ref.ts";
import { pages_of, rmap_walk_runs } from "./page_vma_mapped.ts";
import { PTE_DIRTY, PTE_SOFT_DIRTY, pte_with } from "./pgtable.ts";
import { folio_remove_rmap_pte, folio_try_share_anon_rmap_pte } from "./rmap.ts";
import { rmap_walk } from "./rmap_walk.ts";
import { swap_duplicate, swap_free } from "./swap_slots.ts";
import { swp_entry } from "./swapops.ts";
import { try_to_unmap_run } from "./try_to_unmap_large.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

const LOCKED = condition("vma->vm_flags & VM_LOCKED", "vm_flags");

// Each entry that maps the page: mapcount - 1, refcount - 1, rss - 1; a dirty entry makes the page dirty. An anonymous
// page's entries name its swap slot from then on; those of a page that MADV_FREE gave up are empty. A locked VMA, or a
// page that may not go, ends the walk; a split asks for locked memory, too (TTU_IGNORE_MLOCK). True when nobody maps the
// page any more. Mirrors try_to_unmap(), mm/rmap.c, 6.12.
export const try_to_unmap = kernelFunction(
  "try_to_unmap",
  "mm/rmap.c",
  (k: Kernel, folio: number, ignoreMlock: boolean): boolean => {
    if (folio_test_large(k, folio)) {
      rmap_walk_runs(k, pages_of(k, folio), (run) => try_to_unmap_run(k, folio, run, ignoreMlock));
    } else {
      rmap_walk(k, folio, (vma, _vpn, pte, entry) => try_to_unmap_one(k, folio, vma, pte, entry));
    }
    return !folio_mapped(k, folio);
  },
);

// False ends the walk. Mirrors try_to_unmap_one(), mm/rmap.c, 6.12.
function try_to_unmap_one(k: Kernel, pfn: number, vma: number, pte: number, entry: number): boolean {
  const { page, mm: m } = k.w;
  const mm = k.w.vma.mm.data[vma] - 1;
  if (vma_locks(k, vma)) {
    k.decide(LOCKED, k.w.vma.flags.data[vma], true);
    mlock_folio(k, pfn);
    return false;
  }
  if (entry & PTE_DIRTY) folio_mark_dirty(k, pfn);
  const flags = page.flags.data[pfn];
  if ((flags & PG_anon) === 0) {
    k.set(k.w.pte.entry, pte, 0);
    add_mm_counter(k, mm, mm_counter(k, pfn), -1);
  } else if ((flags & PG_swapbacked) === 0) {
    const outcome = k.model.lazyfreeOutcome(k, pfn);
    if (outcome === "swapbacked") k.set(page.flags, pfn, flags | PG_swapbacked);
    if (outcome !== "discard") return false;
    if (folio_maybe_dma_pinned(k, pfn)) k.set(page.unmapped_by, pfn, BY_RECLAIM);
    k.set(k.w.pte.entry, pte, 0);
    add_mm_counter(k, mm, m.rss_anon, -1);
  } else {
    const slot = page.swap.data[pfn];
    const exclusive = (flags & PG_anon_exclusive) !== 0;
    swap_duplicate(k, slot);
    if (exclusive && !folio_try_share_anon_rmap_pte(k, pfn)) {
      swap_free(k, slot);
      return false;
    }
    add_mm_counter(k, mm, m.rss_anon, -1);
    add_mm_counter(k, mm, m.rss_swap, 1);
    const marked = exclusive && k.model.swapKeepsExclusive;
    k.set(k.w.pte.entry, pte, pte_with(swp_entry(slot, marked), entry & PTE_SOFT_DIRTY));
  }
  folio_remove_rmap_pte(k, vma, pfn);
  folio_put(k, pfn);
  return true;
}
