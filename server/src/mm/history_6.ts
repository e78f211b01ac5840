// What changed from 6.1 to 7.2. mm-semantics §7.0, §7.4 to §7.6.

import { reuses_by_children } from "./anon_vma_rules.ts";
import { follows_exclusive, must_unshare_pins_and_longterm } from "./gup_rules.ts";
import type { ReleaseHistory } from "./history.ts";
import { spares_referenced } from "./lazyfree_rules.ts";
import { shared_by_mapcounts, shared_by_mm_ids } from "./mapped_shared_rules.ts";
import { upgrades_exclusive, upgrades_exclusive_dirty } from "./mprotect_rules.ts";
import { reuse_large_all_ours, reuse_large_exclusive } from "./reuse_large_rules.ts";
import { map_swapped_page_first, map_swapped_page_writable } from "./swapin_rules.ts";

export const HISTORY_6: readonly ReleaseHistory[] = [
  {
    name: "6.1",
    changes: [
      {
        since: "6.0",
        commits: ["bcd51a3c679d"],
        text: "fork leaves it to faults to map shared hugetlb pages in the child.",
        rules: { forkCopiesHugetlb: false },
      },
      {
        since: "6.1",
        commits: ["8ebe0a5eaaeb"],
        text: "MADV_DONTNEED of hugetlb leaves a huge page alone that the range ends within.",
        rules: { hugetlbDontneed: "rounds down" },
      },
      {
        since: "6.2",
        commits: ["f347454d0341"],
        text: "FOLL_FORCE writes to nothing of hugetlb (stable 6.1.y has it too).",
        rules: { hugetlbForcedWrites: "EFAULT" },
      },
      {
        since: "6.0",
        commits: ["76aefad628aa"],
        text: "mprotect gives no write bit to an entry whose next write has to be seen (soft-dirty).",
        rules: { mprotectKeepsSoftDirty: true },
      },
      {
        since: "6.9",
        commits: ["04c35ab3bdae"],
        text: "fork of a private PFN mapping whose first page was copied is refused on x86, as the cache mode of the device cannot be found any more (stable 6.1.y has it too).",
        rules: { forkOfCopiedPfnmap: "EINVAL" },
      },
      {
        since: "6.0",
        commits: ["2555283eb40d"],
        text: "fork puts a child's pages into an anon_vma of its ancestors only when no VMA uses it: CVE-2022-42703 is closed.",
        rules: { reusesAnonVma: reuses_by_children },
      },
      {
        since: "6.0",
        commits: ["5535be309971"],
        text: "A forced write (FOLL_FORCE) follows exclusive anonymous pages instead of dirty entries: CVE-2022-2590 is closed.",
        rules: { canFollowForced: follows_exclusive },
      },
      {
        since: "6.0",
        commits: ["64fe24a3e05e"],
        text: "mprotect makes dirty entries of exclusive anonymous pages writable at once.",
        rules: { mprotectUpgrades: upgrades_exclusive_dirty },
      },
      {
        since: "6.0",
        commits: ["d92725256b4f"],
        text: "A fault that gave up the lock after its work was done is not tried again (VM_FAULT_COMPLETED).",
        rules: { dirtyingFaultsRetry: false },
      },
      {
        since: "6.0",
        commits: ["ca3d76b0aa80"],
        text: "A mapping that mremap grew in place merges with the one that it now touches.",
        rules: { mremapGrowthMerges: true },
      },
      {
        since: "6.1",
        commits: ["2e3468778dbe"],
        text: "Migration keeps the accessed and dirty bits of the entries that map a page; a dirty one becomes soft-dirty.",
        rules: { migrationKeepsAccessed: true, migrationKeepsSoftDirty: false },
      },
      {
        since: "6.1",
        commits: ["474098edac26"],
        text: "move_pages(2) and KSM leave the pages of PROT_NONE memory alone.",
        rules: { followsProtNone: false },
      },
      {
        since: "6.1",
        commits: ["7d8faaf15545"],
        text: "madvise knows MADV_COLLAPSE.",
        rules: { unknownAdvice: ["guard_install", "guard_remove"] },
      },
      {
        since: "6.1",
        commits: ["2e7ce7d354f2"],
        text: "The heap never merges with what lies below its start, and shrinks only where there is a heap.",
        rules: { brkKeepsApart: true },
      },
      {
        since: "6.5",
        commits: ["c8070b787519"],
        text: "FOLL_PIN of the zero page counts nowhere (stable 6.1.y has it too).",
        rules: { pinsZeroPage: false },
      },
      {
        since: "6.5",
        commits: ["8d7071af8907"],
        text: "get_user_pages() grows no stacks (stable 6.1.y has it too).",
        rules: { gupGrowsStacks: false },
      },
      {
        since: "6.4",
        commits: ["d824ec2a1546"],
        text: "Reclaim makes a page of a file that may be pinned active, instead of letting it go round on the inactive list (stable 6.1.y has it too).",
        rules: { reclaimActivatesPinned: true },
      },
      {
        since: "7.2",
        commits: [],
        text: "The VMA that MREMAP_DONTUNMAP leaves is like one that never faulted, its page offset natural again (stable 6.1.y has it too).",
        rules: { dontunmapLeaves: "an unfaulted VMA" },
      },
      {
        since: "6.7",
        commits: ["e8e17ee90eaf"],
        text: "MADV_REMOVE follows a shared mapping that mprotect made read-only (stable 6.1.y has it too).",
        rules: { removeAsksMayWrite: true },
      },
    ],
  },
  {
    name: "6.6",
    changes: [
      {
        since: "6.4",
        commits: ["57bebf807e2a"],
        text: "io_uring keeps one reference to a buffer that is one large folio.",
        rules: { ioUringCoalesces: "one folio" },
      },
      {
        since: "6.2",
        commits: ["cb67f4282bf9", "be5ef2d9b006", "4b51634cd16a", "eec20426d48b"],
        text: "A large folio counts how many of its pages PTEs map (_nr_pages_mapped), in place of PG_double_map; each page counts its PTEs alone, also of files. A page is unmapped for the deferred split only when no PMD maps the folio.",
        rules: { doubleMap: false, nrPagesMapped: true },
      },
      {
        since: "3.7",
        commits: ["5180da410db6"],
        text: "fork takes the frame of the first page of a PFN mapping for the device's on x86, also if it is a copy: not what stable 6.1.y took over from 6.9.",
        rules: { forkOfCopiedPfnmap: "mistakes the frame" },
      },
      {
        since: "6.2",
        commits: ["6cce3314b928"],
        text: "KSM gives a page back its own copy by an unshare, which leaves the entry clean and read-only.",
        rules: { breakKsmUnshares: true },
      },
      {
        since: "6.5",
        commits: ["d74943a2f3cd"],
        text: "move_pages(2) and KSM work on the pages of PROT_NONE memory again.",
        rules: { followsProtNone: true },
      },
      {
        since: "6.6",
        commits: ["79271476b336"],
        text: "The entry of a zero page that KSM placed is dirty.",
        rules: { ksmMarksZeroPages: true },
      },
      {
        since: "6.6",
        commits: [],
        text: "drop_caches empties the LRU batches first.",
        rules: { dropCachesDrainsLru: true },
      },
      {
        since: "6.2",
        commits: ["84209e87c696"],
        text: "A read-only FOLL_PIN|FOLL_LONGTERM unshares page-cache pages and the zero page of a private mapping too.",
        rules: { gupMustUnshare: must_unshare_pins_and_longterm },
      },
      {
        since: "6.2",
        commits: ["6a56ccbcf6c6"],
        text: "mprotect makes clean entries of exclusive anonymous pages writable too.",
        rules: { mprotectUpgrades: upgrades_exclusive },
      },
      {
        since: "6.2",
        commits: [],
        text: "mprotect makes the PMD of an exclusive THP writable, too.",
        rules: { mprotectUpgradesPmds: true },
      },
      {
        since: "6.2",
        commits: ["e833bc503405"],
        text: "When a PMD becomes PTEs, they are as dirty as it was.",
        rules: { splitKeepsDirty: true },
      },
      {
        since: "6.3",
        commits: ["5dfab109d519"],
        text: "migrate_pages() unmaps all pages of a list before it moves the first, and tries without waiting before it waits.",
        rules: { migratesInBatches: true },
      },
      {
        since: "6.5",
        commits: ["a7e689dd1c06"],
        text: "O_DIRECT pins its pages (FOLL_PIN) instead of referencing them (FOLL_GET).",
        rules: { oDirectPins: true },
      },
      {
        since: "6.5",
        commits: ["8ac268436e6d"],
        text: "A long-term pin for writing refuses shared mappings of files that track dirty pages.",
        rules: { longtermNeedsUntrackedFile: true },
      },
      {
        since: "6.5",
        commits: ["34ed8d0dcd69"],
        text: "io_uring leaves it to FOLL_LONGTERM which mappings of files it refuses: private ones no more.",
        rules: { ioUringRefusesFiles: false },
      },
      {
        since: "5.13",
        commits: ["1583aa278f5f"],
        text: "What MREMAP_DONTUNMAP leaves keeps its page offset: not what stable 6.1.y took over from a later release.",
        rules: { dontunmapLeaves: "no anon_vma" },
      },
      {
        since: "2.6.16",
        commits: ["f6b3ec238d12"],
        text: "MADV_REMOVE asks for a mapping that is writable now: not what stable 6.1.y took over from 6.7.",
        rules: { removeAsksMayWrite: false },
      },
    ],
  },
  {
    name: "6.8",
    changes: [
      {
        since: "6.8",
        commits: ["19eaf44954df"],
        text: "The first write to anonymous memory may bring a folio of several pages: multi-size THP.",
        rules: { mthp: true },
      },
      {
        since: "6.7",
        commits: ["a08c7193e4f1"],
        text: "A hugetlb page in the page cache holds a reference for each of its base pages.",
        rules: { hugetlbCacheRefs: "each page" },
      },
      {
        since: "6.7",
        commits: ["e8e17ee90eaf"],
        text: "MADV_REMOVE follows a shared mapping that mprotect made read-only.",
        rules: { removeAsksMayWrite: true },
      },
      {
        since: "6.7",
        commits: ["12214eba1992", "46e714c729c8"],
        text: "An access faults at a file's page under the lock of its VMA; when it is tried again it counts as major only if that first try was.",
        rules: { faultsLockVma: true },
      },
      {
        since: "6.7",
        commits: ["9b9143298585"],
        text: "mprotect to read-only gives back the commit charge of memory that was never touched, so that it merges with memory that was mapped read-only.",
        rules: { mprotectUncharges: true },
      },
      {
        since: "6.7",
        commits: ["efa7df3e3bb5"],
        text: "Anonymous mappings of at least a huge page are placed at multiples of one.",
        rules: { mmapAlignsLarge: "yes" },
      },
      {
        since: "6.7",
        commits: ["dc68badcede4"],
        text: "mlock locks large folios that PTEs map, when all of it is mapped in the range.",
        rules: { mlocksLargePtes: true },
      },
      {
        since: "6.7",
        commits: ["af8ca1c14906"],
        text: "mremap widens a range to the start of its page table when nothing else lives there, to move the table whole.",
        rules: { mremapRealigns: true },
      },
      {
        since: "6.8",
        commits: ["96204e15310c"],
        text: "Mappings that are aligned go to the top of the gap, as all others do.",
        rules: { mmapAlignsFiles: "top-down" },
      },
    ],
  },
  {
    name: "6.10",
    changes: [
      {
        since: "6.10",
        commits: [],
        text: "GUP marks entries of hugetlb as accessed and dirty, as it does with other huge pages.",
        rules: { gupTouchesHugetlb: true },
      },
      {
        since: "6.10",
        commits: ["05c5323b2a34"],
        text: "A large folio counts all its mappings in one counter (_large_mapcount), which tells better whether it is shared.",
        rules: { largeMapcount: true, largeMappedShared: shared_by_mapcounts },
      },
      {
        since: "6.10",
        commits: [],
        text: "A large folio that loses its last PTEs is not queued for a split when no page of it is mapped any more.",
        rules: { unmappedPageQueuesSplit: false },
      },
      {
        since: "6.9",
        commits: ["df7a6d1f6405"],
        text: "Unmapping a page of a private hugetlb mapping gives its owner the reservation back.",
        rules: { hugetlbZapRestores: "all pages" },
      },
      {
        since: "6.9",
        commits: ["04c35ab3bdae"],
        text: "fork of a private PFN mapping whose first page was copied is refused on x86, as the cache mode of the device cannot be found any more.",
        rules: { forkOfCopiedPfnmap: "EINVAL" },
      },
      {
        since: "6.9",
        commits: ["2864f3d0f583"],
        text: "MADV_PAGEOUT does not look at accessed bits instead of clearing them.",
        rules: { pageoutClearsYoung: false },
      },
      {
        since: "6.9",
        commits: ["9cecde80aae0"],
        text: "A batch of the LRU holds 31 pages instead of 15.",
        rules: { lruBatchSize: 31 },
      },
      {
        since: "6.9",
        commits: ["f8d937761d65"],
        text: "fork and unmapping handle entries that map a large folio's pages in a row as one.",
        rules: { batchesPtes: true },
      },
      {
        since: "6.10",
        commits: [],
        text: "A write to a page of a PTE-mapped large folio reuses it only when it is exclusive, also when no other page of the folio is mapped any more.",
        rules: { reuseAnonLarge: reuse_large_exclusive },
      },
      {
        since: "6.9",
        commits: ["631426ba1d45"],
        text: "MADV_POPULATE_READ and MADV_POPULATE_WRITE end at the first hole of the range.",
        rules: { populateAdvice: "stops at holes" },
      },
    ],
  },
  {
    name: "6.12",
    changes: [
      {
        since: "6.12",
        commits: ["a8edbb424b13"],
        text: "io_uring keeps one reference for each of the large folios that a buffer consists of.",
        rules: { ioUringCoalesces: "folios" },
      },
      {
        since: "6.12",
        commits: [],
        text: "Migration leaves an entry soft-dirty only where it was.",
        rules: { migrationKeepsSoftDirty: true },
      },
      {
        since: "6.11",
        commits: [],
        text: "A read that brings an exclusive page back from swap maps it writable, though clean.",
        rules: { mapSwappedPage: map_swapped_page_writable },
      },
      {
        since: "6.11",
        commits: [],
        text: "KSM asks whether a page keeps still before it looks for its like in the stable tree.",
        rules: { ksmAsksChecksumFirst: true },
      },
      {
        since: "6.12",
        commits: [],
        text: "fallocate refuses modes that do not go together with EOPNOTSUPP, where it gave EINVAL.",
        rules: { fallocateModesExclude: true },
      },
      {
        since: "6.13",
        commits: ["d4148aeab412"],
        text: "Anonymous mappings are aligned only when their length is a multiple of a huge page (stable 6.12.y has it too).",
        rules: { mmapAlignsLarge: "multiples" },
      },
      {
        since: "6.13",
        commits: [],
        text: "A file that grows has its last page zeroed behind the old end, which makes the page dirty; fallocate brings the page of the new end into the page cache, too (stable 6.12.y has it too).",
        rules: { growthZeroesTail: "both ends" },
      },
      {
        since: "6.14",
        commits: [],
        text: "A hole in a file is punched without writing its dirty pages back before (stable 6.12.y has it too).",
        rules: { punchHoleWrites: false },
      },
    ],
  },
  {
    name: "6.15",
    changes: [
      {
        since: "6.13",
        commits: ["7bd3f1e1a9ae"],
        text: "An address that a hugetlb mapping is only asked for is rounded up to a huge page, on x86 as elsewhere.",
        rules: { hugetlbHintRounds: "up" },
      },
      {
        since: "6.13",
        commits: ["59d9094df3d7"],
        text: "Tables of PMDs that hugetlb mappings share count their sharers for themselves.",
        rules: { pmdShareCounts: "sharers" },
      },
      {
        since: "6.14",
        commits: [],
        text: "A write that only FOLL_FORCE allows leaves the entry of a private huge page read-only.",
        rules: { hugetlbForcedWrites: "read-only" },
      },
      {
        since: "6.15",
        commits: ["6af8cb80d3a9", "749492229e3b"],
        text: "Address spaces have numbers, and a large folio counts the mappings of two of them: what it can tell of being shared may err on the side of yes. Kernels can be built without mapcounts of its pages (CONFIG_NO_PAGE_MAPCOUNT).",
        rules: { mmIds: true, largeMappedShared: shared_by_mm_ids, pageMapcountIsOptional: true },
      },
      {
        since: "6.15",
        commits: ["31a31da8a618"],
        text: "On 32 bits a large folio of two pages has no count of its pins any more: each adds 1024 to its references.",
        rules: { pincountFrom: "order 1 with 64 bits" },
      },
      {
        since: "6.14",
        commits: [],
        text: "Shared memory is read back page by page, without its neighbours, from a swap device that answers at once (zram).",
        rules: { shmemSwapinAlone: true },
      },
      {
        since: "6.13",
        commits: ["1ced09e0331f"],
        text: "A write to the huge zero page brings a THP, where it made its PMD PTEs.",
        rules: { hugeZeroWrite: "allocates" },
      },
      {
        since: "6.15",
        commits: ["1da190f4d0a6"],
        text: "A write to a page of a PTE-mapped large folio reuses it when this address space alone maps the folio and nobody else holds it.",
        rules: { reuseAnonLarge: reuse_large_all_ours },
      },
      {
        since: "6.15",
        commits: [],
        text: "A further reference alone does not make a page that MADV_FREE gave up an ordinary one again: the next reclaim drops it.",
        rules: { lazyfreeOutcome: spares_referenced },
      },
      {
        since: "6.13",
        commits: ["662df3e5c376"],
        text: "madvise knows MADV_GUARD_INSTALL and MADV_GUARD_REMOVE.",
        rules: { unknownAdvice: [] },
      },
      {
        since: "6.14",
        commits: ["6375e95f381e"],
        text: "MADV_DONTNEED frees the PTE tables that it leaves empty (x86-64).",
        rules: { dontneedFreesTables: "x86-64" },
      },
    ],
  },
  {
    name: "6.18",
    changes: [
      {
        since: "6.18",
        commits: [],
        text: "The THP that a write to the huge zero page brings waits in the deferred split queue, as others do.",
        rules: { hugeZeroWriteQueues: true },
      },
      {
        since: "6.18",
        commits: [],
        text: "A range of which no entry may be written through is collapsed, too.",
        rules: { khugepagedNeedsWritable: false },
      },
      {
        since: "6.16",
        commits: [],
        text: "A PFN mapping remembers the cache mode of its device on x86, so fork copies it whatever its first page is.",
        rules: { forkOfCopiedPfnmap: "copies" },
      },
      {
        since: "6.16",
        commits: ["879bca0a2c4f"],
        text: "Anonymous VMAs merge unless the one that has faulted is a fork child's.",
        rules: { anonVmaRule: "the side that has one is no fork child" },
      },
      {
        since: "6.17",
        commits: ["d23cb648e365"],
        text: "mremap checks everything before it unmaps anything, and moves a range of several VMAs when it changes no size.",
        rules: { mremapChecksFirst: "everything" },
      },
      {
        since: "6.17",
        commits: ["18ebe55a9236"],
        text: "Readahead ends at natural boundaries, and reads executable mappings from the fault on.",
        rules: { readaheadAligns: true },
      },
      {
        since: "6.16",
        commits: ["4e92030c05dc"],
        text: "A writable entry that a read fault makes for a dirty page of the page cache is dirty.",
        rules: { readFaultKeepsDirty: true },
      },
    ],
  },
  {
    name: "7.2",
    changes: [
      {
        since: "7.2",
        commits: [],
        text: "A PMD of a file that is unmapped leaves word of its dirty and accessed bits with the folio.",
        rules: { zapHugeKeepsUse: true },
      },
      {
        since: "7.2",
        commits: [],
        text: "khugepaged leaves ranges alone that have lazily freed pages; MADV_COLLAPSE of a range without a whole huge page succeeds, and goes on behind one where nothing is mapped.",
        rules: { khugepagedSparesLazyfree: true, collapseOfNothing: 0, collapsePassesHoles: true },
      },
      {
        since: "7.2",
        commits: [],
        text: "Unmapping a page of a private hugetlb mapping that others still map gives no reservation back.",
        rules: { hugetlbZapRestores: "unmapped pages" },
      },
      {
        since: "6.19",
        commits: ["6707915e030a"],
        text: "A VMA that merges with one whose pages all count as soft-dirty counts so, too.",
        rules: { softDirtySticks: true },
      },
      {
        since: "6.19",
        commits: ["5dba5cc2e0ff"],
        text: "A mapping with guard markers has a flag of its own, which makes fork copy its page tables; a mapping of a file gets no anon_vma for them.",
        rules: { guardMarksVma: true },
      },
      {
        since: "7.2",
        commits: [],
        text: "MADV_DOFORK is refused for every special mapping, not only for what VM_IO marks.",
        rules: { doforkRefuses: "VM_SPECIAL" },
      },
      {
        since: "7.2",
        commits: [],
        text: "A page that comes back from swap is mapped before the swap cache gives it up; a synchronous device's page goes through the swap cache too, and always leaves it.",
        rules: { mapSwappedPage: map_swapped_page_first, swapinSkipsCache: false },
      },
      {
        since: "7.2",
        commits: [],
        text: "Unmapping does not empty the LRU batches, and a page of a batch that nobody else holds is freed without being put on a list.",
        rules: { unmapDrainsLru: false, lruAddSkipsDead: true },
      },
      {
        since: "7.2",
        commits: [],
        text: "The VMA that MREMAP_DONTUNMAP leaves is like one that never faulted, its page offset natural again.",
        rules: { dontunmapLeaves: "an unfaulted VMA" },
      },
      {
        since: "7.2",
        commits: [],
        text: "MREMAP_DONTUNMAP of a part of a locked VMA unlocks that part alone.",
        rules: { dontunmapUnlocks: "the range" },
      },
      {
        since: "7.2",
        commits: [],
        text: "mremap asks first of all whether the address space may have the VMAs that it may need for a while.",
        rules: { mremapNeedsRoom: "all" },
      },
      {
        since: "7.2",
        commits: [],
        text: "io_uring takes buffers of up to 1 TiB; larger ones are EINVAL.",
        rules: { ioUringTakesTebibyte: true },
      },
      {
        since: "7.2",
        commits: [],
        text: "fallocate that lets a file grow zeroes the page of the old end alone, as ftruncate does.",
        rules: { growthZeroesTail: "old end" },
      },
      {
        since: "7.2",
        commits: [],
        text: "MADV_DONTNEED frees the PTE tables that it leaves empty on all architectures here.",
        rules: { dontneedFreesTables: "all" },
      },
    ],
  },
];
