// Taking mappings away: munmap and everything that clears a range first (MAP_FIXED, mremap, brk, exit).
// mm/vma.c (mm/mmap.c before 6.12); mm-semantics §5.1.

import type { Errno } from "./abi.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { free_pgd_range } from "./pgtable.ts";
import { refused, unaligned } from "./refused.ts";
import { PAGE_ALIGN, pages_of } from "./user_range.ts";
import { vma_unlink } from "./vma.ts";
import { __split_vma } from "./vma_merge.ts";
import { unmap_drains_lru, unmap_page_range, ZAP_ALL } from "./zap.ts";

const OUTSIDE = condition("!len || start > TASK_SIZE || len > TASK_SIZE - start", "pages");

// munmap(2): what is not mapped is no error.
export const sys_munmap = kernelFunction(
  "sys_munmap",
  "mm/mmap.c",
  (k: Kernel, task: number, addr: bigint, length: bigint): 0 | Errno => {
    const misplaced = unaligned(k, addr);
    if (misplaced !== 0) return misplaced;
    return do_vmi_munmap(k, k.w.task.mm.data[task] - 1, pages_of(k, addr), pages_of(k, PAGE_ALIGN(k, length)));
  },
);

// The checks of munmap, in pages: nothing outside of user space, and not no page at all.
// Mirrors do_vmi_munmap(), mm/vma.c, 6.12.
export function do_vmi_munmap(k: Kernel, mm: number, start: number, pages: number): 0 | Errno {
  const size = k.geometry.taskPages;
  if (pages === 0 || start > size || pages > size - start) return refused(k, OUTSIDE, pages);
  return do_munmap(k, mm, start, start + pages);
}

// Unmaps the pages of [start, end): VMAs at its ends are split, all in it vanish with their pages and with the page
// tables that nobody else needs. ENOMEM when a VMA would have to be split in the middle and there may be no more of them.
// Mirrors do_vmi_align_munmap(), mm/vma.c, 6.12.
export const do_munmap = kernelFunction(
  "do_munmap",
  "mm/mmap.c",
  (k: Kernel, mm: number, start: number, end: number): 0 | Errno => {
    const { vma: v } = k.w;
    const first = k.vmas.find(mm, start);
    if (first < 0 || v.start.data[first] >= end) return 0;
    if (start > v.start.data[first]) {
      // One VMA more than before may remain for a while, but not at the end.
      if (end < v.end.data[first] && k.w.mm.map_count.data[mm] >= k.machine.max_map_count) return "ENOMEM";
      const error = __split_vma(k, first, start, true);
      if (error !== 0) return error;
    }
    const last = k.vmas.lookup(mm, end - 1);
    if (last >= 0 && v.end.data[last] > end) {
      const error = __split_vma(k, last, end, false);
      if (error !== 0) return error;
    }
    const doomed = vmas_in(k, mm, start, end);
    unmap_region(k, mm, doomed);
    for (const vma of doomed) vma_unlink(k, vma);
    return 0;
  },
);

// Clears the page tables of the VMAs, ascending neighbours, and frees the tables between the VMAs around them.
// Mirrors unmap_region() with free_pgtables(), mm/vma.c, 6.12 (mm/mmap.c before 6.11).
export const unmap_region = kernelFunction(
  "unmap_region",
  "mm/vma.c",
  (k: Kernel, mm: number, vmas: readonly number[]) => {
    const { start, end } = k.w.vma;
    if (vmas.length === 0) return;
    const first = vmas[0];
    const last = vmas[vmas.length - 1];
    unmap_drains_lru(k);
    for (const vma of vmas) unmap_page_range(k, vma, start.data[vma], end.data[vma], ZAP_ALL);
    unmap_drains_lru(k);
    const prev = k.vmas.prev(first);
    const next = k.vmas.next(last);
    const floor = prev < 0 ? 0 : end.data[prev];
    const ceiling = next < 0 ? Number.POSITIVE_INFINITY : start.data[next];
    free_pgd_range(k, mm, start.data[first], end.data[last], floor, ceiling);
  },
);

// The VMAs that begin in [start, end), ascending: a copy, so that they can be unlinked one by one.
function vmas_in(k: Kernel, mm: number, start: number, end: number): number[] {
  const found: number[] = [];
  const { vma: v } = k.w;
  for (let vma = k.vmas.find(mm, start); vma >= 0 && v.start.data[vma] < end; vma = k.vmas.next(vma)) found.push(vma);
  return found;
}
