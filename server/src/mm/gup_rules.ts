// What get_user_pages() and pin_user_pages() may take as it is, and what they must unshare or fault first.
// mm-semantics §4.4, §4.6.

import { FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from "./abi.ts";
import { PG_anon_exclusive, PG_ksm, VM_MAYWRITE, VM_SHARED } from "./flags.ts";
import { folio_test_anon, folio_test_swapcache, PageAnonExclusive, page_folio } from "./folio.ts";
import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_ref_count } from "./page_ref.ts";
import { PTE_DIRTY } from "./pgtable.ts";
import { folio_free_swap } from "./swapfile.ts";

const MUST_UNSHARE_ANON = condition("!PageAnonExclusive(page)", "exclusive");
const MUST_UNSHARE_LONGTERM = condition("is_cow_mapping(vma->vm_flags)", "vm_flags");
const PAGE_COUNT_IS_1 = condition("page_count(page) == 1", "refcount");
const FORCED_EXCLUSIVE = condition("PageAnon(page) && PageAnonExclusive(page)", "exclusive");
const FORCED_COWED = condition("flags & FOLL_COW && pte_dirty(pte)", "dirty");

// Before 5.19 a read-only reference takes whatever is mapped.
export function must_unshare_never(): boolean {
  return false;
}

// 5.19 to 6.1: a read-only FOLL_PIN of an anonymous page needs an exclusive one. gup_must_unshare(), include/linux/mm.h, 6.1.
export function must_unshare_pins(k: Kernel, _vma: number, flags: number, pfn: number | undefined): boolean {
  if ((flags & (FOLL_PIN | FOLL_WRITE)) !== FOLL_PIN || pfn === undefined) return false;
  if (!folio_test_anon(k, page_folio(k, pfn))) return false;
  const exclusive = PageAnonExclusive(k, pfn);
  return k.decide(MUST_UNSHARE_ANON, exclusive ? 1 : 0, !exclusive);
}

// From 6.2 on a long-term pin unshares page-cache pages and the zero page of a private mapping as well.
// gup_must_unshare(), mm/internal.h, 6.12.
export function must_unshare_pins_and_longterm(
  k: Kernel,
  vma: number,
  flags: number,
  pfn: number | undefined,
): boolean {
  if ((flags & (FOLL_PIN | FOLL_WRITE)) !== FOLL_PIN) return false;
  if (pfn !== undefined && folio_test_anon(k, page_folio(k, pfn))) return must_unshare_pins(k, vma, flags, pfn);
  if ((flags & FOLL_LONGTERM) === 0) return false;
  const vmaFlags = k.w.vma.flags.data[vma];
  return k.decide(MUST_UNSHARE_LONGTERM, vmaFlags, (vmaFlags & (VM_SHARED | VM_MAYWRITE)) === VM_MAYWRITE);
}

// exclusive-on-gup: every reference to an anonymous page, for reading or writing, wants an exclusive one. It is made so by hand
// where nobody else refers to it, which the swap cache gives way for; else it must be unshared. mm-semantics §8.6.
export function must_unshare_unless_claimed(k: Kernel, _vma: number, flags: number, page: number | undefined): boolean {
  if ((flags & (FOLL_GET | FOLL_PIN)) === 0 || page === undefined) return false;
  const folio = page_folio(k, page);
  if (!folio_test_anon(k, folio)) return false;
  const exclusive = PageAnonExclusive(k, page);
  if (!k.decide(MUST_UNSHARE_ANON, exclusive ? 1 : 0, !exclusive)) return false;
  if (folio_test_swapcache(k, folio)) folio_free_swap(k, folio);
  const { flags: f } = k.w.page;
  const count = folio_ref_count(k, folio);
  if (!k.decide(PAGE_COUNT_IS_1, count, count === 1 && (f.data[folio] & PG_ksm) === 0)) return true;
  k.set(f, page, f.data[page] | PG_anon_exclusive);
  return false;
}

// Up to 5.19: after a write fault of this call has broken COW, a dirty entry will do. can_follow_write_pte(), mm/gup.c, 5.10.
export function follows_dirty_after_cow(k: Kernel, entry: number, _pfn: number | undefined, cowed: boolean): boolean {
  return cowed && k.decide(FORCED_COWED, entry & PTE_DIRTY ? 1 : 0, (entry & PTE_DIRTY) !== 0);
}

// From 6.0 on: an exclusive anonymous page. can_follow_write_pte(), mm/gup.c, 6.12.
export function follows_exclusive(k: Kernel, _entry: number, pfn: number | undefined): boolean {
  if (pfn === undefined) return false;
  const exclusive = PageAnonExclusive(k, pfn);
  return k.decide(FORCED_EXCLUSIVE, exclusive ? 1 : 0, exclusive && folio_test_anon(k, page_folio(k, pfn)));
}
