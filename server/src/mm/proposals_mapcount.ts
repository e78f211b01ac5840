// A mapcount of address spaces, as asked for in January 2024. mm-semantics §8.6.

import type { Proposed } from "./proposals.ts";
import { reuse_by_mms, reuse_hugetlb_by_mms, reuse_thp_by_mms } from "./reuse_mms_rules.ts";
import { map_swapped_page_by_mms } from "./swapin_rules.ts";

export const MAPCOUNT_MMS: readonly Proposed[] = [
  {
    text: "The mapcount of a folio and of its pages is the number of address spaces that map any part of it, by PTEs, a PMD or swap entries. VMAs and entries of one address space count once.",
    source: "§8.6",
    rules: { mapcountOf: "address spaces" },
  },
  {
    text: "A write has an anonymous page in place when one address space maps its folio; references do not count.",
    source: "§8.6",
    rules: {
      reuseAnonSmall: reuse_by_mms,
      reuseAnonLarge: reuse_by_mms,
      reuseThp: reuse_thp_by_mms,
      reuseHugetlb: reuse_hugetlb_by_mms,
      mapSwappedPage: map_swapped_page_by_mms,
    },
  },
];
