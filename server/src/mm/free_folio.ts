// The end of a large folio: what has to be taken back before its pages are free. mm/swap.c, mm/page_alloc.c.

import { folio_test_hugetlb } from "./folio.ts";
import { free_huge_folio } from "./hugetlb_pool.ts";
import type { Kernel } from "./kernel.ts";
import { free_unref_page } from "./page_alloc.ts";

// One of hugetlb goes back to its pool. Takes any other off the deferred split queue, and gives its pages back as one block.
// Mirrors __folio_put() of a large folio, mm/swap.c, 6.12 (free_transhuge_page(), mm/huge_memory.c, before 6.6).
export function free_large_folio(k: Kernel, folio: number): void {
  if (folio_test_hugetlb(k, folio)) {
    free_huge_folio(k, folio);
    return;
  }
  const row = k.w.page.folio.data[folio] - 1;
  k.set(k.w.folio.deferred, row, 0);
  free_unref_page(k, folio);
}
