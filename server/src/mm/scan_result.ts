// What khugepaged finds when it looks at a range: why it is not collapsed. include/trace/events/huge_memory.h.

// enum scan_result, mm/khugepaged.c. Those of files are in it, too.
export type ScanResult =
  | "SCAN_SUCCEED"
  | "SCAN_FAIL"
  | "SCAN_VMA_CHECK"
  | "SCAN_PMD_NULL"
  | "SCAN_PMD_NONE"
  | "SCAN_PMD_MAPPED"
  | "SCAN_EXCEED_NONE_PTE"
  | "SCAN_EXCEED_SWAP_PTE"
  | "SCAN_EXCEED_SHARED_PTE"
  | "SCAN_PTE_NON_PRESENT"
  | "SCAN_PTE_MAPPED_HUGEPAGE"
  | "SCAN_PAGE_RO"
  | "SCAN_LACK_REFERENCED_PAGE"
  | "SCAN_PAGE_NULL"
  | "SCAN_PAGE_COUNT"
  | "SCAN_PAGE_LRU"
  | "SCAN_PAGE_ANON"
  | "SCAN_PAGE_LAZYFREE"
  | "SCAN_PAGE_COMPOUND"
  | "SCAN_DEL_PAGE_LRU"
  | "SCAN_SWAP_CACHE_PAGE"
  | "SCAN_ALLOC_HUGE_PAGE_FAIL"
  | "SCAN_TRUNCATED"
  | "SCAN_PAGE_HAS_PRIVATE"
  | "SCAN_PAGE_FILLED"
  | "SCAN_PAGE_DIRTY_OR_WRITEBACK";

// Who wants the range to be collapsed: khugepaged by its limits, or MADV_COLLAPSE, which knows none. struct
// collapse_control.
export type Collapser = "khugepaged" | "MADV_COLLAPSE";

// After these, MADV_COLLAPSE goes on with the next range. madvise_collapse(), mm/khugepaged.c, 6.12.
export const GOES_ON: readonly ScanResult[] = [
  "SCAN_PMD_NULL",
  "SCAN_PTE_NON_PRESENT",
  "SCAN_PAGE_RO",
  "SCAN_LACK_REFERENCED_PAGE",
  "SCAN_PAGE_NULL",
  "SCAN_PAGE_COUNT",
  "SCAN_PAGE_COMPOUND",
  "SCAN_PAGE_LRU",
  "SCAN_DEL_PAGE_LRU",
];

// What MADV_COLLAPSE answers when not all of its ranges came to be huge pages: by the last one that did not. Mirrors
// madvise_collapse_errno(), mm/khugepaged.c, 6.12.
export function madvise_collapse_errno(result: ScanResult): "ENOMEM" | "EBUSY" | "EAGAIN" | "EINVAL" {
  switch (result) {
    case "SCAN_ALLOC_HUGE_PAGE_FAIL":
      return "ENOMEM";
    case "SCAN_EXCEED_NONE_PTE":
      return "EBUSY";
    case "SCAN_PAGE_COUNT":
    case "SCAN_PAGE_LRU":
    case "SCAN_DEL_PAGE_LRU":
    case "SCAN_PAGE_FILLED":
    case "SCAN_PAGE_DIRTY_OR_WRITEBACK":
      return "EAGAIN";
    default:
      return "EINVAL";
  }
}
