// The page cache: which page of which file is in memory. mm/filemap.c.
//
// A cached page has one reference from the cache. Its slot (a row of the cache table) remembers what the disk holds.

import { bug } from "./errors.ts";
import { PG_anon, PG_ksm, PG_swapbacked, PG_uptodate } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru } from "./lru.ts";
import { alloc_page, alloc_page_noretry } from "./page_alloc.ts";
import { folio_put } from "./page_ref.ts";

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

// The same, made if there is none.
export function make_slot(k: Kernel, file: number, index: number): number {
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

// The files that have pages in memory, in the order of their making; the others' mappings are empty (mapping_empty()).
export function cached_files(k: Kernel): number[] {
  const { flags, mapping } = k.w.page;
  const files = new Set<number>();
  const end = k.w.machine.next_pfn.data[0];
  for (let pfn = 1; pfn < end; pfn++) {
    if (mapping.data[pfn] !== 0 && (flags.data[pfn] & (PG_anon | PG_ksm)) === 0) files.add(mapping.data[pfn] - 1);
  }
  return [...files].sort((a, b) => a - b);
}

// The cached page, or -1. Takes no reference.
export function filemap_peek(k: Kernel, file: number, index: number): number {
  const slot = cache_slot(k, file, index);
  if (slot < 0) return -1;
  const pfn = k.w.cache.pfn.data[slot];
  return pfn === 0 ? -1 : pfn;
}

// A new page in the cache, with what the disk holds: refcount 1, the cache's. -1 when memory is used up; nobody is killed
// for a page that is only read ahead.
// Mirrors filemap_add_folio(), mm/filemap.c, 6.12.
export const filemap_add_folio = kernelFunction(
  "filemap_add_folio",
  "mm/filemap.c",
  (k: Kernel, file: number, index: number, swapbacked: boolean, ahead: boolean): number => {
    const pfn = ahead ? alloc_page_noretry(k) : alloc_page(k);
    if (pfn < 0) return -1;
    const { page, cache } = k.w;
    const slot = make_slot(k, file, index);
    k.set(page.content, pfn, cache.disk.data[slot]);
    k.set(page.flags, pfn, PG_uptodate | (swapbacked ? PG_swapbacked : 0));
    k.set(page.mapping, pfn, file + 1);
    k.set(page.index, pfn, index);
    k.set(cache.pfn, slot, pfn);
    folio_add_lru(k, pfn);
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
