// What 4.19 answers, and what each later release changed, about hugetlb. mm-semantics §2.10, and "measured" 16 to 18.

import type { Change } from "./history.ts";
import type { HugetlbRules } from "./model_hugetlb.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_HUGETLB: HugetlbRules = {
  hugetlbCacheRefs: "one",
  forkCopiesHugetlb: true,
  hugetlbForkCopiesPinned: false,
  hugetlbForcedWrites: "writable",
  gupTouchesHugetlb: false,
  gupCountsHugetlb: false,
  movesHugetlbByTails: false,
  hugetlbZapRestores: "nothing",
  hugetlbDontneed: "EINVAL",
  hugetlbMoves: false,
  hugetlbHolesZeroParts: false,
  hugetlbHintRounds: "down on x86",
  hugetlbSplitUnshares: false,
  pmdShareCounts: "references",
};

export const HUGETLB: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.10": [
    {
      since: "6.2",
      commits: ["b30c14cd6102"],
      text: "A hugetlb mapping that is split lets go of the table of PMDs that it shared there (stable 5.10.y has it too).",
      rules: { hugetlbSplitUnshares: true },
    },
  ],
  "5.15": [
    {
      since: "5.12",
      commits: ["4eae4efa2c29"],
      text: "fork copies a private huge page of hugetlb that may be pinned.",
      rules: { hugetlbForkCopiesPinned: true },
    },
  ],
  "5.17": [
    {
      since: "5.16",
      commits: ["550a7d60bd5e"],
      text: "mremap moves and shrinks hugetlb mappings.",
      rules: { hugetlbMoves: true },
    },
  ],
  "5.18": [
    {
      since: "5.18",
      commits: ["90e7e7f5ef3f"],
      text: "MADV_DONTNEED works on hugetlb mappings; a range that ends within a huge page takes all of it.",
      rules: { hugetlbDontneed: "rounds up" },
    },
  ],
  "5.19": [
    {
      since: "5.19",
      commits: ["68d32527d340"],
      text: "A hole in a hugetlb file zeroes the parts of huge pages at its ends.",
      rules: { hugetlbHolesZeroParts: true },
    },
  ],
  "6.1": [
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
  ],
  "6.6": [
    {
      since: "6.6",
      commits: ["4849807114b8"],
      text: "Faults of GUP on hugetlb are counted, as all others are.",
      rules: { gupCountsHugetlb: true },
    },
  ],
  "6.8": [
    {
      since: "6.7",
      commits: ["b426ed7889be"],
      text: "move_pages(2) moves a huge page of hugetlb for any address in it, not only for its first page's.",
      rules: { movesHugetlbByTails: true },
    },
    {
      since: "6.7",
      commits: ["a08c7193e4f1"],
      text: "A hugetlb page in the page cache holds a reference for each of its base pages.",
      rules: { hugetlbCacheRefs: "each page" },
    },
  ],
  "6.10": [
    {
      since: "6.10",
      commits: [],
      text: "GUP marks entries of hugetlb as accessed and dirty, as it does with other huge pages.",
      rules: { gupTouchesHugetlb: true },
    },
    {
      since: "6.9",
      commits: ["df7a6d1f6405"],
      text: "Unmapping a page of a private hugetlb mapping gives its owner the reservation back.",
      rules: { hugetlbZapRestores: "all pages" },
    },
  ],
  "6.15": [
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
  ],
  "7.2": [
    {
      since: "7.2",
      commits: [],
      text: "Unmapping a page of a private hugetlb mapping that others still map gives no reservation back.",
      rules: { hugetlbZapRestores: "unmapped pages" },
    },
  ],
};
