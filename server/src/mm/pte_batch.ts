// Entries in a row that map pages in a row of one large folio, which the kernel handles as one from 6.9 on.
// mm/internal.h.

import { folio_nr_pages, folio_test_large, page_folio } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { mk_pte, PTE_ACCESSED, PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITE, pte_with } from "./pte.ts";

// What need not agree in the entries of a batch, beside the accessed bit and the write bit.
export const FPB_IGNORE_DIRTY = PTE_DIRTY;
export const FPB_IGNORE_SOFT_DIRTY = PTE_SOFT_DIRTY;

// How many entries from `row` on, at most `max`, map the pages from `page` on of its folio, alike but for what `ignored`
// (FPB_*) names; 1 for a small folio and up to 6.8. Mirrors folio_pte_batch(), mm/internal.h, 6.12.
export function folio_pte_batch(k: Kernel, row: number, page: number, max: number, ignored: number): number {
  if (!folio_test_large(k, page) || !k.model.batchesPtes) return 1;
  return pte_batch(k, row, page, max, ignored);
}

// The same in every release.
export function pte_batch(k: Kernel, row: number, page: number, max: number, ignored: number): number {
  const { data } = k.w.pte.entry;
  const folio = page_folio(k, page);
  const most = Math.min(max, folio + folio_nr_pages(k, folio) - page);
  const clear = ignored | PTE_ACCESSED | PTE_WRITE;
  const first = pte_with(data[row], 0, clear);
  let nr = 1;
  while (nr < most && pte_with(data[row + nr], 0, clear) === first + mk_pte(nr, 0)) nr++;
  return nr;
}

// The accessed and dirty bits of a batch of mprotect, of which each entry of it gets all: entries in a row that map pages in a
// row of one large folio and agree in all other bits. `nr` of them, from `row` on, at most `max`. One behind the first that is dirty
// makes all of them soft-dirty, too, as pte_mkdirty() does.
// Mirrors mprotect_folio_pte_batch() with modify_prot_start_ptes(), mm/mprotect.c, 7.2.
export function mprotect_pte_batch(k: Kernel, row: number, page: number, max: number): { nr: number; bits: number } {
  const { data } = k.w.pte.entry;
  if (!folio_test_large(k, page)) return { nr: 1, bits: 0 };
  const folio = page_folio(k, page);
  const most = Math.min(max, folio + folio_nr_pages(k, folio) - page);
  const collected = PTE_ACCESSED | PTE_DIRTY;
  const first = pte_with(data[row], 0, collected);
  let nr = 0;
  let bits = 0;
  for (; nr < most && pte_with(data[row + nr], 0, collected) === first + mk_pte(nr, 0); nr++) {
    bits |= data[row + nr] & collected;
    if (nr > 0 && data[row + nr] & PTE_DIRTY) bits |= PTE_SOFT_DIRTY;
  }
  return { nr, bits };
}

// How many entries from `row` on, at most `max`, map the pages from `page` on of its folio and are alike in every bit.
export function alike_ptes(k: Kernel, row: number, page: number, max: number): number {
  const { data } = k.w.pte.entry;
  const folio = page_folio(k, page);
  const most = Math.min(max, folio + folio_nr_pages(k, folio) - page);
  let nr = 1;
  while (nr < most && data[row + nr] === data[row] + mk_pte(nr, 0)) nr++;
  return nr;
}

// Takes bits away from `nr` entries from `row` on: one event for each run of entries that have all of them.
export function clear_pte_bits(k: Kernel, row: number, nr: number, bits: number): void {
  const { entry } = k.w.pte;
  for (let at = row; at < row + nr; ) {
    const had = entry.data[at] & bits;
    let end = at + 1;
    while (end < row + nr && (entry.data[end] & bits) === had) end++;
    if (had !== 0) k.addRun(entry, at, end - at, -had);
    at = end;
  }
}
