// The way back from a large folio to the entries that map it, run by run. mm/page_vma_mapped.c, mm/rmap.c.
//
// Entries that differ in nothing but the page that they name come together: what is done to all of them is one step, and one
// event for each field. rmap_walk.ts is the same for a small folio.

import { folio_nr_pages, folio_test_anon } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { mk_pte, PTE_PRESENT, PTE_SPECIAL, pmd_none_or_table, pmd_offset, pte_offset, pte_pfn } from "./pgtable.ts";
import { PTE_MIGRATION } from "./swapops.ts";

// Pages in a row, and where they stand in their mapping.
export interface Pages {
  // The pfn of the first.
  readonly first: number;
  readonly nr: number;
  // page->mapping, and whether that is an anon_vma.
  readonly mapping: number;
  readonly anon: boolean;
  // The first one's page offset there.
  readonly index: number;
}

// What a walk meets: PTEs in a row of one page table that name pages in a row and are alike otherwise, or a PMD.
export interface Run {
  readonly vma: number;
  // The first page of the run.
  readonly vpn: number;
  // The row of its entry, and the entry.
  readonly pte: number;
  readonly entry: number;
  // The pfn that it names.
  readonly page: number;
  readonly nr: number;
  // One entry for all of them: a PMD.
  readonly huge: boolean;
}

// The folio's pages.
export function pages_of(k: Kernel, folio: number): Pages {
  const { mapping, index } = k.w.page;
  return {
    first: folio,
    nr: folio_nr_pages(k, folio),
    mapping: mapping.data[folio],
    anon: folio_test_anon(k, folio),
    index: index.data[folio],
  };
}

// Calls visit for each run of entries that map some of the pages, VMA by VMA, ascending; with `migrationOf`, of migration
// entries that stand for the frames from that one on, which the pages had before. A PMD that is a table when the visitor
// comes back is walked then. False from visit ends the walk.
// Mirrors rmap_walk() with page_vma_mapped_walk(), mm/rmap.c and mm/page_vma_mapped.c.
export function rmap_walk_runs(k: Kernel, pages: Pages, visit: (run: Run) => boolean, migrationOf?: number): boolean {
  const { mapping, index, nr, anon } = pages;
  if (mapping === 0) return true;
  const vmas = anon ? k.rmap.ofAnonRange(mapping, index, nr) : k.rmap.ofFileRange(mapping, index, nr);
  const wanted: Wanted = migrationOf === undefined ? maps(pages.first, nr) : stands_for(migrationOf, nr);
  return vmas.every((vma) => page_vma_mapped_walk(k, pages, vma, wanted, visit));
}

// Which entries are looked for.
type Wanted = (entry: number) => boolean;

function maps(first: number, nr: number): Wanted {
  return (entry) => (entry & (PTE_PRESENT | PTE_SPECIAL)) === PTE_PRESENT && within(entry, first, nr);
}

function stands_for(first: number, nr: number): Wanted {
  return (entry) => (entry & (PTE_PRESENT | PTE_MIGRATION)) === PTE_MIGRATION && within(entry, first, nr);
}

function within(entry: number, first: number, nr: number): boolean {
  const pfn = pte_pfn(entry);
  return pfn >= first && pfn < first + nr;
}

function page_vma_mapped_walk(
  k: Kernel,
  pages: Pages,
  vma: number,
  wanted: Wanted,
  visit: (run: Run) => boolean,
): boolean {
  const { start, end, pgoff, mm } = k.w.vma;
  const first = pages.index - pgoff.data[vma] + start.data[vma];
  const last = Math.min(end.data[vma], first + pages.nr);
  const space = mm.data[vma] - 1;
  for (let vpn = Math.max(start.data[vma], first); vpn < last; ) {
    const stop = Math.min(last, vpn - (vpn % k.hpageNr) + k.hpageNr);
    let pte = pte_offset(k, space, vpn);
    if (pte < 0) {
      const pmd = pmd_offset(k, space, vpn);
      const entry = pmd < 0 ? 0 : k.w.pte.entry.data[pmd];
      if (!pmd_none_or_table(entry) && wanted(entry)) {
        const run = { vma, vpn, pte: pmd, entry, page: pte_pfn(entry), nr: k.hpageNr, huge: true };
        if (!visit(run)) return false;
        pte = pte_offset(k, space, vpn);
      }
    }
    if (pte >= 0 && !walk_table(k, vma, vpn, stop, pte, wanted, visit)) return false;
    vpn = stop;
  }
  return true;
}

function walk_table(
  k: Kernel,
  vma: number,
  from: number,
  to: number,
  first: number,
  wanted: Wanted,
  visit: (run: Run) => boolean,
): boolean {
  for (let vpn = from; vpn < to; ) {
    const pte = first + vpn - from;
    const entry = k.w.pte.entry.data[pte];
    if (!wanted(entry)) {
      vpn++;
      continue;
    }
    const nr = pte_batch(k, pte, to - vpn);
    if (!visit({ vma, vpn, pte, entry, page: pte_pfn(entry), nr, huge: false })) return false;
    vpn += nr;
  }
  return true;
}

const NEXT = mk_pte(1, 0);

// How many entries from this one on, at most so many, name pages (or slots) in a row and are alike otherwise. Mirrors
// folio_pte_batch() and swap_pte_batch(), mm/internal.h, with no bit ignored.
export function pte_batch(k: Kernel, pte: number, most: number): number {
  const { data } = k.w.pte.entry;
  let nr = 1;
  while (nr < most && data[pte + nr] === data[pte] + nr * NEXT) nr++;
  return nr;
}
