// Soft-dirty: which pages a process has written to since it was asked to forget. fs/proc/task_mmu.c; mm-semantics §5.13.
//
// A write sets the bit of the entry with the dirty bit. clear_refs clears it and takes the write bit away, so that the
// next write faults. A VMA made or extended since then has VM_SOFTDIRTY: all of it counts as written.

import { VM_HUGETLB, VM_PFNMAP, VM_SOFTDIRTY } from "./flags.ts";
import { page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { vm_normal_page } from "./normal_page.ts";
import { folio_maybe_dma_pinned, folio_ref_count } from "./page_ref.ts";
import { PTE_PRESENT, PTE_SOFT_DIRTY, PTE_WRITE, pte_with, walk_ptes } from "./pgtable.ts";
import { is_cow_mapping } from "./vma.ts";

const MAYBE_PINNED = condition("page_maybe_dma_pinned(page)", "refcount");

// CONFIG_MEM_SOFT_DIRTY: x86_64 alone of the architectures here. Mirrors pgtable_supports_soft_dirty(), 7.2.
function supports_soft_dirty(k: Kernel): boolean {
  return k.geometry.arch.startsWith("x86_64");
}

// VM_SOFTDIRTY where there is one.
export function vm_soft_dirty(k: Kernel): number {
  return supports_soft_dirty(k) ? VM_SOFTDIRTY : 0;
}

// The first write to each page of the VMA has to be seen. Mirrors vma_soft_dirty_enabled(), mm/internal.h, 6.12.
export function vma_soft_dirty_enabled(k: Kernel, vma: number): boolean {
  return supports_soft_dirty(k) && (k.w.vma.flags.data[vma] & VM_SOFTDIRTY) === 0;
}

// Mirrors pte_needs_soft_dirty_wp(), mm/internal.h, 6.12.
export function pte_needs_soft_dirty_wp(k: Kernel, vma: number, entry: number): boolean {
  return (entry & PTE_SOFT_DIRTY) === 0 && vma_soft_dirty_enabled(k, vma);
}

// `echo 4 > /proc/PID/clear_refs`. No page's counter changes. Mirrors clear_refs_write(), fs/proc/task_mmu.c, 6.12.
export const clear_refs_write = kernelFunction("clear_refs_write", "fs/proc/task_mmu.c", (k: Kernel, task: number) => {
  if (!supports_soft_dirty(k)) return;
  const { vma: v } = k.w;
  const vmas = [...k.vmas.of(k.w.task.mm.data[task] - 1)];
  for (const vma of vmas) k.set(v.flags, vma, v.flags.data[vma] & ~VM_SOFTDIRTY);
  for (const vma of vmas) if ((v.flags.data[vma] & (VM_PFNMAP | VM_HUGETLB)) === 0) clear_refs_pte_range(k, vma);
});

// Entries that are not present have the bit as well. Mirrors clear_refs_pte_range() and clear_soft_dirty(),
// fs/proc/task_mmu.c, 6.12.
const clear_refs_pte_range = kernelFunction("clear_refs_pte_range", "fs/proc/task_mmu.c", (k: Kernel, vma: number) => {
  const { start, end, mm } = k.w.vma;
  walk_ptes(
    k,
    mm.data[vma] - 1,
    start.data[vma],
    end.data[vma],
    (pte, _vpn, entry) => {
      if (entry & PTE_PRESENT && k.model.clearRefsSkipsPinned && pte_is_pinned(k, vma, entry)) return;
      clear_soft_dirty(k, pte, entry);
    },
    // Of a huge entry nobody asks whether it is pinned: clear_soft_dirty_pmd().
    (pmd, _first, _from, _to, entry) => clear_soft_dirty(k, pmd, entry),
  );
});

function clear_soft_dirty(k: Kernel, row: number, entry: number): void {
  const present = (entry & PTE_PRESENT) !== 0;
  k.set(k.w.pte.entry, row, pte_with(entry, 0, present ? PTE_SOFT_DIRTY | PTE_WRITE : PTE_SOFT_DIRTY));
}

// A copy at the next write would part the process from its pin. Mirrors pte_is_pinned(), fs/proc/task_mmu.c, 6.12.
function pte_is_pinned(k: Kernel, vma: number, entry: number): boolean {
  const { flags, mm } = k.w.vma;
  if ((entry & PTE_WRITE) === 0 || !is_cow_mapping(flags.data[vma])) return false;
  if (k.w.mm.has_pinned.data[mm.data[vma] - 1] === 0) return false;
  const page = vm_normal_page(k, vma, entry);
  if (page === undefined) return false;
  const folio = page_folio(k, page);
  return k.decide(MAYBE_PINNED, folio_ref_count(k, folio), folio_maybe_dma_pinned(k, folio));
}
