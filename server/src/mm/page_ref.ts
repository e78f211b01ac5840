// References to folios. The counter is the sum of its holders (holders.ts): mappings, the page cache, pins.

import { PG_swapcache } from "./flags.ts";
import { folio_order, folio_test_large, large_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { free_large_folio } from "./free_folio.ts";
import type { Kernel } from "./kernel.ts";
import { impossible, set_count } from "./overflow.ts";
import { free_unref_page } from "./page_alloc.ts";

// What FOLL_PIN adds to a small folio's counter. include/linux/mm.h.
export const GUP_PIN_COUNTING_BIAS = 1024;

const REFS_FIT = condition("folio_ref_count(folio) + refs <= REFCOUNT_LIMIT", "refcount");
const FREED_WHILE_MAPPED = condition("page_mapped(page)", "mapcount");

export function folio_ref_count(k: Kernel, pfn: number): number {
  return k.w.page._refcount.data[pfn];
}

// One more reference. Mirrors folio_get(), include/linux/mm.h.
export function folio_get(k: Kernel, pfn: number): void {
  folio_ref_add(k, pfn, 1);
}

export function folio_ref_add(k: Kernel, pfn: number, refs: number): void {
  const { _refcount } = k.w.page;
  const count = _refcount.data[pfn];
  if (count <= 0) impossible(k, `folio_ref_add: pfn ${pfn} is free`);
  set_refcount(k, pfn, count + refs);
}

// Whether so many references more would be too many for a kernel that fails early. Asked by what can fail.
export function refuses_refs(k: Kernel, folio: number, refs: number): boolean {
  const count = k.w.page._refcount.data[folio];
  if (count + refs <= k.refcountLimit) return false;
  k.decide(REFS_FIT, count, false);
  return true;
}

// One reference less; the last one frees the folio. Mirrors folio_put(), include/linux/mm.h.
export function folio_put(k: Kernel, pfn: number): void {
  folio_put_refs(k, pfn, 1);
}

export function folio_put_refs(k: Kernel, pfn: number, refs: number): void {
  const { _refcount } = k.w.page;
  const count = _refcount.data[pfn];
  if (count < refs) impossible(k, `folio_put_refs: pfn ${pfn} has ${count} references, ${refs} are put`);
  const left = set_refcount(k, pfn, count - refs);
  if (left === 0) __folio_put(k, pfn);
}

// A large folio's counter never ends where it has 64 bits.
function set_refcount(k: Kernel, folio: number, sum: number): number {
  const { _refcount } = k.w.page;
  if (sum < k.refcountEnd || refcount_wraps(k, folio)) return set_count(k, _refcount, folio, sum, k.refcountEnd);
  k.set(_refcount, folio, sum);
  return sum;
}

// Whether the folio's counter has the machine's bits.
export function refcount_wraps(k: Kernel, folio: number): boolean {
  return !k.model.largeRefcountIsWide || !folio_test_large(k, folio);
}

// Frees a folio whose counter came to 0. Mirrors __folio_put(), mm/swap.c, 6.12.
const __folio_put = kernelFunction("__folio_put", "mm/swap.c", (k: Kernel, folio: number) => {
  const { page } = k.w;
  const maps = mappings(k, folio);
  if (maps !== 0) {
    impossible(k, `__folio_put: pfn ${folio} is still mapped`);
    k.decide(FREED_WHILE_MAPPED, maps, true);
  }
  if (page.flags.data[folio] & PG_swapcache) impossible(k, `__folio_put: pfn ${folio} is still in the swap cache`);
  if (folio_test_large(k, folio)) free_large_folio(k, folio);
  else free_unref_page(k, folio);
});

// What its counters say of a folio that ought to be unmapped: the first that is not 0.
function mappings(k: Kernel, folio: number): number {
  const { _mapcount } = k.w.page;
  const row = large_folio(k, folio);
  if (row < 0) return _mapcount.data[folio];
  const { _entire_mapcount, _large_mapcount, order } = k.w.folio;
  if (_entire_mapcount.data[row] !== 0) return _entire_mapcount.data[row];
  if (_large_mapcount.data[row] !== 0) return _large_mapcount.data[row];
  const end = folio + 2 ** order.data[row];
  for (let page = folio; page < end; page++) if (_mapcount.data[page] !== 0) return _mapcount.data[page];
  return 0;
}

// A large folio counts its pins for itself where it has room for that. Mirrors folio_has_pincount(), include/linux/mm.h.
export function folio_has_pincount(k: Kernel, folio: number): boolean {
  const order = folio_order(k, folio);
  if (order === 0 || k.model.pinBias === 1) return false;
  const { pincountFrom } = k.model;
  return order > 1 || pincountFrom === "order 1" || (pincountFrom === "order 1 with 64 bits" && k.geometry.wide);
}

// What one FOLL_PIN of one page adds to the folio's counter.
export function pin_refs(k: Kernel, folio: number): number {
  return folio_has_pincount(k, folio) ? 1 : k.model.pinBias;
}

// Whether FOLL_PIN may hold the folio. Of a folio without a count of pins ordinary references count too, so 1024 of them
// look like a pin; the counter is read without a sign, so that one that has overflowed looks so, too.
// Mirrors folio_maybe_dma_pinned(), include/linux/mm.h.
export function folio_maybe_dma_pinned(k: Kernel, folio: number): boolean {
  if (folio_has_pincount(k, folio)) return k.w.folio._pincount.data[large_folio(k, folio)] > 0;
  const count = k.w.page._refcount.data[folio];
  return (count < 0 ? count + 2 * k.refcountEnd : count) >= GUP_PIN_COUNTING_BIAS;
}
