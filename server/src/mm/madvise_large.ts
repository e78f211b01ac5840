// Large folios under MADV_FREE, MADV_COLD and MADV_PAGEOUT: which of them are taken, and which are split for it. mm/madvise.c;
// mm-semantics §5.4, §5.5.
//
//   up to 6.9   one with PTEs is split whatever is asked for; the walk leaves the page table when it cannot be, or when others map it
//   6.10        only one of which a part is wanted is split, else it is passed by

import { folio_nr_pages, page_folio } from "./folio.ts";
import { __folio_split } from "./folio_split.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapcount, folio_maybe_mapped_shared, page_mapcount, total_mapcount } from "./mapcount.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { pte_batch } from "./page_vma_mapped.ts";
import {
  mk_pte,
  next_table,
  PTE_PRESENT,
  PTE_SPECIAL,
  pmd_none_or_table,
  pmd_offset,
  pte_offset,
  pte_pfn,
  pte_with,
  type VisitHuge,
} from "./pgtable.ts";

const SHARED = condition("folio_maybe_mapped_shared(folio)", "mapcount");
const MAPPED_ONCE = condition("page_mapcount(page) == 1", "mapcount");
const MAPPED_HERE = condition("folio_mapcount(folio) == folio_nr_pages(folio)", "mapcount");

// Calls visit(row, vpn, entry) for each PTE in [start, end) that is not empty; it says how many entries it has looked at: 0 to
// be called again, -1 to leave the page table. Huge entries first go to `huge`, which may split them.
export function walk_tables(
  k: Kernel,
  vma: number,
  start: number,
  end: number,
  huge: VisitHuge,
  visit: (row: number, vpn: number, entry: number) => number,
): void {
  const mm = k.w.vma.mm.data[vma] - 1;
  for (let vpn = start; vpn < end; ) {
    const stop = Math.min(end, vpn - (vpn % k.hpageNr) + k.hpageNr);
    let row = pte_offset(k, mm, vpn);
    if (row < 0) {
      const pmd = pmd_offset(k, mm, vpn);
      const entry = pmd < 0 ? 0 : k.w.pte.entry.data[pmd];
      if (pmd_none_or_table(entry)) {
        vpn = next_table(k, mm, vpn, end);
        continue;
      }
      huge(pmd, vpn - (vpn % k.hpageNr), vpn, stop, entry);
      row = pte_offset(k, mm, vpn);
    }
    for (let at = vpn; row >= 0 && at < stop; ) {
      const entry = k.w.pte.entry.data[row + at - vpn];
      const looked = entry === 0 ? 1 : visit(row + at - vpn, at, entry);
      if (looked < 0) break;
      at += looked;
    }
    vpn = stop;
  }
}

// Whether somebody else maps the folio that a PMD maps here. Mirrors madvise_cold_or_pageout_pte_range(), mm/madvise.c.
export function pmd_mapped_by_others(k: Kernel, folio: number): boolean {
  if (k.model.madviseSharers === "folio") return shared(k, folio);
  const mapcount = page_mapcount(k, folio);
  return mapcount !== 1 && !k.decide(MAPPED_ONCE, mapcount, false);
}

// The same for MADV_FREE. Mirrors madvise_free_huge_pmd(), mm/huge_memory.c.
export function pmd_kept_by_others(k: Kernel, folio: number): boolean {
  if (k.model.madviseSharers === "folio") return shared(k, folio);
  const mapcount = total_mapcount(k, folio);
  return mapcount !== 1 && !k.decide(MAPPED_ONCE, mapcount, false);
}

function shared(k: Kernel, folio: number): boolean {
  return folio_maybe_mapped_shared(k, folio) && k.decide(SHARED, folio_mapcount(k, folio), true);
}

// What of a large folio's PTEs to do from this row on, of which at most `most` are wanted: all of them, `step` entries, or to go
// on after so many (walk_tables()).
export function whole_folio(
  k: Kernel,
  page: number,
  row: number,
  most: number,
  advice: "lru" | "free",
): { readonly taken: boolean; readonly step: number } {
  const folio = page_folio(k, page);
  if (k.model.madviseSplits === "all") {
    if (mapped_by_others(k, folio, page, advice) || !split_for_part(k, folio, page)) return { taken: false, step: -1 };
    return { taken: false, step: 0 };
  }
  const nr = folio_pte_batch(k, folio, page, row, most);
  if (nr === folio_nr_pages(k, folio)) return { taken: true, step: nr };
  const split = !shared(k, folio) && split_for_part(k, folio, folio);
  return { taken: false, step: split ? 0 : nr };
}

function mapped_by_others(k: Kernel, folio: number, page: number, advice: "lru" | "free"): boolean {
  const { madviseSharers } = k.model;
  if (madviseSharers === "folio") return shared(k, folio);
  const mapcount = page_mapcount(k, madviseSharers === "page" || advice === "lru" ? page : folio);
  return mapcount !== 1 && !k.decide(MAPPED_ONCE, mapcount, false);
}

// Splits the folio with a reference of ours; `page` is the one that keeps it meanwhile. False when it stays whole.
export function split_for_part(k: Kernel, folio: number, page: number): boolean {
  folio_get(k, folio);
  const split = __folio_split(k, folio, { page }) === 0;
  folio_put(k, split ? page : folio);
  return split;
}

// How many PTEs from this row on map the folio's pages from this one on, whatever else they say. Mirrors folio_pte_batch(),
// mm/internal.h, 6.12.
function folio_pte_batch(k: Kernel, folio: number, page: number, row: number, most: number): number {
  const { data } = k.w.pte.entry;
  // No further than the folio, nor than the page table.
  const table = k.geometry.stride;
  const left = Math.min(most, folio + folio_nr_pages(k, folio) - page, table - (row % table));
  let nr = 1;
  for (; nr < left; nr++) {
    const entry = data[row + nr];
    if ((entry & (PTE_PRESENT | PTE_SPECIAL)) !== PTE_PRESENT || pte_pfn(entry) !== page + nr) break;
  }
  return nr;
}

// A folio that is mapped here as a whole, or small: by nobody else.
export function mapped_here_alone(k: Kernel, folio: number, nr: number): boolean {
  const mapcount = folio_mapcount(k, folio);
  return mapcount === nr || k.decide(MAPPED_HERE, mapcount, false);
}

// Takes the bits out of so many entries in a row.
export function clear_bits(k: Kernel, row: number, nr: number, bits: number): void {
  const { entry } = k.w.pte;
  for (let at = row; at < row + nr; ) {
    const run = pte_batch(k, at, row + nr - at);
    k.setRun(entry, at, run, pte_with(entry.data[at], 0, bits), mk_pte(1, 0));
    at += run;
  }
}
