// What 4.19 answers, and what each later release changed, about the lists of the LRU and the batches before them.
// mm-semantics §1.3, §5.5, §5.6a.

import type { Change } from "./history.ts";
import type { LruRules } from "./model_lru.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_LRU: LruRules = {
  lruBatchSize: 15,
  unmapDrainsLru: true,
  populateDrainsLru: false,
  mlockBatches: false,
  dropCachesDrainsLru: false,
  lruAddSkipsDead: false,
  newAnonIsActive: true,
  reclaimActivatesPinned: false,
  pageoutClearsYoung: true,
};

export const LRU: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.10": [
    {
      since: "5.9",
      commits: ["b518154e59aa"],
      text: "A fresh anonymous page starts on the inactive list.",
      rules: { newAnonIsActive: false },
    },
  ],
  "5.18": [
    {
      since: "5.18",
      commits: ["2fbb0c10d1e8"],
      text: "Populating a range empties the LRU batches at its end, and locked pages wait for the unevictable list in a batch of their own.",
      rules: { populateDrainsLru: true, mlockBatches: true },
    },
  ],
  "6.1": [
    {
      since: "6.4",
      commits: ["d824ec2a1546"],
      text: "Reclaim makes a page of a file that may be pinned active, instead of letting it go round on the inactive list (stable 6.1.y has it too).",
      rules: { reclaimActivatesPinned: true },
    },
  ],
  "6.6": [
    {
      since: "6.6",
      commits: [],
      text: "drop_caches empties the LRU batches first.",
      rules: { dropCachesDrainsLru: true },
    },
  ],
  "6.10": [
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
  ],
  "7.2": [
    {
      since: "7.2",
      commits: [],
      text: "Unmapping does not empty the LRU batches, and a page of a batch that nobody else holds is freed without being put on a list.",
      rules: { unmapDrainsLru: false, lruAddSkipsDead: true },
    },
  ],
};
