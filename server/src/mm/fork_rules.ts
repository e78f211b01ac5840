// Does fork share a page that may be pinned, or copy it for the child at once? mm-semantics §3.3.

import { PageAnonExclusive, page_folio } from "./folio.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_maybe_dma_pinned, folio_ref_count } from "./page_ref.ts";

const NEEDS_COW_FOR_DMA = condition("mm->has_pinned && page_maybe_dma_pinned(page)", "refcount");
const EXCLUSIVE_AND_PINNED = condition(
  "PageAnonExclusive(page) && folio_needs_cow_for_dma(src_vma, folio)",
  "refcount",
);
const EXCLUSIVE_AND_REFERENCED = condition("PageAnonExclusive(page) && page_count(page) > 1", "refcount");

// Up to 5.8: always shared; the parent's next write takes the copy and leaves the device with the child's page.
export function pinned_pages_are_shared(): boolean {
  return false;
}

// 5.9 to 5.18: copy_present_page(), mm/memory.c, 5.10.
export function pinned_pages_are_copied_510(k: Kernel, mm: number, page: number): boolean {
  if (k.w.mm.has_pinned.data[mm] === 0) return false;
  const folio = page_folio(k, page);
  return k.decide(NEEDS_COW_FOR_DMA, folio_ref_count(k, folio), folio_maybe_dma_pinned(k, folio));
}

// exclusive-on-gup: fork may make an exclusive page shared when nobody else refers to it; else the child gets a copy, whether
// somebody pins it (FOLL_PIN) or just holds it (FOLL_GET). mm-semantics §8.6.
export function referenced_exclusive_pages_are_copied(k: Kernel, _mm: number, page: number): boolean {
  if (!PageAnonExclusive(k, page)) return false;
  const count = folio_ref_count(k, page_folio(k, page));
  return k.decide(EXCLUSIVE_AND_REFERENCED, count, count > 1);
}

// From 5.19 on: only an exclusive page can be pinned. folio_try_dup_anon_rmap_pte(), include/linux/rmap.h, 6.12.
export function pinned_pages_are_copied(k: Kernel, mm: number, page: number): boolean {
  if (k.w.mm.has_pinned.data[mm] === 0 || !PageAnonExclusive(k, page)) return false;
  const folio = page_folio(k, page);
  return k.decide(EXCLUSIVE_AND_PINNED, folio_ref_count(k, folio), folio_maybe_dma_pinned(k, folio));
}
