// What khugepaged asks of each page, and the limits that its knobs have by default. mm/khugepaged.c; mm-semantics §5.11.

import { PG_referenced, PG_swapcache } from "./flags.ts";
import { folio_nr_pages, page_folio } from "./folio.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapcount, folio_maybe_mapped_shared, page_mapcount } from "./mapcount.ts";
import { is_zero_page } from "./normal_page.ts";
import { folio_ref_count } from "./page_ref.ts";
import { PTE_ACCESSED, PTE_PRESENT, pte_pfn } from "./pgtable.ts";
import type { Collapser, ScanResult } from "./scan_result.ts";

// Why a range stays as it is; one condition for each result, with what it looked at.
const RESULTS = new Map<ScanResult, ReturnType<typeof condition>>();
for (const [result, input] of [
  ["SCAN_PMD_NULL", ""],
  ["SCAN_PMD_NONE", ""],
  ["SCAN_PMD_MAPPED", ""],
  ["SCAN_EXCEED_NONE_PTE", "page of the range"],
  ["SCAN_EXCEED_SWAP_PTE", "page of the range"],
  ["SCAN_EXCEED_SHARED_PTE", "page of the range"],
  ["SCAN_PTE_NON_PRESENT", "page of the range"],
  ["SCAN_PAGE_RO", ""],
  ["SCAN_LACK_REFERENCED_PAGE", "pages used"],
  ["SCAN_PAGE_NULL", "page of the range"],
  ["SCAN_PAGE_COUNT", "page of the range"],
  ["SCAN_PAGE_LRU", "page of the range"],
  ["SCAN_PAGE_ANON", "page of the range"],
  ["SCAN_PAGE_LAZYFREE", "page of the range"],
  ["SCAN_PAGE_COMPOUND", "page of the range"],
  ["SCAN_DEL_PAGE_LRU", "page of the range"],
  ["SCAN_SWAP_CACHE_PAGE", "page of the range"],
  ["SCAN_ALLOC_HUGE_PAGE_FAIL", ""],
] as const) {
  RESULTS.set(result, condition(`result == ${result}`, input));
}

// Records why the range is left alone, and gives it back.
export function refused(k: Kernel, result: ScanResult, input: number): ScanResult {
  const reason = RESULTS.get(result);
  if (reason !== undefined) k.decide(reason, input, true);
  return result;
}

// khugepaged_max_ptes_none: all but one entry may be empty, or the zero page's.
export function max_ptes_none(k: Kernel, by: Collapser): number {
  return by === "khugepaged" ? k.hpageNr - 1 : k.hpageNr;
}

// khugepaged_max_ptes_swap: an eighth.
export function max_ptes_swap(k: Kernel, by: Collapser): number {
  return by === "khugepaged" ? k.hpageNr / 8 : k.hpageNr;
}

// khugepaged_max_ptes_shared: one half.
export function max_ptes_shared(k: Kernel, by: Collapser): number {
  return by === "khugepaged" ? k.hpageNr / 2 : k.hpageNr;
}

// Whether the page counts as one that others map, too.
export function counts_as_shared(k: Kernel, page: number): boolean {
  return k.model.khugepagedSharers === "page"
    ? page_mapcount(k, page) > 1
    : folio_maybe_mapped_shared(k, page_folio(k, page));
}

export function pte_none_or_zero(k: Kernel, entry: number): boolean {
  return entry === 0 || ((entry & PTE_PRESENT) !== 0 && is_zero_page(k, pte_pfn(entry)));
}

export function referenced_pte(k: Kernel, entry: number, folio: number): boolean {
  return (entry & PTE_ACCESSED) !== 0 || (k.w.page.flags.data[folio] & PG_referenced) !== 0;
}

// Nobody holds the folio but those who map it and the swap cache; up to 5.7 only one may map it. Mirrors
// is_refcount_suitable(), mm/khugepaged.c, 6.12, and the test in khugepaged_scan_pmd(), 5.7.
export function is_refcount_suitable(k: Kernel, folio: number): boolean {
  const cached = k.w.page.flags.data[folio] & PG_swapcache ? folio_nr_pages(k, folio) : 0;
  const mappings = k.model.khugepagedTakesShared ? folio_mapcount(k, folio) : 1;
  return folio_ref_count(k, folio) === mappings + cached;
}
