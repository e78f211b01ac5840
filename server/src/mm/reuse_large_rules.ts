// The same question for what is mapped of a large anonymous folio: may a write fault have it in place? do_wp_page(),
// mm/memory.c, of a page that a PTE maps; do_huge_pmd_wp_page(), mm/huge_memory.c, of the whole folio that a PMD maps;
// mm-semantics §2.9, §7.0, §7.6.

import { FOLIO_MM_IDS_SHARED, PG_lru } from "./flags.ts";
import { folio_nr_pages, folio_test_swapcache, has_flag, PageAnonExclusive, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain } from "./lru.ts";
import { folio_mapcount, page_mapcount, total_mapcount } from "./mapcount.ts";
import { folio_ref_count } from "./page_ref.ts";
import { folio_move_anon_rmap } from "./rmap.ts";
import { folio_free_swap, reuse_swap_page } from "./swapfile.ts";

const PAGE_COUNT_IS_1 = condition("page_count(page) == 1", "refcount");
const MAPCOUNT_IS_1 = condition("page_mapcount(page) == 1", "mapcount");
const TOTAL_IS_1 = condition("total_map_swapcount == 1", "mapcount");
const EXCLUSIVE = condition("PageAnonExclusive(page)", "exclusive");
const REFCOUNT_AT_MOST_3 = condition("!folio_test_ksm(folio) && folio_ref_count(folio) <= 3", "refcount");
const ON_LRU = condition("folio_test_lru(folio)", "lru");
const REFCOUNT_AT_MOST_CACHED = condition("folio_ref_count(folio) <= 1 + folio_test_swapcache(folio)", "refcount");
const REFCOUNT_IS_1 = condition("folio_ref_count(folio) == 1", "refcount");
const ONLY_CACHED_BESIDE = condition(
  "folio_ref_count(folio) <= 1 + folio_test_swapcache(folio) * folio_nr_pages(folio)",
  "refcount",
);
const LARGE = condition("folio_test_large(folio)", "pages");
const MAPCOUNT_ABOVE_1 = condition("folio_large_mapcount(folio) > 1", "large_mapcount");
const SHARED = condition("test_bit(FOLIO_MM_IDS_SHARED_BITNUM, &folio->_mm_ids)", "shared");
const REFS_ARE_MAPPINGS = condition("folio_large_mapcount(folio) == folio_ref_count(folio)", "refcount");

// Up to 5.8: the page that is mapped most often stands for all of them; references do not count.
// The part of do_wp_page(), mm/memory.c, 5.7, that asks.
export function reuse_large_by_mapcount(k: Kernel, vma: number, page: number): boolean {
  if (!reuse_swap_page(k, page)) return false;
  const folio = page_folio(k, page);
  const total = total_mapcount(k, folio);
  if (k.decide(TOTAL_IS_1, total, total === 1)) folio_move_anon_rmap(k, vma, folio);
  return true;
}

// 5.9 to 5.17: the whole folio must have one reference, so all of it but this page must be gone.
// The part of do_wp_page(), mm/memory.c, 5.10, that asks.
export function reuse_large_by_page_count(k: Kernel, _vma: number, page: number): boolean {
  const count = folio_ref_count(k, page_folio(k, page));
  if (!k.decide(PAGE_COUNT_IS_1, count, count === 1)) return false;
  const mapcount = page_mapcount(k, page);
  return k.decide(MAPCOUNT_IS_1, mapcount, mapcount === 1);
}

// 5.18: the same, once the LRU batches have given up their references.
export function reuse_large_only_reference(k: Kernel, vma: number, page: number): boolean {
  const folio = page_folio(k, page);
  const count = folio_ref_count(k, folio);
  if (!k.decide(REFCOUNT_AT_MOST_3, count, count <= 3)) return false;
  const lru = k.w.page.flags.data[folio] & PG_lru;
  if (!k.decide(ON_LRU, lru ? 1 : 0, lru !== 0)) lru_add_drain(k);
  const cached = folio_test_swapcache(k, folio) ? 1 : 0;
  const drained = folio_ref_count(k, folio);
  if (!k.decide(REFCOUNT_AT_MOST_CACHED, drained, drained <= 1 + cached)) return false;
  if (cached) folio_free_swap(k, folio);
  const last = folio_ref_count(k, folio);
  if (!k.decide(REFCOUNT_IS_1, last, last === 1)) return false;
  folio_move_anon_rmap(k, vma, folio);
  return true;
}

// 5.19 to 6.9: an exclusive page at once, else by 5.18's rule.
export function reuse_large_exclusive_or_only(k: Kernel, vma: number, page: number): boolean {
  return is_exclusive(k, page) || reuse_large_only_reference(k, vma, page);
}

// The proposals with the flag on 5.15: an exclusive page at once, else by that release's rule. mm-semantics §8.6.
export function reuse_large_exclusive_or_by_page_count(k: Kernel, vma: number, page: number): boolean {
  return is_exclusive(k, page) || reuse_large_by_page_count(k, vma, page);
}

// 6.10 to 6.14: exclusive pages alone, so that a large folio of which little is left can be freed.
export function reuse_large_exclusive(k: Kernel, _vma: number, page: number): boolean {
  if (is_exclusive(k, page)) return true;
  k.decide(LARGE, folio_nr_pages(k, page_folio(k, page)), true);
  return false;
}

// From 6.15 on: an exclusive page, or one of a folio that this address space alone maps and nobody else holds.
export function reuse_large_all_ours(k: Kernel, vma: number, page: number): boolean {
  return is_exclusive(k, page) || __wp_can_reuse_large_anon_folio(k, vma, page_folio(k, page));
}

function is_exclusive(k: Kernel, page: number): boolean {
  const exclusive = PageAnonExclusive(k, page);
  return k.decide(EXCLUSIVE, exclusive ? 1 : 0, exclusive);
}

// One page left is copied, so that the folio goes. Mirrors __wp_can_reuse_large_anon_folio(), mm/memory.c, 7.2.
const __wp_can_reuse_large_anon_folio = kernelFunction(
  "__wp_can_reuse_large_anon_folio",
  "mm/memory.c",
  (k: Kernel, _vma: number, folio: number): boolean => {
    const mapcount = folio_mapcount(k, folio);
    if (!k.decide(MAPCOUNT_ABOVE_1, mapcount, mapcount > 1)) return false;
    const shared = has_flag(k, folio, FOLIO_MM_IDS_SHARED);
    if (k.decide(SHARED, shared ? 1 : 0, shared)) return false;
    if (folio_test_swapcache(k, folio)) folio_free_swap(k, folio);
    const count = folio_ref_count(k, folio);
    return k.decide(REFS_ARE_MAPPINGS, count, count === mapcount);
  },
);

// Up to 5.17, of a folio that a PMD maps: the same as of its pages. do_huge_pmd_wp_page(), mm/huge_memory.c, 5.10.
export function reuse_thp_by_mapcount(k: Kernel, _vma: number, folio: number): boolean {
  return reuse_swap_page(k, folio);
}

// 5.18: its only reference is the PMD's, once the swap cache has given up its own. do_huge_pmd_wp_page(), mm/huge_memory.c,
// 5.18.
export function reuse_thp_only_reference(k: Kernel, _vma: number, folio: number): boolean {
  return only_reference(k, folio);
}

// From 5.19 on: an exclusive head at once, else 5.18's rule. do_huge_pmd_wp_page(), mm/huge_memory.c, 6.12.
export function reuse_thp_exclusive(k: Kernel, vma: number, folio: number): boolean {
  if (is_exclusive(k, folio)) return true;
  if (!only_reference(k, folio)) return false;
  folio_move_anon_rmap(k, vma, folio);
  return true;
}

// The proposals with the flag on 5.15: an exclusive head at once, else only where the PMD's is the only reference, as small
// pages. mm-semantics §8.6.
export function reuse_thp_exclusive_or_by_page_count(k: Kernel, _vma: number, folio: number): boolean {
  if (is_exclusive(k, folio)) return true;
  const count = folio_ref_count(k, folio);
  return k.decide(PAGE_COUNT_IS_1, count, count === 1);
}

function only_reference(k: Kernel, folio: number): boolean {
  const cached = folio_test_swapcache(k, folio);
  const count = folio_ref_count(k, folio);
  if (!k.decide(ONLY_CACHED_BESIDE, count, count <= 1 + (cached ? folio_nr_pages(k, folio) : 0))) return false;
  if (cached) folio_free_swap(k, folio);
  const last = folio_ref_count(k, folio);
  return k.decide(REFCOUNT_IS_1, last, last === 1);
}
