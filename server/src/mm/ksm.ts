// KSM as processes meet it: MADV_MERGEABLE and MADV_UNMERGEABLE, fork, and the end of a merge. mm/ksm.c; mm-semantics §5.9.

import { type Errno, FAULT_FLAG_UNSHARE, FAULT_FLAG_WRITE } from "./abi.ts";
import { VM_FAULT_OOM, VM_FAULT_SIGBUS, VM_FAULT_SIGSEGV } from "./fault.ts";
import {
  PG_ksm,
  VM_DONTEXPAND,
  VM_HUGETLB,
  VM_IO,
  VM_MAYSHARE,
  VM_MERGEABLE,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VM_SHARED,
} from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { handle_mm_fault } from "./memory.ts";
import { followed, vm_normal_page } from "./normal_page.ts";
import { MINOR } from "./outcome.ts";
import { ZERO_PFN } from "./page_alloc.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { PTE_DIRTY, PTE_SPECIAL, pte_pfn, walk_ptes } from "./pgtable.ts";

const INCOMPATIBLE = VM_SHARED | VM_MAYSHARE | VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_HUGETLB | VM_MIXEDMAP;

// Whom the faults of ksmd count for.
export const KSMD = -1;

// What the advice makes of the VMA's flags, which the caller sets. A VMA that KSM cannot use ignores it.
// Mirrors ksm_madvise(), mm/ksm.c, 6.12.
export const ksm_madvise = kernelFunction(
  "ksm_madvise",
  "mm/ksm.c",
  (k: Kernel, task: number, vma: number, range: { start: number; end: number }, mergeable: boolean): number | Errno => {
    const { flags, mm } = k.w.vma;
    const old = flags.data[vma];
    if (mergeable) {
      if (old & (INCOMPATIBLE | VM_MERGEABLE)) return old;
      ksm_enter(k, mm.data[vma] - 1);
      return old | VM_MERGEABLE;
    }
    if ((old & VM_MERGEABLE) === 0) return old;
    const error = break_ksm(k, task, vma, range.start, range.end);
    return error === 0 ? old & ~VM_MERGEABLE : error;
  },
);

// The address space joins KSM's list, behind all others: between two scans the cursor stands at the head of the list.
// Mirrors __ksm_enter(), mm/ksm.c, 6.12.
function ksm_enter(k: Kernel, mm: number): void {
  const { ksm_slot } = k.w.mm;
  if (ksm_slot.data[mm] !== 0) return;
  let last = 0;
  for (let row = 0; row < k.rows(k.w.mm); row++) last = Math.max(last, ksm_slot.data[row]);
  k.set(ksm_slot, mm, last + 1);
}

// The child of an address space in KSM's list joins it. Mirrors ksm_fork(), include/linux/ksm.h.
export function ksm_fork(k: Kernel, mm: number, parent: number): void {
  if (k.w.mm.ksm_slot.data[parent] !== 0) ksm_enter(k, mm);
}

// Every KSM page of [start, end) becomes an ordinary page of its own: by a write fault up to 6.1, which leaves the entry
// dirty though nobody wrote, and by unsharing since. From 6.6 on KSM's zero pages go too. Mirrors break_ksm() with
// unmerge_ksm_pages(), mm/ksm.c, 6.1 and 6.12.
export const break_ksm = kernelFunction(
  "break_ksm",
  "mm/ksm.c",
  (k: Kernel, task: number, vma: number, start: number, end: number): 0 | Errno => {
    const { vma: v, page } = k.w;
    if (v.anon_vma.data[vma] === 0) return 0;
    const mm = v.mm.data[vma] - 1;
    let error: 0 | Errno = 0;
    walk_ptes(k, mm, start, end, (_row, vpn, entry) => {
      if (error !== 0 || !followed(k, entry)) return;
      const pfn = vm_normal_page(k, vma, entry);
      const ksm = pfn === undefined ? is_ksm_zero_pte(k, entry) : (page.flags.data[pfn] & PG_ksm) !== 0;
      if (ksm) error = break_page(k, task, vma, vpn, pfn);
    });
    return error;
  },
);

function break_page(k: Kernel, task: number, vma: number, vpn: number, pfn: number | undefined): 0 | Errno {
  const unshare = k.model.breakKsmUnshares;
  // follow_page(FOLL_GET) held the page over the write fault.
  const held = unshare ? undefined : pfn;
  if (held !== undefined) folio_get(k, held);
  const result = handle_mm_fault(k, task, vma, vpn, unshare ? FAULT_FLAG_UNSHARE : FAULT_FLAG_WRITE);
  if (held !== undefined) folio_put(k, held);
  if (result & VM_FAULT_OOM) return "ENOMEM";
  if (result & (VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)) return 0;
  if (task !== KSMD) {
    k.outcome |= MINOR;
    // Up to 5.8 nobody counts a fault that no process ran into.
    if (k.model.retriedFaultsAreMajor) k.add(k.w.task.min_flt, task, 1);
  }
  return 0;
}

// The zero page where KSM put it. Mirrors is_ksm_zero_pte(), include/linux/ksm.h, 6.12: an entry that a read fault made
// is not dirty. Up to 6.5 the two look the same.
function is_ksm_zero_pte(k: Kernel, entry: number): boolean {
  const bits = PTE_SPECIAL | PTE_DIRTY;
  return k.model.ksmMarksZeroPages && (entry & bits) === bits && pte_pfn(entry) === ZERO_PFN;
}

// The VMA at the page when KSM may still merge there, or -1. Mirrors find_mergeable_vma(), mm/ksm.c, 6.12.
export function find_mergeable_vma(k: Kernel, mm: number, vpn: number): number {
  if (k.w.mm.users.data[mm] === 0) return -1;
  const vma = k.vmas.lookup(mm, vpn);
  const { flags, anon_vma } = k.w.vma;
  return vma >= 0 && flags.data[vma] & VM_MERGEABLE && anon_vma.data[vma] !== 0 ? vma : -1;
}
