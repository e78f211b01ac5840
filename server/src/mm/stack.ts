// Stacks: a VM_GROWSDOWN mapping follows the accesses below it. mm/vma.c (mm/mmap.c before 6.13), mm/memory.c.

import type { Errno } from "./abi.ts";
import { VM_ACCESS_FLAGS, VM_GROWSDOWN } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { anon_vma_prepare } from "./rmap.ts";
import { mmap_min_addr, stack_guard_gap } from "./unmapped_area.ts";
import { pages_of } from "./user_range.ts";

// RLIMIT_STACK, bytes.
const STACK_LIMIT = 8 * 2 ** 20;

// The VMA for an access to the page, grown down to it if need be; -1 when nothing is mapped there.
// Mirrors lock_mm_and_find_vma(), mm/memory.c, 6.12.
export function lock_mm_and_find_vma(k: Kernel, mm: number, vpn: number): number {
  const there = k.vmas.lookup(mm, vpn);
  if (there >= 0) return there;
  const vma = k.vmas.find(mm, vpn);
  if (vma < 0 || (k.w.vma.flags.data[vma] & VM_GROWSDOWN) === 0) return -1;
  return expand_downwards(k, vma, vpn) === 0 ? vma : -1;
}

// The stack begins at the page from now on, unless that is too near to the mapping below, too low, or too much.
// Mirrors expand_downwards(), mm/vma.c, 7.2.
const expand_downwards = kernelFunction(
  "expand_downwards",
  "mm/vma.c",
  (k: Kernel, vma: number, vpn: number): 0 | Errno => {
    const { start, end, pgoff, flags } = k.w.vma;
    if (vpn < pages_of(k, mmap_min_addr)) return "EPERM";
    const prev = k.vmas.prev(vma);
    if (prev >= 0) {
      const accessible = (flags.data[prev] & VM_ACCESS_FLAGS) !== 0 && (flags.data[prev] & VM_GROWSDOWN) === 0;
      if (accessible && vpn - end.data[prev] < stack_guard_gap) return "ENOMEM";
    }
    anon_vma_prepare(k, vma);
    const grow = start.data[vma] - vpn;
    if (grow > pgoff.data[vma] || (end.data[vma] - vpn) * k.pageSize > STACK_LIMIT) return "ENOMEM";
    k.set(start, vma, vpn);
    k.set(pgoff, vma, pgoff.data[vma] - grow);
    return 0;
  },
);
