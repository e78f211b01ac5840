// The end of a large folio: what has to be taken back before its pages are free. mm/swap.c, mm/page_alloc.c.

import type { Kernel } from "./kernel.ts";
import { free_unref_page } from "./page_alloc.ts";

// Takes the folio off the deferred split queue, and gives its pages back as one block.
// Mirrors __folio_put() of a large folio, mm/swap.c, 6.12 (free_transhuge_page(), mm/huge_memory.c, before 6.6).
export function free_large_folio(k: Kernel, folio: number): void {
  const row = k.w.page.folio.data[folio] - 1;
  k.set(k.w.folio.deferred, row, 0);
  free_unref_page(k, folio);
}
