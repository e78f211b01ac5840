// What 4.19 answers, and what each later release changed, about what goes out to swap and comes back. mm-semantics §2.7, §5.4, §5.6.

import type { Change } from "./history.ts";
import { discards_clean, discards_unreferenced_page, spares_referenced } from "./lazyfree_rules.ts";
import type { SwapRules } from "./model_swap.ts";
import type { ReleaseName } from "./releases.ts";
import {
  map_swapped_page_by_mapcount,
  map_swapped_page_by_refcount,
  map_swapped_page_exclusive,
  map_swapped_page_first,
  map_swapped_page_writable,
} from "./swapin_rules.ts";

export const FIRST_SWAP: SwapRules = {
  mapSwappedPage: map_swapped_page_by_mapcount,
  swapinSkipsCache: true,
  swapFillsUsedClusters: false,
  shmemSwapinAlone: false,
  unuseKeepsSoftDirty: false,
  lazyfreeOutcome: discards_clean,
  reclaimSparesPinned: false,
  oomPrefersChildren: true,
};

export const SWAP: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.7": [
    {
      since: "5.1",
      commits: ["bbbe48029720", "f168a9a54ec3"],
      text: "The OOM killer takes the victim itself instead of its largest child, and of several equals the last process (5.4).",
      rules: { oomPrefersChildren: false },
    },
  ],
  "5.10": [
    {
      since: "5.11",
      commits: ["feb889fb40fa"],
      text: "Reclaim gives no swap slot to a page that may be pinned (stable 5.10.y has it too).",
      rules: { reclaimSparesPinned: true },
    },
    {
      since: "5.18",
      commits: ["6c8e2a256915"],
      text: "Reclaim keeps the content of a page that MADV_FREE gave up when somebody holds a reference to it (stable 5.10.y has it too).",
      rules: { lazyfreeOutcome: discards_unreferenced_page },
    },
  ],
  "5.15": [
    {
      since: "4.12",
      commits: ["802a3a92ad7a"],
      text: "Reclaim drops a clean page that MADV_FREE gave up whoever holds a reference to it: not what stable 5.10.y took over from 5.18.",
      rules: { lazyfreeOutcome: discards_clean },
    },
  ],
  "5.18": [
    {
      since: "5.18",
      commits: ["c145e0b47c77"],
      text: "A write to a swapped page reuses it only when nobody holds a further reference to it; the swap cache gives up its own first.",
      rules: { mapSwappedPage: map_swapped_page_by_refcount },
    },
    {
      since: "5.18",
      commits: ["6c8e2a256915"],
      text: "Reclaim keeps the content of a page that MADV_FREE gave up when somebody holds a reference to it.",
      rules: { lazyfreeOutcome: discards_unreferenced_page },
    },
  ],
  "5.19": [
    {
      since: "5.19",
      commits: ["1493a1913e34"],
      text: "A swap entry remembers that its page was exclusive, so that it is so again when it comes back.",
      rules: { mapSwappedPage: map_swapped_page_exclusive },
    },
    {
      since: "5.19",
      commits: ["14a762dd1977"],
      text: "A page that swapoff brings back keeps the soft-dirty bit of its swap entry.",
      rules: { unuseKeepsSoftDirty: true },
    },
  ],
  "6.12": [
    {
      since: "6.11",
      commits: [],
      text: "A read that brings an exclusive page back from swap maps it writable, though clean.",
      rules: { mapSwappedPage: map_swapped_page_writable },
    },
  ],
  "6.15": [
    {
      since: "6.14",
      commits: [],
      text: "Shared memory is read back page by page, without its neighbours, from a swap device that answers at once (zram).",
      rules: { shmemSwapinAlone: true },
    },
    {
      since: "6.15",
      commits: [],
      text: "A further reference alone does not make a page that MADV_FREE gave up an ordinary one again: the next reclaim drops it.",
      rules: { lazyfreeOutcome: spares_referenced },
    },
  ],
  "6.18": [
    {
      since: "6.18",
      commits: [],
      text: "Swap slots are taken from a cluster that is in use before one of which nothing is: the first small pages' slots begin behind the device's header, and are not aligned as their addresses are.",
      rules: { swapFillsUsedClusters: true },
    },
  ],
  "7.2": [
    {
      since: "7.2",
      commits: [],
      text: "A page that comes back from swap is mapped before the swap cache gives it up; a synchronous device's page goes through the swap cache too, and always leaves it.",
      rules: { mapSwappedPage: map_swapped_page_first, swapinSkipsCache: false },
    },
  ],
};
