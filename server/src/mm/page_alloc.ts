// The page allocator: fresh frames in ascending order while there are any, then the frames that were freed, last first.
// That keeps frame numbers apart for as long as possible; nothing but their equality means anything. A block of several
// frames that was freed stays a block (free_area) until single frames, or smaller blocks, are wanted and there are no
// others; then it is halved as the kernel's buddies are. Freed neighbours are put together only when a block is wanted.

import { bug } from "./errors.ts";
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

// Frames that there are by now: those of the machine's memory, and those of the hugetlb pool that were used, which is
// kept beside it. Valid pfns are below it.
export function max_pfn(k: Kernel): number {
  return k.totalPages + k.w.machine.hugetlb_frames.data[0];
}

export function free_pages(k: Kernel): number {
  return max_pfn(k) - k.w.machine.next_pfn.data[0] + k.w.machine.free_pages.data[0];
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

// Memory is used up: pages are reclaimed, and only when there is nothing to reclaim, nor any free page after a last look
// (what shrinkers freed is no progress of reclaim's), the largest process is killed. True when it may be tried again.
// Mirrors __alloc_pages_slowpath() with __alloc_pages_may_oom(), mm/page_alloc.c, 6.12.
const __alloc_pages_slowpath = kernelFunction("__alloc_pages_slowpath", "mm/page_alloc.c", (k: Kernel): boolean => {
  k.trace("mm_page_alloc", 0, 1, 0);
  return direct_reclaim(k) || free_pages(k) > 0 || out_of_memory(k);
});

// The next frame, or -1. Mirrors get_page_from_freelist(), mm/page_alloc.c.
function get_page_from_freelist(k: Kernel): number {
  const { machine, page } = k.w;
  let pfn = machine.next_pfn.data[0];
  if (pfn < max_pfn(k)) {
    k.ensure(page, pfn + 1);
    k.set(machine.next_pfn, 0, pfn + 1);
  } else {
    pfn = machine.free_list.data[0];
    if (pfn === 0) {
      pfn = take_block(k, 1);
      if (pfn < 0) return -1;
      free_one(k, pfn + 1);
      k.set(machine.free_pages, 0, machine.free_pages.data[0] - 2);
    } else {
      k.set(machine.free_list, 0, page.next_free.data[pfn]);
      k.set(machine.free_pages, 0, machine.free_pages.data[0] - 1);
    }
  }
  k.set(page._refcount, pfn, 1);
  return pfn;
}

// A block of 2^order frames off the free area, larger ones halved; -1 when there is none. free_pages stays for the caller
// to count. Mirrors __rmqueue_smallest() with expand(), mm/page_alloc.c.
function take_block(k: Kernel, order: number): number {
  const { head } = k.w.free_area;
  for (let at = order; at < head.data.length; at++) {
    const pfn = head.data[at];
    if (pfn === 0) continue;
    k.set(head, at, k.w.page.next_free.data[pfn]);
    for (let half = at - 1; half >= order; half--) put_block(k, pfn + 2 ** half, half);
    return pfn;
  }
  return -1;
}

function put_block(k: Kernel, pfn: number, order: number): void {
  const { head } = k.w.free_area;
  k.ensure(k.w.free_area, order + 1);
  k.set(k.w.page.next_free, pfn, head.data[order]);
  k.set(head, order, pfn);
}

// The frame comes to the list of single ones.
function free_one(k: Kernel, pfn: number): void {
  const { machine, page } = k.w;
  k.set(page.next_free, pfn, machine.free_list.data[0]);
  k.set(machine.free_list, 0, pfn);
  k.set(machine.free_pages, 0, machine.free_pages.data[0] + 1);
}

// A large folio of 2^order pages with one reference, no flags, and whatever its pages held: their content is the caller's to
// set. -1 when there is no such block, nor one to be had by reclaim: whoever asks can do with smaller ones, so nobody is
// killed. Mirrors folio_alloc() with __GFP_NORETRY, mm/page_alloc.c and vma_alloc_folio().
export function folio_alloc(k: Kernel, order: number): number {
  let head = alloc_contig_pages(k, 2 ** order);
  if (head < 0 && direct_reclaim(k)) head = alloc_contig_pages(k, 2 ** order);
  if (head >= 0) prep_compound_page(k, head, order);
  return head;
}

// Frames for a folio that has its place in the hugetlb pool since boot: the machine has them beside its memory.
export function alloc_bootmem_folio(k: Kernel, order: number): number {
  const { machine, page } = k.w;
  const head = machine.next_pfn.data[0];
  const nr = 2 ** order;
  k.ensure(page, head + nr);
  k.set(machine.next_pfn, 0, head + nr);
  k.add(machine.hugetlb_frames, 0, nr);
  k.set(page._refcount, head, 1);
  prep_compound_page(k, head, order);
  return head;
}

// The frames become one folio: the head keeps its reference, the others have none. Mirrors prep_compound_page(),
// mm/page_alloc.c.
export function prep_compound_page(k: Kernel, head: number, order: number): void {
  const { page, folio } = k.w;
  const row = k.create(folio);
  const nr = 2 ** order;
  k.set(folio.head, row, head);
  k.set(folio.order, row, order);
  k.setRun(page._refcount, head + 1, nr - 1, 0);
  k.setRun(page.folio, head, nr, row + 1);
}

// The folio is none any more: its pages are single ones, whose counters and flags are the caller's to set. Mirrors what
// __split_folio_to_order() and free_tail_page_prepare() have in common.
export function dissolve_folio(k: Kernel, head: number): void {
  const { page, folio } = k.w;
  const row = page.folio.data[head] - 1;
  const nr = 2 ** folio.order.data[row];
  k.set(folio.head, row, 0);
  k.set(folio.flags, row, 0);
  k.setRun(page.folio, head, nr, 0);
}

// Frames in a row, each with one reference: the first of them, or -1 when there are not that many next to each other.
// Mirrors alloc_contig_pages(), mm/page_alloc.c.
export function alloc_contig_pages(k: Kernel, pages: number): number {
  const first = take_contig(k, pages);
  if (first < 0) k.trace("mm_page_alloc", 0, pages, free_pages(k));
  else k.setRun(k.w.page._refcount, first, pages, 1);
  return first;
}

function take_contig(k: Kernel, pages: number): number {
  const { machine, page } = k.w;
  const fresh = machine.next_pfn.data[0];
  if (fresh + pages <= max_pfn(k)) {
    k.ensure(page, fresh + pages);
    k.set(machine.next_pfn, 0, fresh + pages);
    return fresh;
  }
  const order = Math.log2(pages);
  const block = Number.isInteger(order) && order > 0 ? take_block(k, order) : -1;
  if (block < 0) return gather(k, pages);
  k.set(machine.free_pages, 0, machine.free_pages.data[0] - pages);
  return block;
}

// Free frames in a row that are in no block of their own: when there are so many, all that is free becomes single frames,
// and they come off the list. -1 when there are not.
function gather(k: Kernel, pages: number): number {
  const first = free_pages(k) < pages ? -1 : free_run(k, pages);
  if (first < 0) return -1;
  const { machine, page, free_area } = k.w;
  for (let pfn = machine.next_pfn.data[0]; pfn < max_pfn(k); pfn++) {
    k.ensure(page, pfn + 1);
    k.set(machine.next_pfn, 0, pfn + 1);
    free_one(k, pfn);
  }
  for (let order = 1; order < free_area.head.data.length; order++) {
    while (free_area.head.data[order] !== 0) {
      const block = free_area.head.data[order];
      k.set(free_area.head, order, page.next_free.data[block]);
      k.set(machine.free_pages, 0, machine.free_pages.data[0] - 2 ** order);
      for (let pfn = block; pfn < block + 2 ** order; pfn++) free_one(k, pfn);
    }
  }
  take_off_free_list(k, free_list(k), first, pages);
  return first;
}

// The first of so many free frames in a row, or -1. A frame is free when it has no reference and is in no folio, but for one
// whose counter has overflowed. Looks from a row's last frame back, so most frames are never looked at.
function free_run(k: Kernel, pages: number): number {
  const { machine, page } = k.w;
  const fresh = machine.next_pfn.data[0];
  const references = page._refcount.data;
  const folios = page.folio.data;
  const listed = overflowed(k) ? listed_free(k) : undefined;
  for (let first = ZERO_PFN; first + pages <= max_pfn(k); ) {
    let pfn = first + pages - 1;
    while (
      pfn >= first &&
      (pfn >= fresh || (listed ? listed[pfn] === 1 : references[pfn] === 0 && folios[pfn] === 0))
    ) {
      pfn--;
    }
    if (pfn < first) return first;
    first = pfn + 1;
  }
  return -1;
}

// By pfn: 1 = it was freed.
function listed_free(k: Kernel): Uint8Array {
  const free = new Uint8Array(max_pfn(k));
  each_free(k, (pfn, count) => free.fill(1, pfn, pfn + count));
  return free;
}

// Visits what was freed: single frames and blocks.
function each_free(k: Kernel, visit: (pfn: number, count: number) => void): void {
  const { machine, page, free_area } = k.w;
  for (let pfn = machine.free_list.data[0]; pfn !== 0; pfn = page.next_free.data[pfn]) visit(pfn, 1);
  for (let order = 1; order < free_area.head.data.length; order++) {
    for (let pfn = free_area.head.data[order]; pfn !== 0; pfn = page.next_free.data[pfn]) visit(pfn, 2 ** order);
  }
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

function take_off_free_list(k: Kernel, { frames, places }: FreeList, first: number, pages: number): void {
  const { machine, page } = k.w;
  const taken = [...places.subarray(first, first + pages)].sort((a, b) => a - b);
  if (taken[0] === 0) bug("a frame without references is not on the free list");
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

// The folio's last reference is gone: its flags and mapping go with it, and what it is as a folio.
// Mirrors free_pages_prepare(), mm/page_alloc.c.
export function free_unref_page(k: Kernel, pfn: number): void {
  const { machine, page } = k.w;
  // Freed twice after an overflow: the kernel's list would be broken from here on, ours is not.
  if (overflowed(k) && k.decide(FREE_ALREADY, 0, is_free(k, pfn))) return;
  const row = page.folio.data[pfn] - 1;
  const order = row < 0 ? 0 : k.w.folio.order.data[row];
  if (order === 0) k.set(page.flags, pfn, 0);
  else k.setRun(page.flags, pfn, 2 ** order, 0);
  k.set(page.mapping, pfn, 0);
  k.set(page.unmapped_by, pfn, 0);
  if (order === 0) {
    free_one(k, pfn);
    return;
  }
  dissolve_folio(k, pfn);
  put_block(k, pfn, order);
  k.set(machine.free_pages, 0, machine.free_pages.data[0] + 2 ** order);
}

// Small folios in a row whose last references are gone, one after the other. Mirrors free_unref_folios(), mm/page_alloc.c.
export const free_unref_folios = kernelFunction(
  "free_unref_folios",
  "mm/page_alloc.c",
  (k: Kernel, first: number, nr: number) => {
    const { machine, page } = k.w;
    for (const field of [page._refcount, page.flags, page.mapping, page.unmapped_by]) k.setRun(field, first, nr, 0);
    k.set(page.next_free, first, machine.free_list.data[0]);
    k.setRun(page.next_free, first + 1, nr - 1, first, 1);
    k.set(machine.free_list, 0, first + nr - 1);
    k.set(machine.free_pages, 0, machine.free_pages.data[0] + nr);
  },
);

function is_free(k: Kernel, pfn: number): boolean {
  let found = false;
  each_free(k, (first, count) => {
    found ||= pfn >= first && pfn < first + count;
  });
  return found;
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
