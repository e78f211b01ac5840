// The page cache: which page of which file is in memory. mm/filemap.c.
//
// A cached folio has one reference from the cache for each of its pages. Each page offset has a slot (a row of the cache
// table), which holds the very page, not the folio's head, and remembers what the disk holds.

import { bug } from "./errors.ts";
import { PG_anon, PG_ksm, PG_swapbacked, PG_uptodate } from "./flags.ts";
import { folio_nr_pages, folio_test_hugetlb, folio_test_large, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru } from "./lru.ts";
import { alloc_page, alloc_page_noretry } from "./page_alloc.ts";
import { folio_put_refs, folio_ref_add } from "./page_ref.ts";

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
  return found >= 0 ? found : new_slots(k, file, index, 1);
}

// Slots for `count` pages in a row, in the order of their offsets.
function new_slots(k: Kernel, file: number, index: number, count: number): number {
  const { cache } = k.w;
  const row = count === 1 ? k.create(cache) : k.createRun(cache, count);
  k.setRun(cache.file, row, count, file + 1);
  k.setRun(cache.index, row, count, index, 1);
  let slots = k.side.cacheIndex.get(file);
  if (slots === undefined) {
    slots = new Map();
    k.side.cacheIndex.set(file, slots);
  }
  for (let i = 0; i < count; i++) slots.set(index + i, row + i);
  return row;
}

// Visits the slots of `count` page offsets from `index` on, made where there are none, in runs of rows that follow each other.
function each_slot_run(
  k: Kernel,
  file: number,
  index: number,
  count: number,
  visit: (row: number, offset: number, length: number) => void,
): void {
  const end = index + count;
  for (let at = index; at < end; ) {
    let row = cache_slot(k, file, at);
    let length = 1;
    if (row < 0) {
      while (at + length < end && cache_slot(k, file, at + length) < 0) length++;
      row = new_slots(k, file, at, length);
    }
    while (at + length < end && cache_slot(k, file, at + length) === row + length) length++;
    visit(row, at - index, length);
    at += length;
  }
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

// The folios that hold pages of a file in [first, last), by their heads, in the order of their offsets. The first and
// the last may reach out of the range.
export function cached_folios(k: Kernel, file: number, first: number, last: number): number[] {
  const folios: number[] = [];
  for (const slot of cached_slots(k, file, first, last)) {
    const folio = page_folio(k, k.w.cache.pfn.data[slot]);
    if (folios.at(-1) !== folio) folios.push(folio);
  }
  return folios;
}

// The files that have pages in memory that could be dropped, in the order of their making; the others' mappings are empty
// (mapping_empty()), or of huge pages, which are always dirty.
export function cached_files(k: Kernel): number[] {
  const { flags, mapping } = k.w.page;
  const files = new Set<number>();
  const end = k.w.machine.next_pfn.data[0];
  for (let pfn = 1; pfn < end; pfn++) {
    if (mapping.data[pfn] === 0 || (flags.data[pfn] & (PG_anon | PG_ksm)) !== 0) continue;
    if (!folio_test_hugetlb(k, pfn)) files.add(mapping.data[pfn] - 1);
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

// A large folio, which the caller has allocated, comes into the cache with what the disk holds: one reference more for each
// page but the first, whose reference was the allocation's. Nothing else of the range is cached.
// Mirrors __filemap_add_folio(), mm/filemap.c, 6.12.
export const filemap_add_large_folio = kernelFunction(
  "__filemap_add_folio",
  "mm/filemap.c",
  (k: Kernel, file: number, index: number, folio: number, swapbacked: boolean) => {
    const { page } = k.w;
    const nr = folio_nr_pages(k, folio);
    each_slot_run(k, file, index, nr, (row, offset, length) => set_contents(k, folio + offset, row, length));
    k.set(page.flags, folio, PG_uptodate | (swapbacked ? PG_swapbacked : 0));
    k.set(page.mapping, folio, file + 1);
    k.set(page.index, folio, index);
    folio_ref_add(k, folio, nr - 1);
    set_cached(k, file, index, folio, nr);
    folio_add_lru(k, folio);
  },
);

// Pages get what the disk holds for slots in a row; equal neighbours are one event.
function set_contents(k: Kernel, page: number, row: number, count: number): void {
  const { disk } = k.w.cache;
  for (let at = 0; at < count; ) {
    let length = 1;
    while (at + length < count && disk.data[row + at + length] === disk.data[row + at]) length++;
    k.setRun(k.w.page.content, page + at, length, disk.data[row + at]);
    at += length;
  }
}

// The slots of `count` page offsets from `index` on hold the pages from that one on; 0: none. What they count is the
// caller's business.
export function set_cached(k: Kernel, file: number, index: number, page: number, count: number): void {
  each_slot_run(k, file, index, count, (row, offset, length) => {
    if (page === 0) k.setRun(k.w.cache.pfn, row, length, 0);
    else k.setRun(k.w.cache.pfn, row, length, page + offset, 1);
  });
}

// The disk gets what the folio holds.
export function write_folio(k: Kernel, folio: number): void {
  const { page, cache } = k.w;
  const file = page.mapping.data[folio] - 1;
  each_slot_run(k, file, page.index.data[folio], folio_nr_pages(k, folio), (row, offset, length) => {
    for (let i = 0; i < length; i++) k.set(cache.disk, row + i, page.content.data[folio + offset + i]);
    k.setRun(cache.block, row, length, 1);
  });
}

// Of `count` page offsets, whether one is cached.
export function filemap_range_has_page(k: Kernel, file: number, index: number, count: number): boolean {
  for (let at = index; at < index + count; at++) if (filemap_peek(k, file, at) >= 0) return true;
  return false;
}

// The cache lets go of the folio of which the slot holds a page: a reference less for each of its pages, and it belongs to
// no file any more. Mirrors filemap_remove_folio(), mm/filemap.c, 6.12.
export const filemap_remove_folio = kernelFunction(
  "filemap_remove_folio",
  "mm/filemap.c",
  (k: Kernel, slot: number) => {
    const { page, cache } = k.w;
    if (cache.pfn.data[slot] === 0) bug(`filemap_remove_folio: slot ${slot} holds no page`);
    const folio = page_folio(k, cache.pfn.data[slot]);
    const nr = folio_nr_pages(k, folio);
    if (folio_test_large(k, folio)) {
      set_cached(k, page.mapping.data[folio] - 1, page.index.data[folio], 0, nr);
      k.set(page.mapping, folio, 0);
    } else {
      k.set(page.mapping, folio, 0);
      k.set(cache.pfn, slot, 0);
    }
    folio_put_refs(k, folio, nr);
  },
);
