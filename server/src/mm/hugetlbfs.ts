// Files of huge pages: what a MAP_HUGETLB mapping and a memfd with MFD_HUGETLB have behind them. fs/hugetlbfs/inode.c;
// mm-semantics §2.10, §12.7.

import type { Errno } from "./abi.ts";
import { PG_dirty, PG_uptodate, VM_DONTEXPAND, VM_HUGETLB, VM_WRITE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { hugetlb_add_to_page_cache } from "./hugetlb.ts";
import { available_huge_pages, dequeue_hugetlb_folio } from "./hugetlb_pool.ts";
import { hugetlb_reserve_pages, hugetlb_unreserve_pages } from "./hugetlb_reserve.ts";
import { zap_hugepage_range } from "./hugetlb_zap.ts";
import type { Kernel } from "./kernel.ts";
import { cached_slots, filemap_peek } from "./page_cache.ts";
import { folio_put, folio_put_refs } from "./page_ref.ts";
import { refused } from "./refused.ts";
import { region_add, region_chg, resv_map_alloc } from "./resv_map.ts";
import { HUGETLB_FILE } from "./vm_ops.ts";

const OFFSET_WITHIN_HUGE_PAGE = condition("vma->vm_pgoff & (~huge_page_mask(h) >> PAGE_SHIFT)", "vm_pgoff");
const TOO_LONG = condition("len < vma_len", "pages");
const SIZE_WITHIN_HUGE_PAGE = condition("newsize & ~huge_page_mask(h)", "newsize");

// Bytes of a huge page.
export function huge_page_size(k: Kernel): number {
  return k.hpageNr * k.pageSize;
}

export function is_file_hugepages(k: Kernel, file: number): boolean {
  return k.w.file.kind.data[file] === HUGETLB_FILE;
}

// A file of huge pages without any yet; open says whether it has a descriptor. Mirrors hugetlb_file_setup(),
// fs/hugetlbfs/inode.c.
export const hugetlb_file_setup = kernelFunction(
  "hugetlb_file_setup",
  "fs/hugetlbfs/inode.c",
  (k: Kernel, size: number, open: boolean): number => {
    const { file } = k.w;
    const row = k.create(file);
    k.set(file.kind, row, HUGETLB_FILE);
    k.set(file.size, row, size);
    k.set(file.open, row, open ? 1 : 0);
    k.set(file.resv_map, row, resv_map_alloc(k));
    return row;
  },
);

// The new VMA becomes one of huge pages, and they are reserved: EINVAL where the offset is not at one of them, ENOMEM where
// the pool has not enough. A file that may be written through the mapping grows to its end.
// Mirrors hugetlbfs_file_mmap(), fs/hugetlbfs/inode.c, 6.12.
export const hugetlbfs_file_mmap = kernelFunction(
  "hugetlbfs_file_mmap",
  "fs/hugetlbfs/inode.c",
  (k: Kernel, vma: number): 0 | Errno => {
    const { vma: v, file: f } = k.w;
    const file = v.file.data[vma] - 1;
    k.set(v.flags, vma, v.flags.data[vma] | VM_HUGETLB | VM_DONTEXPAND);
    const pgoff = v.pgoff.data[vma];
    if (pgoff % k.hpageNr !== 0) return refused(k, OFFSET_WITHIN_HUGE_PAGE, pgoff);
    const pages = pgoff + v.end.data[vma] - v.start.data[vma];
    if (pages * k.pageSize >= 2 ** 63) return refused(k, TOO_LONG, pages);
    if (!hugetlb_reserve_pages(k, vma, pgoff / k.hpageNr, pages / k.hpageNr)) return "ENOMEM";
    const size = pages * k.pageSize;
    if (v.flags.data[vma] & VM_WRITE && f.size.data[file] < size) k.set(f.size, file, size);
    return 0;
  },
);

// The file's new length, of whole huge pages. Mirrors hugetlbfs_setattr() with hugetlb_vmtruncate(), fs/hugetlbfs/inode.c.
export const hugetlbfs_setattr = kernelFunction(
  "hugetlbfs_setattr",
  "fs/hugetlbfs/inode.c",
  (k: Kernel, file: number, size: number): 0 | Errno => {
    if (size % huge_page_size(k) !== 0) return refused(k, SIZE_WITHIN_HUGE_PAGE, size);
    k.set(k.w.file.size, file, size);
    hugetlb_vmdelete_list(k, file, size, Number.POSITIVE_INFINITY);
    remove_inode_hugepages(k, file, size, Number.POSITIVE_INFINITY);
    return 0;
  },
);

// Nobody refers to the file any more. Mirrors hugetlbfs_evict_inode(), fs/hugetlbfs/inode.c.
export const hugetlbfs_evict_inode = kernelFunction(
  "hugetlbfs_evict_inode",
  "fs/hugetlbfs/inode.c",
  (k: Kernel, file: number) => remove_inode_hugepages(k, file, 0, Number.POSITIVE_INFINITY),
);

// The pages of [start, end), bytes at huge pages' borders, leave the mappings, private copies too.
// Mirrors hugetlb_vmdelete_list(), fs/hugetlbfs/inode.c.
function hugetlb_vmdelete_list(k: Kernel, file: number, start: number, end: number): void {
  const { vma: v } = k.w;
  for (const vma of k.rmap.ofFile(file + 1)) {
    const offset = v.start.data[vma] - v.pgoff.data[vma];
    const from = Math.max(v.start.data[vma], start / k.pageSize + offset);
    const to = Math.min(v.end.data[vma], end / k.pageSize + offset);
    if (from < to) zap_hugepage_range(k, vma, from, to);
  }
}

// The pages of [start, end) leave the page cache, and with them their reservations: at the end of the file all that is left
// of those, in a hole those of the pages that were there. Mirrors remove_inode_hugepages(), fs/hugetlbfs/inode.c.
const remove_inode_hugepages = kernelFunction(
  "remove_inode_hugepages",
  "fs/hugetlbfs/inode.c",
  (k: Kernel, file: number, start: number, end: number) => {
    const size = huge_page_size(k);
    const truncates = end === Number.POSITIVE_INFINITY;
    let freed = 0;
    for (const slot of cached_slots(k, file, start / k.pageSize, end / k.pageSize)) {
      const at = k.w.cache.index.data[slot] / k.hpageNr;
      hugetlb_delete_from_page_cache(k, slot);
      if (!truncates) hugetlb_unreserve_pages(k, file, at, at + 1, 1);
      freed++;
    }
    if (truncates) hugetlb_unreserve_pages(k, file, start / size, end, freed);
  },
);

// Mirrors hugetlb_delete_from_page_cache(), fs/hugetlbfs/inode.c.
function hugetlb_delete_from_page_cache(k: Kernel, slot: number): void {
  const { cache, page } = k.w;
  const folio = cache.pfn.data[slot];
  k.set(page.flags, folio, page.flags.data[folio] & ~(PG_dirty | PG_uptodate));
  k.set(page.mapping, folio, 0);
  k.set(cache.pfn, slot, 0);
  folio_put_refs(k, folio, k.model.hugetlbCacheRefs === "each page" ? k.hpageNr : 1);
}

// A hole takes whole huge pages out of the file and out of all mappings, private copies included. Of a page that it only
// touches the part is zeroed from 5.19 on (68d32527d340) and stays before. Mirrors hugetlbfs_punch_hole(), fs/hugetlbfs/inode.c.
export const hugetlbfs_punch_hole = kernelFunction(
  "hugetlbfs_punch_hole",
  "fs/hugetlbfs/inode.c",
  (k: Kernel, file: number, start: number, end: number): 0 => {
    const size = huge_page_size(k);
    const first = Math.ceil(start / size) * size;
    const last = Math.floor(end / size) * size;
    if (k.model.hugetlbHolesZeroParts) {
      if (start < first) hugetlbfs_zero_partial_page(k, file, start, Math.min(end, first));
      if (end > last && end > first) hugetlbfs_zero_partial_page(k, file, last, end);
    }
    if (last > first) {
      hugetlb_vmdelete_list(k, file, first, last);
      remove_inode_hugepages(k, file, first, last);
    }
    return 0;
  },
);

// Mirrors hugetlbfs_zero_partial_page(), fs/hugetlbfs/inode.c, 6.12.
function hugetlbfs_zero_partial_page(k: Kernel, file: number, start: number, end: number): void {
  const { content } = k.w.page;
  const index = Math.floor(start / huge_page_size(k)) * k.hpageNr;
  const folio = filemap_peek(k, file, index);
  if (folio < 0) return;
  for (let at = start; at < end; ) {
    const page = folio + Math.floor(at / k.pageSize) - index;
    const bytes = Math.min(end - at, k.pageSize - (at % k.pageSize));
    k.set(content, page, k.contents.write(content.data[page], at % k.pageSize, new Uint8Array(bytes)));
    at += bytes;
  }
}

// Huge pages for [start, end) of the file, those that a shared mapping has reserved first. ENOSPC when the pool has no more;
// what was allocated by then stays. Mirrors hugetlbfs_fallocate(), fs/hugetlbfs/inode.c.
export const hugetlbfs_fallocate = kernelFunction(
  "hugetlbfs_fallocate",
  "fs/hugetlbfs/inode.c",
  (k: Kernel, file: number, start: number, end: number): 0 | Errno => {
    const { page, file: f } = k.w;
    const size = huge_page_size(k);
    const map = f.resv_map.data[file];
    for (let at = Math.floor(start / size); at < Math.ceil(end / size); at++) {
      k.tick();
      if (filemap_peek(k, file, at * k.hpageNr) >= 0) continue;
      const reserved = region_chg(k, map, at, at + 1) === 0;
      if (!reserved && available_huge_pages(k) === 0) return "ENOSPC";
      const folio = dequeue_hugetlb_folio(k);
      if (folio < 0) return "ENOSPC";
      if (reserved) k.add(k.w.machine.resv_huge_pages, 0, -1);
      region_add(k, map, at, at + 1);
      k.setRun(page.content, folio, k.hpageNr, 0);
      hugetlb_add_to_page_cache(k, folio, file, at);
      folio_put(k, folio);
    }
    return 0;
  },
);
