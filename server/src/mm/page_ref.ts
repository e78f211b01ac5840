// References to folios. The counter is the sum of its holders (holders.ts): mappings, the page cache, pins.

import { bug } from "./errors.ts";
import { PG_swapcache } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { free_unref_page } from "./page_alloc.ts";

// What FOLL_PIN adds to a small folio's counter. include/linux/mm.h.
export const GUP_PIN_COUNTING_BIAS = 1024;

export function folio_ref_count(k: Kernel, pfn: number): number {
  return k.w.page._refcount.data[pfn];
}

// One more reference. Mirrors folio_get(), include/linux/mm.h.
export function folio_get(k: Kernel, pfn: number): void {
  folio_ref_add(k, pfn, 1);
}

export function folio_ref_add(k: Kernel, pfn: number, refs: number): void {
  if (k.w.page._refcount.data[pfn] <= 0) bug(`folio_ref_add: pfn ${pfn} is free`);
  k.add(k.w.page._refcount, pfn, refs);
}

// One reference less; the last one frees the folio. Mirrors folio_put(), include/linux/mm.h.
export function folio_put(k: Kernel, pfn: number): void {
  folio_put_refs(k, pfn, 1);
}

export function folio_put_refs(k: Kernel, pfn: number, refs: number): void {
  const count = k.w.page._refcount.data[pfn];
  if (count < refs) bug(`folio_put_refs: pfn ${pfn} has ${count} references, ${refs} are put`);
  k.set(k.w.page._refcount, pfn, count - refs);
  if (count === refs) __folio_put(k, pfn);
}

// Frees a folio whose counter came to 0. Mirrors __folio_put(), mm/swap.c, 6.12.
const __folio_put = kernelFunction("__folio_put", "mm/swap.c", (k: Kernel, pfn: number) => {
  const { page } = k.w;
  if (page._mapcount.data[pfn] !== 0) bug(`__folio_put: pfn ${pfn} is still mapped`);
  if (page.flags.data[pfn] & PG_swapcache) bug(`__folio_put: pfn ${pfn} is still in the swap cache`);
  free_unref_page(k, pfn);
});

// Whether FOLL_PIN may hold the small folio. Ordinary references count too, so 1024 of them look like a pin.
// Mirrors folio_maybe_dma_pinned(), include/linux/mm.h.
export function folio_maybe_dma_pinned(k: Kernel, pfn: number): boolean {
  return k.w.page._refcount.data[pfn] >= GUP_PIN_COUNTING_BIAS;
}
