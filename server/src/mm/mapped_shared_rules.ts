// May a large folio be mapped by more than one address space? What the eras can tell. row is the folio's row of its table.
// mm-semantics §7.5, §7.6.

import { FOLIO_MM_IDS_SHARED } from "./flags.ts";
import type { Kernel } from "./kernel.ts";
import { page_mapcount } from "./mapcount.ts";

// Up to 6.9: the first page stands for all.
export function shared_by_first_page(k: Kernel, row: number): boolean {
  return page_mapcount(k, k.w.folio.head.data[row]) > 1;
}

// 6.10: a PMD beside another mapping, or more mappings than pages, are of several; else the first page's PTEs tell.
export function shared_by_mapcounts(k: Kernel, row: number, mapcount: number): boolean {
  const { folio, page } = k.w;
  if (mapcount <= 1) return false;
  if (folio._entire_mapcount.data[row] > 0 || mapcount > 2 ** folio.order.data[row]) return true;
  return page._mapcount.data[folio.head.data[row]] > 1;
}

// 6.15: the owners that are tracked.
export function shared_by_mm_ids(k: Kernel, row: number, mapcount: number): boolean {
  return mapcount > 1 && (k.w.folio.flags.data[row] & FOLIO_MM_IDS_SHARED) !== 0;
}
