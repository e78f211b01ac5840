// What of two looks is by nature not to be compared, and why: the whole list. An observable that one of these rules names
// counts as not visible. No rule is about a refcount, mapcount, exclusive flag, outcome or contents of a page of memory
// that a trace made.

import type { FrameLook } from "./look.ts";

export interface Rule {
  readonly name: string;
  readonly reason: string;
}

export const ACCESSED: Rule = {
  name: "accessed",
  reason:
    "whether the processor marks an entry as used depends on what its TLB kept: the kernel clears the bit without a flush",
};

export const ZERO_PAGE: Rule = {
  name: "zero page",
  reason: "the zero page serves the whole machine, and no mapping of it is counted",
};

export const BATCHED: Rule = {
  name: "LRU batches",
  reason: "other programs' pages fill the CPU's batch too, so that nobody knows when it is emptied",
};

export const POOL_OF_NODES: Rule = {
  name: "hugetlb's nodes",
  reason:
    "a page of hugetlb's pool keeps PG_dirty, and each NUMA node has a pool: once one moved, which page comes next is the nodes' affair",
};

// Refcount of a frame without the reference of a batch: a page that is on no list waits in one. Only where batches are
// left as they are (`machine lru_batch=on`).
export function outsideBatches(frame: FrameLook, refcount: number | undefined): number | undefined {
  if (refcount === undefined || frame.lru === undefined) return undefined;
  return frame.lru ? refcount : refcount - 1;
}

// Refcount of a frame without what its filesystem keeps for itself: ext4 attaches buffer heads to a page of an ordinary
// file once it is written or was read in part, which holds one more reference (test/conformance/README.md).
export function comparableRefcount(frame: FrameLook): number | undefined {
  if (frame.refcount === undefined) return undefined;
  return frame.private && frame.anon === false ? frame.refcount - 1 : frame.refcount;
}
