// Migration entries in place of what maps a large folio: to move it, or to split it. mm/rmap.c, mm/huge_memory.c;
// mm-semantics §5.7, §5.12.
//
//   a PMD   ─▶ a migration entry in the PMD, to move the folio; migration entries in PTEs, to split it
//   PTEs    ─▶ migration entries, each of the kind that its own page's exclusive flag makes it

import { PG_anon_exclusive } from "./flags.ts";
import { PageAnonExclusive } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { __split_huge_pmd } from "./huge_pmd_split.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapped } from "./mapcount.ts";
import { migration_kind } from "./migration_kind.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { folio_put, folio_put_refs } from "./page_ref.ts";
import { pages_of, type Run, rmap_walk_runs } from "./page_vma_mapped.ts";
import { mk_pte, PTE_ACCESSED, PTE_DIRTY, PTE_SOFT_DIRTY, pte_with } from "./pgtable.ts";
import { folio_remove_rmap_pmd, folio_remove_rmap_ptes, folio_try_share_anon_rmap_pmd } from "./rmap.ts";
import { migration_entry } from "./swapops.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

// Every entry that maps the folio becomes a migration entry: a reference and a mapping less each, rss stays. `split` makes
// PTEs of PMDs (TTU_SPLIT_HUGE_PMD). An exclusive page that may be pinned keeps its entry, and ends the walk.
// Mirrors try_to_migrate(), mm/rmap.c, 6.12 (try_to_unmap() with TTU_MIGRATION or TTU_SPLIT_FREEZE before 5.14).
export const try_to_migrate_large = kernelFunction(
  "try_to_migrate",
  "mm/rmap.c",
  (k: Kernel, folio: number, split: boolean) => {
    rmap_walk_runs(k, pages_of(k, folio), (run) => try_to_migrate_one(k, folio, run, split) && folio_mapped(k, folio));
  },
);

// Mirrors try_to_migrate_one(), mm/rmap.c, 6.12.
const try_to_migrate_one = kernelFunction(
  "try_to_migrate_one",
  "mm/rmap.c",
  (k: Kernel, folio: number, run: Run, split: boolean): boolean => {
    if (!run.huge) return migrate_ptes(k, folio, run, split);
    if (!split) return set_pmd_migration_entry(k, folio, run);
    __split_huge_pmd(k, run.vma, run.pte, { folio, freeze: true });
    return !k.model.splitStopsAtFirstPmd;
  },
);

// The PMD stands for a folio that moves. False when it may be pinned.
// Mirrors set_pmd_migration_entry(), mm/huge_memory.c, 6.12.
const set_pmd_migration_entry = kernelFunction(
  "set_pmd_migration_entry",
  "mm/huge_memory.c",
  (k: Kernel, folio: number, run: Run): boolean => {
    const { entry } = run;
    const exclusive = PageAnonExclusive(k, folio);
    if (exclusive && !folio_try_share_anon_rmap_pmd(k, folio)) return false;
    if (entry & PTE_DIRTY) folio_mark_dirty(k, folio);
    const kind = migration_kind(k, entry, exclusive, false);
    k.set(k.w.pte.entry, run.pte, pte_with(migration_entry(folio, kind), kept_bits(k, entry)));
    folio_remove_rmap_pmd(k, run.vma, folio);
    if (vma_locks(k, run.vma)) munlock_vma_folio(k, folio, true);
    folio_put(k, folio);
    return true;
  },
);

// Those of exclusive pages and those of shared ones separately.
function migrate_ptes(k: Kernel, folio: number, run: Run, split: boolean): boolean {
  if (run.entry & PTE_DIRTY) folio_mark_dirty(k, folio);
  for (let at = 0; at < run.nr; ) {
    const page = run.page + at;
    const exclusive = PageAnonExclusive(k, page);
    const nr = exclusive_batch(k, page, run.nr - at);
    if (exclusive && !folio_try_share_anon_rmap_ptes(k, folio, page, nr)) return false;
    const kind = migration_kind(k, run.entry, exclusive, split);
    const entry = pte_with(migration_entry(page, kind), kept_bits(k, run.entry));
    k.setRun(k.w.pte.entry, run.pte + at, nr, entry, mk_pte(1, 0));
    remove_rmaps(k, run.vma, page, nr);
    if (vma_locks(k, run.vma)) munlock_vma_folio(k, folio);
    folio_put_refs(k, folio, nr);
    at += nr;
  }
  return true;
}

function kept_bits(k: Kernel, entry: number): number {
  return entry & (PTE_SOFT_DIRTY | (k.model.migrationKeepsAccessed ? PTE_ACCESSED | PTE_DIRTY : 0));
}

// How many pages from this one on, at most so many, are as exclusive as it is.
export function exclusive_batch(k: Kernel, page: number, most: number): number {
  const { data } = k.w.page.flags;
  let nr = 1;
  while (nr < most && ((data[page] ^ data[page + nr]) & PG_anon_exclusive) === 0) nr++;
  return nr;
}

// The exclusive pages are about to lose their only mappings for something that may be shared: no longer exclusive, unless
// the model keeps the folio where it is. Mirrors folio_try_share_anon_rmap_pte(), include/linux/rmap.h, 6.12, for each of them.
export function folio_try_share_anon_rmap_ptes(k: Kernel, folio: number, page: number, nr: number): boolean {
  if (!k.model.mayShareExclusive(k, folio)) return false;
  k.addRun(k.w.page.flags, page, nr, -PG_anon_exclusive);
  return true;
}

// The entries go one by one: after the first one the folio is partly mapped, which may put it in the deferred split queue
// (__folio_remove_rmap()), though all of them go.
function remove_rmaps(k: Kernel, vma: number, page: number, nr: number): void {
  folio_remove_rmap_ptes(k, vma, page, 1);
  if (nr > 1) folio_remove_rmap_ptes(k, vma, page + 1, nr - 1);
}
