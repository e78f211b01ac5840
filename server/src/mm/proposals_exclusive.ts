// The exclusive bit of December 2021, in its two forms. mm-semantics §8.6.

import {
  fast_takes_exclusive,
  has_one_user,
  may_share_always,
  may_share_unless_referenced,
  never_after_swap,
  reuse_hugetlb_exclusive_or_referenced_once,
} from "./exclusive_rules.ts";
import { referenced_exclusive_pages_are_copied } from "./fork_rules.ts";
import { must_unshare_unless_claimed } from "./gup_rules.ts";
import type { Proposed } from "./proposals.ts";
import { reuse_exclusive_or_by_page_count } from "./reuse.ts";
import { reuse_large_exclusive_or_by_page_count, reuse_thp_exclusive_or_by_page_count } from "./reuse_large_rules.ts";
import { map_swapped_page_not_exclusive, map_swapped_page_of_one_user } from "./swapin_rules.ts";

const source = "§8.6";

const REUSE = {
  reuseAnonSmall: reuse_exclusive_or_by_page_count,
  reuseAnonLarge: reuse_large_exclusive_or_by_page_count,
  reuseThp: reuse_thp_exclusive_or_by_page_count,
  reuseHugetlb: reuse_hugetlb_exclusive_or_referenced_once,
};

export const EXCLUSIVE_BIT: readonly Proposed[] = [
  {
    text: "A bit in struct page says that an anonymous page belongs to one address space alone: set on each fresh page and each copy, cleared by any virtual copy (fork, a merge by KSM), distributed when a huge page is split. A write to an exclusive page has it in place, whoever refers to it.",
    source,
    rules: { anonExclusive: true, ...REUSE },
  },
  {
    text: "The bit goes with the page through migration, but not into swap: a page that comes back is exclusive when one entry alone uses its slot. GUP neither asks for it nor sets it, and it keeps no page from being unmapped.",
    source,
    rules: {
      mayShareExclusive: may_share_always,
      ksmAsksExclusive: false,
      swapKeepsExclusive: false,
      mapSwappedPage: map_swapped_page_of_one_user,
      unuseExclusive: has_one_user,
    },
  },
];

export const EXCLUSIVE_ON_GUP: readonly Proposed[] = [
  {
    text: "The bit is set by copy-on-write and unsharing, and else on GUP's request alone: fresh pages, and those that a write may have in place, are not exclusive.",
    source,
    rules: { anonExclusive: true, ...REUSE, writableIsExclusive: false },
  },
  {
    text: "Every reference, FOLL_GET or FOLL_PIN, to an anonymous page wants it exclusive. It becomes so by hand when page_count() is 1, the swap cache aside; else it is unshared. The lockless form of GUP falls back where the bit is not set.",
    source,
    rules: {
      gupMustUnshare: must_unshare_unless_claimed,
      gupWantsExclusive: true,
      gupFastTakes: fast_takes_exclusive,
    },
  },
  {
    text: "fork clears the bit, and shares the page, only when page_count() is 1; else the child gets a copy at once. What the page is pinned by does not matter.",
    source,
    rules: { forkCopiesPinned: referenced_exclusive_pages_are_copied, forkCopiesPinnedCache: false },
  },
  {
    text: "Swapout and migration take an exclusive page only when nobody but its mapping and the swap cache refers to it, and the bit is gone then. A page that comes back from swap is not exclusive.",
    source,
    rules: {
      mayShareExclusive: may_share_unless_referenced,
      swapKeepsExclusive: false,
      migrationKeepsExclusive: false,
      mapSwappedPage: map_swapped_page_not_exclusive,
      unuseExclusive: never_after_swap,
    },
  },
];
