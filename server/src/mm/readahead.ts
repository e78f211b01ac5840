// Which pages of an ordinary file are read from the disk together: the window around a fault, and the next one that a
// page of the last one asks for. mm/readahead.c, mm/filemap.c.
//
// Not modelled: mmap_miss, by which more than 100 misses without a hit turn reading around off; large folios.

import type { Fault } from "./fault.ts";
import { PG_readahead, VM_EXEC } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { file_pages, filemap_add_folio, filemap_peek } from "./page_cache.ts";
import { linear_page_index } from "./rmap.ts";

// VM_READAHEAD_PAGES of 128 KiB, include/linux/pagemap.h: what a disk without further settings reads (ra_pages).
function ra_pages(k: Kernel): number {
  return Math.max(1, (128 * 1024) / k.pageSize);
}

// Reads around a page that is not cached: half of the window before it, half from it on, and the last quarter's first
// page will ask for more. Mirrors do_sync_mmap_readahead(), mm/filemap.c, 7.2.
export const do_sync_mmap_readahead = kernelFunction(
  "do_sync_mmap_readahead",
  "mm/filemap.c",
  (k: Kernel, vmf: Fault) => {
    const { vma } = k.w;
    const file = vma.file.data[vmf.vma] - 1;
    const index = linear_page_index(k, vmf.vma, vmf.vpn);
    if (k.model.readaheadAligns && vma.flags.data[vmf.vma] & VM_EXEC) {
      const end = vma.pgoff.data[vmf.vma] + vma.end.data[vmf.vma] - vma.start.data[vmf.vma];
      set_window(k, file, index, Math.min(ra_pages(k), end - index), 0);
    } else {
      set_window(k, file, Math.max(0, index - ra_pages(k) / 2), ra_pages(k), Math.floor(ra_pages(k) / 4));
    }
    k.set(k.w.file.ra_order, file, 0);
    read_window(k, file);
  },
);

// A fault found a cached page. Where the last window's mark is on it, the next window is read; true then.
// Mirrors do_async_mmap_readahead(), mm/filemap.c, 6.12.
export function do_async_mmap_readahead(k: Kernel, file: number, index: number, pfn: number): boolean {
  if ((k.w.page.flags.data[pfn] & PG_readahead) === 0) return false;
  page_cache_async_ra(k, file, index, pfn);
  return true;
}

// Mirrors page_cache_async_ra(), mm/readahead.c, 7.2.
const page_cache_async_ra = kernelFunction(
  "page_cache_async_ra",
  "mm/readahead.c",
  (k: Kernel, file: number, index: number, pfn: number) => {
    const { page, file: f } = k.w;
    const max = ra_pages(k);
    k.set(page.flags, pfn, page.flags.data[pfn] & ~PG_readahead);
    let start = f.ra_start.data[file] + f.ra_size.data[file];
    let size = f.ra_size.data[file];
    if (index !== start - f.ra_async.data[file]) {
      start = index + 1;
      while (start - index <= max && filemap_peek(k, file, start) >= 0) start++;
      if (start - index > max) return;
      size = start - index + max;
    }
    size = get_next_ra_size(size, max);
    if (k.model.readaheadAligns) {
      k.add(f.ra_order, file, 2);
      const align = Math.min(2 ** f.ra_order.data[file], max);
      const end = start + size - ((start + size) % align);
      if (end > start) size = end - start;
    }
    set_window(k, file, start, size, size);
    read_window(k, file);
  },
);

// Mirrors get_next_ra_size(), mm/readahead.c.
function get_next_ra_size(size: number, max: number): number {
  if (size < max / 16) return 4 * size;
  return size <= max / 2 ? 2 * size : max;
}

function set_window(k: Kernel, file: number, start: number, size: number, async_size: number): void {
  k.set(k.w.file.ra_start, file, start);
  k.set(k.w.file.ra_size, file, size);
  k.set(k.w.file.ra_async, file, async_size);
}

// The window's pages, as far as the file goes. Mirrors do_page_cache_ra(), mm/readahead.c, 7.2.
function read_window(k: Kernel, file: number): void {
  const { ra_start, ra_size, ra_async } = k.w.file;
  const start = ra_start.data[file];
  const left = file_pages(k, file) - start;
  if (left <= 0) return;
  const cut = ra_size.data[file] >= left;
  const mark = cut && !k.model.readaheadMarksAtEnd ? 0 : ra_async.data[file];
  page_cache_ra_unbounded(k, file, start, cut ? left : ra_size.data[file], mark);
}

// Reads what is not cached of the pages; the page with `lookahead` pages left from it on gets the mark. Memory that is
// used up ends it. Mirrors page_cache_ra_unbounded(), mm/readahead.c, 6.12.
export const page_cache_ra_unbounded = kernelFunction(
  "page_cache_ra_unbounded",
  "mm/readahead.c",
  (k: Kernel, file: number, start: number, pages: number, lookahead: number) => {
    const { flags } = k.w.page;
    for (let i = 0; i < pages; i++) {
      if (filemap_peek(k, file, start + i) >= 0) continue;
      const pfn = filemap_add_folio(k, file, start + i, false, true);
      if (pfn < 0) return;
      if (lookahead > 0 && i === pages - lookahead) k.set(flags, pfn, flags.data[pfn] | PG_readahead);
    }
  },
);

// MADV_WILLNEED: the whole range is read. Mirrors force_page_cache_ra(), mm/readahead.c.
export function force_page_cache_readahead(k: Kernel, file: number, start: number, end: number): void {
  const last = Math.min(end, file_pages(k, file));
  if (last > start) page_cache_ra_unbounded(k, file, start, last - start, 0);
}
