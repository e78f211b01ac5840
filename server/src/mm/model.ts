// What a model is: a record of the rules in which kernels differ. The subsystems ask the model and never compare releases.
// What each release answers stands in history_5.ts (4.19 in full, then what changed) and history_6.ts.

import type { Fault } from "./fault.ts";
import type { Kernel } from "./kernel.ts";
import type { LazyfreeOutcome } from "./lazyfree_rules.ts";
import type { FileFolioRules } from "./model_file_folios.ts";
import type { LargeFolioRules } from "./model_folios.ts";
import type { SplitRules } from "./model_split.ts";
import type { ModelName } from "./releases.ts";

export interface Model extends LargeFolioRules, FileFolioRules, SplitRules {
  readonly name: ModelName;

  // PG_anon_exclusive exists: a page can be known to belong to one address space alone (5.19, 6c287605fd56).
  readonly anonExclusive: boolean;

  // Whether a write fault may make the small anonymous page writable in place. do_wp_page(), mm-semantics §2.4, §7.0.
  readonly reuseAnonSmall: (k: Kernel, vma: number, pfn: number, vpn: number) => boolean;

  // The same of a page of a large folio that a PTE maps. do_wp_page(), mm-semantics §7.0, §7.6.
  readonly reuseAnonLarge: (k: Kernel, vma: number, page: number) => boolean;

  // The same of a THP that a PMD maps. do_huge_pmd_wp_page(), mm/huge_memory.c; mm-semantics §2.9.
  readonly reuseThp: (k: Kernel, vma: number, folio: number) => boolean;

  // What a write gets a copy of when it may not have such a THP in place: all of it, or, as the PMD becomes PTEs, the page (5.8,
  // 3917c80280c9). do_huge_pmd_wp_page(), mm/huge_memory.c.
  readonly thpCopy: "the folio" | "the page";

  // What a write to the huge zero folio does: brings a THP, or makes its PMD PTEs of the zero page (5.8 to 6.12,
  // 3917c80280c9, 1ced09e0331f), and whether that THP waits in the deferred split queue as others do (6.18).
  readonly hugeZeroWrite: "allocates" | "splits";
  readonly hugeZeroWriteQueues: boolean;

  // A PMD's PTEs are as dirty as it was (6.2, e833bc503405). __split_huge_pmd_locked(), mm/huge_memory.c; mm-semantics, measured 13.
  readonly splitKeepsDirty: boolean;

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

  // mprotect makes PMDs writable by the rule for PTEs (6.2; before never in private memory). change_huge_pmd(),
  // mm/huge_memory.c; mm-semantics §5.3.
  readonly mprotectUpgradesPmds: boolean;

  // mprotect of all that a writable PMD maps loses its dirty bit on x86 (seen in 6.12 and 6.18, not in 6.1 and 7.2; shadow stacks came with 6.6): the page is
  // clean to those who ask the entry. pmd_modify(), arch/x86/include/asm/pgtable.h.
  readonly mprotectCleansPmds: boolean;

  // A PMD of a file that is unmapped leaves word of its dirty and accessed bits with the folio (7.x, seen in 7.2.13, not in
  // 6.12.117). zap_huge_pmd(), mm/huge_memory.c.
  readonly zapHugeKeepsUse: boolean;

  // do_swap_page() from the page that came back to the entry that maps it: who may write, what becomes of the swap cache.
  // Returns VM_FAULT_* bits. mm-semantics §2.7.
  readonly mapSwappedPage: (k: Kernel, vmf: Fault, pfn: number, slot: number) => number;

  // A synchronous device's page skips the swap cache when one entry alone names its slot (4.15, 0bcac06f27d7; seen in
  // 6.18.15, no more in 7.2.13). do_swap_page(), mm/memory.c.
  readonly swapinSkipsCache: boolean;

  // What reclaim does with an entry of a page that MADV_FREE gave up. try_to_unmap_one(), mm/rmap.c; mm-semantics §5.4.
  readonly lazyfreeOutcome: (k: Kernel, pfn: number) => LazyfreeOutcome;

  // Reclaim gives no swap slot to a page that may be pinned (5.11, feb889fb40fa). shrink_folio_list(), mm/vmscan.c.
  readonly reclaimSparesPinned: boolean;

  // MADV_PAGEOUT clears accessed bits instead of not looking at them (until 6.8). madvise_cold_or_pageout_pte_range(),
  // mm/madvise.c.
  readonly pageoutClearsYoung: boolean;

  // Copy-on-write lets the old page leave the swap cache when nobody maps it any more (5.14, f4c4a3f48480). wp_page_copy(),
  // mm/memory.c.
  readonly copyFreesSwapCache: boolean;

  // Whether a read-only GUP must unshare the page first; pfn is undefined where vm_normal_page() gives no page.
  // gup_must_unshare(), mm-semantics §4.4.
  readonly gupMustUnshare: (k: Kernel, vma: number, flags: number, pfn: number | undefined) => boolean;

  // Whether GUP may follow an entry without the write bit for FOLL_WRITE|FOLL_FORCE; cowed says that do_wp_page() has
  // broken COW for this call (FOLL_COW). can_follow_write_pte(), mm-semantics §4.6.
  readonly canFollowForced: (k: Kernel, entry: number, pfn: number | undefined, cowed: boolean) => boolean;

  // An mm remembers that it was ever pinned (5.9, 008cfe4418b3).
  readonly mmHasPinned: boolean;

  // A long-term pin for writing needs a mapping whose file does not track dirty pages (6.5, 8ac268436e6d).
  readonly longtermNeedsUntrackedFile: boolean;

  // get_user_pages() refuses FOLL_LONGTERM, which only pins may have (5.10). is_valid_gup_flags(), mm/gup.c, 5.10.
  readonly longtermNeedsPin: boolean;

  // O_DIRECT pins its pages (FOLL_PIN) instead of referencing them (FOLL_GET): 6.5, a7e689dd1c06.
  readonly oDirectPins: boolean;

  // What FOLL_PIN adds to the counter of a small folio: 1024 from 5.7 on (3faa52c03f44), before as much as FOLL_GET.
  readonly pinBias: number;

  // Which large folios count their pins for themselves, each page pinned as one reference and one pin: those of order 2 and
  // more (3faa52c03f44), all (5.18, 5232c63f46fd), or on 32 bits again those of order 2 and more (6.15).
  // folio_has_pincount(), include/linux/mm.h; mm-semantics §1.6.
  readonly pincountFrom: "order 2" | "order 1" | "order 1 with 64 bits";

  // A reference for reading (FOLL_GET or FOLL_PIN) to a page of a COW mapping faults as for a write first (5.8 alone,
  // 17839856fd58; a308c71bf1e6 took it back). should_force_cow_break(), mm/gup.c, 5.8.
  readonly gupBreaksCow: boolean;

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
  // in 6.1.y); or leaves the entry read-only as with small pages (6.14). hugetlb_wp(), mm/hugetlb.c; mm-semantics §4.2.
  readonly hugetlbForcedWrites: "writable" | "EFAULT" | "read-only";

  // GUP marks entries of hugetlb as accessed, and as dirty when it wants to write, as it does with other huge pages (6.10). follow_huge_pmd(), mm/gup.c.
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

  // GUP and tee(2) take no reference to a page whose counter is not positive, as it has overflowed (5.1, f958d7b528b1).
  // try_get_page(), include/linux/mm.h; mm-semantics §4.7, §13 #13.
  readonly refusesOverflow: boolean;

  // FOLL_PIN of the zero page counts on it (until 6.5, c8070b787519).
  readonly pinsZeroPage: boolean;

  // Whether fork gives the child a copy of the page at once, as the parent's may be pinned. mm-semantics §3.3.
  readonly forkCopiesPinned: (k: Kernel, mm: number, pfn: number) => boolean;

  // fork does so with a page of the page cache as well, which a private mapping shows: the child gets an anonymous copy
  // (5.9 to 5.18; fb3d824d1a46). mm-semantics §13, bug 27.
  readonly forkCopiesPinnedCache: boolean;

  // Whether mprotect to a writable protection makes this entry writable at once. Called for entries without the write
  // bit in a VMA that allows writing. can_change_pte_writable(), mm-semantics §5.3.
  readonly mprotectUpgrades: (k: Kernel, vma: number, entry: number, pfn: number | undefined) => boolean;

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

  // How many pages a batch of a CPU holds before it is emptied (15; 31 from 6.9, 9cecde80aae0). PAGEVEC_SIZE.
  readonly lruBatchSize: number;

  // MADV_DONTNEED frees PTE tables that it leaves empty (CONFIG_PT_RECLAIM: on x86-64 from 6.14 on, 6375e95f381e; seen in
  // 7.2.13 for all architectures whose tables are freed by RCU). zap_pte_range(), mm/memory.c.
  readonly dontneedFreesTables: "no" | "x86-64" | "all";

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

  // Reclaim looks for pins once more after it has unmapped a page, so that a pinned page of a file becomes active instead
  // of going round on the inactive list (6.4, d824ec2a1546). shrink_folio_list(), mm/vmscan.c.
  readonly reclaimActivatesPinned: boolean;

  // A fresh anonymous page starts on the active list, and one use is enough to bring it there again (until 5.9,
  // b518154e59aa).
  readonly newAnonIsActive: boolean;

  // pin_user_pages() passes over an entry without a page, and tells its caller nothing of the hole that it left in the
  // list of pages (until 5.17; from 5.18 on the list ends there, or the call with EEXIST: 65462462ffb2). FOLL_GET is
  // EFAULT then. follow_pfn_pte(), mm/gup.c.
  readonly gupPassesPfns: boolean;

  // What fork makes of a private PFN mapping whose first page was copied, on x86, where the cache mode of the mapping
  // is read off its first entry: it takes the copy's frame for the device's; refuses with EINVAL (6.9, 04c35ab3bdae);
  // or remembers the mode with the mapping (6.16). track_pfn_copy(), arch/x86/mm/pat/memtype.c; mm-semantics §13 #25.
  readonly forkOfCopiedPfnmap: "mistakes the frame" | "EINVAL" | "copies";

  // MADV_DOFORK is refused for what only VM_IO marks as a device's, or for every special mapping.
  readonly doforkRefuses: "VM_IO" | "VM_SPECIAL";

  // A reference to memory below a stack makes the stack grow (until 6.4; find_extend_vma(), mm/gup.c, 5.10).
  readonly gupGrowsStacks: boolean;

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

  // io_uring refuses buffers in mappings of ordinary files, after it has pinned them (until 6.1).
  readonly ioUringRefusesFiles: boolean;

  // A registered buffer that is one large folio keeps one reference to it (6.4, 57bebf807e2a), or one that is several of one
  // size one to each (6.12, a8edbb424b13). io_try_coalesce_buffer(), io_uring/rsrc.c; mm-semantics, measured 21.
  readonly ioUringCoalesces: "no" | "one folio" | "folios";

  // Shared memory is read back page by page from a device that answers at once. shmem_swapin_folio(), mm/shmem.c.
  readonly shmemSwapinAlone: boolean;

  // MADV_REMOVE goes by whether the mapping could be made writable (VM_MAYWRITE), not by whether it is.
  // madvise_remove(), mm/madvise.c.
  readonly removeAsksMayWrite: boolean;

  // MADV_POPULATE_READ and _WRITE: unknown before 5.14; later, what they do at a hole in the range (mm-semantics, measured 8).
  // Those that stop there also try again, as GUP does, where a fault gave up the lock, and count that one as major.
  readonly populateAdvice: "unknown" | "passes holes" | "stops at holes";

  // Whether VMAs whose anon_vmas differ may merge; 0 stands for no anon_vma, chain for the number of anon_vmas that a
  // VMA is linked to (more than one: a fork child). is_mergeable_anon_vma(), mm-semantics §6.2.
  readonly anonVmaRule: "one missing and this side singular" | "the side that has one is no fork child";

  // Whether fork may put the child's pages into this anon_vma (row + 1) of the parent's chain instead of a new one;
  // active is the parent's own. anon_vma_clone(), mm/rmap.c; mm-semantics §13, bug 23.
  readonly reusesAnonVma: (k: Kernel, anon_vma: number, active: number) => boolean;

  // Migration keeps the accessed and dirty bits of an entry (6.1, 2e3468778dbe). mm-semantics, measured 9.
  readonly migrationKeepsAccessed: boolean;

  // An entry that migration makes dirty again is soft-dirty only where it was: pte_mkdirty() of x86 sets both bits, and 6.1
  // leaves it at that. remove_migration_pte(), mm/migrate.c.
  readonly migrationKeepsSoftDirty: boolean;

  // follow_page() looks through an entry of PROT_NONE memory, which move_pages(2) and KSM then work on. 6.1 took each for a
  // NUMA hint (474098edac26), which d74943a2f3cd undid in 6.5. gup_can_follow_protnone(), include/linux/mm.h.
  readonly followsProtNone: boolean;

  // move_pages(2) lets no page wait in an LRU batch while it works (5.13, d479960e44f2). lru_cache_disable(), mm/swap.c.
  readonly migrationDisablesBatches: boolean;

  // migrate_pages() unmaps all pages of a list before it moves the first (6.3, 5dfab109d519).
  readonly migratesInBatches: boolean;

  // MREMAP_DONTUNMAP is for private anonymous memory only (5.7 to 5.12).
  readonly dontunmapAnonymousOnly: boolean;

  // What MREMAP_DONTUNMAP leaves of a source VMA that it moved whole: an anon_vma without pages (up to 5.12), no
  // anon_vma, or a VMA like one that never faulted, its pgoff natural again too. dontunmap_complete(), mm/mremap.c, 7.2.
  readonly dontunmapLeaves: "anon_vma" | "no anon_vma" | "an unfaulted VMA";

  // Whether MREMAP_DONTUNMAP of a part of a locked VMA unlocks that part alone, or the whole VMA.
  readonly dontunmapUnlocks: "the VMA" | "the range";

  // What mremap has looked at before it unmaps anything: the addresses alone, the first VMA, or all conditions (6.17, when
  // it also came to move a range of several VMAs that changes no size).
  readonly mremapChecksFirst: "addresses" | "the VMA" | "everything";

  // Which calls of mremap need room for the VMAs that a move may make for a while before anything is unmapped: none, so that a
  // move notices too late (until 5.2, ea2c3f6f5545), those to a new address, or also those that move nothing (7.2).
  readonly mremapNeedsRoom: "none" | "moves" | "all";

  // A mapping that mremap grew in place merges with the one that it now touches (6.0, ca3d76b0aa80).
  readonly mremapGrowthMerges: boolean;

  // The largest page-table page that mremap moves whole instead of entry by entry (a PMD's worth: 5.0, 2c91bd4a4e2e; a
  // PUD's: 5.11).
  readonly mremapMovesTables: "none" | "pmd" | "pud";

  // mremap widens a range to the start of its page table when nothing else lives there, to move it whole (6.7).
  readonly mremapRealigns: boolean;

  // mprotect to read-only gives back the commit charge of memory that was never touched (6.7, 9b9143298585), so
  // that the VMA merges with a neighbour that was mapped read-only.
  readonly mprotectUncharges: boolean;

  // The heap never merges with what lies below its start, and shrinks only where there is a heap (6.1, 2e7ce7d354f2).
  readonly brkKeepsApart: boolean;

  // KSM gives a page back its own copy by an unshare, which leaves the entry clean and read-only (6.2, 6cce3314b928); before
  // by a write fault. break_ksm(), mm-semantics §5.9.
  readonly breakKsmUnshares: boolean;

  // A write makes a KSM page without a second reference an ordinary one again instead of copying it (5.1 to 5.8,
  // 52d1e606ee73). reuse_ksm_page(), mm-semantics §7.1.
  readonly reusesKsmPages: boolean;

  // The entry of a zero page that KSM placed is dirty, so that unmerging finds it (6.6, 79271476b336).
  readonly ksmMarksZeroPages: boolean;

  // An access faults under the lock of its VMA alone, also at a file's page (6.7). One that has to be tried again, though
  // it waited for nothing, then counts as a first try of its own. do_user_addr_fault(), arch/x86/mm/fault.c.
  readonly faultsLockVma: boolean;

  // io_uring takes a buffer of up to 1 TiB in place of 1 GiB (7.x, seen in 7.2.13). io_validate_user_buf_range(),
  // io_uring/rsrc.c.
  readonly ioUringTakesTebibyte: boolean;

  // A page that swapoff() brings back keeps the soft-dirty bit of its entry (5.19, 14a762dd1977). unuse_pte(), mm/swapfile.c.
  readonly unuseKeepsSoftDirty: boolean;

  // fallocate() refuses `keep_size` beside `collapse_range` and `insert_range`, and these beside each other, as modes that
  // no filesystem knows (6.12; EINVAL before). vfs_fallocate(), fs/open.c.
  readonly fallocateModesExclude: boolean;

  // FALLOC_FL_PUNCH_HOLE writes the dirty pages of its range back before anything else (until 6.14; in
  // 6.12.y). ext4_punch_hole(), fs/ext4/inode.c.
  readonly punchHoleWrites: boolean;

  // A hole, and zero_range, take whole blocks out of the page cache (until 6.14; in 6.12.y); after, the range as it is, of
  // which truncate_pagecache_range() unmaps too much when it ends within the first page. fs/ext4/inode.c, mm/truncate.c.
  readonly holesCutWholeBlocks: boolean;

  // A file that grows gets its last page zeroed behind the old end (6.13; in 6.12.y); fallocate() looked at the pages of
  // both ends then, the old one and the new one. ext4_setattr(), fs/ext4/inode.c; ext4_alloc_file_blocks(),
  // fs/ext4/extents.c.
  readonly growthZeroesTail: "no" | "both ends" | "old end";

  // KSM asks whether a page keeps still before it looks for its like in the stable tree (6.11, after ac90c56bbd01).
  readonly ksmAsksChecksumFirst: boolean;

  // A mapping with guard markers is flagged so, and that makes fork copy its page tables; before, MADV_GUARD_INSTALL gave
  // it an anon_vma for that, also where it maps a file (6.19, 5dba5cc2e0ff). mm/madvise.c.
  readonly guardMarksVma: boolean;

  // clear_refs leaves pages alone that may be pinned (5.11, 9348b73c2e1b; in 5.10.y). pte_is_pinned().
  readonly clearRefsSkipsPinned: boolean;

  // A VMA that merges with one whose pages count as written counts so, too (6.19, 6707915e030a); before, it is as the VMA
  // that the call is about. VM_STICKY, include/linux/mm.h.
  readonly softDirtySticks: boolean;

  // An entry that is not soft-dirty stays read-only where the next write has to be seen (6.0, 76aefad628aa); before,
  // mprotect had it the wrong way round. can_change_pte_writable(), mm/mprotect.c.
  readonly mprotectKeepsSoftDirty: boolean;

  // The OOM killer takes the victim's largest child in its place (until 5.1, bbbe48029720), and of several equals the
  // first process (until 5.4, f168a9a54ec3). mm/oom_kill.c.
  readonly oomPrefersChildren: boolean;

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

  // What madvise answers when a split would make too many VMAs (EAGAIN from 5.17 on, ac1e9acc5acf).
  readonly madviseTooManyVmas: "ENOMEM" | "EAGAIN";

  // Advice that madvise does not know yet.
  readonly unknownAdvice: readonly string[];

  // Where a large mapping of an ordinary file goes in a gap that was searched with room for its alignment: nowhere
  // special, at the first aligned place from the gap's bottom (5.18, 1854bc6e2420), or from its top (6.8).
  readonly mmapAlignsFiles: "no" | "up" | "top-down";

  // Anonymous mappings of at least a PMD are placed at a multiple of it: always, only when their length is one, or not.
  // thp_get_unmapped_area() from mmap(), 6.7.
  readonly mmapAlignsLarge: "no" | "yes" | "multiples";
}
