// mremap: shrink, grow, move, or all of it. mm/mremap.c; mm-semantics §5.2.
//
// 6.17 wrote the system call anew: it checks everything before it unmaps anything, and moves ranges of several VMAs.
// Both forms stand here side by side; the model names one.

import { type Errno, isErrno, MAP_FIXED, MAP_SHARED, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "./abi.ts";
import { VM_DONTEXPAND, VM_LOCKED, VM_MAYSHARE, VM_PFNMAP, VM_SHARED } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { is_vm_hugetlb_page } from "./hugetlb_vma.ts";
import type { Kernel } from "./kernel.ts";
import { move_vma } from "./move_vma.ts";
import { do_munmap, do_vmi_munmap } from "./munmap.ts";
import { mm_populate } from "./populate.ts";
import { refused, unaligned } from "./refused.ts";
import { find_vma_intersection, get_unmapped_area } from "./unmapped_area.ts";
import { address_of, PAGE_ALIGN, pages_of, TASK_SIZE, U64 } from "./user_range.ts";
import { vma_is_anonymous } from "./vma.ts";
import { vma_merge_new_range } from "./vma_merge.ts";

const FIXED_MUST_MOVE = condition("flags & MREMAP_FIXED && !(flags & MREMAP_MAYMOVE)", "flags");
const DONTUNMAP_MUST_MOVE = condition(
  "flags & MREMAP_DONTUNMAP && (!(flags & MREMAP_MAYMOVE) || old_len != new_len)",
  "flags",
);
const NO_LENGTH = condition("!new_len", "new_len");
const TOO_LONG = condition("new_len > TASK_SIZE", "new_len");
const TARGET_OUTSIDE = condition("new_len > TASK_SIZE || new_addr > TASK_SIZE - new_len", "new_len");
const OVERLAPS = condition("addr + old_len > new_addr && new_addr + new_len > addr", "new_addr");
const ADDR_WITHIN_HUGE_PAGE = condition("addr & ~huge_page_mask(h)", "addr");
const NEW_ADDR_WITHIN_HUGE_PAGE = condition("new_addr & ~huge_page_mask(h)", "new_addr");
const HUGETLB_GROWS = condition("new_len > old_len", "new_len");
const DUPLICATES_PRIVATE = condition("!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE))", "vm_flags");
const CANNOT_STAY = condition("flags & MREMAP_DONTUNMAP && vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP)", "vm_flags");
const NOT_PRIVATE = condition(
  "flags & MREMAP_DONTUNMAP && (!vma_is_anonymous(vma) || vma->vm_flags & VM_SHARED)",
  "vm_flags",
);
const IS_HUGETLB = condition("is_vm_hugetlb_page(vma)", "vm_flags");

// struct vma_remap_struct: addresses in pages, new_addr 0 where none was given.
interface Remap {
  readonly task: number;
  readonly mm: number;
  readonly addr: number;
  readonly oldPages: number;
  readonly newPages: number;
  readonly flags: number;
  readonly newAddr: number;
}

// mremap(2). Where the mapping is now, or why not.
export function sys_mremap(
  k: Kernel,
  task: number,
  addr: bigint,
  oldLength: bigint,
  newLength: bigint,
  flags: number,
  to: bigint | undefined,
): bigint | Errno {
  const call = { task, addr, oldLength, newLength, flags, newAddr: to ?? 0n };
  const page = k.model.mremapChecksFirst === "everything" ? do_mremap(k, call) : mremap_before_6_17(k, call);
  return isErrno(page) ? page : address_of(k, page);
}

interface Call {
  readonly task: number;
  readonly addr: bigint;
  readonly oldLength: bigint;
  readonly newLength: bigint;
  readonly flags: number;
  readonly newAddr: bigint;
}

function remap_of(k: Kernel, call: Call): Remap {
  return {
    task: call.task,
    mm: k.w.task.mm.data[call.task] - 1,
    addr: pages_of(k, call.addr),
    oldPages: pages_of(k, PAGE_ALIGN(k, call.oldLength)),
    newPages: pages_of(k, PAGE_ALIGN(k, call.newLength)),
    flags: call.flags,
    newAddr: pages_of(k, call.newAddr),
  };
}

// Mirrors vrm_implies_new_addr(), mm/mremap.c, 7.2.
function implies_new_addr(flags: number): boolean {
  return (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0;
}

// Sums wrap around, as the kernel's do. Mirrors vrm_overlaps(), mm/mremap.c, 7.2.
function overlaps(k: Kernel, call: Call): boolean {
  const oldEnd = (call.addr + PAGE_ALIGN(k, call.oldLength)) & U64;
  const newEnd = (call.newAddr + PAGE_ALIGN(k, call.newLength)) & U64;
  return oldEnd > call.newAddr && newEnd > call.addr;
}

// What is wrong with the target whatever is mapped, or 0.
function bad_target(k: Kernel, call: Call): 0 | Errno {
  const length = PAGE_ALIGN(k, call.newLength);
  const size = TASK_SIZE(k);
  if (length > size || call.newAddr > size - length) return refused(k, TARGET_OUTSIDE, Number(length));
  return unaligned(k, call.newAddr);
}

// Mirrors sys_mremap(), mm/mremap.c, 5.10 to 6.12.
const mremap_before_6_17 = kernelFunction("sys_mremap", "mm/mremap.c", (k: Kernel, call: Call): number | Errno => {
  const { flags } = call;
  if (flags & MREMAP_FIXED && (flags & MREMAP_MAYMOVE) === 0) return refused(k, FIXED_MUST_MOVE, flags);
  if (flags & MREMAP_DONTUNMAP && ((flags & MREMAP_MAYMOVE) === 0 || call.oldLength !== call.newLength))
    return refused(k, DONTUNMAP_MUST_MOVE, flags);
  const misplaced = unaligned(k, call.addr);
  if (misplaced !== 0) return misplaced;
  const given = remap_of(k, call);
  if (given.newPages === 0) return refused(k, NO_LENGTH, 0);
  if (k.model.mremapChecksFirst === "the VMA" && k.vmas.lookup(given.mm, given.addr) < 0) return "EFAULT";
  const r = align_hugetlb(k, given);
  if (isErrno(r)) return r;
  if (implies_new_addr(flags)) {
    const error = bad_target(k, call);
    if (error !== 0) return error;
    return overlaps(k, call) ? refused(k, OVERLAPS, Number(call.newAddr)) : mremap_to(k, r);
  }
  if (r.oldPages >= r.newPages) {
    const error = do_vmi_munmap(k, r.mm, r.addr + r.newPages, r.oldPages - r.newPages);
    return error !== 0 && r.oldPages !== r.newPages ? error : r.addr;
  }
  const vma = vma_to_resize(k, r);
  return isErrno(vma) ? vma : expand_vma(k, r, vma);
});

// What is asked of a mapping of huge pages is asked of whole ones, and never that it grows: EINVAL otherwise.
// Mirrors align_hugetlb(), mm/mremap.c, 7.2 (a part of sys_mremap() from 5.16 on, 550a7d60bd5e).
function align_hugetlb(k: Kernel, r: Remap): Remap | Errno {
  const vma = k.vmas.lookup(r.mm, r.addr);
  if (!k.model.hugetlbMoves || vma < 0 || !is_vm_hugetlb_page(k, vma)) return r;
  const nr = k.hpageNr;
  const oldPages = Math.ceil(r.oldPages / nr) * nr;
  const newPages = Math.ceil(r.newPages / nr) * nr;
  if (r.addr % nr !== 0) return refused(k, ADDR_WITHIN_HUGE_PAGE, r.addr);
  if (r.newAddr % nr !== 0) return refused(k, NEW_ADDR_WITHIN_HUGE_PAGE, r.newAddr);
  if (newPages > oldPages) return refused(k, HUGETLB_GROWS, newPages);
  return { ...r, oldPages, newPages };
}

// The target is cleared and the source shrunk before anybody looks whether the rest can be done.
// Mirrors mremap_to(), mm/mremap.c, 6.12.
const mremap_to = kernelFunction("mremap_to", "mm/mremap.c", (k: Kernel, r: Remap): number | Errno => {
  if (k.model.mremapNeedsRoom !== "none" && !room_for_remap(k, r)) return "ENOMEM";
  if (r.flags & MREMAP_FIXED) {
    const error = do_munmap(k, r.mm, r.newAddr, r.newAddr + r.newPages);
    if (error !== 0) return error;
  }
  if (r.oldPages > r.newPages) {
    const error = do_vmi_munmap(k, r.mm, r.addr + r.newPages, r.oldPages - r.newPages);
    if (error !== 0) return error;
  }
  const shrunk = { ...r, oldPages: Math.min(r.oldPages, r.newPages) };
  const vma = vma_to_resize(k, shrunk);
  return isErrno(vma) ? vma : move_to_new_area(k, shrunk, vma, r.newAddr);
});

// Both ranges may be split in three before they are unmapped; move_vma() would notice too late.
function room_for_remap(k: Kernel, r: Remap): boolean {
  return k.w.mm.map_count.data[r.mm] + 2 < k.machine.max_map_count - 3;
}

// The VMA that holds the range, if it may be resized or moved so. Mirrors vma_to_resize(), mm/mremap.c, 6.12, and
// check_prep_vma(), 7.2.
const vma_to_resize = kernelFunction("vma_to_resize", "mm/mremap.c", (k: Kernel, r: Remap): number | Errno => {
  const { vma: v } = k.w;
  const vma = k.vmas.lookup(r.mm, r.addr);
  if (vma < 0) return "EFAULT";
  const flags = v.flags.data[vma];
  // Length 0 asks for a second mapping of the same pages, which only shared ones can have.
  if (r.oldPages === 0 && (flags & (VM_SHARED | VM_MAYSHARE)) === 0) return refused(k, DUPLICATES_PRIVATE, flags);
  if (r.flags & MREMAP_DONTUNMAP && !may_stay_empty(k, vma))
    return refused(k, k.model.dontunmapAnonymousOnly ? NOT_PRIVATE : CANNOT_STAY, flags);
  if (!k.model.hugetlbMoves && is_vm_hugetlb_page(k, vma)) return refused(k, IS_HUGETLB, flags);
  if (r.oldPages > v.end.data[vma] - r.addr) return "EFAULT";
  if (r.oldPages !== r.newPages && flags & (VM_DONTEXPAND | VM_PFNMAP)) return "EFAULT";
  return vma;
});

function may_stay_empty(k: Kernel, vma: number): boolean {
  const flags = k.w.vma.flags.data[vma];
  if (k.model.dontunmapAnonymousOnly) return vma_is_anonymous(k, vma) && (flags & VM_SHARED) === 0;
  return (flags & (VM_DONTEXPAND | VM_PFNMAP)) === 0;
}

// Grows in place when nothing is in the way, else moves if it may. Mirrors expand_vma(), mm/mremap.c, 7.2.
const expand_vma = kernelFunction("expand_vma", "mm/mremap.c", (k: Kernel, r: Remap, vma: number): number | Errno => {
  const { vma: v } = k.w;
  const grown = v.end.data[vma] + r.newPages - r.oldPages;
  const atEnd = r.addr + r.oldPages === v.end.data[vma];
  if (atEnd && grown <= k.geometry.taskPages && find_vma_intersection(k, r.mm, v.end.data[vma], grown) < 0) {
    const error = expand_in_place(k, vma, grown);
    if (error !== 0) return error;
    populate_growth(k, r, vma, r.addr);
    return r.addr;
  }
  return r.flags & MREMAP_MAYMOVE ? move_to_new_area(k, r, vma, 0) : "ENOMEM";
});

// From 6.0 on the new part is merged with the VMA as a mapping of its own would be, and maybe with the one after it.
// Mirrors vma_merge_extend(), mm/vma.c, 6.12.
function expand_in_place(k: Kernel, vma: number, grown: number): 0 | Errno {
  const { vma: v } = k.w;
  if (!k.model.mremapGrowthMerges) {
    k.set(v.end, vma, grown);
    return 0;
  }
  const start = v.end.data[vma];
  const range = {
    mm: v.mm.data[vma] - 1,
    start,
    end: grown,
    flags: v.flags.data[vma],
    pgoff: v.pgoff.data[vma] + start - v.start.data[vma],
    file: v.file.data[vma],
    anon_vma: v.anon_vma.data[vma],
    source: -1,
  };
  return vma_merge_new_range(k, range, vma, k.vmas.next(vma)) < 0 ? "ENOMEM" : 0;
}

// What a locked mapping grew by is brought in at once; whether that worked is not told.
function populate_growth(k: Kernel, r: Remap, vma: number, at: number): void {
  if (r.newPages <= r.oldPages || (k.w.vma.flags.data[vma] & VM_LOCKED) === 0) return;
  mm_populate(k, r.task, at + r.oldPages, at + r.newPages);
}

// Finds the new place (the given one with MREMAP_FIXED, else near the hint) and moves the mapping there.
function move_to_new_area(k: Kernel, r: Remap, vma: number, hint: number): number | Errno {
  const { vma: v } = k.w;
  const to = get_unmapped_area(k, r.mm, {
    addr: address_of(k, hint),
    length: address_of(k, r.newPages),
    file: v.file.data[vma],
    pgoff: v.pgoff.data[vma] + r.addr - v.start.data[vma],
    flags: (r.flags & MREMAP_FIXED ? MAP_FIXED : 0) | (v.flags.data[vma] & VM_MAYSHARE ? MAP_SHARED : 0),
  });
  if (isErrno(to)) return to;
  const { oldPages, newPages, flags } = r;
  const error = move_vma(k, vma, { task: r.task, from: r.addr, oldPages, to, newPages, flags });
  if (error !== 0) return error;
  populate_growth(k, r, k.vmas.lookup(r.mm, to), to);
  return to;
}

// Mirrors do_mremap(), mm/mremap.c, 7.2 (since 6.17).
const do_mremap = kernelFunction("do_mremap", "mm/mremap.c", (k: Kernel, call: Call): number | Errno => {
  const error = check_mremap_params(k, call);
  if (error !== 0) return error;
  const r = remap_of(k, call);
  const all = k.model.mremapNeedsRoom === "all";
  if (all && !room_for_any_remap(k, r)) return "ENOMEM";
  if (!all && implies_new_addr(r.flags) && !room_for_remap(k, r)) return "ENOMEM";
  if (r.flags & MREMAP_FIXED && r.oldPages === r.newPages) return remap_move(k, r);
  const checked = check_prep_vma(k, r);
  if (isErrno(checked)) return checked;
  return implies_new_addr(r.flags) ? mremap_checked(k, checked) : mremap_at(k, checked);
});

// Mirrors check_mremap_params(), mm/mremap.c, 7.2.
function check_mremap_params(k: Kernel, call: Call): 0 | Errno {
  const { flags } = call;
  const newLength = PAGE_ALIGN(k, call.newLength);
  const misplaced = unaligned(k, call.addr);
  if (misplaced !== 0) return misplaced;
  if (newLength === 0n) return refused(k, NO_LENGTH, 0);
  if (newLength > TASK_SIZE(k)) return refused(k, TOO_LONG, Number(newLength));
  if (!implies_new_addr(flags)) return 0;
  const error = bad_target(k, call);
  if (error !== 0) return error;
  if ((flags & MREMAP_MAYMOVE) === 0) return refused(k, FIXED_MUST_MOVE, flags);
  if (flags & MREMAP_DONTUNMAP && PAGE_ALIGN(k, call.oldLength) !== newLength)
    return refused(k, DONTUNMAP_MUST_MOVE, flags);
  return overlaps(k, call) ? refused(k, OVERLAPS, Number(call.newAddr)) : 0;
}

// Mirrors check_map_count_against_split_early(), mm/mremap.c, 7.2: asked of every call.
function room_for_any_remap(k: Kernel, r: Remap): boolean {
  const unlocking = r.flags & MREMAP_DONTUNMAP ? 1 : 0;
  return k.w.mm.map_count.data[r.mm] + 4 + unlocking <= k.machine.max_map_count;
}

// Everything that the VMA can refuse, before anything changes; else the call, of whole huge pages where it is about those. The
// part that a shrink unmaps may be anything. Mirrors check_prep_vma(), mm/mremap.c, 7.2.
function check_prep_vma(k: Kernel, given: Remap): Remap | Errno {
  if (k.vmas.lookup(given.mm, given.addr) < 0) return "EFAULT";
  const r = align_hugetlb(k, given);
  if (isErrno(r) || (r.newPages <= r.oldPages && !implies_new_addr(r.flags))) return r;
  const vma = vma_to_resize(k, { ...r, oldPages: Math.min(r.oldPages, r.newPages) });
  return isErrno(vma) ? vma : r;
}

// Mirrors mremap_to(), mm/mremap.c, 7.2.
const mremap_checked = kernelFunction("mremap_to", "mm/mremap.c", (k: Kernel, r: Remap): number | Errno => {
  if (r.flags & MREMAP_FIXED) {
    const error = do_munmap(k, r.mm, r.newAddr, r.newAddr + r.newPages);
    if (error !== 0) return error;
  }
  if (r.oldPages > r.newPages) {
    const error = do_vmi_munmap(k, r.mm, r.addr + r.newPages, r.oldPages - r.newPages);
    if (error !== 0) return error;
  }
  const vma = k.vmas.lookup(r.mm, r.addr);
  if (vma < 0) return "EFAULT";
  return move_to_new_area(k, { ...r, oldPages: Math.min(r.oldPages, r.newPages) }, vma, r.newAddr);
});

// Mirrors mremap_at(), mm/mremap.c, 7.2.
const mremap_at = kernelFunction("mremap_at", "mm/mremap.c", (k: Kernel, r: Remap): number | Errno => {
  if (r.oldPages === r.newPages) return r.addr;
  if (r.oldPages < r.newPages) return expand_vma(k, r, k.vmas.lookup(r.mm, r.addr));
  const error = do_vmi_munmap(k, r.mm, r.addr + r.newPages, r.oldPages - r.newPages);
  return error !== 0 ? error : r.addr;
});

// Moves every VMA of the range, with the gaps between them. What was moved before one is refused stays moved.
// Mirrors remap_move(), mm/mremap.c, 7.2.
const remap_move = kernelFunction("remap_move", "mm/mremap.c", (k: Kernel, r: Remap): number | Errno => {
  const { vma: v } = k.w;
  const end = r.addr + r.oldPages;
  let moved: number | Errno = "EFAULT";
  let at = r.addr;
  for (;;) {
    const vma = k.vmas.find(r.mm, at);
    // A VMA that MREMAP_DONTUNMAP has left in place is met once only.
    if (vma < 0 || at >= end || v.start.data[vma] >= end) return moved;
    if (at === r.addr && v.start.data[vma] > at) return "EFAULT";
    const addr = Math.max(v.start.data[vma], at);
    const pages = Math.min(end, v.end.data[vma]) - addr;
    const part = { ...r, addr, oldPages: pages, newPages: pages, newAddr: r.newAddr + addr - r.addr };
    const checked = check_prep_vma(k, part);
    const result = isErrno(checked) ? checked : mremap_checked(k, checked);
    if (isErrno(result)) return result;
    if (isErrno(moved)) moved = result;
    at = addr + pages;
  }
});
