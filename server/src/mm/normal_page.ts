// Which page an entry counts for.

import type { Kernel } from "./kernel.ts";
import { PTE_PRESENT, PTE_SPECIAL, pte_pfn } from "./pgtable.ts";

// The page that an entry maps, or undefined where there is none to count: the zero page and special mappings, and
// entries that are not present.
// Mirrors vm_normal_page(), mm/memory.c, for architectures with a special bit; mm-semantics §1.5.
export function vm_normal_page(_k: Kernel, _vma: number, entry: number): number | undefined {
  return (entry & (PTE_PRESENT | PTE_SPECIAL)) === PTE_PRESENT ? pte_pfn(entry) : undefined;
}
