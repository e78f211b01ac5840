// The rules in which kernels differ about how the mappings of a large folio are counted.
// What each release answers stands in history_folios.ts.

import type { Kernel } from "./kernel.ts";

export interface LargeFolioRules {
  // Large folios count PMD mappings beside the pages' PTEs, with PG_double_map where both map an anonymous one; a file's pages
  // count its PMDs each (until 6.2, cb67f4282bf9). mm/rmap.c; mm-semantics §7.2.
  readonly doubleMap: boolean;

  // _nr_pages_mapped: of how many pages a PTE maps, and whether a PMD maps the folio (6.2, be5ef2d9b006; so called from
  // 6.3 on, eec20426d48b). mm-semantics §7.5.
  readonly nrPagesMapped: boolean;

  // _large_mapcount: all mappings of a large folio in one counter (6.10, 05c5323b2a34). mm-semantics §0.1.
  readonly largeMapcount: boolean;

  // Address spaces have numbers, and a large folio counts the mappings of two of them (CONFIG_MM_ID: 6.15, 6af8cb80d3a9).
  // include/linux/rmap.h; mm-semantics §7.6.
  readonly mmIds: boolean;

  // What page_mapcount() counts: in every release the entries that map the page. mm/util.c, fs/proc/internal.h; mm-semantics §8.6.
  readonly mapcountOf: "entries" | "address spaces";

  // The pages of large folios may be built without a mapcount of their own (CONFIG_NO_PAGE_MAPCOUNT: 6.15, 749492229e3b).
  readonly pageMapcountIsOptional: boolean;

  // Whether a large folio that is no hugetlb page may be mapped by several address spaces. row is the folio's.
  // folio_maybe_mapped_shared(), include/linux/mm.h; mm-semantics §7.5, §7.6.
  readonly largeMappedShared: (k: Kernel, row: number, mapcount: number) => boolean;

  // The first PMD that maps a file's folio of which no PTE maps a page clears its PG_double_map (5.18, bd55b0c2d64e).
  // page_add_file_rmap(), mm/rmap.c, 6.1.
  readonly firstFilePmdEndsDoubleMap: boolean;

  // A large anonymous folio that loses the last mapping of a page is queued for a split although nothing of it is mapped
  // any more: when a PTE goes (until 6.10), when the last PMD goes (until 5.5, f1fe80d4ae33). mm/rmap.c; mm-semantics §5.10.
  readonly unmappedPageQueuesSplit: boolean;
  readonly unmappedFolioQueuesSplit: boolean;
}
