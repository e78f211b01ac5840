// brk: the heap, one private anonymous mapping that grows at its end. mm/mmap.c, mm/vma.c.

import { type Errno, isErrno, MAP_FIXED } from "./abi.ts";
import { VM_ACCOUNT, VM_LOCKED, VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE, VM_READ, VM_WRITE } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { do_munmap } from "./munmap.ts";
import { mm_populate } from "./populate.ts";
import { vm_soft_dirty } from "./soft_dirty.ts";
import { get_unmapped_area, stack_guard_gap, vm_start_gap } from "./unmapped_area.ts";
import { address_of, PAGE_ALIGN, pages_of } from "./user_range.ts";
import { vma_link } from "./vma.ts";
import { vma_merge_new_range } from "./vma_merge.ts";

// Where the heap begins when nothing says otherwise: behind a program that was loaded at the bottom of its usual place,
// without randomization.
const HEAP_64 = 0x5555_5556_0000n;
const HEAP_32 = 0x0810_0000n;

// VM_DATA_DEFAULT_FLAGS with VM_ACCOUNT.
const HEAP_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT;

// brk(2). Returns the break as it is afterwards: a refusal shows by its old value. A process of a trace has no program
// that execve would have placed the heap behind, so its first brk does that: brk(0) at the usual place, any other right
// where it asks. Mirrors sys_brk(), mm/mmap.c, 6.12.
export const sys_brk = kernelFunction("sys_brk", "mm/mmap.c", (k: Kernel, task: number, wanted: bigint): bigint => {
  const mm = k.w.task.mm.data[task] - 1;
  const { start_brk, brk } = k.w.mm;
  if (start_brk.data[mm] === 0) {
    const start = wanted !== 0n ? wanted : k.geometry.wide ? HEAP_64 : HEAP_32;
    if (start > address_of(k, k.geometry.mmapPages)) return 0n;
    k.set(start_brk, mm, Number(start));
    k.set(brk, mm, Number(start));
    return start;
  }
  const old = BigInt(brk.data[mm]);
  if (wanted < BigInt(start_brk.data[mm])) return old;
  const to = PAGE_ALIGN(k, wanted);
  const from = PAGE_ALIGN(k, old);
  if (to !== from && !(wanted <= old ? shrink(k, mm, pages_of(k, to), pages_of(k, from)) : grow(k, mm, from, to))) {
    return old;
  }
  k.set(brk, mm, Number(wanted));
  if (to > from && k.w.mm.def_flags.data[mm] & VM_LOCKED) mm_populate(k, task, pages_of(k, from), pages_of(k, to));
  return wanted;
});

// From 6.1 on there must be something to unmap.
function shrink(k: Kernel, mm: number, to: number, from: number): boolean {
  if (k.model.brkKeepsApart) {
    const heap = k.vmas.find(mm, to);
    if (heap < 0 || k.w.vma.start.data[heap] >= from) return false;
  }
  return do_munmap(k, mm, to, from) === 0;
}

// A page must stay free behind the new break, and the guard gap of a stack.
function grow(k: Kernel, mm: number, from: bigint, to: bigint): boolean {
  // Aligned, the largest addresses come to 0: their length then has no end in user space.
  const length = to > from ? to - from : to - from + (1n << 64n);
  const start = get_unmapped_area(k, mm, { addr: from, length, file: 0, pgoff: 0, flags: MAP_FIXED });
  if (isErrno(start)) return false;
  const end = start + pages_of(k, length);
  const next = k.vmas.find(mm, start);
  if (next >= 0 && k.w.vma.start.data[next] < end + 1 + stack_guard_gap && end + 1 > vm_start_gap(k, next))
    return false;
  return do_brk_flags(k, mm, start, end) === 0;
}

// Maps the heap's new part: merged with the heap, or as a VMA of its own. Mirrors do_brk_flags(), mm/vma.c, 6.12.
const do_brk_flags = kernelFunction(
  "do_brk_flags",
  "mm/vma.c",
  (k: Kernel, mm: number, start: number, end: number): 0 | Errno => {
    const { vma: v } = k.w;
    if (k.w.mm.map_count.data[mm] > k.machine.max_map_count) return "ENOMEM";
    const flags = HEAP_FLAGS | k.w.mm.def_flags.data[mm] | vm_soft_dirty(k);
    const before = k.vmas.before(mm, start);
    const foreign = before >= 0 && address_of(k, v.end.data[before]) <= BigInt(k.w.mm.start_brk.data[mm]);
    const prev = foreign && k.model.brkKeepsApart ? -1 : before;
    const range = { mm, start, end, flags, pgoff: start, file: 0, anon_vma: 0, source: -1 };
    const merged = vma_merge_new_range(k, range, prev, -1);
    if (merged >= 0) k.set(v.flags, merged, v.flags.data[merged] | vm_soft_dirty(k));
    else {
      vma_link(k, { mm, start, end, flags, pgoff: start, file: 0, anon_vma: 0, anon_vma_chain: 0 });
    }
    return 0;
  },
);
