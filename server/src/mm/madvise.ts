// madvise: what a process says about the use of its memory. mm/madvise.c; mm-semantics §5.5.
//
// A hole in the range makes it ENOMEM in the end, but all VMAs of the range get the advice.

import type { Errno } from "./abi.ts";
import { bug } from "./errors.ts";
import {
  VM_DONTCOPY,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
  VM_SHARED,
  VM_SPECIAL,
  VM_WIPEONFORK,
} from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { madvise_guard_install, madvise_guard_remove } from "./guard_regions.ts";
import { faultin_page_range } from "./gup.ts";
import type { Kernel } from "./kernel.ts";
import { madvise_collapse } from "./khugepaged.ts";
import { ksm_madvise } from "./ksm.ts";
import { madvise_free_pte_range } from "./madvise_free.ts";
import { madvise_lru } from "./madvise_lru.ts";
import { madvise_remove } from "./madvise_remove.ts";
import { force_page_cache_readahead } from "./readahead.ts";
import { refused, unaligned } from "./refused.ts";
import { shmem_swapin_range, swapin_walk_pmd_entry } from "./swap_willneed.ts";
import { clamped_page, PAGE_ALIGN, U64 } from "./user_range.ts";
import { file_kind, REGULAR_FILE, SHMEM_FILE } from "./vm_ops.ts";
import { vma_is_anonymous } from "./vma.ts";
import { vma_modify_flags } from "./vma_merge.ts";
import { ZAP_EVEN_COWS, ZAP_RECLAIM_PT, zap_page_range_single } from "./zap.ts";

const UNKNOWN = condition("!madvise_behavior_valid(behavior)", "");
const TOO_LONG = condition("(len_in && !len) || end < start", "");
const CANNOT_DROP = condition("vma->vm_flags & (VM_LOCKED | VM_PFNMAP)", "vm_flags");
const NOT_ON_LRU = condition("vma->vm_flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB)", "vm_flags");
const NOT_ANONYMOUS = condition("!vma_is_anonymous(vma)", "vm_flags");
const FORK_OF_IO = condition("vma->vm_flags & VM_IO", "vm_flags");
const FORK_OF_SPECIAL = condition("vma->vm_flags & VM_SPECIAL", "vm_flags");
const NOT_TO_WIPE = condition("vma->vm_file || vma->vm_flags & VM_SHARED", "vm_flags");
const IS_HUGETLB = condition("is_vm_hugetlb_page(vma)", "vm_flags");
const WITHIN_HUGE_PAGE = condition("start & ~huge_page_mask(hstate_vma(vma))", "page");

// madvise(2). Mirrors do_madvise(), mm/madvise.c, 6.12.
export const sys_madvise = kernelFunction(
  "do_madvise",
  "mm/madvise.c",
  (k: Kernel, task: number, addr: bigint, length: bigint, advice: string): 0 | Errno => {
    const range = madvise_behavior_valid(k, advice) ? check_input_range(k, addr, length) : refused(k, UNKNOWN, 0);
    if (typeof range === "string") return range;
    const { start, end, past } = range;
    if (start === end && !past) return 0;
    if (is_populate(advice)) return madvise_populate(k, task, start, end, advice) || (past ? "ENOMEM" : 0);
    const mm = k.w.task.mm.data[task] - 1;
    return madvise_walk_vmas(k, mm, range, (vma, from, to) =>
      is_ksm(advice) ? madvise_ksm(k, task, vma, from, to, advice) : madvise_vma_behavior(k, vma, from, to, advice),
    );
  },
);

// What MADV_PAGEOUT does, also where the release does not know it as advice; holes are passed over.
export function swapout(k: Kernel, task: number, addr: bigint, length: bigint): 0 | Errno {
  const range = check_input_range(k, addr, length);
  if (typeof range === "string") return range;
  const mm = k.w.task.mm.data[task] - 1;
  const answer = madvise_walk_vmas(k, mm, range, (vma, from, to) => madvise_vma_behavior(k, vma, from, to, "pageout"));
  return answer === "ENOMEM" ? 0 : answer;
}

interface Range {
  readonly start: number;
  readonly end: number;
  // The range goes on past the end of user space, where nothing is mapped.
  readonly past: boolean;
}

// Mirrors madvise_behavior_valid(), mm/madvise.c.
function madvise_behavior_valid(k: Kernel, advice: string): boolean {
  return !k.model.unknownAdvice.includes(advice);
}

// Mirrors check_input_range(), mm/madvise.c, 7.2.
function check_input_range(k: Kernel, addr: bigint, length: bigint): Range | Errno {
  const misplaced = unaligned(k, addr);
  if (misplaced !== 0) return misplaced;
  const aligned = PAGE_ALIGN(k, length);
  if ((length !== 0n && aligned === 0n) || addr + aligned > U64) return refused(k, TOO_LONG, 0);
  const start = clamped_page(k, addr);
  const end = clamped_page(k, addr + aligned);
  return { start, end, past: aligned !== 0n && addr + aligned > BigInt(end) * BigInt(k.pageSize) };
}

// Mirrors madvise_walk_vmas(), mm/madvise.c, 6.12.
function madvise_walk_vmas(
  k: Kernel,
  mm: number,
  range: Range,
  visit: (vma: number, start: number, end: number) => 0 | Errno,
): 0 | Errno {
  const { vma: v } = k.w;
  let hole = range.past;
  let at = range.start;
  while (at < range.end) {
    const vma = k.vmas.find(mm, at);
    if (vma < 0) return "ENOMEM";
    if (v.start.data[vma] > at) {
      hole = true;
      at = v.start.data[vma];
      if (at >= range.end) break;
    }
    const end = Math.min(range.end, v.end.data[vma]);
    const error = visit(vma, at, end);
    if (error !== 0) return error;
    at = end;
  }
  return hole ? "ENOMEM" : 0;
}

// Mirrors madvise_vma_behavior(), mm/madvise.c, 6.12.
const madvise_vma_behavior = kernelFunction(
  "madvise_vma_behavior",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number, advice: string): 0 | Errno => {
    const flags = k.w.vma.flags.data[vma];
    switch (advice) {
      case "dontneed":
        if (flags & VM_HUGETLB) return hugetlb_dontneed(k, vma, start, end);
        if (!can_drop(flags)) return refused(k, CANNOT_DROP, flags);
        zap_page_range_single(k, vma, start, end, ZAP_EVEN_COWS | ZAP_RECLAIM_PT);
        return 0;
      case "willneed":
        madvise_willneed(k, vma, start, end);
        return 0;
      case "cold":
        if (!can_madv_lru_vma(flags)) return refused(k, NOT_ON_LRU, flags);
        madvise_lru(k, vma, start, end, false);
        return 0;
      case "pageout":
        if (!can_madv_lru_vma(flags)) return refused(k, NOT_ON_LRU, flags);
        madvise_lru(k, vma, start, end, true);
        return 0;
      case "free":
        if (!can_drop(flags)) return refused(k, CANNOT_DROP, flags);
        if (!vma_is_anonymous(k, vma)) return refused(k, NOT_ANONYMOUS, flags);
        madvise_free_pte_range(k, vma, start, end);
        return 0;
      case "collapse":
        return madvise_collapse(k, vma, start, end);
      case "remove":
        return madvise_remove(k, vma, start, end);
      case "normal":
        return 0;
      case "dontfork":
        return madvise_update_vma(k, vma, start, end, flags | VM_DONTCOPY);
      case "dofork":
        return flags & (k.model.doforkRefuses === "VM_IO" ? VM_IO : VM_SPECIAL)
          ? refused(k, k.model.doforkRefuses === "VM_IO" ? FORK_OF_IO : FORK_OF_SPECIAL, flags)
          : madvise_update_vma(k, vma, start, end, flags & ~VM_DONTCOPY);
      case "wipeonfork":
        if (k.w.vma.file.data[vma] !== 0 || flags & VM_SHARED) return refused(k, NOT_TO_WIPE, flags);
        return madvise_update_vma(k, vma, start, end, flags | VM_WIPEONFORK);
      case "keeponfork":
        return madvise_update_vma(k, vma, start, end, flags & ~VM_WIPEONFORK);
      case "hugepage":
        return madvise_update_vma(k, vma, start, end, (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE);
      case "nohugepage":
        return madvise_update_vma(k, vma, start, end, (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE);
      case "guard_install":
        return madvise_guard_install(k, vma, start, end);
      case "guard_remove":
        return madvise_guard_remove(k, vma, start, end);
    }
    return bug(`madvise: the checker lets no ${advice} through`);
  },
);

function is_ksm(advice: string): boolean {
  return advice === "mergeable" || advice === "unmergeable";
}

// No memory to give every page its own copy again is EAGAIN here. The part of madvise_vma_behavior(), mm/madvise.c,
// 6.12, that asks KSM.
function madvise_ksm(k: Kernel, task: number, vma: number, start: number, end: number, advice: string): 0 | Errno {
  const flags = ksm_madvise(k, task, vma, { start, end }, advice === "mergeable");
  if (typeof flags === "string") return flags === "ENOMEM" ? "EAGAIN" : flags;
  return madvise_update_vma(k, vma, start, end, flags);
}

// The VMA's part gets other flags; too many VMAs is EAGAIN here from 5.17 on. Mirrors madvise_update_vma(), mm/madvise.c, 6.12.
const madvise_update_vma = kernelFunction(
  "madvise_update_vma",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number, flags: number): 0 | Errno => {
    if (flags === k.w.vma.flags.data[vma]) return 0;
    const modified = vma_modify_flags(k, vma, start, end, flags);
    if (typeof modified === "string") return modified === "ENOMEM" ? k.model.madviseTooManyVmas : modified;
    k.set(k.w.vma.flags, modified.vma, modified.flags);
    return 0;
  },
);

// An ordinary file's pages are read ahead, and what is in swap comes into the swap cache.
// Mirrors madvise_willneed(), mm/madvise.c, 6.12.
const madvise_willneed = kernelFunction(
  "madvise_willneed",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    const { vma: v } = k.w;
    if (v.file.data[vma] === 0) return swapin_walk_pmd_entry(k, vma, start, end);
    const offset = v.pgoff.data[vma] - v.start.data[vma];
    const file = v.file.data[vma] - 1;
    const kind = file_kind(k, file);
    if (kind === SHMEM_FILE) shmem_swapin_range(k, file, start + offset, end + offset);
    if (kind === REGULAR_FILE) force_page_cache_readahead(k, file, start + offset, end + offset);
  },
);

function is_populate(advice: string): boolean {
  return advice === "populate_read" || advice === "populate_write";
}

// Faults the range in by reads or writes. Up to 6.9 a hole is passed over like with any advice, later it is the end.
// Mirrors madvise_populate(), mm/madvise.c, 6.1 and 6.12.
const madvise_populate = kernelFunction(
  "madvise_populate",
  "mm/madvise.c",
  (k: Kernel, task: number, start: number, end: number, advice: string): 0 | Errno => {
    const mm = k.w.task.mm.data[task] - 1;
    const write = advice === "populate_write";
    if (k.model.populateAdvice === "passes holes") {
      const range = { start, end, past: false };
      return madvise_walk_vmas(k, mm, range, (vma, from, to) => faultin_page_range(k, task, vma, from, to, write));
    }
    for (let at = start; at < end; ) {
      const vma = k.vmas.lookup(mm, at);
      if (vma < 0) return "ENOMEM";
      const to = Math.min(end, k.w.vma.end.data[vma]);
      const error = faultin_page_range(k, task, vma, at, to, write);
      if (error !== 0) return error;
      at = to;
    }
    return 0;
  },
);

// The range begins with a huge page. Where it ends within one, that page went too at first (5.18, 90e7e7f5ef3f), and stays
// from 6.1 on (8ebe0a5eaaeb). mm-semantics, measured 18. A part of madvise_dontneed_free_valid_vma(), mm/madvise.c, 6.12.
function hugetlb_dontneed(k: Kernel, vma: number, start: number, end: number): 0 | Errno {
  const rule = k.model.hugetlbDontneed;
  if (rule === "EINVAL") return refused(k, IS_HUGETLB, k.w.vma.flags.data[vma]);
  if (start % k.hpageNr !== 0) return refused(k, WITHIN_HUGE_PAGE, start);
  const last = (rule === "rounds up" ? Math.ceil(end / k.hpageNr) : Math.floor(end / k.hpageNr)) * k.hpageNr;
  if (start < last) zap_page_range_single(k, vma, start, last, ZAP_EVEN_COWS);
  return 0;
}

// Mirrors madvise_dontneed_free_valid_vma(), mm/madvise.c, 6.12.
function can_drop(flags: number): boolean {
  return (flags & (VM_LOCKED | VM_PFNMAP)) === 0;
}

// Mirrors can_madv_lru_vma(), mm/internal.h, 6.12.
function can_madv_lru_vma(flags: number): boolean {
  return (flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB)) === 0;
}
