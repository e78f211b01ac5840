// Which page an entry counts for.

import { bug } from "./errors.ts";
import { VM_MIXEDMAP, VM_PFNMAP } from "./flags.ts";
import { folio_test_anon, is_huge_zero_folio } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { ZERO_PFN } from "./page_alloc.ts";
import { PTE_PRESENT, PTE_PROTNONE, PTE_SPECIAL, pte_pfn } from "./pgtable.ts";
import { vma_refpage } from "./vma.ts";

// The page that an entry maps, or undefined where there is none to count: the zero page, a reference page and special mappings, and
// entries that are not present. An entry without the special bit is an ordinary page's also in a VM_PFNMAP mapping, where
// it is a private copy.
// Mirrors vm_normal_page(), mm/memory.c, for architectures with a special bit, which x86 and arm64 are; mm-semantics §1.5.
export function vm_normal_page(k: Kernel, vma: number, entry: number): number | undefined {
  const bits = entry & (PTE_PRESENT | PTE_SPECIAL);
  if (bits === PTE_PRESENT) return pte_pfn(entry);
  return bits === 0 ? undefined : special_page(k, vma, entry);
}

// Whether a PTE of the VMA that maps the folio is counted in its mapcount. A driver's page that vm_insert_page() mapped is not
// where the model leaves it out; an anonymous copy of one in the same VMA is. mm-semantics §8.6.
export function counts_mapping(k: Kernel, vma: number, folio: number): boolean {
  if (k.model.insertPageCountsMapping || (k.w.vma.flags.data[vma] & VM_MIXEDMAP) === 0) return true;
  return folio_test_anon(k, folio);
}

// Whether follow_page() looks at what the entry maps, if anything.
// Mirrors follow_page_pte() with gup_can_follow_protnone(), mm/gup.c, 6.1; folio_walk_start() of 6.12 always looks.
export function followed(k: Kernel, entry: number): boolean {
  return (entry & PTE_PRESENT) !== 0 && (k.model.followsProtNone || (entry & PTE_PROTNONE) === 0);
}

// The zero page, or one of the huge zero folio.
export function is_zero_page(k: Kernel, page: number): boolean {
  return page === ZERO_PFN || is_huge_zero_folio(k, page);
}

// The page that the mapping shows to reads without counting it. mm-semantics §8.2.
export function is_refpage(k: Kernel, vma: number, pfn: number): boolean {
  return pfn === vma_refpage(k, vma);
}

function special_page(k: Kernel, vma: number, entry: number): undefined {
  if (k.w.vma.flags.data[vma] & (VM_PFNMAP | VM_MIXEDMAP) || is_zero_page(k, pte_pfn(entry))) return undefined;
  if (is_refpage(k, vma, pte_pfn(entry))) return undefined;
  // print_bad_pte(): no driver and no fault makes such an entry.
  bug(`vm_normal_page: special entry of pfn ${pte_pfn(entry)} in an ordinary mapping`);
}
