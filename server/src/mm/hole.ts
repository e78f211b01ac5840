// A range in the middle of a file becomes zeroes: whole pages leave the page cache and the mappings, parts of pages are
// zeroed where they are. mm/truncate.c, mm/shmem.c; mm-semantics §5.1.
//
// Unlike truncation a hole leaves the private copies that were made of its pages.

import { page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain } from "./lru.ts";
import { cache_slot, cached_slots, filemap_peek } from "./page_cache.ts";
import { shmem_free_swap, shmem_swapin_folio, swapped_slot } from "./shmem_swap.ts";
import { mappings_of } from "./truncate.ts";
import { remove_folios } from "./truncate_folio.ts";
import { folio_mark_dirty } from "./vm_ops.ts";
import { unmap_drains_lru, zap_pte_range } from "./zap.ts";

// The bytes [start, end) of an ordinary file: the cached ones. What becomes of the disk's blocks at both ends is the
// filesystem's business (ext4_block.ts). As in shmem a range that ends within the first page unmaps everything behind its
// start. Mirrors truncate_pagecache_range(), mm/truncate.c.
export const truncate_pagecache_range = kernelFunction(
  "truncate_pagecache_range",
  "mm/truncate.c",
  (k: Kernel, file: number, start: number, end: number) => {
    unmap_mapping_range(k, file, start, end < k.pageSize ? Number.POSITIVE_INFINITY : end);
    zero_partial_pages(k, start, end, (index) => filemap_peek(k, file, index));
    remove_whole_pages(k, file, start, end);
  },
);

// The same of a shmem file, where what is not there is zero already. A hole that ends within the first page takes all
// pages behind its start out of the mappings: round_down(end) - 1 is then -1, which unmap_mapping_range() takes for the
// end of everything. Mirrors shmem_fallocate() and shmem_undo_range(), mm/shmem.c, 6.12.
export const shmem_punch_hole = kernelFunction(
  "shmem_fallocate",
  "mm/shmem.c",
  (k: Kernel, file: number, start: number, end: number) => {
    unmap_mapping_range(k, file, start, end < k.pageSize ? Number.POSITIVE_INFINITY : end);
    zero_partial_pages(k, start, end, (index) => {
      const swapped = swapped_slot(k, file, index);
      const pfn = swapped >= 0 ? shmem_swapin_folio(k, swapped) : filemap_peek(k, file, index);
      if (pfn >= 0) folio_mark_dirty(k, page_folio(k, pfn));
      return pfn;
    });
    remove_whole_pages(k, file, start, end);
  },
);

// Takes the whole pages of [start, end) (bytes) out of every mapping of the file, but for private copies.
// Mirrors unmap_mapping_range(), mm/memory.c, with even_cows 0.
const unmap_mapping_range = kernelFunction(
  "unmap_mapping_range",
  "mm/memory.c",
  (k: Kernel, file: number, start: number, end: number) => {
    const { vma } = k.w;
    const first = Math.ceil(start / k.pageSize);
    const last = Math.floor(end / k.pageSize);
    for (const row of mappings_of(k, file)) {
      const offset = vma.start.data[row] - vma.pgoff.data[row];
      const from = Math.max(vma.start.data[row], first + offset);
      const to = Math.min(vma.end.data[row], last + offset);
      if (from >= to) continue;
      unmap_drains_lru(k);
      zap_pte_range(k, row, from, to, 0);
      unmap_drains_lru(k);
    }
  },
);

// The pages that the range begins and ends in the middle of: their part of it is zero from now on.
// Mirrors truncate_inode_partial_folio(), mm/truncate.c, 6.12.
function zero_partial_pages(k: Kernel, start: number, end: number, page_of: (index: number) => number): void {
  const { content } = k.w.page;
  const first = Math.floor(start / k.pageSize);
  const last = Math.floor(end / k.pageSize);
  for (const index of first === last ? [first] : [first, last]) {
    const from = Math.max(0, start - index * k.pageSize);
    const to = Math.min(k.pageSize, end - index * k.pageSize);
    if (to <= from || (from === 0 && to === k.pageSize)) continue;
    const pfn = page_of(index);
    if (pfn < 0) continue;
    k.set(content, pfn, k.contents.write(content.data[pfn], from, new Uint8Array(to - from)));
  }
}

// Who holds a page keeps it; neither the cache nor the disk has it any more.
function remove_whole_pages(k: Kernel, file: number, start: number, end: number): void {
  const { cache } = k.w;
  const first = Math.ceil(start / k.pageSize);
  const last = Math.floor(end / k.pageSize);
  if (cached_slots(k, file, first, last).length > 0) lru_add_drain(k);
  remove_folios(k, file, start, end);
  for (const index of k.side.cacheIndex.get(file)?.keys() ?? []) {
    const slot = index >= first && index < last ? cache_slot(k, file, index) : -1;
    if (slot < 0) continue;
    k.set(cache.disk, slot, 0);
    k.set(cache.block, slot, 0);
    if (cache.swap.data[slot] !== 0) shmem_free_swap(k, slot);
  }
}
