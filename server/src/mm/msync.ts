// msync(MS_SYNC): shared file pages go to the disk. mm/msync.c.

import type { Errno } from "./abi.ts";
import { is_device } from "./device.ts";
import { VM_SHARED } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { refused, unaligned } from "./refused.ts";
import { filemap_fdatawrite_range } from "./truncate.ts";
import { clamped_page, PAGE_ALIGN, U64 } from "./user_range.ts";

const NO_FSYNC = condition("!file->f_op->fsync", "");

// msync(2) with MS_SYNC. Holes are passed over and make it ENOMEM in the end. Mirrors sys_msync(), mm/msync.c, 6.12.
export const sys_msync = kernelFunction(
  "sys_msync",
  "mm/msync.c",
  (k: Kernel, task: number, addr: bigint, length: bigint): 0 | Errno => {
    const { vma: v } = k.w;
    const mm = k.w.task.mm.data[task] - 1;
    const misplaced = unaligned(k, addr);
    if (misplaced !== 0) return misplaced;
    const last = addr + PAGE_ALIGN(k, length);
    if (last > U64) return "ENOMEM";
    if (last === addr) return 0;
    const end = clamped_page(k, last);
    let at = clamped_page(k, addr);
    let hole = last > BigInt(end) * BigInt(k.pageSize);
    for (let vma = k.vmas.find(mm, at); at < end; vma = k.vmas.next(vma)) {
      if (vma < 0) return "ENOMEM";
      const start = Math.max(at, v.start.data[vma]);
      if (start > at) hole = true;
      if (start >= end) break;
      at = Math.min(end, v.end.data[vma]);
      if (v.file.data[vma] === 0 || (v.flags.data[vma] & VM_SHARED) === 0) continue;
      // vfs_fsync_range() of a file whose driver has no fsync.
      if (is_device(k, v.file.data[vma] - 1)) return refused(k, NO_FSYNC, 0);
      const offset = v.pgoff.data[vma] - v.start.data[vma];
      filemap_fdatawrite_range(k, v.file.data[vma] - 1, start + offset, at + offset);
    }
    return hole ? "ENOMEM" : 0;
  },
);
