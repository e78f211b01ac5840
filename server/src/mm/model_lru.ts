// The rules in which kernels differ about the lists of the LRU and the batches before them.
// What each release answers stands in history_lru.ts.

export interface LruRules {
  // How many pages a batch of a CPU holds before it is emptied (15; 31 from 6.9, 9cecde80aae0). PAGEVEC_SIZE.
  readonly lruBatchSize: number;

  // Unmapping empties the batches first: zap_page_range_single(), unmap_region(), exit_mmap(), and
  // free_pages_and_swap_cache() at the end (seen in 6.12.107, no more in 7.2.13).
  readonly unmapDrainsLru: boolean;

  // Populating a range empties the batches at its end (5.18, 2fbb0c10d1e8). populate_vma_page_range(), mm/gup.c, 6.1.
  readonly populateDrainsLru: boolean;

  // Locked pages wait for the unevictable list in a batch of their own (5.18, 2fbb0c10d1e8), and mlock() empties the
  // batches around its walk. Before, mlock()'s GUP puts them there page by page. mm/mlock.c.
  readonly mlockBatches: boolean;

  // drop_caches empties the batches first (6.6). drop_caches_sysctl_handler(), fs/drop_caches.c.
  readonly dropCachesDrainsLru: boolean;

  // A page that waits for the LRU and that nobody else holds any more is freed without being put there.
  // folio_batch_move_lru(), mm/swap.c (not in 6.12.107, in 7.2.13).
  readonly lruAddSkipsDead: boolean;

  // A fresh anonymous page starts on the active list, and one use is enough to bring it there again (until 5.9,
  // b518154e59aa).
  readonly newAnonIsActive: boolean;

  // Reclaim looks for pins once more after it has unmapped a page, so that a pinned page of a file becomes active instead
  // of going round on the inactive list (6.4, d824ec2a1546). shrink_folio_list(), mm/vmscan.c.
  readonly reclaimActivatesPinned: boolean;

  // MADV_PAGEOUT clears accessed bits instead of not looking at them (until 6.8). madvise_cold_or_pageout_pte_range(),
  // mm/madvise.c.
  readonly pageoutClearsYoung: boolean;
}
