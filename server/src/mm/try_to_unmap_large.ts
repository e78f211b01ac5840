// Taking a large folio out of an address space, so that it can be reclaimed or split. mm/rmap.c; mm-semantics §5.6.
//
// A PMD becomes PTEs first, unless MADV_FREE gave the folio up and all of it can go at once (6.11); a file's PMD just goes.

import { add_mm_counter, mm_counter } from "./counters.ts";
import { BY_RECLAIM, PG_anon, PG_dirty, PG_swapbacked } from "./flags.ts";
import { PageAnonExclusive } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { __split_huge_pmd } from "./huge_pmd_split.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapcount } from "./mapcount.ts";
import { mlock_mapped_folio, vma_locks } from "./mlock_vma.ts";
import { folio_maybe_dma_pinned, folio_put, folio_put_refs, folio_ref_count } from "./page_ref.ts";
import type { Run } from "./page_vma_mapped.ts";
import { mk_pte, PTE_DIRTY, PTE_SOFT_DIRTY, pte_with, zap_deposited_table } from "./pgtable.ts";
import { folio_remove_rmap_pmd, folio_remove_rmap_ptes } from "./rmap.ts";
import { swap_duplicate_nr } from "./swap_slots.ts";
import { swp_entry } from "./swapops.ts";
import { exclusive_batch, folio_try_share_anon_rmap_ptes } from "./try_to_migrate_large.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

const LOCKED = condition("vma->vm_flags & VM_LOCKED", "vm_flags");
const DIRTY = condition("folio_test_dirty(folio) || pmd_dirty(orig_pmd)", "dirty");
const ONLY_MAPPINGS = condition("ref_count == map_count + 1", "refcount");

// False ends the walk. Mirrors a round of try_to_unmap_one(), mm/rmap.c, 6.12.
export function try_to_unmap_run(k: Kernel, folio: number, run: Run, ignoreMlock: boolean): boolean {
  if (!ignoreMlock && vma_locks(k, run.vma)) {
    k.decide(LOCKED, k.w.vma.flags.data[run.vma], true);
    if (k.model.mlocksMapped === "whole") mlock_mapped_folio(k, run.vma, folio, run.nr, run.huge);
    return false;
  }
  const flags = k.w.page.flags.data[folio];
  const lazyfree = (flags & (PG_anon | PG_swapbacked)) === PG_anon;
  if (run.huge) {
    if (lazyfree && k.model.lazyfreeDropsPmd !== "no") {
      if (__discard_anon_folio_pmd_locked(k, folio, run)) return true;
      if (k.model.lazyfreeDropsPmd === "or nothing") return false;
    }
    __split_huge_pmd(k, run.vma, run.pte, { folio, freeze: false });
    return true;
  }
  if (run.entry & PTE_DIRTY) folio_mark_dirty(k, folio);
  if ((flags & PG_anon) === 0) return drop(k, folio, run, mm_counter(k, folio));
  return lazyfree ? discard(k, folio, run) : swap_out(k, folio, run);
}

// The folio that nobody wants goes with its PMD: a mapping and a reference less, rss_anon - its pages, VmPTE - one page. Not
// when it was written to since, or somebody else holds it. Mirrors __discard_anon_folio_pmd_locked(), mm/huge_memory.c, 6.12
// and 7.2, where a dirty folio is an ordinary one again.
const __discard_anon_folio_pmd_locked = kernelFunction(
  "__discard_anon_folio_pmd_locked",
  "mm/huge_memory.c",
  (k: Kernel, folio: number, run: Run): boolean => {
    const { page } = k.w;
    const mm = k.w.vma.mm.data[run.vma] - 1;
    const dirty = ((page.flags.data[folio] & PG_dirty) | (run.entry & PTE_DIRTY)) !== 0;
    if (k.decide(DIRTY, dirty ? 1 : 0, dirty)) {
      if (k.model.lazyfreeDropsPmd === "or nothing") {
        k.set(page.flags, folio, page.flags.data[folio] | PG_dirty | PG_swapbacked);
      }
      return false;
    }
    const refs = folio_ref_count(k, folio);
    if (!k.decide(ONLY_MAPPINGS, refs, refs === folio_mapcount(k, folio) + 1)) return false;
    k.set(k.w.pte.entry, run.pte, 0);
    folio_remove_rmap_pmd(k, run.vma, folio);
    zap_deposited_table(k, mm, run.pte);
    add_mm_counter(k, mm, k.w.mm.rss_anon, -run.nr);
    folio_put(k, folio);
    return true;
  },
);

// The entries are empty from now on.
function drop(k: Kernel, folio: number, run: Run, counter: Parameters<typeof add_mm_counter>[2]): boolean {
  k.setRun(k.w.pte.entry, run.pte, run.nr, 0);
  add_mm_counter(k, k.w.vma.mm.data[run.vma] - 1, counter, -run.nr);
  return unmapped(k, folio, run.vma, run.page, run.nr);
}

function unmapped(k: Kernel, folio: number, vma: number, page: number, nr: number): boolean {
  folio_remove_rmap_ptes(k, vma, page, nr);
  folio_put_refs(k, folio, nr);
  return true;
}

// Pages that MADV_FREE gave up. What is found of the folio holds for all of them: each takes a reference with its mapping.
function discard(k: Kernel, folio: number, run: Run): boolean {
  const { flags, unmapped_by } = k.w.page;
  const outcome = k.model.lazyfreeOutcome(k, folio);
  if (outcome === "swapbacked") k.set(flags, folio, flags.data[folio] | PG_swapbacked);
  if (outcome !== "discard") return false;
  if (folio_maybe_dma_pinned(k, folio)) k.set(unmapped_by, folio, BY_RECLAIM);
  return drop(k, folio, run, k.w.mm.rss_anon);
}

// The entries name the slots of the pages from now on, those of exclusive pages marked so.
function swap_out(k: Kernel, folio: number, run: Run): boolean {
  const { page, mm } = k.w;
  const owner = k.w.vma.mm.data[run.vma] - 1;
  for (let at = 0; at < run.nr; ) {
    const first = run.page + at;
    const slot = page.swap.data[folio] + first - folio;
    const exclusive = PageAnonExclusive(k, first);
    const nr = exclusive_batch(k, first, run.nr - at);
    if (exclusive && !folio_try_share_anon_rmap_ptes(k, folio, first, nr)) return false;
    const marked = exclusive && k.model.swapKeepsExclusive;
    swap_duplicate_nr(k, slot, nr);
    add_mm_counter(k, owner, mm.rss_anon, -nr);
    add_mm_counter(k, owner, mm.rss_swap, nr);
    const entry = pte_with(swp_entry(slot, marked), run.entry & PTE_SOFT_DIRTY);
    k.setRun(k.w.pte.entry, run.pte + at, nr, entry, mk_pte(1, 0));
    unmapped(k, folio, run.vma, first, nr);
    at += nr;
  }
  return true;
}
