// mremap's real work: entries, or whole page tables, go from one range to another. mm/mremap.c; mm-semantics §5.2.

import { kernelFunction } from "./frames.ts";
import { __split_huge_pmd } from "./huge_pmd_split.ts";
import { is_vm_hugetlb_page, move_hugetlb_page_tables } from "./hugetlb_vma.ts";
import type { Kernel } from "./kernel.ts";
import {
  move_table,
  PTE_SOFT_DIRTY,
  PTE_TABLE,
  pgtable_trans_huge_move,
  pmd_alloc,
  pmd_none_or_table,
  pte_alloc,
  pte_offset,
  pte_with,
  pud_alloc,
  slot_offset,
} from "./pgtable.ts";
import { find_vma_intersection } from "./unmapped_area.ts";
import { vma_is_anonymous } from "./vma.ts";

// Where the entries of `pages` pages go; source and target are the VMAs that hold the two ranges.
export interface PageTableMove {
  readonly mm: number;
  readonly source: number;
  readonly target: number;
  readonly from: number;
  readonly to: number;
  readonly pages: number;
}

// Moves the entries, ascending, and returns how many pages it got through: fewer than asked when there was no memory for
// a page table. No counter of any page changes. A page table that one range fills and the other could fill moves whole,
// with its entries as they are; an entry that moves alone becomes soft-dirty. Mirrors move_page_tables(), mm/mremap.c, 6.12.
export const move_page_tables = kernelFunction(
  "move_page_tables",
  "mm/mremap.c",
  (k: Kernel, move: PageTableMove): number => {
    const { mm } = move;
    if (is_vm_hugetlb_page(k, move.source)) {
      return move_hugetlb_page_tables(k, move.source, move.target, move.from, move.to, move.pages);
    }
    const end = move.from + move.pages;
    const realigned = can_realign(k, move) ? move.from % k.scales[1] : 0;
    let from = move.from - realigned;
    let to = move.to - realigned;
    while (from < end) {
      k.tick();
      const moved = move_upper_table(k, mm, from, to, end) ?? move_lower_table(k, mm, from, to, end);
      if (moved === undefined) break;
      from += moved;
      to += moved;
    }
    return Math.max(0, Math.min(from, end) - move.from);
  },
);

// The stretch to the next border of a table of the level above, in either range. Mirrors get_extent().
function get_extent(k: Kernel, level: number, from: number, to: number, end: number): number {
  const size = k.scales[level];
  return Math.min(end - from, size - (from % size), size - (to % size));
}

// A whole page's worth of PMDs, or a stretch without any. Undefined when the entries below have to be looked at.
function move_upper_table(k: Kernel, mm: number, from: number, to: number, end: number): number | undefined {
  if (k.geometry.bits.length < 3) return undefined;
  const extent = get_extent(k, 2, from, to, end);
  const source = slot_offset(k, mm, from, 2);
  if (source < 0 || k.w.pte.entry.data[source] === 0) return extent;
  if (k.model.mremapMovesTables !== "pud" || extent < k.scales[2] || !pud_alloc(k, mm, to)) return undefined;
  return move_normal_table(k, source, slot_offset(k, mm, to, 2), to) ? extent : undefined;
}

// A page of PTEs, whole or entry by entry. Undefined when memory is used up.
function move_lower_table(k: Kernel, mm: number, from: number, to: number, end: number): number | undefined {
  const extent = get_extent(k, 1, from, to, end);
  const source = slot_offset(k, mm, from, 1);
  if (source < 0) return extent;
  const table = k.w.pte.entry.data[source];
  // get_old_pmd() gives nothing for an empty slot.
  if (table === 0) return extent;
  if (!pmd_alloc(k, mm, to)) return undefined;
  if (!pmd_none_or_table(table)) {
    const vma = k.vmas.lookup(mm, from);
    if (extent === k.hpageNr && move_huge_pmd(k, vma, source, slot_offset(k, mm, to, 1))) return extent;
    __split_huge_pmd(k, vma, source);
    if (k.w.pte.entry.data[source] === 0) return extent;
  }
  const whole = extent === k.scales[1] && k.model.mremapMovesTables !== "none";
  if (whole && move_normal_table(k, source, slot_offset(k, mm, to, 1), to)) return extent;
  if (pte_alloc(k, mm, to) < 0) return undefined;
  move_ptes(k, mm, from, to, extent);
  return extent;
}

// A huge entry, and the table that waits for it. Soft-dirty from now on; no counter changes.
// Mirrors move_huge_pmd(), mm/huge_memory.c, 6.12.
const move_huge_pmd = kernelFunction(
  "move_huge_pmd",
  "mm/huge_memory.c",
  (k: Kernel, vma: number, source: number, target: number): boolean => {
    const { entry } = k.w.pte;
    if (entry.data[target] !== 0) return false;
    const old = entry.data[source];
    k.set(entry, source, 0);
    if (vma_is_anonymous(k, vma)) pgtable_trans_huge_move(k, source, target);
    k.set(entry, target, pte_with(old, PTE_SOFT_DIRTY));
    return true;
  },
);

// Mirrors move_normal_pmd() and move_normal_pud(): the table serves another range from now on.
function move_normal_table(k: Kernel, source: number, target: number, first: number): boolean {
  if ((k.w.pte.entry.data[source] & PTE_TABLE) === 0 || k.w.pte.entry.data[target] !== 0) return false;
  move_table(k, source, target, first);
  return true;
}

// Mirrors move_ptes(), mm/mremap.c, 6.12.
const move_ptes = kernelFunction(
  "move_ptes",
  "mm/mremap.c",
  (k: Kernel, mm: number, from: number, to: number, pages: number) => {
    const { entry } = k.w.pte;
    const source = pte_offset(k, mm, from);
    const target = pte_offset(k, mm, to);
    for (let i = 0; i < pages; i++) {
      const old = entry.data[source + i];
      if (old === 0) continue;
      k.set(entry, source + i, 0);
      k.set(entry, target + i, pte_with(old, PTE_SOFT_DIRTY));
    }
  },
);

// Whether both ranges can be widened down to the start of their page tables, so that the first table moves whole: they
// begin their VMAs, lie alike in their tables, reach the table's end, and nothing is mapped below them there.
// Mirrors try_realign_addr() and can_realign_addr(), mm/mremap.c, 6.12.
function can_realign(k: Kernel, move: PageTableMove): boolean {
  const size = k.scales[1];
  const offset = move.from % size;
  if (!k.model.mremapRealigns || offset === 0 || offset !== move.to % size || move.pages < size - offset) return false;
  return can_align_down(k, move.mm, move.source, move.from) && can_align_down(k, move.mm, move.target, move.to);
}

function can_align_down(k: Kernel, mm: number, vma: number, page: number): boolean {
  if (k.w.vma.start.data[vma] !== page) return false;
  return find_vma_intersection(k, mm, page - (page % k.scales[1]), page) < 0;
}
