// What the exclusive flag of an anonymous page decides where a page is taken from its mapping, comes back to it, or is wanted
// by GUP's lockless form, as releases and proposals have it. mm-semantics §7.4, §8.6.

import { FOLL_PIN } from "./abi.ts";
import { PG_ksm, PG_swapcache } from "./flags.ts";
import { folio_nr_pages, folio_test_anon, folio_test_swapcache, PageAnonExclusive, page_folio } from "./folio.ts";
import { condition } from "./frames.ts";
import { hugetlb_mapcount } from "./hugetlb_rmap.ts";
import type { Kernel } from "./kernel.ts";
import { page_mapcount, total_mapcount } from "./mapcount.ts";
import { folio_maybe_dma_pinned, folio_ref_count } from "./page_ref.ts";
import { PTE_WRITE } from "./pgtable.ts";
import { swap_count } from "./swap_slots.ts";
import { PTE_SWP_EXCLUSIVE } from "./swapops.ts";

const MAY_SHARE = condition("!folio_maybe_dma_pinned(folio)", "refcount");
const NO_FURTHER_REFERENCE = condition(
  "folio_ref_count(folio) == folio_mapcount(folio) + folio_test_swapcache(folio) * folio_nr_pages(folio) + 1",
  "refcount",
);
const ONE_USER = condition("page_mapcount(page) + swap_count(entry) == 1", "swap count");
const MAPPED_ONCE = condition("folio_mapcount(old_folio) == 1 && folio_test_anon(old_folio)", "mapcount");
const EXCLUSIVE = condition("PageAnonExclusive(page)", "exclusive");
const PAGE_COUNT_IS_1 = condition("page_count(page) == 1", "refcount");

// Releases from 5.19 on: unless it may be pinned. Mirrors folio_try_share_anon_rmap_pte(), include/linux/rmap.h, 6.12
// (page_try_share_anon_rmap() before 6.8).
export function may_share_unless_pinned(k: Kernel, folio: number): boolean {
  return k.decide(MAY_SHARE, folio_ref_count(k, folio), !folio_maybe_dma_pinned(k, folio));
}

// exclusive-bit: the flag keeps no page where it is.
export function may_share_always(): boolean {
  return true;
}

// exclusive-on-gup: as long as nobody but the mappings, the swap cache and the caller holds the folio.
export function may_share_unless_referenced(k: Kernel, folio: number): boolean {
  const count = folio_ref_count(k, folio);
  const cached = folio_test_swapcache(k, folio) ? folio_nr_pages(k, folio) : 0;
  return k.decide(NO_FURTHER_REFERENCE, count, count === total_mapcount(k, folio) + cached + 1);
}

// Releases from 5.19 on: the swap entry says so. unuse_pte(), mm/swapfile.c, 6.12.
export function was_marked(_k: Kernel, _page: number, entry: number): boolean {
  return (entry & PTE_SWP_EXCLUSIVE) !== 0;
}

// exclusive-bit: the entry that the page comes back to is the only user of its slot, and nothing maps the page yet. One that
// is not in the swap cache was read, or copied, for this entry alone.
export function has_one_user(k: Kernel, page: number, _entry: number, slot: number): boolean {
  const flags = k.w.page.flags.data[page_folio(k, page)];
  if (flags & PG_ksm) return false;
  if ((flags & PG_swapcache) === 0) return true;
  const users = page_mapcount(k, page) + swap_count(k, slot);
  return k.decide(ONE_USER, users, users === 1);
}

// exclusive-on-gup: never, as only GUP makes pages exclusive.
export function never_after_swap(): boolean {
  return false;
}

// All releases: a page that this entry alone maps, whoever else holds references to it. hugetlb_wp(), mm/hugetlb.c, 6.12.
export function reuse_hugetlb_by_mapcount(k: Kernel, folio: number): boolean {
  const mapcount = hugetlb_mapcount(k, folio);
  return k.decide(MAPPED_ONCE, mapcount, mapcount === 1 && folio_test_anon(k, folio));
}

// The proposals with the flag: as small pages, by the flag or by the only reference, the fault's own taken off.
export function reuse_hugetlb_exclusive_or_referenced_once(k: Kernel, folio: number, held: number): boolean {
  if (!folio_test_anon(k, folio)) return false;
  const exclusive = PageAnonExclusive(k, folio);
  if (k.decide(EXCLUSIVE, exclusive ? 1 : 0, exclusive)) return true;
  const count = folio_ref_count(k, folio) - held;
  return k.decide(PAGE_COUNT_IS_1, count, count === 1);
}

// Before 5.19, and exclusive-bit: whatever an entry maps.
export function fast_takes_readable(): boolean {
  return true;
}

// From 5.19 on a read-only FOLL_PIN wants an exclusive page. gup_must_unshare(), gup_fast_pte_range(), mm/gup.c, 6.12.
export function fast_takes_exclusive_for_pins(k: Kernel, flags: number, entry: number, page: number): boolean {
  if ((flags & FOLL_PIN) === 0 || (entry & PTE_WRITE) !== 0) return true;
  return fast_takes_exclusive(k, flags, entry, page);
}

// exclusive-on-gup: of anonymous pages the exclusive ones alone, for whatever purpose.
export function fast_takes_exclusive(k: Kernel, _flags: number, _entry: number, page: number): boolean {
  return PageAnonExclusive(k, page) || !folio_test_anon(k, page_folio(k, page));
}
