// The lockless form of GUP, which looks at the page tables alone: get_user_pages_fast() and its kin. mm/gup.c;
// mm-semantics §4.5.
//
// It takes pages up to the first that it cannot have, and leaves the rest to the slow path. A page that it can have the
// slow path gives as well, but for what a VMA forbids: the entries do not tell. So an ordinary page in a VM_PFNMAP mapping
// (a private copy) is had here alone, and one in a mapping that may be written but not read.

import { type Errno, FOLL_LONGTERM, FOLL_WRITE } from "./abi.ts";
import { folio_test_anon, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { try_grab_folio } from "./gup.ts";
import type { Kernel } from "./kernel.ts";
import { leafAt } from "./leaf.ts";
import { folio_ref_count } from "./page_ref.ts";
import { PTE_PRESENT, PTE_PROTNONE, PTE_SPECIAL, PTE_WRITE, pte_pfn } from "./pgtable.ts";

// The page that the lockless walk would take there, or -1. What needs the VMA to be judged (long-term references to
// pages that are not anonymous) goes the slow way. Mirrors the tests of gup_fast_pte_range() and gup_fast_pmd_leaf(),
// mm/gup.c, 6.12.
export function gup_fast_page(k: Kernel, mm: number, vpn: number, flags: number): number {
  const { entry, level } = leafAt(k, mm, vpn);
  if ((entry & (PTE_PRESENT | PTE_PROTNONE | PTE_SPECIAL)) !== PTE_PRESENT) return -1;
  const pfn = pte_pfn(entry);
  const folio = page_folio(k, pfn);
  // In 5.8 reading asks for the write bit too: should_force_cow_break().
  if ((flags & FOLL_WRITE || k.model.gupBreaksCow) && (entry & PTE_WRITE) === 0) return -1;
  const anon = folio_test_anon(k, folio);
  if (!try_get_folio(k, folio) || (flags & FOLL_LONGTERM && !anon)) return -1;
  return k.model.gupFastTakes(k, flags, entry, level === 0 ? pfn : folio) ? pfn : -1;
}

// Takes the reference. Mirrors gup_fast_pte_range(), mm/gup.c, 6.12 (gup_pte_range() before 6.10).
export const gup_fast_pte_range = kernelFunction(
  "gup_fast_pte_range",
  "mm/gup.c",
  (k: Kernel, folio: number, flags: number): 0 | Errno => try_grab_folio(k, folio, flags, 1),
);

// Whether the counter lets the lockless walk have the page: not 0, as of a page that is being freed, and from 5.1 on not
// negative. Mirrors the tests of try_get_folio(), mm/gup.c, 6.1 (try_get_compound_head(), 5.10).
function try_get_folio(k: Kernel, folio: number): boolean {
  const count = folio_ref_count(k, folio);
  return k.model.refusesOverflow ? count > 0 : count !== 0;
}
