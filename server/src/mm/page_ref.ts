// References to folios. The counter is the sum of its holders (holders.ts): mappings, the page cache, pins.

import { PG_swapcache } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { impossible, set_count } from "./overflow.ts";
import { free_unref_page } from "./page_alloc.ts";

// What FOLL_PIN adds to a small folio's counter. include/linux/mm.h.
export const GUP_PIN_COUNTING_BIAS = 1024;

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
  set_count(k, _refcount, pfn, count + refs, k.refcountEnd);
}

// One reference less; the last one frees the folio. Mirrors folio_put(), include/linux/mm.h.
export function folio_put(k: Kernel, pfn: number): void {
  folio_put_refs(k, pfn, 1);
}

export function folio_put_refs(k: Kernel, pfn: number, refs: number): void {
  const { _refcount } = k.w.page;
  const count = _refcount.data[pfn];
  if (count < refs) impossible(k, `folio_put_refs: pfn ${pfn} has ${count} references, ${refs} are put`);
  const left = set_count(k, _refcount, pfn, count - refs, k.refcountEnd);
  if (left === 0) __folio_put(k, pfn);
}

// Frees a folio whose counter came to 0. Mirrors __folio_put(), mm/swap.c, 6.12.
const __folio_put = kernelFunction("__folio_put", "mm/swap.c", (k: Kernel, pfn: number) => {
  const { page } = k.w;
  const mapcount = page._mapcount.data[pfn];
  if (mapcount !== 0) {
    impossible(k, `__folio_put: pfn ${pfn} is still mapped`);
    k.decide(FREED_WHILE_MAPPED, mapcount, true);
  }
  if (page.flags.data[pfn] & PG_swapcache) impossible(k, `__folio_put: pfn ${pfn} is still in the swap cache`);
  free_unref_page(k, pfn);
});

// Whether FOLL_PIN may hold the small folio. Ordinary references count too, so 1024 of them look like a pin. The counter is
// read without a sign, so that one that has overflowed looks so, too. Mirrors folio_maybe_dma_pinned(), include/linux/mm.h.
export function folio_maybe_dma_pinned(k: Kernel, pfn: number): boolean {
  const count = k.w.page._refcount.data[pfn];
  return (count < 0 ? count + 2 * k.refcountEnd : count) >= GUP_PIN_COUNTING_BIAS;
}
