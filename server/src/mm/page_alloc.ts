// The page allocator: fresh frames in ascending order while there are any, then the frames that were freed, last first.
// That keeps frame numbers apart for as long as possible; nothing but their equality means anything.

import { PG_table } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { out_of_memory } from "./oom_kill.ts";
import { overflowed } from "./overflow.ts";
import { direct_reclaim } from "./vmscan.ts";

// Frame 0 is never used, so it stands for no page; frame 1 is the zero page.
export const NO_PAGE = 0;
export const ZERO_PFN = 1;
export const FIRST_PFN = 2;

const FREE_ALREADY = condition("the page is on the free list", "");

export function free_pages(k: Kernel): number {
  return k.totalPages - k.w.machine.next_pfn.data[0] + k.w.machine.free_pages.data[0];
}

// A frame with one reference and no flags; its content is the caller's to set. -1 when memory is used up and the OOM
// killer has chosen the very process that asks. Mirrors alloc_pages() with GFP_KERNEL, mm/page_alloc.c.
export function alloc_page(k: Kernel): number {
  for (;;) {
    const pfn = get_page_from_freelist(k);
    if (pfn >= 0 || !__alloc_pages_slowpath(k)) return pfn;
  }
}

// The same for what can be done without: nobody is killed. Mirrors alloc_pages() with __GFP_NORETRY, as readahead
// asks.
export function alloc_page_noretry(k: Kernel): number {
  const pfn = get_page_from_freelist(k);
  return pfn >= 0 || !direct_reclaim(k) ? pfn : get_page_from_freelist(k);
}

// Whether alloc_page() would find a frame, having done what it does for one.
export function page_available(k: Kernel): boolean {
  while (free_pages(k) === 0) if (!__alloc_pages_slowpath(k)) return false;
  return true;
}

// Memory is used up: pages are reclaimed, and only when there is nothing to reclaim the largest process is killed. True
// when it may be tried again. Mirrors __alloc_pages_slowpath(), mm/page_alloc.c, 6.12.
const __alloc_pages_slowpath = kernelFunction("__alloc_pages_slowpath", "mm/page_alloc.c", (k: Kernel): boolean => {
  k.trace("mm_page_alloc", 0, 1, 0);
  return direct_reclaim(k) || out_of_memory(k);
});

// The next frame, or -1. Mirrors get_page_from_freelist(), mm/page_alloc.c.
function get_page_from_freelist(k: Kernel): number {
  const { machine, page } = k.w;
  let pfn = machine.next_pfn.data[0];
  if (pfn < k.totalPages) {
    k.ensure(page, pfn + 1);
    k.set(machine.next_pfn, 0, pfn + 1);
  } else {
    pfn = machine.free_list.data[0];
    if (pfn === 0) return -1;
    k.set(machine.free_list, 0, page.next_free.data[pfn]);
    k.set(machine.free_pages, 0, machine.free_pages.data[0] - 1);
  }
  k.set(page._refcount, pfn, 1);
  return pfn;
}

// Frames in a row, each with one reference: the first of them, or -1 when there are not that many next to each other.
// Mirrors alloc_contig_pages(), mm/page_alloc.c.
export function alloc_contig_pages(k: Kernel, pages: number): number {
  const { machine, page } = k.w;
  let first = machine.next_pfn.data[0];
  if (first + pages <= k.totalPages) {
    k.ensure(page, first + pages);
    k.set(machine.next_pfn, 0, first + pages);
  } else {
    const free = free_list(k);
    first = free_run(free, pages);
    if (first < 0) {
      k.trace("mm_page_alloc", 0, pages, free_pages(k));
      return -1;
    }
    take_off_free_list(k, free, first, pages);
  }
  for (let pfn = first; pfn < first + pages; pfn++) k.set(page._refcount, pfn, 1);
  return first;
}

interface FreeList {
  // From its head on.
  readonly frames: Int32Array;
  // By pfn: the place in the list, from 1 on; 0 = not free.
  readonly places: Int32Array;
}

function free_list(k: Kernel): FreeList {
  const { machine, page } = k.w;
  const frames = new Int32Array(machine.free_pages.data[0]);
  const places = new Int32Array(machine.next_pfn.data[0]);
  let length = 0;
  for (let pfn = machine.free_list.data[0]; pfn !== 0; pfn = page.next_free.data[pfn]) {
    frames[length++] = pfn;
    places[pfn] = length;
  }
  return { frames, places };
}

// The first of so many freed frames in a row, or -1.
function free_run({ places }: FreeList, pages: number): number {
  for (let pfn = 1, length = 0; pfn < places.length; pfn++) {
    length = places[pfn] === 0 ? 0 : length + 1;
    if (length === pages) return pfn - pages + 1;
  }
  return -1;
}

function take_off_free_list(k: Kernel, { frames, places }: FreeList, first: number, pages: number): void {
  const { machine, page } = k.w;
  const taken = [...places.subarray(first, first + pages)].sort((a, b) => a - b);
  // The frame before, which stays; 0 at the head.
  let before = 0;
  for (const [i, place] of taken.entries()) {
    if (i === 0 || taken[i - 1] !== place - 1) before = place === 1 ? 0 : frames[place - 2];
    const next = page.next_free.data[frames[place - 1]];
    if (before === 0) k.set(machine.free_list, 0, next);
    else k.set(page.next_free, before, next);
  }
  k.set(machine.free_pages, 0, machine.free_pages.data[0] - pages);
}

// The frame's last reference is gone: its flags and mapping go with it. Mirrors free_pages_prepare(), mm/page_alloc.c.
export function free_unref_page(k: Kernel, pfn: number): void {
  const { machine, page } = k.w;
  // Freed twice after an overflow: the kernel's list would be broken from here on, ours is not.
  if (overflowed(k) && k.decide(FREE_ALREADY, 0, is_free(k, pfn))) return;
  k.set(page.flags, pfn, 0);
  k.set(page.mapping, pfn, 0);
  k.set(page.unmapped_by, pfn, 0);
  k.set(page.next_free, pfn, machine.free_list.data[0]);
  k.set(machine.free_list, 0, pfn);
  k.set(machine.free_pages, 0, machine.free_pages.data[0] + 1);
}

function is_free(k: Kernel, pfn: number): boolean {
  const { machine, page } = k.w;
  for (let at = machine.free_list.data[0]; at !== 0; at = page.next_free.data[at]) if (at === pfn) return true;
  return false;
}

// A page-table page, which nobody else refers to.
export function free_page(k: Kernel, pfn: number): void {
  k.set(k.w.page._refcount, pfn, 0);
  free_unref_page(k, pfn);
}

export function alloc_table_page(k: Kernel): number {
  const pfn = alloc_page(k);
  if (pfn >= 0) k.set(k.w.page.flags, pfn, PG_table);
  return pfn;
}
