// MADV_REMOVE: a hole in the file that a shared mapping shows. mm/madvise.c; mm-semantics §5.5.

import type { Errno } from "./abi.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, fallocate } from "./fallocate.ts";
import { VM_LOCKED, VM_MAYWRITE, VM_SHARED, VM_WRITE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { refused } from "./refused.ts";

const IS_LOCKED = condition("vma->vm_flags & VM_LOCKED", "vm_flags");
const NO_FILE = condition("!vma->vm_file", "vm_flags");

// Mirrors madvise_remove(), mm/madvise.c, 6.12.
export const madvise_remove = kernelFunction(
  "madvise_remove",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number): 0 | Errno => {
    const { vma: v } = k.w;
    const flags = v.flags.data[vma];
    if (flags & VM_LOCKED) return refused(k, IS_LOCKED, flags);
    if (v.file.data[vma] === 0) return refused(k, NO_FILE, flags);
    if (!may_write_shared(k, flags)) return "EACCES";
    const offset = v.pgoff.data[vma] - v.start.data[vma];
    const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(k, v.file.data[vma] - 1, mode, (start + offset) * k.pageSize, (end - start) * k.pageSize);
  },
);

// Up to 6.6 a mapping that mprotect has made read-only is refused too. Mirrors vma_is_shared_maywrite(),
// include/linux/mm.h, 6.12.
function may_write_shared(k: Kernel, flags: number): boolean {
  const needed = VM_SHARED | (k.model.removeAsksMayWrite ? VM_MAYWRITE : VM_WRITE);
  return (flags & needed) === needed;
}
