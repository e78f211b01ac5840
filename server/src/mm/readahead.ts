// Which pages of an ordinary file are read from the disk together: the window around a fault, and the next one that a
// page of the last one asks for. mm/readahead.c, mm/filemap.c.
//
// Where ordinary files have large folios (model.fileFolios), the window is filled with folios of up to ra_order, at their
// natural boundaries; the order grows with each window that a mark asked for.
//
// Not modelled: mmap_miss, by which more than 100 misses without a hit turn reading around off.

import type { Fault } from "./fault.ts";
import { PG_readahead, VM_EXEC, VM_HUGEPAGE } from "./flags.ts";
import { folio_nr_pages, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_alloc } from "./page_alloc.ts";
import {
  file_pages,
  filemap_add_folio,
  filemap_add_large_folio,
  filemap_peek,
  filemap_range_has_page,
} from "./page_cache.ts";
import { linear_page_index } from "./rmap.ts";

// VM_READAHEAD_PAGES of 128 KiB, include/linux/pagemap.h: what a disk without further settings reads (ra_pages).
function ra_pages(k: Kernel): number {
  return Math.max(1, (128 * 1024) / k.pageSize);
}

// log2 of the most pages that a folio of an ordinary file may have: a PMD's, what the page cache's tree can split
// (MAX_XAS_ORDER), and what ext4 with blocks of 4 KiB allows (EXT4_MAX_PAGECACHE_ORDER). Mirrors
// mapping_max_folio_order(), include/linux/pagemap.h, 7.2.
function mapping_max_folio_order(k: Kernel): number {
  return Math.min(k.hpageOrder, 11, 23 - Math.log2(k.pageSize));
}

// What a fault in a mapping with MADV_HUGEPAGE reads: two folios of this order. Up to 7.1 they are asked of every file,
// large folios or not, as long as a cached folio can be so large. Mirrors the test in do_sync_mmap_readahead(),
// mm/filemap.c.
function thp_readahead_order(k: Kernel, vma: number): number {
  if ((k.w.vma.flags.data[vma] & VM_HUGEPAGE) === 0) return 0;
  switch (k.model.hugepageReadahead) {
    case "no":
      return 0;
    case "a PMD":
      return k.hpageOrder <= 11 ? k.hpageOrder : 0;
    case "a large folio":
      return Math.min(mapping_max_folio_order(k), Math.log2((2 * 1024 * 1024) / k.pageSize));
  }
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
    const order = thp_readahead_order(k, vmf.vma);
    if (order > 0) {
      const nr = 2 ** order;
      k.set(k.w.file.ra_size, file, 2 * nr);
      k.set(k.w.file.ra_async, file, nr);
      k.set(k.w.file.ra_order, file, order);
      page_cache_ra_order(k, file, index - (index % nr));
      return;
    }
    if (k.model.readaheadAligns && vma.flags.data[vmf.vma] & VM_EXEC) {
      const end = vma.pgoff.data[vmf.vma] + vma.end.data[vmf.vma] - vma.start.data[vmf.vma];
      set_window(k, file, index, Math.min(ra_pages(k), end - index), 0);
    } else {
      set_window(k, file, Math.max(0, index - ra_pages(k) / 2), ra_pages(k), Math.floor(ra_pages(k) / 4));
    }
    k.set(k.w.file.ra_order, file, 0);
    page_cache_ra_order(k, file, k.w.file.ra_start.data[file]);
  },
);

// Somebody wants so many pages that are not cached, from `index` on: they are read, and when they begin the file, or follow
// what is cached, that is a window. Mirrors page_cache_sync_ra(), mm/readahead.c, 7.2, for requests of more than a window, which
// the disk takes as one.
export const page_cache_sync_ra = kernelFunction(
  "page_cache_sync_ra",
  "mm/readahead.c",
  (k: Kernel, file: number, index: number, wanted: number) => {
    const max = Math.max(ra_pages(k), wanted);
    if (index === 0) {
      const size = get_init_ra_size(wanted, max);
      set_window(k, file, index, size, size > wanted ? size - wanted : Math.floor(size / 2));
    } else {
      let before = 0;
      while (before < max && before < index && filemap_peek(k, file, index - 1 - before) >= 0) before++;
      if (before <= wanted) {
        page_cache_ra_unbounded(k, file, index, Math.min(wanted, file_pages(k, file) - index), 0);
        return;
      }
      set_window(k, file, index, Math.min((before === index ? 2 * before : before) + wanted, max), 1);
    }
    k.set(k.w.file.ra_order, file, 0);
    page_cache_ra_order(k, file, index);
  },
);

// Mirrors get_init_ra_size(), mm/readahead.c.
function get_init_ra_size(size: number, max: number): number {
  const rounded = 2 ** Math.ceil(Math.log2(size));
  if (rounded <= max / 32) return rounded * 4;
  return rounded <= max / 4 ? rounded * 2 : max;
}

// A fault found a cached page. Where the last window's mark is on it, the next window is read; true then.
// Mirrors do_async_mmap_readahead(), mm/filemap.c, 6.12.
export function do_async_mmap_readahead(k: Kernel, file: number, index: number, page: number): boolean {
  const folio = page_folio(k, page);
  if ((k.w.page.flags.data[folio] & PG_readahead) === 0) return false;
  page_cache_async_ra(k, file, index, folio);
  return true;
}

// Mirrors page_cache_async_ra(), mm/readahead.c, 7.2.
const page_cache_async_ra = kernelFunction(
  "page_cache_async_ra",
  "mm/readahead.c",
  (k: Kernel, file: number, index: number, folio: number) => {
    const { page, file: f } = k.w;
    const max = ra_pages(k);
    k.set(page.flags, folio, page.flags.data[folio] & ~PG_readahead);
    let start = f.ra_start.data[file] + f.ra_size.data[file];
    let size = f.ra_size.data[file];
    const expected = start - f.ra_async.data[file];
    if (index === expected - (expected % folio_nr_pages(k, folio))) {
      // After MADV_HUGEPAGE the window may be larger than it would grow.
      size = Math.max(size, get_next_ra_size(size, max));
    } else {
      start = index + 1;
      while (start - index <= max && filemap_peek(k, file, start) >= 0) start++;
      if (start - index > max) return;
      size = get_next_ra_size(start - index + max, max);
    }
    if (k.model.readaheadAligns) {
      k.add(f.ra_order, file, 2);
      const align = Math.min(2 ** f.ra_order.data[file], max);
      const end = start + size - ((start + size) % align);
      if (end > start) size = end - start;
    }
    set_window(k, file, start, size, size);
    page_cache_ra_order(k, file, start);
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

// Reads the window, which begins at `start`, in folios of ra_order as far as they fit. What is cached already ends that:
// the rest is read page by page. Mirrors page_cache_ra_order(), mm/readahead.c, 7.2.
const page_cache_ra_order = kernelFunction(
  "page_cache_ra_order",
  "mm/readahead.c",
  (k: Kernel, file: number, start: number) => {
    const { ra_size, ra_async, ra_order } = k.w.file;
    const size = ra_size.data[file];
    if (!k.model.fileFolios) return do_page_cache_ra(k, file, start, size);
    const limit = Math.min(file_pages(k, file) - 1, start + size - 1);
    const cut = start + size >= file_pages(k, file);
    const mark = cut && !k.model.readaheadMarksAtEnd ? -1 : start + size - ra_async.data[file];
    const order = Math.min(mapping_max_folio_order(k), ra_order.data[file], Math.floor(Math.log2(size)));
    k.set(ra_order, file, order);
    let index = start;
    while (index <= limit) {
      let at = order;
      while (index % 2 ** at !== 0 || (at > 0 && index + 2 ** at - 1 > limit)) at--;
      if (!ra_alloc_folio(k, file, index, mark, at)) break;
      index += 2 ** at;
    }
    if (index <= limit && size > index - start) do_page_cache_ra(k, file, index, size - (index - start));
  },
);

// A folio of the window; the one that the mark falls into gets it. False when one of its pages is cached, or memory is
// used up. Mirrors ra_alloc_folio(), mm/readahead.c, 7.2.
function ra_alloc_folio(k: Kernel, file: number, index: number, mark: number, order: number): boolean {
  const { flags } = k.w.page;
  if (filemap_range_has_page(k, file, index, 2 ** order)) return false;
  let folio: number;
  if (order === 0) {
    folio = filemap_add_folio(k, file, index, false, true);
    if (folio < 0) return false;
  } else {
    folio = folio_alloc(k, order);
    if (folio < 0) return false;
    filemap_add_large_folio(k, file, index, folio, false);
  }
  if (mark >= 0 && index === mark - (mark % 2 ** order)) k.set(flags, folio, flags.data[folio] | PG_readahead);
  return true;
}

// The pages from `start` on, as far as the file goes. Mirrors do_page_cache_ra(), mm/readahead.c, 7.2.
function do_page_cache_ra(k: Kernel, file: number, start: number, size: number): void {
  const left = file_pages(k, file) - start;
  if (left <= 0) return;
  const cut = size >= left;
  const mark = cut && !k.model.readaheadMarksAtEnd ? 0 : k.w.file.ra_async.data[file];
  page_cache_ra_unbounded(k, file, start, cut ? left : size, mark);
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
