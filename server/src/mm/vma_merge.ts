// When VMAs become one and when one becomes two. mm/vma.c (mm/mmap.c before 6.12); mm-semantics §6.2, §6.3.
//
//   a new range between two VMAs          a VMA whose flags change in [start, end)
//     prev |  new  | next                   prev |  middle  | next
//     ─────┴───────┴─────                   ─────┴──────────┴─────
//     extends prev, next or both            shrinks or vanishes into prev, next or both; else it is split

import type { Errno } from "./abi.ts";
import { copy_of_default_page, split_default_page } from "./default_page_dup.ts";
import { VM_MAYBE_GUARD, VM_SOFTDIRTY, VM_SPECIAL } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { vma_adjust_trans_huge } from "./huge_pmd_split.ts";
import { hugetlb_split, is_vm_hugetlb_page, may_split } from "./hugetlb_vma.ts";
import type { Kernel } from "./kernel.ts";
import { set_anon_vma } from "./rmap.ts";
import { anon_vma_chain_singular, anon_vmas_of } from "./rmap_index.ts";
import { vm_ops } from "./vm_ops.ts";
import { vma_fields, vma_link, vma_unlink } from "./vma.ts";

// struct vma_merge_struct: what the range [start, end) will hold. Rows are -1 where there is none, file and anon_vma
// are row + 1 (0 = none).
export interface MergeRange {
  readonly mm: number;
  readonly start: number;
  readonly end: number;
  readonly flags: number;
  readonly pgoff: number;
  readonly file: number;
  readonly anon_vma: number;
  // The VMA whose pages these are: the one that changes, or the one that mremap copies.
  readonly source: number;
}

const SAME_FLAGS = condition("vma->vm_flags == vm_flags", "flags that differ");
const SAME_FILE = condition("vma->vm_file == file", "file");
const NO_CLOSE = condition("!(vma->vm_ops && vma->vm_ops->close)", "vm_ops");
const CONTIGUOUS = condition("vma->vm_pgoff + vma_pages(vma) == pgoff", "pages apart");
const ANON_VMA_FITS = condition("is_mergeable_anon_vma(vma, anon_vma)", "anon_vma_chain");

// Tries to merge a range that nothing is mapped in with the VMAs around it. The row of the VMA that now holds it, or -1.
// prev survives when both sides merge. Mirrors vma_merge_new_range(), mm/vma.c, 6.12 (vma_merge() before).
export const vma_merge_new_range = kernelFunction(
  "vma_merge_new_range",
  "mm/vma.c",
  (k: Kernel, range: MergeRange, prev: number, next: number): number => {
    const { start, end, pgoff, flags } = k.w.vma;
    if (range.flags & VM_SPECIAL) return -1;
    const left = can_vma_merge_left(k, range, prev);
    const right = can_vma_merge_right(k, range, prev, next, left);
    if (!left && !right) return -1;
    const target = left ? prev : next;
    keep_sticky(k, target, range.flags | (right ? flags.data[next] : 0));
    const newEnd = right ? end.data[next] : range.end;
    if (left && right) {
      dup_anon_vma(k, target, next);
      vma_unlink(k, next);
    }
    // A moved mapping brings its pages, and with them its anon_vma.
    if (range.source >= 0) dup_anon_vma(k, target, range.source);
    if (left) {
      k.set(end, target, newEnd);
    } else {
      k.set(start, target, range.start);
      k.set(pgoff, target, range.pgoff);
    }
    return target;
  },
);

// Tries to merge [start, end) of a VMA with its neighbours. The row that now holds the range, or -1: nothing changed.
// Mirrors vma_merge_existing_range(), mm/vma.c, 6.12 (cases 4 to 8 of vma_merge() before).
const vma_merge_existing_range = kernelFunction(
  "vma_merge_existing_range",
  "mm/vma.c",
  (k: Kernel, range: MergeRange): number => {
    const { vma: v } = k.w;
    const middle = range.source;
    const leftSide = range.start === v.start.data[middle];
    const rightSide = range.end === v.end.data[middle];
    if (range.flags & VM_SPECIAL || (!leftSide && !rightSide)) return -1;
    const prev = leftSide ? k.vmas.prev(middle) : -1;
    const next = rightSide ? k.vmas.next(middle) : -1;
    const left = can_vma_merge_left(k, range, prev);
    const right = can_vma_merge_right(k, range, prev, next, left);
    if (left || right) keep_sticky(k, left ? prev : next, range.flags | (right ? v.flags.data[next] : 0));
    if (left && right) {
      dup_anon_vma(k, prev, v.anon_vma.data[next] !== 0 ? next : middle);
      const newEnd = v.end.data[next];
      vma_unlink(k, middle);
      vma_unlink(k, next);
      k.set(v.end, prev, newEnd);
      return prev;
    }
    if (left) {
      dup_anon_vma(k, prev, middle);
      if (rightSide) vma_unlink(k, middle);
      else {
        vma_adjust_trans_huge(k, middle, range.end);
        move_start(k, middle, range.end);
      }
      k.set(v.end, prev, range.end);
      return prev;
    }
    if (right) {
      dup_anon_vma(k, next, middle);
      if (leftSide) vma_unlink(k, middle);
      else {
        vma_adjust_trans_huge(k, middle, range.start);
        k.set(v.end, middle, range.start);
      }
      move_start(k, next, range.start);
      return next;
    }
    return -1;
  },
);

// A flag that says what may be in a VMA stays when it merges with one that has it not (VMA_STICKY_FLAGS, 6.19).
function keep_sticky(k: Kernel, target: number, flags: number): void {
  k.set(k.w.vma.flags, target, k.w.vma.flags.data[target] | (flags & sticky(k)));
}

function sticky(k: Kernel): number {
  return k.model.softDirtySticks ? VM_MAYBE_GUARD | VM_SOFTDIRTY : VM_MAYBE_GUARD;
}

// Gives [start, end) of the VMA other flags: merges it with what it then equals, else splits it off. Returns the VMA
// that holds exactly the range or more, with the flags that the caller gives it: those, and what sticks. Mirrors vma_modify_flags(), mm/vma.c, 6.12.
export function vma_modify_flags(
  k: Kernel,
  vma: number,
  start: number,
  end: number,
  flags: number,
): { readonly vma: number; readonly flags: number } | Errno {
  const { vma: v } = k.w;
  const merged = vma_merge_existing_range(k, {
    mm: v.mm.data[vma] - 1,
    start,
    end,
    flags,
    pgoff: v.pgoff.data[vma] + start - v.start.data[vma],
    file: v.file.data[vma],
    anon_vma: v.anon_vma.data[vma],
    source: vma,
  });
  if (merged >= 0) return { vma: merged, flags: flags | (v.flags.data[merged] & sticky(k)) };
  if (v.start.data[vma] < start) {
    const error = split_vma(k, vma, start, true);
    if (error !== 0) return error;
  }
  if (v.end.data[vma] > end) {
    const error = split_vma(k, vma, end, false);
    if (error !== 0) return error;
  }
  return { vma, flags };
}

// Splits the VMA in two unless the address space has as many as it may. Mirrors split_vma(), mm/vma.c, 6.12.
export function split_vma(k: Kernel, vma: number, at: number, newBelow: boolean): 0 | Errno {
  if (k.w.mm.map_count.data[k.w.vma.mm.data[vma] - 1] >= k.machine.max_map_count) return "ENOMEM";
  return __split_vma(k, vma, at, newBelow);
}

// The VMA ends (or with newBelow begins) at the page, and a new one holds the rest: map_count + 1, one more user of the
// file. EINVAL where what is mapped does not let itself be split there. Mirrors __split_vma(), mm/vma.c, 6.12.
export const __split_vma = kernelFunction(
  "__split_vma",
  "mm/vma.c",
  (k: Kernel, vma: number, at: number, newBelow: boolean): 0 | Errno => {
    const { start, end } = k.w.vma;
    const refused = may_split(k, vma, at);
    if (refused !== 0) return refused;
    if (is_vm_hugetlb_page(k, vma)) hugetlb_split(k, vma, at);
    const copy = copy_of_default_page(k, vma);
    if (copy < 0) return "ENOMEM";
    const fields = vma_fields(k, vma);
    vma_adjust_trans_huge(k, vma, at);
    if (newBelow) move_start(k, vma, at);
    else k.set(end, vma, at);
    const made = newBelow
      ? vma_link(k, { ...fields, end: at })
      : vma_link(k, { ...fields, start: at, pgoff: fields.pgoff + at - start.data[vma] });
    if (copy > 0) split_default_page(k, vma, made, copy);
    return 0;
  },
);

function move_start(k: Kernel, vma: number, to: number): void {
  const { start, pgoff } = k.w.vma;
  k.set(pgoff, vma, pgoff.data[vma] + to - start.data[vma]);
  k.set(start, vma, to);
}

// The VMA takes over another's anon_vma, as it will hold its pages. Mirrors dup_anon_vma(), mm/vma.c, 6.12.
function dup_anon_vma(k: Kernel, to: number, from: number): void {
  const { anon_vma, anon_vma_chain } = k.w.vma;
  if (anon_vma.data[from] === 0 || anon_vma.data[to] !== 0) return;
  set_anon_vma(k, to, anon_vma.data[from], anon_vma_chain.data[from]);
}

// Mirrors can_vma_merge_left() and can_vma_merge_after(), mm/vma.c, 6.12.
function can_vma_merge_left(k: Kernel, range: MergeRange, prev: number): boolean {
  const { start, end, pgoff } = k.w.vma;
  if (prev < 0 || end.data[prev] !== range.start) return false;
  const apart = pgoff.data[prev] + end.data[prev] - start.data[prev] - range.pgoff;
  return is_mergeable_vma(k, range, prev) && k.decide(CONTIGUOUS, apart, apart === 0);
}

// Mirrors can_vma_merge_right() and can_vma_merge_before(), mm/vma.c, 6.12. When both sides could merge they must also
// go together.
function can_vma_merge_right(k: Kernel, range: MergeRange, prev: number, next: number, left: boolean): boolean {
  const { start, pgoff, anon_vma } = k.w.vma;
  if (next < 0 || start.data[next] !== range.end) return false;
  const apart = range.pgoff + range.end - range.start - pgoff.data[next];
  if (!is_mergeable_vma(k, range, next) || !k.decide(CONTIGUOUS, apart, apart === 0)) return false;
  if (!left) return true;
  const ours = anon_vma.data[prev];
  const theirs = anon_vma.data[next];
  return ours === 0 || theirs === 0 || ours === theirs;
}

// Mirrors is_mergeable_vma(), mm/vma.c, 6.12. In 5.10 a VMA with a close handler is not merged with; whether the range itself has
// one is not asked, so reference pages that come to have the flags of anonymous memory beside them become such memory.
function is_mergeable_vma(k: Kernel, range: MergeRange, vma: number): boolean {
  const { flags, file } = k.w.vma;
  const differ = (flags.data[vma] ^ range.flags) & ~(VM_SOFTDIRTY | VM_MAYBE_GUARD);
  return (
    k.decide(SAME_FLAGS, differ, differ === 0) &&
    k.decide(SAME_FILE, file.data[vma], file.data[vma] === range.file) &&
    (k.w.vma.refpage.data[vma] === 0 || k.decide(NO_CLOSE, 1, !vm_ops(k, vma).close)) &&
    k.decide(ANON_VMA_FITS, chain_length(k, vma), is_mergeable_anon_vma(k, range, vma))
  );
}

// Whether the neighbour's anon_vma goes with the range's: they are the same, or one has none and the model's rule on
// fork children allows it. Mirrors is_mergeable_anon_vma(), mm/vma.c, 6.12 and 7.2.
function is_mergeable_anon_vma(k: Kernel, range: MergeRange, vma: number): boolean {
  const { anon_vma } = k.w.vma;
  const theirs = anon_vma.data[vma];
  const ours = range.anon_vma;
  if (theirs === ours) return true;
  if (theirs !== 0 && ours !== 0) return false;
  // list_is_singular() of the neighbour's chain: false for a VMA that never faulted as well as for a fork child.
  if (k.model.anonVmaRule === "one missing and this side singular") return anon_vma_chain_singular(k, vma);
  return !vma_is_fork_child(k, theirs !== 0 ? vma : range.source);
}

// Mirrors vma_is_fork_child(), mm/vma.c, 7.2.
function vma_is_fork_child(k: Kernel, vma: number): boolean {
  return vma >= 0 && k.w.vma.anon_vma.data[vma] !== 0 && !anon_vma_chain_singular(k, vma);
}

function chain_length(k: Kernel, vma: number): number {
  return [...anon_vmas_of(k, vma)].length;
}
