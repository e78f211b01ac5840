// The rules in which kernels differ about large folios that are split, reclaimed, swapped and moved. What each release answers
// stands in history_split.ts.

export interface SplitRules {
  // PG_partially_mapped tells the folios of the deferred split queue that lost mappings from the others: every fresh THP is
  // in it, too, as it may be underused (6.12, 8422acdc97ed, dafff3f4c850). deferred_split_folio(), mm-semantics §5.10.
  readonly partiallyMappedFlag: boolean;

  // A folio split maps the zero page where a page of nothing but zeroes was mapped (6.12, b1f202060afe).
  // try_to_map_unused_to_zeropage(), mm/migrate.c; mm-semantics §5.12.
  readonly splitMapsZeroPages: boolean;

  // The pieces of a folio come to the LRU, or to the list of whoever splits, in the reverse order (6.15, 00527733d0dc).
  // __split_huge_page_tail(), mm/huge_memory.c, 6.12.
  readonly splitReversesLru: boolean;

  // A piece that nobody maps leaves the swap cache (not in 5.10.262, in 6.1.192). __split_huge_page(), mm/huge_memory.c.
  readonly splitFreesSwapCache: boolean;

  // A folio split gives up after the first PMD that it has replaced, so that a folio with several stays whole (6.16,
  // 60fbb14396d5, until 939080834fef in 7.0). try_to_migrate_one(), mm/rmap.c; mm-semantics, measured 15.
  readonly splitStopsAtFirstPmd: boolean;

  // Which large folios reclaim splits before it gives them slots: those that no PMD maps (until 6.9), those in the deferred
  // split queue (6.10, 5ed890ce5147), those of them that are partly mapped (6.12, 8422acdc97ed). Migration splits the same ones,
  // from 6.10 on (7262f208ca68). shrink_folio_list(), mm/vmscan.c; migrate_pages_batch(), mm/migrate.c.
  readonly splitsBeforehand: "unless a PMD maps it" | "queued" | "partially mapped";

  // Which large folios beside ordinary anonymous ones reclaim splits first: all, those of shared memory alone (5.18,
  // 820c4e2e6f51), or none (6.12, 809bc86517cc). shrink_folio_list(), mm/vmscan.c.
  readonly reclaimSplitsFiles: "all" | "shmem" | "none";

  // MADV_FREE, MADV_COLD and MADV_PAGEOUT split a large folio with PTEs whatever they are asked for, or only one of which they
  // are to take a part (6.10, 3931b871c494, dce7d10be4bb). mm/madvise.c.
  readonly madviseSplits: "all" | "parts";

  // By what these know that others map a large folio: its page (until 6.5, 2f406263e3e9), MADV_FREE in 6.1.y by its head page,
  // or the folio as a whole. mm/madvise.c.
  readonly madviseSharers: "page" | "page, or the head" | "folio";

  // Architectures on which a large folio has swap slots in a row, and is written as a whole (x86_64; arm64 with 4K pages from
  // 6.0, d0637c505f8a): of which sizes (all from 6.10, 845982eb264e). CONFIG_THP_SWAP.
  readonly thpSwapArches: readonly string[];
  readonly thpSwapOrders: "pmd" | "all";

  // Architectures on which a PMD may stand for a folio that migrates; on others THPs are split for it (arm64 from 5.11,
  // 53fa117bb33c). CONFIG_ARCH_ENABLE_THP_MIGRATION.
  readonly thpMigrationArches: readonly string[];

  // Whether reclaim drops a THP that MADV_FREE gave up with its PMD: no, as it splits that first; if it is clean and nobody
  // else has it, otherwise it splits (6.11, 735ecdfaf4e8); or else leaves it alone (6.15). try_to_unmap_one(), mm/rmap.c.
  readonly lazyfreeDropsPmd: "no" | "or splits it" | "or nothing";

  // A fault that finds a large folio in the swap cache maps all of it, if all of its entries lie there (6.11, 508758960b8d).
  // do_swap_page(), mm/memory.c.
  readonly swapinMapsLarge: boolean;

  // A synchronous device's slots are read back as a large folio where such are allowed (6.12, 242d12c98174).
  // alloc_swap_folio(), mm/memory.c.
  readonly swapinReadsLarge: boolean;

  // Compaction moves large folios, too, if they are smaller than a PMD (6.9, 733aea0b3a7b). mm/compaction.c.
  readonly compactsLarge: boolean;

  // A folio that migrates from the deferred split queue comes to it again (7.1, a2e0c0668a34; in 6.12.y). One with PTEs counts as
  // partly mapped from then on, as its mappings were replaced one by one. migrate_folio_move(), mm/migrate.c.
  readonly migrationRequeues: boolean;
}
