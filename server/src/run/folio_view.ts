// A folio as people read it: its counters in a line, and the pages of a large one in runs of equal ones.

import {
  FOLIO_DOUBLE_MAP,
  FOLIO_HUGETLB,
  FOLIO_PARTIALLY_MAPPED,
  PG_anon,
  PG_ksm,
  PG_swapbacked,
} from "../mm/flags.ts";
import {
  folio_nr_pages,
  folio_order,
  folio_page_idx,
  has_flag,
  is_huge_zero_folio,
  large_folio,
  PageAnonExclusive,
  page_folio,
} from "../mm/folio.ts";
import type { Kernel } from "../mm/kernel.ts";
import { folio_mapcount, page_mapcount } from "../mm/mapcount.ts";
import { ZERO_PFN } from "../mm/page_alloc.ts";
import { contentText } from "./describe.ts";

// The pages [first, first + count) of a folio, counted from its head, have the same mapcount, exclusive bit and bytes.
export interface PageRun {
  readonly first: number;
  readonly count: number;
}

export function pageRuns(k: Kernel, pfn: number): PageRun[] {
  const { _mapcount, content } = k.w.page;
  const head = page_folio(k, pfn);
  const same = (page: number) =>
    _mapcount.data[page] === _mapcount.data[page - 1] &&
    content.data[page] === content.data[page - 1] &&
    PageAnonExclusive(k, page) === PageAnonExclusive(k, page - 1);
  const runs: PageRun[] = [];
  const pages = folio_nr_pages(k, head);
  for (let first = 0; first < pages; ) {
    let count = 1;
    while (first + count < pages && same(head + first + count)) count++;
    runs.push({ first, count });
    first += count;
  }
  return runs;
}

// What a page is, with the counters that everybody looks for: `ref 2 map 1 anon excl "hunter2"`; of a page of a large
// folio which one it is, too.
export function pageSummary(k: Kernel, pfn: number): string {
  if (pfn === ZERO_PFN) return "the zero page";
  const head = page_folio(k, pfn);
  const counters = `ref ${k.w.page._refcount.data[head]} map ${page_mapcount(k, pfn)}`;
  const own = `${counters} ${kindOfFolio(k, head)}${marks(k, pfn)}`;
  return large_folio(k, pfn) < 0 ? own : `page ${folio_page_idx(k, pfn)} of folio ${head}, ${own}`;
}

// What one page of a large folio has for itself: `map 1 excl zeroes`.
export function ownSummary(k: Kernel, pfn: number): string {
  return `map ${page_mapcount(k, pfn)}${marks(k, pfn)}`;
}

function marks(k: Kernel, pfn: number): string {
  return `${PageAnonExclusive(k, pfn) ? " excl" : ""} ${contentText(k, k.w.page.content.data[pfn])}`;
}

// The line of a folio by its head: `order 9: ref 513 map 513 entire 1 anon excl 511 of 512, partially mapped`.
export function folioSummary(k: Kernel, head: number): string {
  const row = large_folio(k, head);
  if (row < 0) return pageSummary(k, head);
  const { folio, page } = k.w;
  const { data: refs } = page._refcount;
  if (is_huge_zero_folio(k, head)) return `order ${folio_order(k, head)}: ref ${refs[head]}, the huge zero folio`;
  const pins = folio._pincount.data[row];
  const counters = [
    `ref ${refs[head]}`,
    `map ${folio_mapcount(k, head)}`,
    `entire ${folio._entire_mapcount.data[row]}`,
    ...(pins > 0 ? [`pins ${pins}`] : []),
    kindOfFolio(k, head),
    ...exclusive(k, head),
  ];
  return [`order ${folio_order(k, head)}: ${counters.join(" ")}`, ...states(k, head)].join(", ");
}

// Of a folio that a PMD maps the head's bit means all pages.
function exclusive(k: Kernel, head: number): string[] {
  const pages = folio_nr_pages(k, head);
  if (k.w.folio._entire_mapcount.data[large_folio(k, head)] > 0) return PageAnonExclusive(k, head) ? ["excl"] : [];
  let count = 0;
  for (let page = head; page < head + pages; page++) if (PageAnonExclusive(k, page)) count++;
  if (count === 0) return [];
  return [count === pages ? "excl" : `excl ${count} of ${pages}`];
}

function states(k: Kernel, head: number): string[] {
  return [
    ...(has_flag(k, head, FOLIO_DOUBLE_MAP) ? ["double map"] : []),
    ...(has_flag(k, head, FOLIO_PARTIALLY_MAPPED) ? ["partially mapped"] : []),
    ...(k.w.folio.deferred.data[large_folio(k, head)] > 0 ? ["in the deferred split queue"] : []),
  ];
}

// A folio without a mapping is a driver's, or on its way to one.
export function kindOfFolio(k: Kernel, head: number): string {
  const flags = k.w.page.flags.data[head];
  if (has_flag(k, head, FOLIO_HUGETLB)) return "hugetlb";
  if (flags & PG_ksm) return "ksm";
  if (flags & PG_anon) return "anon";
  if (flags & PG_swapbacked) return "shmem";
  return k.w.page.mapping.data[head] === 0 ? "kernel" : "file";
}
