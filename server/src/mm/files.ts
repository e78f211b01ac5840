// Files as the trace makes them: ordinary ones, memfds, shared anonymous memory; their sizes and their end.

import type { Errno } from "./abi.ts";
import { device_open, device_pages, device_release, is_device } from "./device.ts";
import { ext4_block_truncate_page } from "./ext4_block.ts";
import { condition, kernelFunction } from "./frames.ts";
import {
  huge_page_size,
  hugetlb_file_setup,
  hugetlbfs_evict_inode,
  hugetlbfs_setattr,
  is_file_hugepages,
} from "./hugetlbfs.ts";
import type { Kernel } from "./kernel.ts";
import { free_pages } from "./page_alloc.ts";
import { file_pages } from "./page_cache.ts";
import { page_cache_ra_unbounded } from "./readahead.ts";
import { refpage_release } from "./refpage.ts";
import { refused } from "./refused.ts";
import { shmem_truncate_range, truncate_pagecache, unmap_mapping_pages } from "./truncate.ts";
import { REFPAGE_FILE, REGULAR_FILE, SHMEM_FILE } from "./vm_ops.ts";

const TOO_LARGE = condition("size > MAX_LFS_FILESIZE", "");
const SIZE_WITHIN_HUGE_PAGE = condition("newsize & ~huge_page_mask(h)", "newsize");
const NOT_REGULAR = condition("!S_ISREG(inode->i_mode) || !(f.file->f_mode & FMODE_WRITE)", "");

// Files are at most this long (MAX_LFS_FILESIZE), in bytes.
const MAX_FILE = 2n ** 63n - 1n;

// An ordinary file of zeroes, open once; cached says whether its pages are in the page cache already.
export const create_file = kernelFunction(
  "do_filp_open",
  "fs/namei.c",
  (k: Kernel, _task: number, size: bigint, cached: boolean): number | Errno => {
    if (size > MAX_FILE) return "EFBIG";
    const file = new_file(k, REGULAR_FILE, size);
    if (cached) page_cache_ra_unbounded(k, file, 0, Math.min(file_pages(k, file), free_pages(k)), 0);
    return file;
  },
);

// Memory with a descriptor; no page is there before it is touched, and of huge pages none is reserved before it is mapped. Mirrors
// sys_memfd_create(), mm/memfd.c, and the ftruncate() that gives it its size: of huge pages a whole number.
export const memfd_create = kernelFunction(
  "sys_memfd_create",
  "mm/memfd.c",
  (k: Kernel, _task: number, size: bigint, hugetlb: boolean): number | Errno => {
    if (size > MAX_FILE) return refused(k, TOO_LARGE, 0);
    if (!hugetlb) return new_file(k, SHMEM_FILE, size);
    if (size % BigInt(huge_page_size(k)) !== 0n) return refused(k, SIZE_WITHIN_HUGE_PAGE, Number(size));
    return hugetlb_file_setup(k, Number(size), true);
  },
);

// The file behind MAP_SHARED|MAP_ANONYMOUS: nobody has a descriptor of it. Mirrors shmem_zero_setup(), mm/shmem.c.
export const shmem_zero_setup = kernelFunction("shmem_zero_setup", "mm/shmem.c", (k: Kernel, pages: number): number => {
  const file = new_file(k, SHMEM_FILE, BigInt(pages) * BigInt(k.pageSize));
  k.set(k.w.file.open, file, 0);
  k.set(k.w.file.dev_zero, file, 1);
  return file;
});

// A device whose driver maps its own memory; kind is one of the kinds of device.ts.
export const open_device = kernelFunction(
  "do_filp_open",
  "fs/namei.c",
  (k: Kernel, _task: number, kind: number, size: bigint): number | Errno => {
    if (size > MAX_FILE) return "EFBIG";
    const file = new_file(k, kind, size);
    if (device_open(k, file, device_pages(k, file))) return file;
    k.set(k.w.file.open, file, 0);
    return "ENOMEM";
  },
);

function new_file(k: Kernel, kind: number, size: bigint): number {
  const { file } = k.w;
  const row = k.create(file);
  k.set(file.kind, row, kind);
  k.set(file.size, row, Number(size));
  k.set(file.open, row, 1);
  return row;
}

// The descriptor is gone; mappings keep the file. A memfd that nothing refers to any more gives its pages back.
export const sys_close = kernelFunction(
  "sys_close",
  "fs/open.c",
  (k: Kernel, _task: number, file: number): 0 | Errno => {
    if (k.w.file.open.data[file] === 0) return "EBADF";
    k.set(k.w.file.open, file, 0);
    evict_if_unused(k, file);
    return 0;
  },
);

// A shmem file lives as long as somebody refers to it; its pages are its only content. So does what a driver allocated
// for the open device, and what refpage_create() did.
export function evict_if_unused(k: Kernel, file: number): void {
  const { kind, open, users } = k.w.file;
  if (open.data[file] !== 0 || users.data[file] !== 0) return;
  if (kind.data[file] === SHMEM_FILE) shmem_evict_inode(k, file);
  else if (is_file_hugepages(k, file)) hugetlbfs_evict_inode(k, file);
  else if (is_device(k, file)) device_release(k, file);
  else if (kind.data[file] === REFPAGE_FILE) refpage_release(k, file);
}

// Mirrors shmem_evict_inode(), mm/shmem.c.
const shmem_evict_inode = kernelFunction("shmem_evict_inode", "mm/shmem.c", (k: Kernel, file: number) => {
  shmem_truncate_range(k, file, 0);
});

// Mirrors do_ftruncate(), fs/open.c, 6.12 (do_sys_ftruncate() before 6.9): pages past the new end leave the page cache and every mapping.
export const sys_ftruncate = kernelFunction(
  "do_ftruncate",
  "fs/open.c",
  (k: Kernel, _task: number, file: number, size: bigint): 0 | Errno => {
    if (k.w.file.open.data[file] === 0) return "EBADF";
    if (size > MAX_FILE) return refused(k, TOO_LARGE, 0);
    if (is_device(k, file) || k.w.file.kind.data[file] === REFPAGE_FILE) return refused(k, NOT_REGULAR, 0);
    if (k.w.file.kind.data[file] === REGULAR_FILE) return ext4_setattr(k, file, Number(size));
    if (is_file_hugepages(k, file)) return hugetlbfs_setattr(k, file, Number(size));
    const before = k.w.file.size.data[file];
    k.set(k.w.file.size, file, Number(size));
    if (Number(size) <= before) shmem_setattr(k, file, Number(size));
    return 0;
  },
);

// Also a file that keeps its size or grows loses what is cached past its new end, and what was written past it.
// Mirrors ext4_setattr(), fs/ext4/inode.c, 6.12, with ext4_truncate().
const ext4_setattr = kernelFunction(
  "ext4_setattr",
  "fs/ext4/inode.c",
  (k: Kernel, file: number, size: number): 0 | Errno => {
    const before = k.w.file.size.data[file];
    if (size > before && k.model.growthZeroesTail !== "no") ext4_block_truncate_page(k, file, before);
    k.set(k.w.file.size, file, size);
    truncate_pagecache(k, file, size);
    if (size <= before) ext4_block_truncate_page(k, file, size);
    return 0;
  },
);

// Mirrors the part of shmem_setattr(), mm/shmem.c, that shrinks the file.
const shmem_setattr = kernelFunction("shmem_setattr", "mm/shmem.c", (k: Kernel, file: number, size: number) => {
  unmap_mapping_pages(k, file, Math.ceil(size / k.pageSize));
  shmem_truncate_range(k, file, size);
});
