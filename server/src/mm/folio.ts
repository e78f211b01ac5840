// Folios: the pages that are allocated, counted and freed together. include/linux/mm.h, include/linux/page-flags.h;
// mm-semantics §0.1, §1.1.
//
// A folio is known by the pfn of its head page, a page by its own. What the kernel asks of a folio stands in the head's
// row of the page table; what only large folios have, in their row of the folio table.

import {
  FOLIO_HUGE_ZERO,
  FOLIO_HUGETLB,
  PG_anon,
  PG_anon_exclusive,
  PG_ksm,
  PG_swapbacked,
  PG_swapcache,
} from "./flags.ts";
import type { Kernel } from "./kernel.ts";

// The folio of the page. Mirrors page_folio(), include/linux/page-flags.h.
export function page_folio(k: Kernel, page: number): number {
  const row = k.w.page.folio.data[page];
  return row === 0 ? page : k.w.folio.head.data[row - 1];
}

// The row of a large folio, -1 for a small one; any of its pages may ask.
export function large_folio(k: Kernel, page: number): number {
  return k.w.page.folio.data[page] - 1;
}

export function folio_test_large(k: Kernel, folio: number): boolean {
  return k.w.page.folio.data[folio] !== 0;
}

// log2 of its pages.
export function folio_order(k: Kernel, folio: number): number {
  const row = k.w.page.folio.data[folio];
  return row === 0 ? 0 : k.w.folio.order.data[row - 1];
}

export function folio_nr_pages(k: Kernel, folio: number): number {
  const row = k.w.page.folio.data[folio];
  return row === 0 ? 1 : 2 ** k.w.folio.order.data[row - 1];
}

// Which page of its folio the page is, from 0 on. Mirrors folio_page_idx(), include/linux/mm.h.
export function folio_page_idx(k: Kernel, page: number): number {
  return page - page_folio(k, page);
}

export function folio_test_anon(k: Kernel, folio: number): boolean {
  return (k.w.page.flags.data[folio] & PG_anon) !== 0;
}

export function folio_test_ksm(k: Kernel, folio: number): boolean {
  return (k.w.page.flags.data[folio] & PG_ksm) !== 0;
}

export function folio_test_swapbacked(k: Kernel, folio: number): boolean {
  return (k.w.page.flags.data[folio] & PG_swapbacked) !== 0;
}

export function folio_test_swapcache(k: Kernel, folio: number): boolean {
  return (k.w.page.flags.data[folio] & PG_swapcache) !== 0;
}

export function folio_test_hugetlb(k: Kernel, folio: number): boolean {
  return has_flag(k, folio, FOLIO_HUGETLB);
}

export function is_huge_zero_folio(k: Kernel, folio: number): boolean {
  return has_flag(k, folio, FOLIO_HUGE_ZERO);
}

// Of the page alone: of a folio that a PMD maps, only the head's is meant. Mirrors PageAnonExclusive(),
// include/linux/page-flags.h.
export function PageAnonExclusive(k: Kernel, page: number): boolean {
  return (k.w.page.flags.data[page] & PG_anon_exclusive) !== 0;
}

// Whether a large folio has one of FOLIO_*; a small one has none.
export function has_flag(k: Kernel, folio: number, flag: number): boolean {
  const row = k.w.page.folio.data[folio];
  return row !== 0 && (k.w.folio.flags.data[row - 1] & flag) !== 0;
}

export function set_flag(k: Kernel, folio: number, flag: number, on: boolean): void {
  const row = k.w.page.folio.data[folio] - 1;
  const flags = k.w.folio.flags.data[row];
  k.set(k.w.folio.flags, row, on ? flags | flag : flags & ~flag);
}

// Where the page stands in its mapping: the folio's index and how far in it the page is. Mirrors page_pgoff(),
// include/linux/pagemap.h.
export function page_pgoff(k: Kernel, page: number): number {
  const folio = page_folio(k, page);
  return k.w.page.index.data[folio] + page - folio;
}
