// Pages leave the page cache: truncation, dropped caches, and pages that are written back. mm/truncate.c.

import { PG_dirty, PG_reclaim, PG_writeback, VM_SHARED } from "./flags.ts";
import { folio_nr_pages, folio_test_large, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { deactivate_file_folio, folio_rotate_reclaimable, lru_add_drain } from "./lru.ts";
import {
  cache_slot,
  cached_files,
  cached_folios,
  cached_slots,
  file_pages,
  filemap_peek,
  filemap_remove_folio,
  write_folio,
} from "./page_cache.ts";
import { folio_ref_count } from "./page_ref.ts";
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITE, pmd_trans_huge, pte_pfn, pte_with, walk_ptes } from "./pgtable.ts";
import { shmem_free_swap, shmem_swapin_folio, swapped_slot } from "./shmem_swap.ts";
import { remove_folios } from "./truncate_folio.ts";
import { folio_mark_dirty, HUGETLB_FILE, SHMEM_FILE } from "./vm_ops.ts";
import { unmap_drains_lru, ZAP_EVEN_COWS, zap_pte_range } from "./zap.ts";

// The VMAs that map a file (its i_mmap tree), in the order of their rows.
export function mappings_of(k: Kernel, file: number): number[] {
  return k.rmap.ofFile(file + 1);
}

// Everything of an ordinary file past the size (bytes) goes: mappings first (private copies too), then the cached pages,
// then the tail of the last one becomes zero. Who holds a page keeps it. Mirrors truncate_pagecache(), mm/truncate.c.
export const truncate_pagecache = kernelFunction(
  "truncate_pagecache",
  "mm/truncate.c",
  (k: Kernel, file: number, size: number) => {
    unmap_mapping_pages(k, file, Math.ceil(size / k.pageSize));
    truncate_inode_pages(k, file, size);
  },
);

// Mirrors truncate_inode_pages(), mm/truncate.c.
const truncate_inode_pages = kernelFunction(
  "truncate_inode_pages",
  "mm/truncate.c",
  (k: Kernel, file: number, size: number) => remove_pages(k, file, size),
);

// The same of a shmem file, where the last page, when it loses its tail, is dirty: no disk could tell of it.
// Mirrors shmem_truncate_range(), mm/shmem.c.
export const shmem_truncate_range = kernelFunction(
  "shmem_truncate_range",
  "mm/shmem.c",
  (k: Kernel, file: number, size: number) => {
    const last = Math.floor(size / k.pageSize);
    const swapped = size % k.pageSize === 0 ? -1 : swapped_slot(k, file, last);
    if (swapped >= 0) shmem_swapin_folio(k, swapped);
    const partial = size % k.pageSize === 0 ? -1 : filemap_peek(k, file, last);
    if (partial >= 0) folio_mark_dirty(k, page_folio(k, partial));
    remove_pages(k, file, size);
  },
);

function remove_pages(k: Kernel, file: number, size: number): void {
  const first = Math.ceil(size / k.pageSize);
  // The pages are let go of in batches, and pagevec_release() empties the LRU batches so that they can be freed.
  if (cached_slots(k, file, first, Number.POSITIVE_INFINITY).length > 0) lru_add_drain(k);
  remove_folios(k, file, size, Number.POSITIVE_INFINITY);
  for (const index of k.side.cacheIndex.get(file)?.keys() ?? []) forget_disk(k, file, index, size);
}

// What the disk holds past the new end is gone as well, and so is the last page's tail.
function forget_disk(k: Kernel, file: number, index: number, size: number): void {
  const slot = cache_slot(k, file, index);
  const { cache, page } = k.w;
  if (slot < 0) return;
  const keep = Math.max(0, size - index * k.pageSize);
  if (keep >= k.pageSize) return;
  if (keep === 0 && cache.swap.data[slot] !== 0) shmem_free_swap(k, slot);
  k.set(cache.disk, slot, k.contents.truncate(cache.disk.data[slot], keep));
  if (keep === 0) k.set(cache.block, slot, 0);
  const pfn = cache.pfn.data[slot];
  if (pfn !== 0) k.set(page.content, pfn, k.contents.truncate(page.content.data[pfn], keep));
}

// Takes the pages from `first` (page offset) on out of every mapping of the file. Mirrors unmap_mapping_pages(), mm/memory.c.
export const unmap_mapping_pages = kernelFunction(
  "unmap_mapping_pages",
  "mm/memory.c",
  (k: Kernel, file: number, first: number) => {
    const { vma } = k.w;
    for (const row of mappings_of(k, file)) {
      const start = Math.max(vma.start.data[row], vma.start.data[row] + first - vma.pgoff.data[row]);
      if (start >= vma.end.data[row]) continue;
      unmap_drains_lru(k);
      zap_pte_range(k, row, start, vma.end.data[row], ZAP_EVEN_COWS);
      unmap_drains_lru(k);
    }
  },
);

// Frees the cached pages that nobody uses and that are on the disk already: echo 1 > /proc/sys/vm/drop_caches. Of shmem
// that is a hole's page that was only read. Mirrors drop_pagecache_sb(), fs/drop_caches.c.
export const drop_caches = kernelFunction("drop_pagecache_sb", "fs/drop_caches.c", (k: Kernel): 0 => {
  if (k.model.dropCachesDrainsLru) lru_add_drain(k);
  for (const file of cached_files(k)) invalidate_mapping_pages(k, file);
  return 0;
});

// Mapped, dirty and otherwise held pages stay, those in an LRU batch too; reclaim shall look at them soon. The pages are
// taken in batches, after each of which the LRU batches are emptied.
// Mirrors invalidate_mapping_pages() with mapping_evict_folio(), mm/truncate.c, 6.12.
const invalidate_mapping_pages = kernelFunction(
  "invalidate_mapping_pages",
  "mm/truncate.c",
  (k: Kernel, file: number) => {
    const { page } = k.w;
    for (const [i, folio] of cached_folios(k, file, 0, file_pages(k, file)).entries()) {
      if (i > 0 && i % k.model.lruBatchSize === 0) lru_add_drain(k);
      const held = folio_ref_count(k, folio) > folio_nr_pages(k, folio);
      if (held || page.flags.data[folio] & (PG_dirty | PG_writeback)) deactivate_file_folio(k, folio);
      else filemap_remove_folio(k, cache_slot(k, file, page.index.data[folio]));
    }
    lru_add_drain(k);
  },
);

// All of the file's dirty pages go to the disk.
export function writeback(k: Kernel, file: number): 0 {
  filemap_fdatawrite_range(k, file, 0, file_pages(k, file));
  return 0;
}

// Dirty pages of [first, last) (page offsets) go to the disk and are clean again, and so are the entries that map them:
// the next write to a shared mapping faults. Mirrors filemap_fdatawrite_range(), mm/filemap.c, down to
// write_cache_pages() and folio_clear_dirty_for_io(), mm/page-writeback.c, 6.12, with folio_mkclean(), mm/rmap.c.
export const filemap_fdatawrite_range = kernelFunction(
  "filemap_fdatawrite_range",
  "mm/filemap.c",
  (k: Kernel, file: number, first: number, last: number) => {
    const { page } = k.w;
    const kind = k.w.file.kind.data[file];
    if (kind === SHMEM_FILE || kind === HUGETLB_FILE) return;
    for (const folio of cached_folios(k, file, first, last)) {
      if ((page.flags.data[folio] & PG_dirty) === 0) continue;
      folio_mkclean(k, file, folio);
      k.set(page.flags, folio, page.flags.data[folio] & ~PG_dirty);
      zero_past_end(k, file, folio);
      write_folio(k, folio);
      folio_end_writeback(k, folio);
    }
  },
);

// What mappings wrote past the end of the file into its last page is gone from it when it is written back. Mirrors
// ext4_bio_write_folio(), fs/ext4/page-io.c, 6.12.
function zero_past_end(k: Kernel, file: number, folio: number): void {
  const { content, index } = k.w.page;
  const size = k.w.file.size.data[file];
  const last = Math.floor(size / k.pageSize) - index.data[folio];
  const nr = folio_nr_pages(k, folio);
  if (last < 0 || last >= nr) return;
  const keep = size % k.pageSize;
  k.set(content, folio + last, k.contents.truncate(content.data[folio + last], keep));
  if (last + 1 < nr) k.setRun(content, folio + last + 1, nr - last - 1, 0);
}

// The disk has the page. When reclaim waited for it, it is the next to be looked at.
// Mirrors folio_end_writeback(), mm/filemap.c, 6.12.
function folio_end_writeback(k: Kernel, pfn: number): void {
  const { flags } = k.w.page;
  if ((flags.data[pfn] & PG_reclaim) === 0) return;
  k.set(flags, pfn, flags.data[pfn] & ~PG_reclaim);
  folio_rotate_reclaimable(k, pfn);
}

// Mirrors folio_mkclean(), mm/rmap.c, 6.12: the entries of shared mappings lose their write and dirty bits.
const folio_mkclean = kernelFunction("folio_mkclean", "mm/rmap.c", (k: Kernel, file: number, folio: number) => {
  const { vma, page } = k.w;
  const first = page.index.data[folio];
  const nr = folio_nr_pages(k, folio);
  for (const row of folio_test_large(k, folio) ? mappings_of(k, file) : k.rmap.ofFilePage(file + 1, first)) {
    if ((vma.flags.data[row] & VM_SHARED) === 0) continue;
    const mm = vma.mm.data[row] - 1;
    const vpn = vma.start.data[row] + first - vma.pgoff.data[row];
    const from = Math.max(vpn, vma.start.data[row]);
    const to = Math.min(vpn + nr, vma.end.data[row]);
    const clean = (at: number, entry: number): void => {
      if ((entry & (PTE_WRITE | PTE_DIRTY)) !== 0) k.set(k.w.pte.entry, at, pte_with(entry, 0, PTE_WRITE | PTE_DIRTY));
    };
    const visit = (at: number, page: number, entry: number): void => {
      if (entry & PTE_PRESENT && pte_pfn(entry) === folio + page - vpn) clean(at, entry);
    };
    if (from < to)
      walk_ptes(k, mm, from, to, visit, (pmd, _first, _from, _to, entry) => {
        if (pmd_trans_huge(entry) && pte_pfn(entry) === folio) clean(pmd, entry);
      });
  }
});
