// The rules in which kernels differ about what goes out to swap and comes back.
// What each release answers stands in history_swap.ts.

import type { Fault } from "./fault.ts";
import type { Kernel } from "./kernel.ts";
import type { LazyfreeOutcome } from "./lazyfree_rules.ts";

export interface SwapRules {
  // do_swap_page() from the page that came back to the entry that maps it: who may write, what becomes of the swap cache.
  // Returns VM_FAULT_* bits. mm-semantics §2.7.
  readonly mapSwappedPage: (k: Kernel, vmf: Fault, pfn: number, slot: number) => number;

  // A synchronous device's page skips the swap cache when one entry alone names its slot (4.15, 0bcac06f27d7; seen in
  // 6.18.15, no more in 7.2.13). do_swap_page(), mm/memory.c.
  readonly swapinSkipsCache: boolean;

  // The slots that small pages get first are those of the cluster that the device's header is in, so that the first is one
  // past the beginning of a cluster; before, those of a cluster of which nothing is in use. cluster_alloc_swap_entry(),
  // mm/swapfile.c (read in 6.12 and 7.2; seen in 6.18.15).
  readonly swapFillsUsedClusters: boolean;

  // Shared memory is read back page by page from a device that answers at once. shmem_swapin_folio(), mm/shmem.c.
  readonly shmemSwapinAlone: boolean;

  // A page that swapoff() brings back keeps the soft-dirty bit of its entry (5.19, 14a762dd1977). unuse_pte(), mm/swapfile.c.
  readonly unuseKeepsSoftDirty: boolean;

  // What reclaim does with an entry of a page that MADV_FREE gave up. try_to_unmap_one(), mm/rmap.c; mm-semantics §5.4.
  readonly lazyfreeOutcome: (k: Kernel, pfn: number) => LazyfreeOutcome;

  // Reclaim gives no swap slot to a page that may be pinned (5.11, feb889fb40fa). shrink_folio_list(), mm/vmscan.c.
  readonly reclaimSparesPinned: boolean;

  // The OOM killer takes the victim's largest child in its place (until 5.1, bbbe48029720), and of several equals the
  // first process (until 5.4, f168a9a54ec3). mm/oom_kill.c.
  readonly oomPrefersChildren: boolean;
}
