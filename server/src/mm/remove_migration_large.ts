// Migration entries of a large folio, or of what became of one, map pages again. mm/migrate.c, mm/huge_memory.c;
// mm-semantics §5.7, §5.12.

import { add_mm_counter } from "./counters.ts";
import { PG_anon_exclusive, PG_mlocked } from "./flags.ts";
import { folio_nr_pages, folio_test_anon, folio_test_large, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { mlock_folio } from "./lru.ts";
import { tells_exclusive } from "./migration_kind.ts";
import { mlock_mapped_folio, vma_locks } from "./mlock_vma.ts";
import { ZERO_PFN } from "./page_alloc.ts";
import { folio_get, folio_ref_add } from "./page_ref.ts";
import { type Pages, type Run, rmap_walk_runs } from "./page_vma_mapped.ts";
import { mk_pte, PTE_SOFT_DIRTY, PTE_SPECIAL, pte_prot } from "./pgtable.ts";
import {
  folio_add_anon_rmap_pmd,
  folio_add_anon_rmap_ptes,
  folio_add_file_rmap_pmd,
  folio_add_file_rmap_ptes,
} from "./rmap.ts";
import { migrated_bits } from "./try_to_migrate.ts";

// The migration entries that stand for the frames from `src` on map the pages of `dst`: a reference and a mapping more
// each, exclusive unless the kind is read. `zero` puts the zero page in place of what a small page of zeroes was mapped by
// (RMP_USE_SHARED_ZEROPAGE). Mirrors remove_migration_ptes(), mm/migrate.c, 6.12.
export const remove_migration_runs = kernelFunction(
  "remove_migration_ptes",
  "mm/migrate.c",
  (k: Kernel, src: number, dst: Pages, zero: boolean) => {
    const visit = (run: Run): boolean => {
      const page = dst.first + (run.page - src);
      if (run.huge) remove_migration_pmd(k, run, page);
      else remove_migration_pte(k, run, page, zero);
      return true;
    };
    rmap_walk_runs(k, dst, visit, src);
  },
);

// Mirrors remove_migration_pmd(), mm/huge_memory.c, 6.12.
const remove_migration_pmd = kernelFunction(
  "remove_migration_pmd",
  "mm/huge_memory.c",
  (k: Kernel, run: Run, folio: number) => {
    folio_get(k, folio);
    if (folio_test_anon(k, folio)) folio_add_anon_rmap_pmd(k, run.vma, run.vpn, folio, tells_exclusive(k, run.entry));
    else folio_add_file_rmap_pmd(k, run.vma, folio);
    mlock_mapped_folio(k, run.vma, folio, k.hpageNr, true);
    k.set(k.w.pte.entry, run.pte, mk_pte(folio, migrated_bits(k, run.vma, run.entry)));
  },
);

// The pages may be those of one large folio, or each a small one by now.
// Mirrors remove_migration_pte(), mm/migrate.c, 6.12.
const remove_migration_pte = kernelFunction(
  "remove_migration_pte",
  "mm/migrate.c",
  (k: Kernel, run: Run, first: number, zero: boolean) => {
    for (let at = 0; at < run.nr; ) {
      const page = first + at;
      const folio = page_folio(k, page);
      const rest = run.nr - at;
      if (folio_test_large(k, folio)) {
        const nr = Math.min(rest, folio + folio_nr_pages(k, folio) - page);
        map_large(k, run, at, page, nr);
        at += nr;
      } else if (zero && unused(k, run.vma, page)) {
        const nr = batch(rest, (i) => unused(k, run.vma, page + i));
        map_unused_to_zeropage(k, run, at, nr);
        at += nr;
      } else {
        const nr = batch(rest, (i) => !folio_test_large(k, page + i) && !(zero && unused(k, run.vma, page + i)));
        map_small(k, run, at, page, nr);
        at += nr;
      }
    }
  },
);

// How many from the first on, which is one of them.
function batch(most: number, like: (i: number) => boolean): number {
  let nr = 1;
  while (nr < most && like(nr)) nr++;
  return nr;
}

function map_large(k: Kernel, run: Run, at: number, page: number, nr: number): void {
  const folio = page_folio(k, page);
  folio_ref_add(k, folio, nr);
  if (folio_test_anon(k, folio)) {
    folio_add_anon_rmap_ptes(k, run.vma, run.vpn + at, page, nr, tells_exclusive(k, run.entry));
  } else {
    folio_add_file_rmap_ptes(k, run.vma, page, nr);
  }
  k.setRun(k.w.pte.entry, run.pte + at, nr, mk_pte(page, migrated_bits(k, run.vma, run.entry)), mk_pte(1, 0));
}

// Anonymous pages that were a large folio's just now: each has a counter of its own.
function map_small(k: Kernel, run: Run, at: number, page: number, nr: number): void {
  const { page: p } = k.w;
  k.addRun(p._refcount, page, nr, 1);
  k.addRun(p._mapcount, page, nr, 1);
  if (k.model.anonExclusive && tells_exclusive(k, run.entry)) k.addRun(p.flags, page, nr, PG_anon_exclusive);
  if (vma_locks(k, run.vma)) for (let i = 0; i < nr; i++) mlock_folio(k, page + i);
  k.setRun(k.w.pte.entry, run.pte + at, nr, mk_pte(page, migrated_bits(k, run.vma, run.entry)), mk_pte(1, 0));
}

// A page of nothing but zeroes, which no locked mapping keeps.
function unused(k: Kernel, vma: number, page: number): boolean {
  const { flags, content, folio } = k.w.page;
  return (
    folio.data[page] === 0 && (flags.data[page] & PG_mlocked) === 0 && !vma_locks(k, vma) && content.data[page] === 0
  );
}

// The zero page, read-only: rss_anon - 1 each, and the pages are not mapped any more.
// Mirrors try_to_map_unused_to_zeropage(), mm/migrate.c, 6.12.
const map_unused_to_zeropage = kernelFunction(
  "try_to_map_unused_to_zeropage",
  "mm/migrate.c",
  (k: Kernel, run: Run, at: number, nr: number) => {
    const { vma } = k.w;
    const entry = mk_pte(ZERO_PFN, pte_prot(vma.flags.data[run.vma]) | PTE_SPECIAL | (run.entry & PTE_SOFT_DIRTY));
    k.setRun(k.w.pte.entry, run.pte + at, nr, entry);
    add_mm_counter(k, vma.mm.data[run.vma] - 1, k.w.mm.rss_anon, -nr);
  },
);
