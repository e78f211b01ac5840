// What kernels make of the exclusive flag: the same in each release that has it, 5.19 (6c287605fd56) the first. The proposals
// differ (proposals_exclusive.ts). mm-semantics §7.4.

import {
  fast_takes_readable,
  may_share_unless_pinned,
  reuse_hugetlb_by_mapcount,
  was_marked,
} from "./exclusive_rules.ts";
import type { ExclusiveRules } from "./model_exclusive.ts";

export const FIRST_EXCLUSIVE: ExclusiveRules = {
  writableIsExclusive: true,
  mayShareExclusive: may_share_unless_pinned,
  swapKeepsExclusive: true,
  unuseExclusive: was_marked,
  migrationKeepsExclusive: true,
  ksmAsksExclusive: true,
  reuseHugetlb: reuse_hugetlb_by_mapcount,
  gupWantsExclusive: false,
  gupFastTakes: fast_takes_readable,
};
