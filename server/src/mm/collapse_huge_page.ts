// One range of anonymous pages becomes a huge page: they are copied into a folio of their size, and a PMD maps it in the
// place of their table. mm/khugepaged.c; mm-semantics §5.11.

import { FAULT_FLAG_ALLOW_RETRY } from "./abi.ts";
import {
  counts_as_shared,
  is_refcount_suitable,
  max_ptes_none,
  max_ptes_shared,
  pte_none_or_zero,
  referenced_pte,
  refused,
} from "./collapse_rules.ts";
import { add_mm_counter } from "./counters.ts";
import { deferred_split_folio } from "./deferred_split.ts";
import { do_swap_page } from "./do_swap_page.ts";
import { VM_FAULT_ERROR } from "./fault.ts";
import { PG_lru, PG_swapcache, VM_WRITE } from "./flags.ts";
import { folio_test_large, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma, folio_isolate_lru, folio_putback_lru, lru_add_drain } from "./lru.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { vm_normal_page } from "./normal_page.ts";
import { folio_alloc } from "./page_alloc.ts";
import { folio_put } from "./page_ref.ts";
import {
  mk_pte,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pmd_offset,
  pmd_populate,
  pmdp_collapse_flush,
  pte_offset,
  pte_prot,
  wait_under,
} from "./pgtable.ts";
import { folio_add_new_anon_rmap, folio_remove_rmap_pte } from "./rmap.ts";
import type { Collapser, ScanResult } from "./scan_result.ts";
import { free_swap_cache, reuse_swap_page } from "./swapfile.ts";
import { is_swap_pte } from "./swapops.ts";

// The new folio: refcount 1, mapped once as a whole, its head exclusive (from 5.19), dirty, writable where the VMA is; the
// pages that were there lose this mapping, and rss_anon grows by the entries that were empty. Mirrors
// collapse_huge_page(), mm/khugepaged.c, 6.12.
export const collapse_huge_page = kernelFunction(
  "collapse_huge_page",
  "mm/khugepaged.c",
  (k: Kernel, vma: number, first: number, by: Collapser, swapped: number): ScanResult => {
    const mm = k.w.vma.mm.data[vma] - 1;
    const folio = folio_alloc(k, k.hpageOrder);
    if (folio < 0) return refused(k, "SCAN_ALLOC_HUGE_PAGE_FAIL", 0);
    const back = swapped > 0 ? __collapse_huge_page_swapin(k, vma, first) : "SCAN_SUCCEED";
    if (back !== "SCAN_SUCCEED") {
      folio_put(k, folio);
      return back;
    }
    const pmd = pmd_offset(k, mm, first);
    const pte = pte_offset(k, mm, first);
    const table = pmdp_collapse_flush(k, pmd);
    const isolated = __collapse_huge_page_isolate(k, vma, pte, by);
    if (typeof isolated === "string") {
      pmd_populate(k, pmd, table);
      folio_put(k, folio);
      return isolated;
    }
    __collapse_huge_page_copy(k, vma, pte, folio, isolated);
    const flags = k.w.vma.flags.data[vma];
    const writable = flags & VM_WRITE ? PTE_WRITE : 0;
    folio_add_new_anon_rmap(k, vma, first, folio, false);
    folio_add_lru_vma(k, folio, vma);
    wait_under(k, pmd, table);
    k.set(k.w.pte.entry, pmd, mk_pte(folio, pte_prot(flags) | PTE_DIRTY | PTE_SOFT_DIRTY | writable));
    deferred_split_folio(k, folio, false);
    return "SCAN_SUCCEED";
  },
);

// What is in swap comes back, as by reads. Mirrors __collapse_huge_page_swapin(), mm/khugepaged.c, 6.12.
const __collapse_huge_page_swapin = kernelFunction(
  "__collapse_huge_page_swapin",
  "mm/khugepaged.c",
  (k: Kernel, vma: number, first: number): ScanResult => {
    const mm = k.w.vma.mm.data[vma] - 1;
    const task = k.current;
    for (let vpn = first; vpn < first + k.hpageNr; vpn++) {
      const pte = pte_offset(k, mm, vpn);
      const entry = k.w.pte.entry.data[pte];
      if (!is_swap_pte(entry)) continue;
      const result = do_swap_page(k, { task, mm, vma, vpn, flags: FAULT_FLAG_ALLOW_RETRY, pmd: -1, pte, entry });
      if (result & VM_FAULT_ERROR) return "SCAN_FAIL";
    }
    lru_add_drain(k);
    return "SCAN_SUCCEED";
  },
);

// Takes the folios off the LRU, in order, unless one of them may not be taken: then those that were go back. Mirrors
// __collapse_huge_page_isolate(), mm/khugepaged.c, 6.12.
const __collapse_huge_page_isolate = kernelFunction(
  "__collapse_huge_page_isolate",
  "mm/khugepaged.c",
  (k: Kernel, vma: number, pte: number, by: Collapser): ReadonlySet<number> | ScanResult => {
    const isolated = new Set<number>();
    const seen = { empty: 0, shared: 0, referenced: 0, writable: false };
    let result: ScanResult = "SCAN_SUCCEED";
    let at = 0;
    for (; at < k.hpageNr && result === "SCAN_SUCCEED"; at++) {
      const entry = k.w.pte.entry.data[pte + at];
      if (pte_none_or_zero(k, entry)) {
        if (++seen.empty > max_ptes_none(k, by)) result = "SCAN_EXCEED_NONE_PTE";
        continue;
      }
      if ((entry & PTE_PRESENT) === 0) {
        result = "SCAN_PTE_NON_PRESENT";
        break;
      }
      const page = vm_normal_page(k, vma, entry);
      if (page === undefined) {
        result = "SCAN_PAGE_NULL";
        break;
      }
      const folio = page_folio(k, page);
      result = isolate(k, page, entry, by, seen, isolated);
      if (referenced_pte(k, entry, folio)) seen.referenced++;
      if (entry & PTE_WRITE) seen.writable = true;
    }
    if (result === "SCAN_SUCCEED" && k.model.khugepagedNeedsWritable && !seen.writable) result = "SCAN_PAGE_RO";
    if (result === "SCAN_SUCCEED" && by === "khugepaged" && seen.referenced === 0) {
      result = "SCAN_LACK_REFERENCED_PAGE";
    }
    if (result === "SCAN_SUCCEED") return isolated;
    for (const folio of isolated) folio_putback_lru(k, folio);
    return refused(k, result, at);
  },
);

// The part of __collapse_huge_page_isolate() that is about one page, whose large folio it meets once for each of its pages.
function isolate(
  k: Kernel,
  page: number,
  entry: number,
  by: Collapser,
  seen: { shared: number },
  isolated: Set<number>,
): ScanResult {
  const folio = page_folio(k, page);
  if (k.model.khugepagedTakesShared) {
    if (counts_as_shared(k, page) && ++seen.shared > max_ptes_shared(k, by)) return "SCAN_EXCEED_SHARED_PTE";
    if (isolated.has(folio)) return "SCAN_SUCCEED";
  } else if (folio_test_large(k, folio)) {
    return "SCAN_PAGE_COMPOUND";
  }
  if (!is_refcount_suitable(k, folio)) return "SCAN_PAGE_COUNT";
  const cached = (k.w.page.flags.data[folio] & PG_swapcache) !== 0;
  if (k.model.khugepagedReusesSwapPages && (entry & PTE_WRITE) === 0 && cached && !reuse_swap_page(k, folio)) {
    return "SCAN_SWAP_CACHE_PAGE";
  }
  if ((k.w.page.flags.data[folio] & PG_lru) === 0 || !folio_isolate_lru(k, folio)) return "SCAN_DEL_PAGE_LRU";
  isolated.add(folio);
  return "SCAN_SUCCEED";
}

// Copies what is there, zeroes for what is not, and takes the entries away: each page mapcount - 1, refcount - 1.
// Mirrors __collapse_huge_page_copy(), mm/khugepaged.c, 6.12.
const __collapse_huge_page_copy = kernelFunction(
  "__collapse_huge_page_copy",
  "mm/khugepaged.c",
  (k: Kernel, vma: number, pte: number, folio: number, isolated: ReadonlySet<number>) => {
    const { page } = k.w;
    const entries = Array.from({ length: k.hpageNr }, (_, i) => k.w.pte.entry.data[pte + i]);
    const pages = entries.map((entry) => (pte_none_or_zero(k, entry) ? undefined : vm_normal_page(k, vma, entry)));
    for (let i = 0; i < pages.length; ) {
      const content = contentOf(k, pages[i]);
      let run = 1;
      while (i + run < pages.length && contentOf(k, pages[i + run]) === content) run++;
      k.setRun(page.content, folio + i, run, content);
      i += run;
    }
    const mm = k.w.vma.mm.data[vma] - 1;
    const empty = pages.filter((src) => src === undefined).length;
    if (empty > 0) add_mm_counter(k, mm, k.w.mm.rss_anon, empty);
    for (const [i, src] of pages.entries()) {
      if (entries[i] === 0) continue;
      if (src !== undefined && !folio_test_large(k, src)) folio_putback_lru(k, src);
      k.set(k.w.pte.entry, pte + i, 0);
      if (src === undefined) continue;
      const old = page_folio(k, src);
      folio_remove_rmap_pte(k, vma, src);
      if (vma_locks(k, vma)) munlock_vma_folio(k, old);
      free_swap_cache(k, old);
      folio_put(k, old);
    }
    for (const old of isolated) {
      if (!folio_test_large(k, old)) continue;
      free_swap_cache(k, old);
      folio_putback_lru(k, old);
    }
  },
);

function contentOf(k: Kernel, page: number | undefined): number {
  return page === undefined ? 0 : k.w.page.content.data[page];
}
