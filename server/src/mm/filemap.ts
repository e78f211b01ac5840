// The page cache: which page of which file is in memory, and faults that ask for one. mm/filemap.c.
//
// A cached page has one reference from the cache. Its slot (a row of the cache table) remembers what the disk holds.

import { bug } from "./errors.ts";
import { type Fault, VM_FAULT_MAJOR, VM_FAULT_OOM, VM_FAULT_RETRY, VM_FAULT_SIGBUS } from "./fault.ts";
import { PG_lru, PG_swapbacked, PG_uptodate } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { alloc_page } from "./page_alloc.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { linear_page_index } from "./rmap.ts";

// Pages that a file of this many bytes has; the last one may be partial.
export function file_pages(k: Kernel, file: number): number {
  return Math.ceil(k.w.file.size.data[file] / k.pageSize);
}

// The cache slot of a page of a file, or -1 when there never was one at this point of time.
export function cache_slot(k: Kernel, file: number, index: number): number {
  const row = k.side.cacheIndex.get(file)?.get(index);
  if (row === undefined) return -1;
  const { cache } = k.w;
  return cache.file.data[row] === file + 1 && cache.index.data[row] === index ? row : -1;
}

function make_slot(k: Kernel, file: number, index: number): number {
  const found = cache_slot(k, file, index);
  if (found >= 0) return found;
  const { cache } = k.w;
  const row = k.create(cache);
  k.set(cache.file, row, file + 1);
  k.set(cache.index, row, index);
  let slots = k.side.cacheIndex.get(file);
  if (slots === undefined) {
    slots = new Map();
    k.side.cacheIndex.set(file, slots);
  }
  slots.set(index, row);
  return row;
}

// The slots of a file in [first, last) whose page is cached, in the order of their offsets.
export function cached_slots(k: Kernel, file: number, first: number, last: number): number[] {
  const { cache } = k.w;
  const slots: number[] = [];
  for (const index of k.side.cacheIndex.get(file)?.keys() ?? []) {
    if (index < first || index >= last) continue;
    const slot = cache_slot(k, file, index);
    if (slot >= 0 && cache.pfn.data[slot] !== 0) slots.push(slot);
  }
  return slots.sort((a, b) => cache.index.data[a] - cache.index.data[b]);
}

// The cached page, or -1. Takes no reference.
export function filemap_peek(k: Kernel, file: number, index: number): number {
  const slot = cache_slot(k, file, index);
  if (slot < 0) return -1;
  const pfn = k.w.cache.pfn.data[slot];
  return pfn === 0 ? -1 : pfn;
}

// A new page in the cache, with what the disk holds: refcount 1, the cache's. -1 when memory is used up.
// Mirrors filemap_add_folio(), mm/filemap.c, 6.12.
export const filemap_add_folio = kernelFunction(
  "filemap_add_folio",
  "mm/filemap.c",
  (k: Kernel, file: number, index: number, swapbacked: boolean): number => {
    const pfn = alloc_page(k);
    if (pfn < 0) return -1;
    const { page, cache } = k.w;
    const slot = make_slot(k, file, index);
    k.set(page.content, pfn, cache.disk.data[slot]);
    k.set(page.flags, pfn, PG_uptodate | PG_lru | (swapbacked ? PG_swapbacked : 0));
    k.set(page.mapping, pfn, file + 1);
    k.set(page.index, pfn, index);
    k.set(cache.pfn, slot, pfn);
    return pfn;
  },
);

// The cache lets go of a page: one reference less, and it belongs to no file any more.
// Mirrors filemap_remove_folio(), mm/filemap.c, 6.12.
export const filemap_remove_folio = kernelFunction(
  "filemap_remove_folio",
  "mm/filemap.c",
  (k: Kernel, slot: number) => {
    const pfn = k.w.cache.pfn.data[slot];
    if (pfn === 0) bug(`filemap_remove_folio: slot ${slot} holds no page`);
    k.set(k.w.page.mapping, pfn, 0);
    k.set(k.w.cache.pfn, slot, 0);
    folio_put(k, pfn);
  },
);

// What a fault handler gives: a page with one reference for the mapping to come, or why not.
export interface FaultPage {
  readonly pfn: number;
  readonly result: number;
}

// An ordinary file's page. One that is not cached is read together with its window, and the fault is tried again.
// Past the end of the file: SIGBUS. Mirrors filemap_fault(), mm/filemap.c, 6.12.
export const filemap_fault = kernelFunction("filemap_fault", "mm/filemap.c", (k: Kernel, vmf: Fault): FaultPage => {
  const file = k.w.vma.file.data[vmf.vma] - 1;
  const index = linear_page_index(k, vmf.vma, vmf.vpn);
  if (index >= file_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };
  const pfn = filemap_peek(k, file, index);
  if (pfn >= 0) {
    folio_get(k, pfn);
    return { pfn, result: 0 };
  }
  const window = Math.max(1, Math.floor(k.machine.fault_around / k.pageSize));
  const first = index - (index % window);
  return do_sync_mmap_readahead(k, file, first, first + window) && filemap_peek(k, file, index) >= 0
    ? { pfn: -1, result: VM_FAULT_MAJOR | VM_FAULT_RETRY }
    : { pfn: -1, result: VM_FAULT_OOM };
});

// Reads the pages of [first, last) that the file has and the cache has not. False when memory ran out.
// Mirrors do_sync_mmap_readahead(), mm/filemap.c, with a window of fault_around_bytes.
export const do_sync_mmap_readahead = kernelFunction(
  "do_sync_mmap_readahead",
  "mm/filemap.c",
  (k: Kernel, file: number, first: number, last: number): boolean => {
    const end = Math.min(last, file_pages(k, file));
    for (let index = first; index < end; index++) {
      if (filemap_peek(k, file, index) < 0 && filemap_add_folio(k, file, index, false) < 0) return false;
    }
    return true;
  },
);

// MADV_WILLNEED and the like: the whole range is read. Mirrors force_page_cache_readahead(), mm/readahead.c.
export function force_page_cache_readahead(k: Kernel, file: number, start: number, end: number): void {
  do_sync_mmap_readahead(k, file, start, end);
}
