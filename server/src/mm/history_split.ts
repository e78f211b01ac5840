// What each release changed about large folios that are split, reclaimed, swapped and moved. mm-semantics §5.6, §5.7, §5.10, §5.12.

import type { Change } from "./history.ts";
import { discards_unreferenced } from "./lazyfree_rules.ts";
import type { SplitRules } from "./model_split.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_SPLIT: SplitRules = {
  partiallyMappedFlag: false,
  splitMapsZeroPages: false,
  splitReversesLru: false,
  splitFreesSwapCache: false,
  splitStopsAtFirstPmd: false,
  splitsBeforehand: "unless a PMD maps it",
  reclaimSplitsFiles: "all",
  madviseSplits: "all",
  madviseSharers: "page",
  thpSwapArches: ["x86_64", "x86_64_la57"],
  thpSwapOrders: "pmd",
  thpMigrationArches: ["x86_64", "x86_64_la57"],
  lazyfreeDropsPmd: "no",
  swapinMapsLarge: false,
  swapinReadsLarge: false,
  compactsLarge: false,
  migrationRequeues: false,
};

export const SPLIT: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.15": [
    {
      since: "5.11",
      commits: ["53fa117bb33c"],
      text: "A PMD may stand for a folio that migrates on arm64, too, where THPs were split for that.",
      rules: { thpMigrationArches: ["x86_64", "x86_64_la57", "arm64_4k", "arm64_16k", "arm64_64k"] },
    },
  ],
  "5.18": [
    {
      since: "5.18",
      commits: ["820c4e2e6f51"],
      text: "Reclaim frees large folios of files, and those that MADV_FREE gave up, without splitting them.",
      rules: { reclaimSplitsFiles: "shmem" },
    },
  ],
  "6.1": [
    {
      since: "6.0",
      commits: ["d0637c505f8a"],
      text: "A THP is swapped out as a whole on arm64 with 4K pages, too.",
      rules: { thpSwapArches: ["x86_64", "x86_64_la57", "arm64_4k"] },
    },
    {
      since: "6.1",
      commits: [],
      text: "What reclaim compares with the references of a page that MADV_FREE gave up are the mappings of its whole folio. The piece of a split folio that nobody maps leaves the swap cache. MADV_FREE asks the head of a large folio whether others map it.",
      rules: {
        lazyfreeOutcome: discards_unreferenced,
        splitFreesSwapCache: true,
        madviseSharers: "page, or the head",
      },
    },
  ],
  "6.6": [
    {
      since: "6.6",
      commits: ["2f406263e3e9", "20b18aada185", "0e0e9bd5f7b9"],
      text: "MADV_FREE, MADV_COLD and MADV_PAGEOUT ask for a large folio as a whole whether others map it.",
      rules: { madviseSharers: "folio" },
    },
  ],
  "6.10": [
    {
      since: "6.10",
      commits: ["5ed890ce5147", "7262f208ca68"],
      text: "Reclaim splits a large folio before it gives it swap slots only when that waits in the deferred split queue, not whenever no PMD maps it; migration splits such a folio, too.",
      rules: { splitsBeforehand: "queued" },
    },
    {
      since: "6.10",
      commits: ["3931b871c494", "dce7d10be4bb"],
      text: "MADV_FREE, MADV_COLD and MADV_PAGEOUT split a large folio only when they are to take a part of it.",
      rules: { madviseSplits: "parts" },
    },
    {
      since: "6.10",
      commits: ["845982eb264e"],
      text: "Large folios of all sizes have swap slots in a row.",
      rules: { thpSwapOrders: "all" },
    },
    {
      since: "6.9",
      commits: ["733aea0b3a7b"],
      text: "Compaction moves large folios that are smaller than a PMD.",
      rules: { compactsLarge: true },
    },
  ],
  "6.12": [
    {
      since: "6.12",
      commits: ["8422acdc97ed", "dafff3f4c850"],
      text: "Every THP is in the deferred split queue from its birth; a flag tells those that are only partly mapped.",
      rules: { partiallyMappedFlag: true },
    },
    {
      since: "6.11",
      commits: ["735ecdfaf4e8"],
      text: "Reclaim drops a THP that MADV_FREE gave up with its PMD, without splitting that.",
      rules: { lazyfreeDropsPmd: "or splits it" },
    },
    {
      since: "6.11",
      commits: ["508758960b8d"],
      text: "A fault that finds a large folio in the swap cache maps all of it.",
      rules: { swapinMapsLarge: true },
    },
    {
      since: "6.12",
      commits: ["242d12c98174"],
      text: "A synchronous swap device is read into large folios where mTHP is on.",
      rules: { swapinReadsLarge: true },
    },
    {
      since: "6.12",
      commits: ["8422acdc97ed"],
      text: "Reclaim and migration split only those folios of the deferred split queue that are partly mapped.",
      rules: { splitsBeforehand: "partially mapped" },
    },
    {
      since: "6.12",
      commits: ["b1f202060afe"],
      text: "A folio split maps the zero page in place of pages of nothing but zeroes, which are free then.",
      rules: { splitMapsZeroPages: true },
    },
    {
      since: "6.12",
      commits: ["809bc86517cc"],
      text: "Reclaim writes large folios of shared memory without splitting them.",
      rules: { reclaimSplitsFiles: "none" },
    },
    {
      since: "7.1",
      commits: ["a2e0c0668a34"],
      text: "A large folio that migrates from the deferred split queue comes to it again; one with PTEs counts as partly mapped then (stable 6.12.y has it too).",
      rules: { migrationRequeues: true },
    },
  ],
  "6.15": [
    {
      since: "6.15",
      commits: ["00527733d0dc"],
      text: "The pieces of a split folio come to the LRU in the reverse order.",
      rules: { splitReversesLru: true },
    },
    {
      since: "6.15",
      commits: [],
      text: "Reclaim leaves a THP alone that MADV_FREE gave up and that it cannot drop, instead of splitting its PMD.",
      rules: { lazyfreeDropsPmd: "or nothing" },
    },
    {
      since: "6.12",
      commits: ["dafff3f4c850"],
      text: "A large folio that migrates leaves the deferred split queue: not what stable 6.12.y took over from 7.1.",
      rules: { migrationRequeues: false },
    },
  ],
  "6.18": [
    {
      since: "6.16",
      commits: ["60fbb14396d5"],
      text: "A folio split gives up after the first PMD that it has replaced: a THP that two processes map by PMD stays whole.",
      rules: { splitStopsAtFirstPmd: true },
    },
  ],
  "7.2": [
    {
      since: "7.0",
      commits: ["939080834fef"],
      text: "A folio split replaces all PMDs of the folio again.",
      rules: { splitStopsAtFirstPmd: false },
    },
    {
      since: "7.1",
      commits: ["a2e0c0668a34"],
      text: "A large folio that migrates from the deferred split queue comes to it again; one with PTEs counts as partly mapped then.",
      rules: { migrationRequeues: true },
    },
  ],
};
