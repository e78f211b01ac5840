// mlock and munlock: memory that stays. mm/mlock.c.
//
// No limit on locked memory is modelled (CAP_IPC_LOCK).

import type { Errno } from "./abi.ts";
import { VM_HUGETLB, VM_LOCKED, VM_SPECIAL } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { mlock_vma_pages_range } from "./mlock_vma.ts";
import { __mm_populate } from "./populate.ts";
import { refused } from "./refused.ts";
import { clamped_page, offset_in_page, PAGE_ALIGN, U64 } from "./user_range.ts";
import { vma_modify_flags } from "./vma_merge.ts";

const WRAPS = condition("end < start", "");

// mlock(2): the range's VMAs are locked and all of their pages brought in. Mirrors do_mlock(), mm/mlock.c, 6.12.
export const sys_mlock = kernelFunction(
  "do_mlock",
  "mm/mlock.c",
  (k: Kernel, task: number, addr: bigint, length: bigint): 0 | Errno => {
    const range = whole_pages(k, addr, length);
    const error = apply_vma_lock_flags(k, task, range.addr, range.length, VM_LOCKED);
    if (error !== 0 || range.length === 0n) return error;
    const end = clamped_page(k, range.addr + range.length);
    return __mlock_posix_error_return(__mm_populate(k, task, clamped_page(k, range.addr), end, false));
  },
);

// munlock(2): the pages stay where they are. Mirrors sys_munlock(), mm/mlock.c.
export const sys_munlock = kernelFunction(
  "sys_munlock",
  "mm/mlock.c",
  (k: Kernel, task: number, addr: bigint, length: bigint): 0 | Errno => {
    const range = whole_pages(k, addr, length);
    return apply_vma_lock_flags(k, task, range.addr, range.length, 0);
  },
);

// The pages that hold the bytes: mlock takes any address.
function whole_pages(k: Kernel, addr: bigint, length: bigint): { addr: bigint; length: bigint } {
  const offset = offset_in_page(k, addr);
  return { addr: addr - offset, length: PAGE_ALIGN(k, (length + offset) & U64) };
}

// A hole ends it with ENOMEM; what lies before the hole has changed. Mirrors apply_vma_lock_flags(), mm/mlock.c, 6.12.
const apply_vma_lock_flags = kernelFunction(
  "apply_vma_lock_flags",
  "mm/mlock.c",
  (k: Kernel, task: number, addr: bigint, length: bigint, flag: number): 0 | Errno => {
    const { vma: v } = k.w;
    const mm = k.w.task.mm.data[task] - 1;
    if (addr + length > U64) return refused(k, WRAPS, 0);
    if (length === 0n) return 0;
    const end = clamped_page(k, addr + length);
    let at = clamped_page(k, addr);
    let vma = k.vmas.lookup(mm, at);
    while (vma >= 0) {
      const flags = (v.flags.data[vma] & ~VM_LOCKED) | flag;
      const fixed = mlock_fixup(k, vma, at, Math.min(end, v.end.data[vma]), flags);
      if (typeof fixed === "string") return fixed;
      at = v.end.data[fixed];
      if (at >= end) return addr + length > BigInt(end) * BigInt(k.pageSize) ? "ENOMEM" : 0;
      vma = k.vmas.lookup(mm, at);
    }
    return "ENOMEM";
  },
);

// One VMA's part of the range. Returns the VMA that holds it now; special ones stay as they are.
// Mirrors mlock_fixup(), mm/mlock.c, 6.12.
const mlock_fixup = kernelFunction(
  "mlock_fixup",
  "mm/mlock.c",
  (k: Kernel, vma: number, start: number, end: number, flags: number): number | Errno => {
    const old = k.w.vma.flags.data[vma];
    if (old === flags || old & (VM_SPECIAL | VM_HUGETLB)) return vma;
    const modified = vma_modify_flags(k, vma, start, end, flags);
    if (typeof modified === "string") return modified;
    k.set(k.w.vma.flags, modified.vma, modified.flags);
    mlock_vma_pages_range(k, modified.vma, start, end);
    return modified.vma;
  },
);

// What populating the range ran into, in mlock's terms. Mirrors __mlock_posix_error_return(), mm/mlock.c.
function __mlock_posix_error_return(error: 0 | Errno): 0 | Errno {
  if (error === "EFAULT") return "ENOMEM";
  return error === "ENOMEM" ? "EAGAIN" : error;
}
