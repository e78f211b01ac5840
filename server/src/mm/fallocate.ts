// fallocate(2): room for a file's bytes, holes in it, and bytes taken out of it or put into it. fs/open.c, mm/shmem.c.
//
// An ordinary file knows all modes, as ext4 and XFS do; its room on the disk is not modelled. A memfd knows room and holes.

import type { Errno } from "./abi.ts";
import { is_device } from "./device.ts";
import { ext4_block_truncate_page, ext4_zero_partial_blocks } from "./ext4_block.ts";
import { PG_uptodate } from "./flags.ts";
import { page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { shmem_punch_hole, truncate_pagecache_range } from "./hole.ts";
import { hugetlbfs_fallocate, hugetlbfs_punch_hole, is_file_hugepages } from "./hugetlbfs.ts";
import type { Kernel } from "./kernel.ts";
import { cache_slot, file_pages, filemap_peek, make_slot } from "./page_cache.ts";
import { refused } from "./refused.ts";
import { shmem_get_folio } from "./shmem.ts";
import { swapped_slot } from "./shmem_swap.ts";
import { filemap_fdatawrite_range, truncate_pagecache } from "./truncate.ts";
import { file_kind, folio_mark_dirty, is_shmem, REFPAGE_FILE } from "./vm_ops.ts";

const NO_RANGE = condition("offset < 0 || len <= 0", "len");
const MODES_APART = condition("mode & ~(FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)", "mode");
const WITHIN_BLOCK = condition("!IS_ALIGNED(offset | len, EXT4_CLUSTER_SIZE(sb))", "offset");
const TO_THE_END = condition("offset + len >= inode->i_size", "i_size");
const PAST_THE_END = condition("offset >= inode->i_size", "i_size");

// include/uapi/linux/falloc.h.
export const FALLOC_FL_KEEP_SIZE = 0x01;
export const FALLOC_FL_PUNCH_HOLE = 0x02;
export const FALLOC_FL_COLLAPSE_RANGE = 0x08;
export const FALLOC_FL_ZERO_RANGE = 0x10;
export const FALLOC_FL_INSERT_RANGE = 0x20;

const MAX_LFS_FILESIZE = 2n ** 63n - 1n;

// Mirrors ksys_fallocate() and vfs_fallocate(), fs/open.c.
export const sys_fallocate = kernelFunction(
  "vfs_fallocate",
  "fs/open.c",
  (k: Kernel, _task: number, file: number, mode: number, range: { offset: bigint; length: bigint }): 0 | Errno => {
    const { offset, length } = range;
    if (k.w.file.open.data[file] === 0) return "EBADF";
    if (length === 0n || length > MAX_LFS_FILESIZE || offset > MAX_LFS_FILESIZE)
      return refused(k, NO_RANGE, Number(length));
    const punch = (mode & FALLOC_FL_PUNCH_HOLE) !== 0;
    if (punch && mode & FALLOC_FL_ZERO_RANGE) return "EOPNOTSUPP";
    if (punch && (mode & FALLOC_FL_KEEP_SIZE) === 0) return "EOPNOTSUPP";
    const apart = k.model.fallocateModesExclude ? "EOPNOTSUPP" : "EINVAL";
    if (mode & FALLOC_FL_COLLAPSE_RANGE && mode !== FALLOC_FL_COLLAPSE_RANGE)
      return refused(k, MODES_APART, mode, apart);
    if (mode & FALLOC_FL_INSERT_RANGE && mode !== FALLOC_FL_INSERT_RANGE) return refused(k, MODES_APART, mode, apart);
    // It can only be read.
    if (file_kind(k, file) === REFPAGE_FILE) return "EBADF";
    if (is_device(k, file)) return "ENODEV";
    if (offset + length > MAX_LFS_FILESIZE) return "EFBIG";
    return fallocate(k, file, mode, Number(offset), Number(length));
  },
);

// What the filesystem does, for fallocate() and for MADV_REMOVE, which needs no descriptor.
export function fallocate(k: Kernel, file: number, mode: number, offset: number, length: number): 0 | Errno {
  // vfs_fallocate(): neither an ordinary file nor a block device.
  if (is_device(k, file)) return "ENODEV";
  if (is_file_hugepages(k, file)) return huge_fallocate(k, file, mode, offset, offset + length);
  return is_shmem(k, file)
    ? shmem_fallocate(k, file, mode, offset, length)
    : regular_fallocate(k, file, mode, offset, length);
}

// Mirrors hugetlbfs_fallocate(), fs/hugetlbfs/inode.c, whose work stands in hugetlbfs.ts.
function huge_fallocate(k: Kernel, file: number, mode: number, start: number, end: number): 0 | Errno {
  if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) return "EOPNOTSUPP";
  if (mode & FALLOC_FL_PUNCH_HOLE) return hugetlbfs_punch_hole(k, file, start, end);
  const error = hugetlbfs_fallocate(k, file, start, end);
  if (error === 0) extend(k, file, mode, end);
  return error;
}

// Mirrors shmem_fallocate(), mm/shmem.c, 6.12.
function shmem_fallocate(k: Kernel, file: number, mode: number, offset: number, length: number): 0 | Errno {
  if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) return "EOPNOTSUPP";
  if (mode & FALLOC_FL_PUNCH_HOLE) {
    shmem_punch_hole(k, file, offset, offset + length);
    return 0;
  }
  const error = shmem_allocate(k, file, offset, offset + length);
  if (error === 0) extend(k, file, mode, offset + length);
  return error;
}

// Pages for the whole range, dirty so that no reclaim drops them. They become uptodate, and so fit for fault-around, when
// somebody asks for them. Without memory the call leaves none of those that it made.
const shmem_allocate = kernelFunction(
  "shmem_fallocate",
  "mm/shmem.c",
  (k: Kernel, file: number, start: number, end: number): 0 | Errno => {
    const { flags } = k.w.page;
    const made: number[] = [];
    for (let index = Math.floor(start / k.pageSize); index < Math.ceil(end / k.pageSize); index++) {
      k.tick();
      const fresh = filemap_peek(k, file, index) < 0 && swapped_slot(k, file, index) < 0;
      const pfn = shmem_get_folio(k, file, index);
      if (pfn < 0) {
        for (const undone of made) truncate_one(k, file, undone);
        return "ENOMEM";
      }
      if (fresh) {
        made.push(index);
        k.set(flags, pfn, flags.data[pfn] & ~PG_uptodate);
      }
      folio_mark_dirty(k, page_folio(k, pfn));
    }
    return 0;
  },
);

// Mirrors shmem_undo_range() with unfalloc, mm/shmem.c.
function truncate_one(k: Kernel, file: number, index: number): void {
  shmem_punch_hole(k, file, index * k.pageSize, (index + 1) * k.pageSize);
}

// What filesystems on a disk have in common. Bytes past the end are zero in any case.
function regular_fallocate(k: Kernel, file: number, mode: number, offset: number, length: number): 0 | Errno {
  const end = offset + length;
  if (mode & FALLOC_FL_COLLAPSE_RANGE) return collapse_range(k, file, offset, length);
  if (mode & FALLOC_FL_INSERT_RANGE) return insert_range(k, file, offset, length);
  if (mode & FALLOC_FL_PUNCH_HOLE) return punch_hole(k, file, offset, end);
  const before = k.w.file.size.data[file];
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && end > before) {
    const error = zero_growth(k, file, before, end);
    if (error !== 0) return error;
  }
  if (mode & FALLOC_FL_ZERO_RANGE) {
    truncate_blocks(k, file, offset, end);
    const error = ext4_zero_partial_blocks(k, file, offset, end);
    if (error !== 0) return error;
  }
  extend(k, file, mode, end);
  return 0;
}

// The range leaves the page cache: up to 6.13 its whole blocks, if it has any. Mirrors
// ext4_truncate_page_cache_block_range(), fs/ext4/inode.c, 6.12.y, and what ext4_punch_hole() and ext4_zero_range() did.
function truncate_blocks(k: Kernel, file: number, start: number, end: number): void {
  const whole = k.model.holesCutWholeBlocks;
  const first = whole ? Math.ceil(start / k.pageSize) * k.pageSize : start;
  const last = whole ? Math.floor(end / k.pageSize) * k.pageSize : end;
  if (last > first) truncate_pagecache_range(k, file, first, last);
}

// The file gets a new end. Mirrors ext4_alloc_file_blocks(), fs/ext4/extents.c.
function zero_growth(k: Kernel, file: number, before: number, end: number): 0 | Errno {
  if (k.model.growthZeroesTail === "no") return 0;
  if (k.model.growthZeroesTail === "old end") return ext4_block_truncate_page(k, file, before);
  return ext4_zero_partial_blocks(k, file, before, end);
}

// A hole that reaches past the end of the file ends with its last page. Mirrors ext4_punch_hole(), fs/ext4/inode.c.
const punch_hole = kernelFunction(
  "ext4_punch_hole",
  "fs/ext4/inode.c",
  (k: Kernel, file: number, offset: number, end: number): 0 | Errno => {
    if (k.model.punchHoleWrites) {
      filemap_fdatawrite_range(k, file, Math.floor(offset / k.pageSize), Math.ceil(end / k.pageSize));
    }
    if (offset >= k.w.file.size.data[file]) return 0;
    const last = Math.min(end, file_pages(k, file) * k.pageSize);
    truncate_blocks(k, file, offset, last);
    return ext4_zero_partial_blocks(k, file, offset, last);
  },
);

// Mirrors i_size_write() at the end of an allocation.
function extend(k: Kernel, file: number, mode: number, end: number): void {
  const { size } = k.w.file;
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0 && end > size.data[file]) k.set(size, file, end);
}

// The range is taken out: everything from it on is written, leaves the page cache, and is found `length` bytes lower.
// Mirrors ext4_collapse_range(), fs/ext4/extents.c.
const collapse_range = kernelFunction(
  "collapse_range",
  "fs/ext4/extents.c",
  (k: Kernel, file: number, offset: number, length: number): 0 | Errno => {
    const { size } = k.w.file;
    if (offset % k.pageSize !== 0 || length % k.pageSize !== 0) return refused(k, WITHIN_BLOCK, offset);
    if (offset + length >= size.data[file]) return refused(k, TO_THE_END, size.data[file]);
    shift_disk(k, file, offset, (index) => index - length / k.pageSize);
    k.set(size, file, size.data[file] - length);
    return 0;
  },
);

// Zeroes are put in, what follows is found `length` bytes higher. Mirrors ext4_insert_range(), fs/ext4/extents.c.
const insert_range = kernelFunction(
  "insert_range",
  "fs/ext4/extents.c",
  (k: Kernel, file: number, offset: number, length: number): 0 | Errno => {
    const { size } = k.w.file;
    if (offset % k.pageSize !== 0 || length % k.pageSize !== 0) return refused(k, WITHIN_BLOCK, offset);
    if (size.data[file] + length > Number(MAX_LFS_FILESIZE)) return "EFBIG";
    if (offset >= size.data[file]) return refused(k, PAST_THE_END, size.data[file]);
    shift_disk(k, file, offset, (index) => index + length / k.pageSize);
    k.set(size, file, size.data[file] + length);
    return 0;
  },
);

// The pages from offset on leave the cache, and what the disk holds of them moves. A page that moves to before the
// offset's page was in the range that is gone.
function shift_disk(k: Kernel, file: number, offset: number, to: (index: number) => number): void {
  const { cache } = k.w;
  const first = offset / k.pageSize;
  const held: { readonly index: number; readonly disk: number; readonly block: number }[] = [];
  filemap_fdatawrite_range(k, file, first, file_pages(k, file));
  const kept = [...(k.side.cacheIndex.get(file)?.keys() ?? [])].filter((index) => index >= first);
  for (const index of kept) {
    const slot = cache_slot(k, file, index);
    if (slot < 0) continue;
    if (cache.block.data[slot] !== 0) held.push({ index, disk: cache.disk.data[slot], block: cache.block.data[slot] });
  }
  truncate_pagecache(k, file, offset);
  for (const { index, disk, block } of held) {
    if (to(index) < first) continue;
    const slot = make_slot(k, file, to(index));
    k.set(cache.disk, slot, disk);
    k.set(cache.block, slot, block);
  }
}
