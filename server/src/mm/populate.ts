// Bringing in the pages of a range at once: MAP_POPULATE, mlock, the growth of locked memory. mm/gup.c.

import type { Errno } from "./abi.ts";
import { VM_IO, VM_PFNMAP } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import { populate_vma_page_range } from "./gup.ts";
import type { Kernel } from "./kernel.ts";

// Faults in the pages of all VMAs in [start, end); holes are passed over. The first VMA that fails ends it, or with
// ignoreErrors is left as far as it came. Mirrors __mm_populate(), mm/gup.c, 6.12.
export const __mm_populate = kernelFunction(
  "__mm_populate",
  "mm/gup.c",
  (k: Kernel, task: number, start: number, end: number, ignoreErrors: boolean): 0 | Errno => {
    const { vma: v } = k.w;
    const mm = k.w.task.mm.data[task] - 1;
    for (let vma = k.vmas.find(mm, start); vma >= 0 && v.start.data[vma] < end; vma = k.vmas.next(vma)) {
      if (v.flags.data[vma] & (VM_IO | VM_PFNMAP)) continue;
      const from = Math.max(start, v.start.data[vma]);
      const error = populate_vma_page_range(k, task, vma, from, Math.min(end, v.end.data[vma]));
      if (error !== 0 && !ignoreErrors) return error;
    }
    return 0;
  },
);

// Mirrors mm_populate(), include/linux/mm.h: errors are nobody's business.
export function mm_populate(k: Kernel, task: number, start: number, end: number): void {
  __mm_populate(k, task, start, end, true);
}
