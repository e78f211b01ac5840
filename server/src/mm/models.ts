// The models that this version simulates, each release made from the one before it: the differences read as history.

import { reuses_by_children, reuses_by_degree } from "./anon_vma_rules.ts";
import { pinned_pages_are_copied, pinned_pages_are_copied_510, pinned_pages_are_shared } from "./fork_rules.ts";
import {
  follows_dirty_after_cow,
  follows_exclusive,
  must_unshare_never,
  must_unshare_pins,
  must_unshare_pins_and_longterm,
} from "./gup_rules.ts";
import type { Model } from "./model.ts";
import { upgrades_dirty_shared, upgrades_exclusive, upgrades_exclusive_dirty } from "./mprotect_rules.ts";
import type { ModelName } from "./releases.ts";
import { reuse_by_mapcount_or_ksm, reuse_by_page_count, reuse_exclusive } from "./reuse.ts";

const v5_7: Model = {
  name: "5.7",
  anonExclusive: false,
  reuseAnonSmall: reuse_by_mapcount_or_ksm,
  gupMustUnshare: must_unshare_never,
  canFollowForced: follows_dirty_after_cow,
  mmHasPinned: false,
  longtermNeedsUntrackedFile: false,
  oDirectPins: false,
  pinsZeroPage: true,
  forkCopiesPinned: pinned_pages_are_shared,
  mprotectUpgrades: upgrades_dirty_shared,
  retriedFaultsAreMajor: false,
  dirtyingFaultsRetry: true,
  lruBatchSize: 15,
  unmapDrainsLru: true,
  populateDrainsLru: false,
  dropCachesDrainsLru: false,
  mlockBatches: false,
  lruAddSkipsDead: false,
  newAnonIsActive: true,
  gupGrowsStacks: true,
  readaheadAligns: false,
  readaheadMarksAtEnd: true,
  armPrefaultsOld: false,
  readFaultKeepsDirty: false,
  ioUringRefusesFiles: true,
  populateAdvice: "unknown",
  anonVmaRule: "one missing and this side singular",
  reusesAnonVma: reuses_by_degree,
  dontunmapAnonymousOnly: true,
  dontunmapLeaves: "anon_vma",
  dontunmapUnlocks: "the VMA",
  mremapChecksFirst: "addresses",
  mremapNeedsRoom: "moves",
  mremapGrowthMerges: false,
  mremapMovesTables: "pmd",
  mremapRealigns: false,
  mremapMovesManyVmas: false,
  mprotectUncharges: false,
  brkKeepsApart: false,
  breakKsmUnshares: false,
  reusesKsmPages: true,
  ksmMarksZeroPages: false,
  ksmAsksChecksumFirst: false,
  oomPrefersChildren: false,
  unknownAdvice: ["populate_read", "populate_write", "collapse", "guard_install", "guard_remove"],
  mmapAlignsFiles: "no",
  mmapAlignsLarge: "no",
};

// 09854ba94c6a (5.9): reuse only without any further reference. 70e806e4e645 (5.9): fork copies pinned pages.
// bce617edecad (5.9): mm_account_fault(). Stable 5.10.y carries 2555283eb40d (6.0): anon_vmas in use are not reused.
// b518154e59aa (5.9): anonymous pages start inactive.
const v5_10: Model = {
  ...v5_7,
  name: "5.10",
  reuseAnonSmall: reuse_by_page_count,
  reusesKsmPages: false,
  reusesAnonVma: reuses_by_children,
  newAnonIsActive: false,
  mmHasPinned: true,
  retriedFaultsAreMajor: true,
  forkCopiesPinned: pinned_pages_are_copied_510,
};

// 6c287605fd56 (5.19): PG_anon_exclusive decides reuse, pins and fork. 5535be309971 (6.0): FOLL_FORCE follows exclusive
// pages. 64fe24a3e05e (6.0): mprotect makes exclusive dirty pages writable. 4ca9b3859dac (5.14): MADV_POPULATE.
// d92725256b4f (6.0): VM_FAULT_COMPLETED. 46bdb4277f98 (5.12): arm64 prefaults old entries.
// Stable 6.1.y carries c8070b787519: no pins on the zero page, and 8d7071af8907: GUP grows no stacks. a4609387859f (5.13): DONTUNMAP of any mapping. Stable
// 6.1.y gives the VMA that it leaves its natural pgoff back, which 6.12.107 does not do yet.
const v6_1: Model = {
  ...v5_10,
  name: "6.1",
  anonExclusive: true,
  reuseAnonSmall: reuse_exclusive,
  gupMustUnshare: must_unshare_pins,
  canFollowForced: follows_exclusive,
  pinsZeroPage: false,
  dirtyingFaultsRetry: false,
  armPrefaultsOld: true,
  gupGrowsStacks: false,
  forkCopiesPinned: pinned_pages_are_copied,
  mprotectUpgrades: upgrades_exclusive_dirty,
  populateAdvice: "passes holes",
  dontunmapAnonymousOnly: false,
  dontunmapLeaves: "an unfaulted VMA",
  mremapChecksFirst: "the VMA",
  mremapGrowthMerges: true,
  mremapMovesTables: "pud",
  brkKeepsApart: true,
  populateDrainsLru: true,
  mlockBatches: true,
  unknownAdvice: ["guard_install", "guard_remove"],
  mmapAlignsFiles: "up",
};

// 84209e87c696 (6.2): a read-only FOLL_LONGTERM unshares file pages and the zero page too. 6a56ccbcf6c6 (6.2): mprotect
// needs no dirty bit. 9cecde80aae0 (6.9): batches of 31. a7e689dd1c06 (6.5): O_DIRECT pins. 8ac268436e6d (6.5): no long-term writers of tracked files.
// efa7df3e3bb5 (6.7): large anonymous mappings are aligned; d4148aeab412 (6.12.y): multiples only.
const v6_12: Model = {
  ...v6_1,
  name: "6.12",
  gupMustUnshare: must_unshare_pins_and_longterm,
  mprotectUpgrades: upgrades_exclusive,
  longtermNeedsUntrackedFile: true,
  oDirectPins: true,
  ioUringRefusesFiles: false,
  populateAdvice: "stops at holes",
  breakKsmUnshares: true,
  ksmMarksZeroPages: true,
  ksmAsksChecksumFirst: true,
  dontunmapLeaves: "no anon_vma",
  mremapRealigns: true,
  mprotectUncharges: true,
  mmapAlignsFiles: "top-down",
  mmapAlignsLarge: "multiples",
  lruBatchSize: 31,
  dropCachesDrainsLru: true,
};

// Read faults keep the dirty bit of a dirty page. 6.17: readahead ends at natural boundaries. d23cb648e365 (6.17): mremap moves several VMAs at once.
const v6_18: Model = {
  ...v6_12,
  name: "6.18",
  readaheadAligns: true,
  readFaultKeepsDirty: true,
  mremapChecksFirst: "everything",
  mremapMovesManyVmas: true,
  unknownAdvice: [],
  anonVmaRule: "the side that has one is no fork child",
};

// Readahead knows the end of the file. mremap checks the number of VMAs first of all, and MREMAP_DONTUNMAP splits a locked VMA before it unlocks a part.
const v7_2: Model = {
  ...v6_18,
  name: "7.2",
  dontunmapLeaves: "an unfaulted VMA",
  dontunmapUnlocks: "the range",
  readaheadMarksAtEnd: false,
  unmapDrainsLru: false,
  lruAddSkipsDead: true,
  mremapNeedsRoom: "all",
};

export const MODELS: ReadonlyMap<ModelName, Model> = new Map(
  [v5_7, v5_10, v6_1, v6_12, v6_18, v7_2].map((model) => [model.name, model]),
);

// The model that a trace without a `kernel` line runs under: the newest release.
export const DEFAULT_MODEL: ModelName = "7.2";
