// Mapcounts of hugetlb folios: an entry maps the whole folio or nothing of it. include/linux/rmap.h, mm/rmap.c;
// mm-semantics §2.10.

import { PG_anon_exclusive } from "./flags.ts";
import { folio_test_anon, large_folio, PageAnonExclusive } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { impossible, set_count } from "./overflow.ts";
import { set_new_anon } from "./rmap.ts";

// The first mapping of a fresh anonymous hugetlb folio, exclusive where the release knows the flag. `copied` says that it is
// a copy of one which stays behind.
// Mirrors hugetlb_add_new_anon_rmap(), mm/rmap.c, 6.12 (hugepage_add_new_anon_rmap() before 6.8).
export const hugetlb_add_new_anon_rmap = kernelFunction(
  "hugetlb_add_new_anon_rmap",
  "mm/rmap.c",
  (k: Kernel, vma: number, vpn: number, folio: number, copied: boolean) => {
    set_new_anon(k, vma, vpn, folio, copied);
    count(k, folio, 1);
  },
);

// An anonymous folio is mapped again where a migration entry stood. Mirrors hugetlb_add_anon_rmap(), mm/rmap.c, 6.12.
export function hugetlb_add_anon_rmap(k: Kernel, folio: number, exclusive: boolean): void {
  const { flags } = k.w.page;
  count(k, folio, 1);
  if (exclusive && k.model.anonExclusive) k.set(flags, folio, flags.data[folio] | PG_anon_exclusive);
}

// One more entry maps the folio. Mirrors hugetlb_add_file_rmap(), include/linux/rmap.h, 6.12.
export function hugetlb_add_file_rmap(k: Kernel, folio: number): void {
  count(k, folio, 1);
}

// fork's mapping of an anonymous folio that is shared: it is exclusive to nobody. Mirrors the part of
// hugetlb_try_dup_anon_rmap(), include/linux/rmap.h, 6.12, that succeeds.
export function hugetlb_dup_anon_rmap(k: Kernel, folio: number): void {
  const { flags } = k.w.page;
  k.set(flags, folio, flags.data[folio] & ~PG_anon_exclusive);
  count(k, folio, 1);
}

// Migration is about to take the only mapping away: no longer exclusive, unless the model keeps it where it is.
// Mirrors hugetlb_try_share_anon_rmap(), include/linux/rmap.h, 6.12.
export function hugetlb_try_share_anon_rmap(k: Kernel, folio: number): boolean {
  if (!folio_test_anon(k, folio) || !PageAnonExclusive(k, folio)) return true;
  if (!k.model.mayShareExclusive(k, folio)) return false;
  k.set(k.w.page.flags, folio, k.w.page.flags.data[folio] & ~PG_anon_exclusive);
  return true;
}

// Mirrors hugetlb_remove_rmap(), include/linux/rmap.h, 6.12.
export function hugetlb_remove_rmap(k: Kernel, folio: number): void {
  if (hugetlb_mapcount(k, folio) <= 0) impossible(k, `hugetlb_remove_rmap: pfn ${folio} is not mapped`);
  count(k, folio, -1);
}

// How many entries map it. folio_mapcount() of a hugetlb folio, include/linux/mm.h.
export function hugetlb_mapcount(k: Kernel, folio: number): number {
  return k.w.folio._entire_mapcount.data[large_folio(k, folio)];
}

function count(k: Kernel, folio: number, by: number): void {
  const { _entire_mapcount, _large_mapcount } = k.w.folio;
  const row = large_folio(k, folio);
  set_count(k, _entire_mapcount, row, _entire_mapcount.data[row] + by, k.mapcountEnd);
  if (!k.model.largeMapcount) return;
  set_count(k, _large_mapcount, row, _large_mapcount.data[row] + by, k.mapcountEnd);
}
