// The rules in which kernels differ about how faults are tried and counted, and what they read and map around them.
// What each release answers stands in history_faults.ts.

export interface FaultRules {
  // A fault that had to be tried again counts as major, whatever it waited for (5.9, bce617edecad), and the faults of
  // GUP count for the process that calls it instead of the one whose memory it is. mm_account_fault(), mm/memory.c.
  readonly retriedFaultsAreMajor: boolean;

  // Each try of a fault of GUP counts, not only the one that succeeds (until 5.9, bce617edecad). faultin_page(), mm/gup.c, 5.8.
  readonly gupCountsTries: boolean;

  // A fault that found a page which asks for the next window, or has to be read itself, gives up the lock meanwhile, and is
  // tried again (5.1, 6b4c9f446981). do_async_mmap_readahead() and filemap_fault(), mm/filemap.c.
  readonly faultUnlocksToRead: boolean;

  // A fault that made a page of a shared mapping dirty is tried again, since writers may have to wait for the disk
  // (5.5 to 5.19; from 6.0 on it is done: VM_FAULT_COMPLETED, d92725256b4f). fault_dirty_shared_page(), mm/memory.c.
  readonly dirtyingFaultsRetry: boolean;

  // An access faults under the lock of its VMA alone, also at a file's page (6.7). One that has to be tried again, though
  // it waited for nothing, then counts as a first try of its own. do_user_addr_fault(), arch/x86/mm/fault.c.
  readonly faultsLockVma: boolean;

  // How do_sync_mmap_readahead() reads around a fault: an executable mapping's pages from the fault on, and windows that
  // end at multiples of what they grow by (6.17).
  readonly readaheadAligns: boolean;

  // A window that the file's end cuts off still has a page that asks for the next one. do_page_cache_ra(),
  // mm/readahead.c; seen in 6.18.15, no more in 7.2.13.
  readonly readaheadMarksAtEnd: boolean;

  // Where the processor marks entries as accessed by itself (arm64), those that fault-around makes begin unmarked
  // (5.12, 46bdb4277f98). arch_wants_old_prefaulted_pte(), mm/memory.c.
  readonly armPrefaultsOld: boolean;

  // A writable entry that a read fault makes for a dirty page of the page cache is dirty. set_pte_range(), mm/memory.c.
  readonly readFaultKeepsDirty: boolean;
}
