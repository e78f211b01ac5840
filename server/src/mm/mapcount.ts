// What the counters of a folio say: how often it, or one of its pages, is mapped, and whether by more than one address
// space. include/linux/mm.h, mm/util.c, mm/huge_memory.c, fs/proc/internal.h; mm-semantics §7.2, §7.5, §7.6, §11.2.

import { FOLIO_DOUBLE_MAP, FOLIO_HUGETLB, PG_anon } from "./flags.ts";
import { folio_nr_pages, page_folio } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mms } from "./mms.ts";
import { no_page_mapcount } from "./rmap_large.ts";

// Page-table entries that map any part of the folio; a PMD is one. Mirrors folio_mapcount(), include/linux/mm.h, 6.12, and
// total_mapcount(), mm/huge_memory.c, 5.10, which adds up the pages.
export function folio_mapcount(k: Kernel, folio: number): number {
  const row = k.w.page.folio.data[folio] - 1;
  if (row < 0) return k.w.page._mapcount.data[folio];
  return k.model.largeMapcount ? k.w.folio._large_mapcount.data[row] : total_mapcount(k, folio);
}

// PMD mappings, or hugetlb's. On 32 bits a folio of two pages has no such field from 6.15 on, and no PMD maps one. row is the
// folio's. Mirrors folio_entire_mapcount(), include/linux/mm.h, 7.2.
export function folio_entire_mapcount(k: Kernel, row: number): number {
  return k.w.folio._entire_mapcount.data[row];
}

// Whether an entry maps the folio, as far as its counters tell: one that has overflowed says that none does.
// Mirrors folio_mapped(), include/linux/mm.h, and page_mapped(), mm/util.c, 5.10.
export function folio_mapped(k: Kernel, folio: number): boolean {
  const row = k.w.page.folio.data[folio] - 1;
  if (row < 0) return k.w.page._mapcount.data[folio] > 0;
  if (k.model.largeMapcount) return k.w.folio._large_mapcount.data[row] > 0;
  return k.w.folio._entire_mapcount.data[row] > 0 || any_page_mapped(k, row);
}

function any_page_mapped(k: Kernel, row: number): boolean {
  const { folio, page } = k.w;
  if (k.model.nrPagesMapped) return folio._nr_pages_mapped.data[row] !== 0;
  const head = folio.head.data[row];
  const end = head + 2 ** folio.order.data[row];
  for (let at = head; at < end; at++) if (page._mapcount.data[at] > 0) return true;
  return false;
}

// All mappings of the folio, an entire one counted once. Up to 6.1 the pages of a file count its PMDs too, and those of an
// anonymous folio one more with PG_double_map. Mirrors total_mapcount(), mm/huge_memory.c, 5.10; folio_mapcount(), mm/util.c, 6.1.
export function total_mapcount(k: Kernel, folio: number): number {
  const { page } = k.w;
  const row = page.folio.data[folio] - 1;
  if (row < 0) return page._mapcount.data[folio];
  const { head, flags, order, _entire_mapcount } = k.w.folio;
  const nr = 2 ** order.data[row];
  const entire = _entire_mapcount.data[row];
  if (flags.data[row] & FOLIO_HUGETLB) return entire;
  let sum = entire;
  for (let at = head.data[row]; at < head.data[row] + nr; at++) sum += page._mapcount.data[at];
  return sum - nr * counted_beside(k, row);
}

// What each page's _mapcount counts beside its own PTEs.
function counted_beside(k: Kernel, row: number): number {
  if (!k.model.doubleMap) return 0;
  const { head, flags, _entire_mapcount } = k.w.folio;
  const anon = (k.w.page.flags.data[head.data[row]] & PG_anon) !== 0;
  if (!anon) return flags.data[row] & FOLIO_HUGETLB ? 0 : _entire_mapcount.data[row];
  return flags.data[row] & FOLIO_DOUBLE_MAP ? 1 : 0;
}

// Entries that map this very page, PMDs included. Mirrors folio_precise_page_mapcount(), fs/proc/internal.h, 6.12, and
// page_mapcount(), mm/util.c, 5.10. Where pages of large folios have no mapcount of their own it is what their owner knows,
// the average: folio_average_page_mapcount(). Under mapcount-mms the address spaces that map any part of its folio.
export function page_mapcount(k: Kernel, page: number): number {
  if (k.model.mapcountOf === "address spaces") return folio_mms(k, page_folio(k, page));
  const row = k.w.page.folio.data[page] - 1;
  if (row < 0) return k.w.page._mapcount.data[page];
  if (no_page_mapcount(k)) return folio_average_page_mapcount(k, page_folio(k, page));
  const own = k.w.page._mapcount.data[page] - counted_beside(k, row);
  return own + k.w.folio._entire_mapcount.data[row];
}

// How often a page of the folio is mapped on average, at least once if any is: what smaps and kpagecount show where pages
// have no mapcount of their own. Mirrors folio_average_page_mapcount(), fs/proc/internal.h, 6.15.
export function folio_average_page_mapcount(k: Kernel, folio: number): number {
  const row = k.w.page.folio.data[folio] - 1;
  if (row < 0) return k.w.page._mapcount.data[folio];
  const mapcount = folio_mapcount(k, folio);
  const entire = k.w.folio._entire_mapcount.data[row];
  if (mapcount <= 0) return 0;
  if (mapcount <= entire) return entire;
  const nr = folio_nr_pages(k, folio);
  const average = Math.floor((mapcount - entire + nr / 2) / nr);
  return Math.max(average + entire, 1);
}

// The largest mapcount of any page of the folio, and so of those that a write would decide by.
// Mirrors page_trans_huge_mapcount(), mm/huge_memory.c, 5.10.
export function page_trans_huge_mapcount(k: Kernel, folio: number): number {
  const { page } = k.w;
  const row = page.folio.data[folio] - 1;
  if (row < 0) return page._mapcount.data[folio];
  const { head, flags, order, _entire_mapcount } = k.w.folio;
  let most = 0;
  for (let at = head.data[row]; at < head.data[row] + 2 ** order.data[row]; at++) {
    most = Math.max(most, page._mapcount.data[at]);
  }
  return most - (flags.data[row] & FOLIO_DOUBLE_MAP ? 1 : 0) + _entire_mapcount.data[row];
}

// Whether more than one address space may map the folio: of a large one what the release can tell (mapped_shared_rules.ts).
// Mirrors folio_maybe_mapped_shared(), include/linux/mm.h, 7.2, folio_likely_mapped_shared(), 6.12, and
// folio_estimated_sharers() > 1, 6.8.
export function folio_maybe_mapped_shared(k: Kernel, folio: number): boolean {
  const row = k.w.page.folio.data[folio] - 1;
  if (row < 0) return k.w.page._mapcount.data[folio] > 1;
  const mapcount = folio_mapcount(k, folio);
  if (k.w.folio.flags.data[row] & FOLIO_HUGETLB) return mapcount > 1;
  return k.model.largeMappedShared(k, row, mapcount);
}
