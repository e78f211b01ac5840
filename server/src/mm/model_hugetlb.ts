// The rules in which kernels differ about hugetlb.
// What each release answers stands in history_hugetlb.ts.

export interface HugetlbRules {
  // What a hugetlb page in the page cache holds of references: one, or one for each of its pages (6.7, a08c7193e4f1).
  // hugetlb_add_to_page_cache(), mm/hugetlb.c; mm-semantics, measured 16.
  readonly hugetlbCacheRefs: "one" | "each page";

  // fork copies the entries of each hugetlb mapping, also of those that the child could fault in again (until 6.0,
  // bcd51a3c679d). vma_needs_copy(), mm/memory.c.
  readonly forkCopiesHugetlb: boolean;

  // fork gives the child a copy of a private huge page that may be pinned (5.12, 4eae4efa2c29). copy_hugetlb_page_range(),
  // mm/hugetlb.c; mm-semantics, measured 17.
  readonly hugetlbForkCopiesPinned: boolean;

  // A write that only FOLL_FORCE allows makes the entry of a private huge page writable; is refused (6.2, f347454d0341, also
  // in 6.1.y); or leaves the entry read-only as with small pages (6.14), as make_huge_pte() asks the VMA from then on, also at
  // fork. hugetlb_wp(), mm/hugetlb.c; mm-semantics §4.2.
  readonly hugetlbForcedWrites: "writable" | "EFAULT" | "read-only";

  // GUP has hugetlb's faults handled by hugetlb_fault() itself, past handle_mm_fault() and its counters (until 6.6,
  // 4849807114b8). follow_hugetlb_page(), mm/hugetlb.c, 6.1.
  readonly gupCountsHugetlb: boolean;

  // move_pages(2) moves a huge page of hugetlb for any address in it, not only for its first page's (6.7, b426ed7889be).
  // add_folio_for_migration(), mm/migrate.c.
  readonly movesHugetlbByTails: boolean;

  // GUP marks entries of hugetlb as accessed, and as dirty when it wants to write, as it does with other huge pages (6.10).
  // follow_huge_pmd(), mm/gup.c.
  readonly gupTouchesHugetlb: boolean;

  // Unmapping a page of a private hugetlb mapping promises its owner another one in its place (6.9, df7a6d1f6405), in 7.2
  // unless it is still mapped. __unmap_hugepage_range(), mm/hugetlb.c.
  readonly hugetlbZapRestores: "nothing" | "all pages" | "unmapped pages";

  // MADV_DONTNEED of huge pages: refused, or (5.18, 90e7e7f5ef3f) a range that ends within a page takes all of it, or (6.1,
  // 8ebe0a5eaaeb) nothing of it. madvise_dontneed_free_valid_vma(), mm/madvise.c; mm-semantics, measured 18.
  readonly hugetlbDontneed: "EINVAL" | "rounds up" | "rounds down";

  // mremap moves and shrinks hugetlb mappings (5.16, 550a7d60bd5e).
  readonly hugetlbMoves: boolean;

  // A hole in a hugetlb file zeroes the parts of huge pages at its ends (5.19, 68d32527d340). hugetlbfs_punch_hole(),
  // fs/hugetlbfs/inode.c.
  readonly hugetlbHolesZeroParts: boolean;

  // To which huge page an address is rounded that mmap is only asked for (6.13, 7bd3f1e1a9ae).
  // hugetlb_get_unmapped_area(), arch/x86/mm/hugetlbpage.c.
  readonly hugetlbHintRounds: "down on x86" | "up";

  // A split of a hugetlb mapping within the range of a table of PMDs that it shares lets go of that table (6.2, b30c14cd6102,
  // in 5.10.y and later ones). hugetlb_split(), mm/hugetlb.c.
  readonly hugetlbSplitUnshares: boolean;

  // How many address spaces share a table of PMDs is read off the references to its page, or counted (6.13, 59d9094df3d7).
  // huge_pmd_unshare(), mm/hugetlb.c; mm-semantics §13, bug 26.
  readonly pmdShareCounts: "references" | "sharers";
}
