// May a write fault make an anonymous page writable in place, or must it copy? The question of copy-on-write, as the
// eras answer it. do_wp_page(), mm/memory.c; mm-semantics §2.4, §7.0, §7.1, §7.3.

import { default_page_is_free } from "./default_page.ts";
import { PG_anon_exclusive, PG_ksm, PG_lru, PG_swapcache } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain } from "./lru.ts";
import { folio_ref_count } from "./page_ref.ts";
import { folio_move_anon_rmap, linear_page_index } from "./rmap.ts";
import { folio_free_swap, reuse_swap_page } from "./swapfile.ts";

const KSM_PAGE_IS_OURS = condition("page_count(page) == 1 && !PageSwapCache(page)", "refcount");
const PAGE_COUNT_IS_1 = condition("page_count(page) == 1", "refcount");
const MAPCOUNT_IS_1 = condition("page_mapcount(page) == 1", "mapcount");
const EXCLUSIVE = condition("PageAnonExclusive(page)", "exclusive");
const REFCOUNT_AT_MOST_3 = condition("!folio_test_ksm(folio) && folio_ref_count(folio) <= 3", "refcount");
const ON_LRU = condition("folio_test_lru(folio)", "lru");
const REFCOUNT_AT_MOST_CACHED = condition("folio_ref_count(folio) <= 1 + folio_test_swapcache(folio)", "refcount");
const REFCOUNT_IS_1 = condition("!folio_test_ksm(folio) && folio_ref_count(folio) == 1", "refcount");

// Up to 5.8: mappings count, references do not. Whoever holds a GUP reference may see the write (CVE-2020-29374).
// The part of do_wp_page(), mm/memory.c, 5.7, that asks; KSM's pages go by a rule of their own.
export function reuse_by_mapcount_or_ksm(k: Kernel, vma: number, pfn: number, vpn: number): boolean {
  if (k.w.page.flags.data[pfn] & PG_ksm) return reuse_ksm_page(k, vma, pfn, vpn);
  if (!reuse_swap_page(k, pfn)) return false;
  folio_move_anon_rmap(k, vma, pfn);
  return true;
}

// A KSM page that nobody else holds becomes this VMA's ordinary page again; its stable node goes stale.
// Mirrors reuse_ksm_page(), mm/ksm.c, 5.7.
const reuse_ksm_page = kernelFunction(
  "reuse_ksm_page",
  "mm/ksm.c",
  (k: Kernel, vma: number, pfn: number, vpn: number): boolean => {
    const { page } = k.w;
    if (!k.model.reusesKsmPages) return false;
    const cached = (page.flags.data[pfn] & PG_swapcache) !== 0;
    const count = folio_ref_count(k, pfn);
    if (!k.decide(KSM_PAGE_IS_OURS, count, !cached && page.mapping.data[pfn] !== 0 && count === 1)) return false;
    k.set(page.flags, pfn, page.flags.data[pfn] & ~PG_ksm);
    folio_move_anon_rmap(k, vma, pfn);
    k.set(page.index, pfn, linear_page_index(k, vma, vpn));
    return true;
  },
);

// 5.9 to 5.17: any further reference means a copy. The part of do_wp_page(), mm/memory.c, 5.10, that asks.
export function reuse_by_page_count(k: Kernel, _vma: number, pfn: number): boolean {
  const { page } = k.w;
  const count = folio_ref_count(k, pfn);
  if (!k.decide(PAGE_COUNT_IS_1, count, count === 1 && (page.flags.data[pfn] & PG_ksm) === 0)) return false;
  const mapcount = page._mapcount.data[pfn];
  return k.decide(MAPCOUNT_IS_1, mapcount, mapcount === 1);
}

// refpage-in-mapping: as in 5.10, but for the default page once untouched pages show it. mm-semantics §8.4.
export function reuse_unless_default_page(k: Kernel, vma: number, pfn: number): boolean {
  return default_page_is_free(k, vma, pfn) && reuse_by_page_count(k, vma, pfn);
}

// 5.18: a page whose only reference is this mapping, once the LRU batches and the swap cache have given up theirs.
export function reuse_only_reference(k: Kernel, vma: number, pfn: number): boolean {
  return wp_can_reuse_anon_folio(k, vma, pfn);
}

// From 5.19 on: an exclusive page at once; else one whose only reference is this mapping.
export function reuse_exclusive(k: Kernel, vma: number, pfn: number): boolean {
  const exclusive = (k.w.page.flags.data[pfn] & PG_anon_exclusive) !== 0;
  return k.decide(EXCLUSIVE, exclusive ? 1 : 0, exclusive) || wp_can_reuse_anon_folio(k, vma, pfn);
}

// The proposals with the flag on 5.15: an exclusive page at once, else by that release's rule. mm-semantics §8.6.
export function reuse_exclusive_or_by_page_count(k: Kernel, vma: number, pfn: number): boolean {
  const exclusive = (k.w.page.flags.data[pfn] & PG_anon_exclusive) !== 0;
  return k.decide(EXCLUSIVE, exclusive ? 1 : 0, exclusive) || reuse_by_page_count(k, vma, pfn);
}

// Mirrors wp_can_reuse_anon_folio(), mm/memory.c, 6.12, for small folios. From 5.18 to 6.6 the text stood in
// do_wp_page().
const wp_can_reuse_anon_folio = kernelFunction(
  "wp_can_reuse_anon_folio",
  "mm/memory.c",
  (k: Kernel, vma: number, pfn: number) => {
    const flags = k.w.page.flags.data[pfn];
    const ksm = (flags & PG_ksm) !== 0;
    const count = folio_ref_count(k, pfn);
    if (!k.decide(REFCOUNT_AT_MOST_3, count, !ksm && count <= 3)) return false;
    if (!k.decide(ON_LRU, flags & PG_lru ? 1 : 0, (flags & PG_lru) !== 0)) lru_add_drain(k);
    const cached = flags & PG_swapcache ? 1 : 0;
    const drained = folio_ref_count(k, pfn);
    if (!k.decide(REFCOUNT_AT_MOST_CACHED, drained, drained <= 1 + cached)) return false;
    if (cached) folio_free_swap(k, pfn);
    const last = folio_ref_count(k, pfn);
    if (!k.decide(REFCOUNT_IS_1, last, !ksm && last === 1)) return false;
    folio_move_anon_rmap(k, vma, pfn);
    return true;
  },
);
