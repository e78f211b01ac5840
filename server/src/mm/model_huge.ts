// The rules in which kernels differ about huge pages: how they come, are locked and lose their PMD.
// What each release answers stands in history_huge.ts.

export interface HugePageRules {
  // The first write to anonymous memory may bring a folio of one of the sizes of `machine mthp=` (6.8, 19eaf44954df).
  readonly mthp: boolean;

  // khugepaged takes pages that are shared, up to half of a range, and those of large folios (5.8, 71a2c112a0f6 and
  // 5503fbf2b0b8); before, only small pages that one entry maps. mm/khugepaged.c; mm-semantics §5.11.
  readonly khugepagedTakesShared: boolean;

  // What khugepaged asks whether others map it: the page (6.1 and earlier read), or its folio, of which the release may know less
  // (6.12 read). khugepaged_scan_pmd(), mm/khugepaged.c.
  readonly khugepagedSharers: "page" | "folio";

  // A range is collapsed only if one of its entries may be written through (until 6.18). __collapse_huge_page_isolate().
  readonly khugepagedNeedsWritable: boolean;

  // A page in the swap cache is collapsed through a read-only entry only where a write might reuse it (until 5.18,
  // 363106c4ce67).
  readonly khugepagedReusesSwapPages: boolean;

  // khugepaged leaves a range alone that has pages which MADV_FREE gave up (seen in 7.2.13).
  readonly khugepagedSparesLazyfree: boolean;

  // What MADV_COLLAPSE answers for a range without a whole huge page, and whether it goes on behind one without any page
  // table (both seen in 7.2.13). madvise_collapse(), mm/khugepaged.c.
  readonly collapseOfNothing: 0 | "EINVAL";
  readonly collapsePassesHoles: boolean;

  // A PMD's PTEs are as dirty as it was (6.2, e833bc503405). __split_huge_pmd_locked(), mm/huge_memory.c; mm-semantics, measured 13.
  readonly splitKeepsDirty: boolean;

  // A PMD of a file that is unmapped leaves word of its dirty and accessed bits with the folio (7.x, seen in 7.2.13, not in
  // 6.12.117). zap_huge_pmd(), mm/huge_memory.c.
  readonly zapHugeKeepsUse: boolean;

  // fork and unmapping handle entries that map a large folio's pages in a row as one (6.9, f8d937761d65). folio_pte_batch(),
  // mm/internal.h.
  readonly batchesPtes: boolean;

  // mlock() locks large folios that PTEs map, if all of it is (6.7, dc68badcede4); before those alone that a PMD maps.
  // mlock_pte_range(), mm/mlock.c.
  readonly mlocksLargePtes: boolean;

  // Which folios are locked when they come to be mapped in a locked VMA by other than a fault that allocates them: small ones
  // and those of PMDs; small ones alone (6.7, 1acbc3f93614); all that are mapped as a whole (7.2; 6.18 not read).
  // __folio_add_anon_rmap() and __folio_add_file_rmap(), mm/rmap.c.
  readonly mlocksMapped: "small and PMD" | "small" | "whole";

  // Where a large mapping of an ordinary file goes in a gap that was searched with room for its alignment: nowhere
  // special, at the first aligned place from the gap's bottom (5.18, 1854bc6e2420), or from its top (6.8).
  readonly mmapAlignsFiles: "no" | "up" | "top-down";

  // Anonymous mappings of at least a PMD are placed at a multiple of it: always, only when their length is one, or not.
  // thp_get_unmapped_area() from mmap(), 6.7.
  readonly mmapAlignsLarge: "no" | "yes" | "multiples";
}
