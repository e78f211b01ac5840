// What 4.19 answers, and what each later release changed, about huge pages: how they come, are locked and lose their PMD.
// mm-semantics §2.8, §5.8, §5.11, §6.1.

import type { Change } from "./history.ts";
import type { HugePageRules } from "./model_huge.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_HUGE: HugePageRules = {
  mthp: false,
  khugepagedTakesShared: false,
  khugepagedSharers: "page",
  khugepagedNeedsWritable: true,
  khugepagedReusesSwapPages: true,
  khugepagedSparesLazyfree: false,
  collapseOfNothing: "EINVAL",
  collapsePassesHoles: false,
  splitKeepsDirty: false,
  zapHugeKeepsUse: false,
  batchesPtes: false,
  mlocksLargePtes: false,
  mlocksMapped: "small and PMD",
  mmapAlignsFiles: "no",
  mmapAlignsLarge: "no",
};

export const HUGE: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.8": [
    {
      since: "5.8",
      commits: ["71a2c112a0f6", "5503fbf2b0b8"],
      text: "khugepaged collapses shared pages too, up to half of a range, and pages of large folios.",
      rules: { khugepagedTakesShared: true },
    },
  ],
  "5.18": [
    {
      since: "5.18",
      commits: ["363106c4ce67"],
      text: "khugepaged takes pages in the swap cache whoever maps them.",
      rules: { khugepagedReusesSwapPages: false },
    },
    {
      since: "5.18",
      commits: ["1854bc6e2420"],
      text: "Large mappings of ordinary files are placed at multiples of a huge page.",
      rules: { mmapAlignsFiles: "up" },
    },
  ],
  "6.6": [
    {
      since: "6.2",
      commits: ["e833bc503405"],
      text: "When a PMD becomes PTEs, they are as dirty as it was.",
      rules: { splitKeepsDirty: true },
    },
  ],
  "6.8": [
    {
      since: "6.8",
      commits: ["19eaf44954df"],
      text: "The first write to anonymous memory may bring a folio of several pages: multi-size THP.",
      rules: { mthp: true },
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
      commits: ["1acbc3f93614"],
      text: "A large folio that comes to be mapped in a locked VMA is not locked by that, not even by a PMD; reclaim does it.",
      rules: { mlocksMapped: "small" },
    },
    {
      since: "6.8",
      commits: ["96204e15310c"],
      text: "Mappings that are aligned go to the top of the gap, as all others do.",
      rules: { mmapAlignsFiles: "top-down" },
    },
  ],
  "6.10": [
    {
      since: "6.10",
      commits: [],
      text: "khugepaged asks a page's folio whether others map it, not the page (read in 6.12).",
      rules: { khugepagedSharers: "folio" },
    },
    {
      since: "6.9",
      commits: ["f8d937761d65"],
      text: "fork and unmapping handle entries that map a large folio's pages in a row as one.",
      rules: { batchesPtes: true },
    },
  ],
  "6.12": [
    {
      since: "6.13",
      commits: ["d4148aeab412"],
      text: "Anonymous mappings are aligned only when their length is a multiple of a huge page (stable 6.12.y has it too).",
      rules: { mmapAlignsLarge: "multiples" },
    },
  ],
  "6.18": [
    {
      since: "6.18",
      commits: [],
      text: "A range of which no entry may be written through is collapsed, too.",
      rules: { khugepagedNeedsWritable: false },
    },
  ],
  "7.2": [
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
      text: "A large folio all of which comes to be mapped in a locked VMA at once is locked by that (read in 7.2 alone).",
      rules: { mlocksMapped: "whole" },
    },
  ],
};
