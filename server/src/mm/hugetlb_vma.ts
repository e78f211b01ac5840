// What becomes of huge pages when their mapping changes: other rights, another address, a split. mm/hugetlb.c;
// mm-semantics §5.2, §5.3, §6.3.

import type { Errno } from "./abi.ts";
import { VM_ACCESS_FLAGS, VM_HUGETLB, VM_SHARED, VM_WRITE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { huge_pmd_unshare, huge_pte_alloc, next_huge_pte } from "./hugetlb_pmd_share.ts";
import type { Kernel } from "./kernel.ts";
import { PTE_PRESENT, PTE_PROTNONE, PTE_WRITE, pmd_offset, pte_with } from "./pgtable.ts";
import { refused } from "./refused.ts";

const WITHIN_HUGE_PAGE = condition("addr & ~huge_page_mask(hstate_vma(vma))", "page");

// VM_HUGETLB. Mirrors is_vm_hugetlb_page(), include/linux/hugetlb_inline.h.
export function is_vm_hugetlb_page(k: Kernel, vma: number): boolean {
  return (k.w.vma.flags.data[vma] & VM_HUGETLB) !== 0;
}

// The entries of [start, end) take on the VMA's rights: writable in a shared mapping that may be written, nowhere else.
// Mirrors hugetlb_change_protection(), mm/hugetlb.c, 6.12.
export const hugetlb_change_protection = kernelFunction(
  "hugetlb_change_protection",
  "mm/hugetlb.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    const flags = k.w.vma.flags.data[vma];
    const mm = k.w.vma.mm.data[vma] - 1;
    const shared = VM_WRITE | VM_SHARED;
    const set = ((flags & shared) === shared ? PTE_WRITE : 0) | (flags & VM_ACCESS_FLAGS ? 0 : PTE_PROTNONE);
    const { entry } = k.w.pte;
    for (let vpn = start; vpn < end; ) {
      k.tick();
      const pte = pmd_offset(k, mm, vpn);
      if (pte < 0 || huge_pmd_unshare(k, mm, vma, vpn)) {
        vpn = next_huge_pte(k, vpn);
        continue;
      }
      const old = entry.data[pte];
      if (old & PTE_PRESENT) k.set(entry, pte, pte_with(old, set, PTE_WRITE | PTE_PROTNONE));
      vpn += k.hpageNr;
    }
  },
);

// Moves the entries; no counter changes. Shared tables of PMDs stay behind, for the new place to fault in. Returns how many pages
// it got through. Mirrors move_hugetlb_page_tables(), mm/hugetlb.c, 6.12.
export const move_hugetlb_page_tables = kernelFunction(
  "move_hugetlb_page_tables",
  "mm/hugetlb.c",
  (k: Kernel, vma: number, target: number, from: number, to: number, pages: number): number => {
    const mm = k.w.vma.mm.data[vma] - 1;
    const { entry } = k.w.pte;
    for (let at = 0; at < pages; ) {
      k.tick();
      const source = pmd_offset(k, mm, from + at);
      if (source < 0 || (entry.data[source] !== 0 && huge_pmd_unshare(k, mm, vma, from + at))) {
        at = next_huge_pte(k, from + at) - from;
        continue;
      }
      const old = entry.data[source];
      if (old !== 0) {
        const dest = huge_pte_alloc(k, mm, target, to + at);
        if (dest < 0) return at;
        k.set(entry, source, 0);
        k.set(entry, dest, old);
      }
      at += k.hpageNr;
    }
    return pages;
  },
);

// Whether the VMA may be split there: a hugetlb mapping between two huge pages only. Mirrors hugetlb_vm_op_split(),
// mm/hugetlb.c (may_split of struct vm_operations_struct).
export function may_split(k: Kernel, vma: number, at: number): 0 | Errno {
  return is_vm_hugetlb_page(k, vma) && at % k.hpageNr !== 0 ? refused(k, WITHIN_HUGE_PAGE, at) : 0;
}

// A split within the range of a shared table of PMDs: it is let go of, as no VMA covers all of it any more.
// Mirrors hugetlb_split() with hugetlb_unshare_pmds(), mm/hugetlb.c (6.2, b30c14cd6102; 5.10.y and 6.1.y have it, too).
export function hugetlb_split(k: Kernel, vma: number, at: number): void {
  const span = k.scales[2];
  if (!k.model.hugetlbSplitUnshares || k.geometry.bits.length < 3 || at % span === 0) return;
  const first = at - (at % span);
  if (first < k.w.vma.start.data[vma] || first + span > k.w.vma.end.data[vma]) return;
  huge_pmd_unshare(k, k.w.vma.mm.data[vma] - 1, vma, first);
}
