// Does mprotect to a writable protection make an entry writable at once, or does the next write fault?
// mm-semantics §5.3.

import { VM_SHARED } from "./flags.ts";
import { folio_test_anon, PageAnonExclusive, page_folio } from "./folio.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { PTE_DIRTY, PTE_PROTNONE } from "./pgtable.ts";

const DIRTY = condition("pte_dirty(pte)", "dirty");
const ANON_EXCLUSIVE = condition("PageAnon(page) && PageAnonExclusive(page)", "exclusive");

// Up to 5.19: never in a private mapping; in a shared one whose file tracks writes, when the entry is already dirty.
// change_pte_range(), mm/mprotect.c, 5.10 (dirty_accountable).
export function upgrades_dirty_shared(k: Kernel, vma: number, entry: number): boolean {
  if ((k.w.vma.flags.data[vma] & VM_SHARED) === 0) return false;
  return k.decide(DIRTY, entry & PTE_DIRTY ? 1 : 0, (entry & PTE_DIRTY) !== 0);
}

// 6.0 to 6.1: dirty entries; in a private mapping only of exclusive anonymous pages. can_change_pte_writable(),
// mm/mprotect.c, 6.1.
export function upgrades_exclusive_dirty(k: Kernel, vma: number, entry: number, pfn: number | undefined): boolean {
  if (entry & PTE_PROTNONE) return false;
  if (!k.decide(DIRTY, entry & PTE_DIRTY ? 1 : 0, (entry & PTE_DIRTY) !== 0)) return false;
  return (k.w.vma.flags.data[vma] & VM_SHARED) !== 0 || exclusive(k, pfn);
}

// From 6.2 on: exclusive anonymous pages of a private mapping whether dirty or not, dirty entries of a shared one.
// can_change_pte_writable(), mm/mprotect.c, 6.12.
export function upgrades_exclusive(k: Kernel, vma: number, entry: number, pfn: number | undefined): boolean {
  if (entry & PTE_PROTNONE) return false;
  if ((k.w.vma.flags.data[vma] & VM_SHARED) === 0) return exclusive(k, pfn);
  return k.decide(DIRTY, entry & PTE_DIRTY ? 1 : 0, (entry & PTE_DIRTY) !== 0);
}

function exclusive(k: Kernel, pfn: number | undefined): boolean {
  if (pfn === undefined) return false;
  const is = PageAnonExclusive(k, pfn);
  return k.decide(ANON_EXCLUSIVE, is ? 1 : 0, is && folio_test_anon(k, page_folio(k, pfn)));
}
