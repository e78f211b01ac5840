// The rules in which kernels differ about large folios of files: how they come into the page cache, how they are mapped,
// split and made of small ones. What each release answers stands in history_file_folios.ts.

export interface FileFolioRules {
  // Ordinary files have large folios: ext4, 6.16. ext4_set_inode_mapping_order(), fs/ext4/inode.c.
  readonly fileFolios: boolean;

  // What a fault of a page that is not cached reads in a mapping with MADV_HUGEPAGE: as in any other; two PMDs' worth from the
  // PMD's start on (5.18, 4687fdbb805a); or two of the largest folios that the file can have, where it can (7.2).
  // do_sync_mmap_readahead(), mm/filemap.c.
  readonly hugepageReadahead: "no" | "a PMD" | "a large folio";

  // Fault-around makes the entries of one folio together, so that those beside the wanted one count as wanted, too (6.6,
  // 3bd786f76de2). set_pte_range(), mm/memory.c.
  readonly faultAroundBatches: boolean;

  // Fault-around maps the whole of a large folio that lies in the VMA, whatever the window is (6.18).
  // filemap_map_folio_range(), mm/filemap.c.
  readonly faultAroundMapsFolio: boolean;

  // Which large folios a fault maps whole, which fault-around has not mapped: none, those of shared anonymous memory (6.11,
  // 43e027e41423), all of the page cache (6.18, 19773df031bc). finish_fault(), mm/memory.c.
  readonly finishFaultMapsFolio: "no" | "anonymous shmem" | "all";

  // No PMD maps a folio of an ordinary file that reaches past its end. finish_fault(), mm/memory.c.
  readonly pmdMapsWithinFile: boolean;

  // No PMD maps a file's folio in a VMA with MADV_NOHUGEPAGE (6.12, 2b0f922323cc). do_set_pmd(), mm/memory.c.
  readonly pmdMapAsksVma: boolean;

  // MADV_COLLAPSE and khugepaged work on ordinary files that can have folios of a PMD's size (7.2). file_thp_enabled(),
  // mm/huge_memory.c; before, CONFIG_READ_ONLY_THP_FOR_FS had to allow it, which Debian's kernels do not have.
  readonly collapsesFiles: boolean;

  // MADV_COLLAPSE of a file's memory frees the page table of the mapping that it is called for alone, and fails where there is
  // none (until 6.6, 1043173eb5eb, 1d65b771bc08). retract_page_tables(), mm/khugepaged.c, 6.1.
  readonly collapseRetractsOwn: boolean;

  // MADV_COLLAPSE maps a file's folio also where the tables above the PMD do not exist yet. set_huge_pmd(),
  // mm/khugepaged.c, 7.2.
  readonly collapseFillsUpper: boolean;

  // Truncation splits a large folio so that only what the cut needs is small (6.15, 7460b470a131), not all of it.
  // truncate_inode_partial_folio(), mm/truncate.c.
  readonly truncateSplitsAround: boolean;
}
