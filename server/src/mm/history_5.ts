// What a kernel answers in 4.19, and what changed up to 5.19. mm-semantics §7.0, §7.1, §7.3.

import { reuses_by_children, reuses_by_degree } from "./anon_vma_rules.ts";
import { pinned_pages_are_copied, pinned_pages_are_copied_510, pinned_pages_are_shared } from "./fork_rules.ts";
import { follows_dirty_after_cow, must_unshare_never, must_unshare_pins } from "./gup_rules.ts";
import type { ReleaseHistory, Rules } from "./history.ts";
import { upgrades_dirty_shared } from "./mprotect_rules.ts";
import { reuse_by_mapcount_or_ksm, reuse_by_page_count, reuse_exclusive, reuse_only_reference } from "./reuse.ts";
import {
  map_swapped_page_by_mapcount,
  map_swapped_page_by_refcount,
  map_swapped_page_exclusive,
} from "./swapin_rules.ts";

// 4.19, the oldest release.
export const FIRST: Rules = {
  anonExclusive: false,
  reuseAnonSmall: reuse_by_mapcount_or_ksm,
  mapSwappedPage: map_swapped_page_by_mapcount,
  swapinSkipsCache: true,
  copyFreesSwapCache: false,
  gupMustUnshare: must_unshare_never,
  canFollowForced: follows_dirty_after_cow,
  mmHasPinned: false,
  longtermNeedsUntrackedFile: false,
  oDirectPins: false,
  pinBias: 1,
  gupBreaksCow: false,
  pinsZeroPage: true,
  forkCopiesPinned: pinned_pages_are_shared,
  forkCopiesPinnedCache: false,
  mprotectUpgrades: upgrades_dirty_shared,
  retriedFaultsAreMajor: false,
  gupCountsTries: true,
  asyncReadaheadRetries: false,
  dirtyingFaultsRetry: false,
  lruBatchSize: 15,
  unmapDrainsLru: true,
  populateDrainsLru: false,
  dropCachesDrainsLru: false,
  mlockBatches: false,
  lruAddSkipsDead: false,
  newAnonIsActive: true,
  reclaimActivatesPinned: false,
  gupGrowsStacks: true,
  gupPassesPfns: true,
  forkOfCopiedPfnmap: "mistakes the frame",
  doforkRefuses: "VM_IO",
  readaheadAligns: false,
  readaheadMarksAtEnd: true,
  armPrefaultsOld: false,
  readFaultKeepsDirty: false,
  ioUringRefusesFiles: true,
  populateAdvice: "unknown",
  anonVmaRule: "one missing and this side singular",
  reusesAnonVma: reuses_by_degree,
  migrationKeepsAccessed: false,
  migratesInBatches: false,
  migrationDisablesBatches: false,
  dontunmapAnonymousOnly: true,
  dontunmapLeaves: "anon_vma",
  dontunmapUnlocks: "the VMA",
  mremapChecksFirst: "addresses",
  mremapNeedsRoom: "none",
  mremapGrowthMerges: false,
  mremapMovesTables: "none",
  mremapRealigns: false,
  mremapMovesManyVmas: false,
  mprotectUncharges: false,
  brkKeepsApart: false,
  breakKsmUnshares: false,
  reusesKsmPages: false,
  ksmMarksZeroPages: false,
  ksmAsksChecksumFirst: false,
  oomPrefersChildren: true,
  madviseTooManyVmas: "ENOMEM",
  guardMarksVma: false,
  unknownAdvice: ["cold", "pageout", "populate_read", "populate_write", "collapse", "guard_install", "guard_remove"],
  mmapAlignsFiles: "no",
  mmapAlignsLarge: "no",
};

export const HISTORY_5: readonly ReleaseHistory[] = [
  { name: "4.19", changes: [] },
  {
    name: "5.7",
    changes: [
      {
        since: "5.0",
        commits: ["2c91bd4a4e2e"],
        text: "mremap moves page tables of a PMD's worth as a whole.",
        rules: { mremapMovesTables: "pmd" },
      },
      {
        since: "5.1",
        commits: ["6b4c9f446981"],
        text: "A fault gives up the lock while a file's next window is read, and is tried again.",
        rules: { asyncReadaheadRetries: true },
      },
      {
        since: "5.2",
        commits: ["ea2c3f6f5545"],
        text: "mremap to a new address asks for room for more VMAs before it unmaps what is there.",
        rules: { mremapNeedsRoom: "moves" },
      },
      {
        since: "5.7",
        commits: ["3faa52c03f44"],
        text: "FOLL_PIN adds 1024 to the refcount of a small folio, so that a pin can be told from other references.",
        rules: { pinBias: 1024 },
      },
      {
        since: "5.1",
        commits: ["52d1e606ee73"],
        text: "A write makes a KSM page without a second reference an ordinary one again instead of copying it.",
        rules: { reusesKsmPages: true },
      },
      {
        since: "5.1",
        commits: ["bbbe48029720", "f168a9a54ec3"],
        text: "The OOM killer takes the victim itself instead of its largest child, and of several equals the last process (5.4).",
        rules: { oomPrefersChildren: false },
      },
      {
        since: "5.4",
        commits: ["9c276cc65a58", "1a4e58cce84e"],
        text: "madvise knows MADV_COLD and MADV_PAGEOUT.",
        rules: { unknownAdvice: ["populate_read", "populate_write", "collapse", "guard_install", "guard_remove"] },
      },
      {
        since: "5.5",
        commits: ["89b15332af7c"],
        text: "A fault that made a page of a shared mapping dirty gives up the lock and is tried again.",
        rules: { dirtyingFaultsRetry: true },
      },
    ],
  },
  {
    name: "5.8",
    changes: [
      {
        since: "5.8",
        commits: ["17839856fd58"],
        text: "A reference for reading to a page of a private mapping breaks COW first, as a write would: CVE-2020-29374 is closed for who takes the reference.",
        rules: { gupBreaksCow: true },
      },
    ],
  },
  {
    name: "5.10",
    changes: [
      {
        since: "6.9",
        commits: ["04c35ab3bdae"],
        text: "fork of a private PFN mapping whose first page was copied is refused on x86, as the cache mode of the device cannot be found any more (stable 5.10.y has it too).",
        rules: { forkOfCopiedPfnmap: "EINVAL" },
      },
      {
        since: "5.9",
        commits: ["a308c71bf1e6"],
        text: "A reference for reading takes the page that is mapped; COW is no longer broken for it.",
        rules: { gupBreaksCow: false },
      },
      {
        since: "5.9",
        commits: ["b518154e59aa"],
        text: "A fresh anonymous page starts on the inactive list.",
        rules: { newAnonIsActive: false },
      },
      {
        since: "6.0",
        commits: ["2555283eb40d"],
        text: "fork puts a child's pages into an anon_vma of its ancestors only when no VMA uses it: CVE-2022-42703 is closed (stable 5.10.y has it too).",
        rules: { reusesAnonVma: reuses_by_children },
      },
      {
        since: "5.9",
        commits: ["09854ba94c6a"],
        text: "A write fault reuses an anonymous page only when nobody holds a further reference to it: CVE-2020-29374 is closed for small pages. A KSM page is always copied.",
        rules: { reuseAnonSmall: reuse_by_page_count, reusesKsmPages: false },
      },
      {
        since: "5.9",
        commits: ["008cfe4418b3"],
        text: "An address space remembers that its pages were ever pinned (FOLL_PIN).",
        rules: { mmHasPinned: true },
      },
      {
        since: "5.9",
        commits: ["70e806e4e645"],
        text: "fork copies an anonymous page that may be pinned for the child at once, so that the parent keeps what its device uses.",
        rules: { forkCopiesPinned: pinned_pages_are_copied_510 },
      },
      {
        since: "5.9",
        commits: ["bce617edecad"],
        text: "handle_mm_fault() counts faults: one that was tried again is major, and those of get_user_pages() count once, for the process that calls it.",
        rules: { retriedFaultsAreMajor: true, gupCountsTries: false },
      },
    ],
  },
  {
    name: "5.15",
    changes: [
      {
        since: "3.7",
        commits: ["5180da410db6"],
        text: "fork takes the frame of the first page of a PFN mapping for the device's on x86, also if it is a copy: not what stable 5.10.y took over from 6.9.",
        rules: { forkOfCopiedPfnmap: "mistakes the frame" },
      },
      {
        since: "5.9",
        commits: ["70e806e4e645"],
        text: "fork does not ask whether a pinned page is anonymous: of a page-cache page in a private mapping the child gets an anonymous copy. Stable 5.10.y asks.",
        rules: { forkCopiesPinnedCache: true },
      },
      {
        since: "3.19",
        commits: ["7a3ef208e662"],
        text: "fork reuses anon_vmas by their degree: not what stable 5.10.y took over from 6.0.",
        rules: { reusesAnonVma: reuses_by_degree },
      },
      {
        since: "5.11",
        commits: ["c49dd3401802"],
        text: "mremap moves page tables of a PUD's worth as a whole.",
        rules: { mremapMovesTables: "pud" },
      },
      {
        since: "5.12",
        commits: ["46bdb4277f98"],
        text: "On arm64 the entries that fault-around makes begin as not accessed.",
        rules: { armPrefaultsOld: true },
      },
      {
        since: "5.13",
        commits: ["d479960e44f2"],
        text: "move_pages(2) lets no page wait in an LRU batch while it works.",
        rules: { migrationDisablesBatches: true },
      },
      {
        since: "5.13",
        commits: ["a4609387859f"],
        text: "MREMAP_DONTUNMAP works on shared and file mappings too.",
        rules: { dontunmapAnonymousOnly: false },
      },
      {
        since: "5.13",
        commits: ["1583aa278f52"],
        text: "A mapping that MREMAP_DONTUNMAP moved whole leaves a VMA without an anon_vma.",
        rules: { dontunmapLeaves: "no anon_vma" },
      },
      {
        since: "5.14",
        commits: ["f4c4a3f48480"],
        text: "Copy-on-write lets the old page leave the swap cache when nobody maps it any more.",
        rules: { copyFreesSwapCache: true },
      },
      {
        since: "5.14",
        commits: ["4ca9b3859dac"],
        text: "madvise knows MADV_POPULATE_READ and MADV_POPULATE_WRITE.",
        rules: { populateAdvice: "passes holes", unknownAdvice: ["collapse", "guard_install", "guard_remove"] },
      },
    ],
  },
  {
    name: "5.17",
    changes: [
      {
        since: "5.17",
        commits: ["ac1e9acc5acf"],
        text: "madvise answers EAGAIN instead of ENOMEM when it would make too many VMAs.",
        rules: { madviseTooManyVmas: "EAGAIN" },
      },
      {
        since: "5.16",
        commits: ["550a7d60bd5e"],
        text: "mremap looks for the VMA before it unmaps anything.",
        rules: { mremapChecksFirst: "the VMA" },
      },
    ],
  },
  {
    name: "5.18",
    changes: [
      {
        since: "5.18",
        commits: ["65462462ffb2"],
        text: "get_user_pages() ends at an entry without a page, as pin_user_pages() does now instead of leaving a hole in the list of pages.",
        rules: { gupPassesPfns: false },
      },
      {
        since: "5.18",
        commits: ["2fbb0c10d1e8"],
        text: "Populating a range empties the LRU batches at its end, and locked pages wait for the unevictable list in a batch of their own.",
        rules: { populateDrainsLru: true, mlockBatches: true },
      },
      {
        since: "5.18",
        commits: ["53a05ad9f21d", "d4c470970d45"],
        text: "Before a write fault copies an anonymous page, it gives up the references that the swap cache and the LRU batches hold.",
        rules: { reuseAnonSmall: reuse_only_reference },
      },
      {
        since: "5.18",
        commits: ["c145e0b47c77"],
        text: "A write to a swapped page reuses it only when nobody holds a further reference to it; the swap cache gives up its own first.",
        rules: { mapSwappedPage: map_swapped_page_by_refcount },
      },
      {
        since: "5.18",
        commits: ["1854bc6e2420"],
        text: "Large mappings of ordinary files are placed at multiples of a huge page.",
        rules: { mmapAlignsFiles: "up" },
      },
    ],
  },
  {
    name: "5.19",
    changes: [
      {
        since: "5.19",
        commits: ["6c287605fd56"],
        text: "PG_anon_exclusive marks a page that belongs to one address space alone. It is enough for a write fault to reuse the page; fork takes it away.",
        rules: { anonExclusive: true, reuseAnonSmall: reuse_exclusive, forkCopiesPinned: pinned_pages_are_copied },
      },
      {
        since: "5.19",
        commits: ["1493a1913e34"],
        text: "A swap entry remembers that its page was exclusive, so that it is so again when it comes back.",
        rules: { mapSwappedPage: map_swapped_page_exclusive },
      },
      {
        since: "5.19",
        commits: ["fb3d824d1a46"],
        text: "fork shares pinned pages of the page cache as it shares others.",
        rules: { forkCopiesPinnedCache: false },
      },
      {
        since: "5.19",
        commits: ["a7f226604170"],
        text: "A read-only FOLL_PIN of an anonymous page that is not exclusive unshares it first.",
        rules: { gupMustUnshare: must_unshare_pins },
      },
    ],
  },
];
