// khugepaged and MADV_COLLAPSE: a range of small pages becomes a huge page where the rules allow. mm/khugepaged.c;
// mm-semantics §5.11.
//
//   madvise_collapse ─┐                       ┌─ anonymous ─▶ hpage_collapse_scan_pmd ─▶ collapse_huge_page
//                     ├─▶ each PMD's range ───┤
//   khugepaged_scan ──┘                       └─ a file's ──▶ hpage_collapse_scan_file (collapse_mapping.ts, collapse_file.ts)

import type { Errno } from "./abi.ts";
import { collapse_huge_page } from "./collapse_huge_page.ts";
import { collapse_file_pmd, file_collapsible, find_pmd_or_thp_or_none } from "./collapse_mapping.ts";
import {
  counts_as_shared,
  is_refcount_suitable,
  max_ptes_none,
  max_ptes_shared,
  max_ptes_swap,
  pte_none_or_zero,
  referenced_pte,
  refused,
} from "./collapse_rules.ts";
import { PG_lru, VM_HUGEPAGE, VM_HUGETLB, VM_NOHUGEPAGE, VM_SPECIAL } from "./flags.ts";
import { folio_test_anon, folio_test_large, folio_test_swapbacked, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { pmd_first, thp_vma_suitable } from "./huge_memory.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain } from "./lru.ts";
import { vm_normal_page } from "./normal_page.ts";
import { PTE_DIRTY, PTE_PRESENT, PTE_WRITE, pte_offset } from "./pgtable.ts";
import { type Collapser, GOES_ON, madvise_collapse_errno, type ScanResult } from "./scan_result.ts";
import { clamped_page } from "./user_range.ts";
import { vma_is_anonymous, vma_refpage } from "./vma.ts";

const MAY_COLLAPSE = condition("thp_vma_allowable_order(vma, vma->vm_flags, tva_flags, PMD_ORDER)", "vm_flags");

// MADV_COLLAPSE, whatever `machine thp=` says, as long as the VMA does not forbid huge pages. 0 when each whole huge page
// in the range is one afterwards. Mirrors madvise_collapse(), mm/khugepaged.c, 6.12.
export const madvise_collapse = kernelFunction(
  "madvise_collapse",
  "mm/khugepaged.c",
  (k: Kernel, vma: number, start: number, end: number): 0 | Errno => {
    if (!collapse_possible(k, vma, "MADV_COLLAPSE")) return "EINVAL";
    const first = Math.ceil(start / k.hpageNr) * k.hpageNr;
    const last = pmd_first(k, end);
    if (first > last) return k.model.collapseOfNothing;
    lru_add_drain(k);
    let collapsed = 0;
    let failed: ScanResult = "SCAN_FAIL";
    for (let at = first; at < last; at += k.hpageNr) {
      const result = collapse_single_pmd(k, vma, at, "MADV_COLLAPSE");
      if (result === "SCAN_SUCCEED" || result === "SCAN_PMD_MAPPED") {
        collapsed++;
        continue;
      }
      failed = result;
      const goesOn = GOES_ON.includes(result) || (result === "SCAN_PMD_NONE" && k.model.collapsePassesHoles);
      if (!goesOn) break;
    }
    return collapsed === (last - first) / k.hpageNr ? 0 : madvise_collapse_errno(failed);
  },
);

// khugepaged comes by at the address of the process. Mirrors khugepaged_scan_mm_slot(), mm/khugepaged.c, 6.12, for one
// range.
export const khugepaged = kernelFunction(
  "khugepaged_scan_mm_slot",
  "mm/khugepaged.c",
  (k: Kernel, task: number, addr: bigint) => {
    const first = pmd_first(k, clamped_page(k, addr));
    const vma = k.vmas.lookup(k.w.task.mm.data[task] - 1, first);
    if (vma < 0 || !thp_vma_suitable(k, vma, first)) return;
    lru_add_drain(k);
    if (collapse_possible(k, vma, "khugepaged")) collapse_single_pmd(k, vma, first, "khugepaged");
  },
);

// Mirrors collapse_single_pmd(), mm/khugepaged.c, 7.2.
function collapse_single_pmd(k: Kernel, vma: number, first: number, by: Collapser): ScanResult {
  const anon = vma_is_anonymous(k, vma);
  return anon ? hpage_collapse_scan_pmd(k, vma, first, by) : collapse_file_pmd(k, vma, first, by);
}

// Whether the VMA may have huge pages at all. Mirrors thp_vma_allowable_order(), mm/huge_memory.c, 6.12
// (hugepage_vma_check() before 6.8).
function collapse_possible(k: Kernel, vma: number, by: Collapser): boolean {
  const flags = k.w.vma.flags.data[vma];
  const { thp } = k.machine;
  const wanted = by === "MADV_COLLAPSE" || thp === "always" || (thp === "madvise" && (flags & VM_HUGEPAGE) !== 0);
  const possible = vma_is_anonymous(k, vma) ? anon_collapsible(k, vma) : file_collapsible(k, vma, by);
  return k.decide(MAY_COLLAPSE, flags, wanted && possible);
}

// Memory that was written once, with room for a huge page; reference pages never (mm-semantics §8.2).
function anon_collapsible(k: Kernel, vma: number): boolean {
  const { flags, end, anon_vma } = k.w.vma;
  if (flags.data[vma] & (VM_NOHUGEPAGE | VM_SPECIAL | VM_HUGETLB) || vma_refpage(k, vma) !== 0) return false;
  return thp_vma_suitable(k, vma, pmd_first(k, end.data[vma] - k.hpageNr)) && anon_vma.data[vma] !== 0;
}

// Looks at the entries of one PMD, without changing any: as many may be empty, in swap or shared as the limits say, and
// nothing else may hold a page. Mirrors hpage_collapse_scan_pmd(), mm/khugepaged.c, 6.12 (khugepaged_scan_pmd() before 6.1).
const hpage_collapse_scan_pmd = kernelFunction(
  "hpage_collapse_scan_pmd",
  "mm/khugepaged.c",
  (k: Kernel, vma: number, first: number, by: Collapser): ScanResult => {
    const mm = k.w.vma.mm.data[vma] - 1;
    const state = find_pmd_or_thp_or_none(k, mm, first);
    if (state !== "SCAN_SUCCEED") return refused(k, state, 0);
    const pte = pte_offset(k, mm, first);
    const { data } = k.w.pte.entry;
    const seen = { empty: 0, swapped: 0, shared: 0, referenced: 0, writable: false };
    for (let i = 0; i < k.hpageNr; i++) {
      const result = scan_pte(k, vma, data[pte + i], by, seen);
      if (result !== "SCAN_SUCCEED") return refused(k, result, i);
    }
    if (k.model.khugepagedNeedsWritable && !seen.writable) return refused(k, "SCAN_PAGE_RO", 0);
    const cold = seen.referenced === 0 || (seen.swapped > 0 && seen.referenced < k.hpageNr / 2);
    if (by === "khugepaged" && cold) return refused(k, "SCAN_LACK_REFERENCED_PAGE", seen.referenced);
    return collapse_huge_page(k, vma, first, by, seen.swapped);
  },
);

interface Seen {
  empty: number;
  swapped: number;
  shared: number;
  referenced: number;
  writable: boolean;
}

function scan_pte(k: Kernel, vma: number, entry: number, by: Collapser, seen: Seen): ScanResult {
  if (pte_none_or_zero(k, entry)) return ++seen.empty > max_ptes_none(k, by) ? "SCAN_EXCEED_NONE_PTE" : "SCAN_SUCCEED";
  if ((entry & PTE_PRESENT) === 0)
    return ++seen.swapped > max_ptes_swap(k, by) ? "SCAN_EXCEED_SWAP_PTE" : "SCAN_SUCCEED";
  if (entry & PTE_WRITE) seen.writable = true;
  const page = vm_normal_page(k, vma, entry);
  if (page === undefined) return "SCAN_PAGE_NULL";
  const folio = page_folio(k, page);
  const lazyfree = folio_test_anon(k, folio) && !folio_test_swapbacked(k, folio);
  if (by === "khugepaged" && k.model.khugepagedSparesLazyfree && lazyfree && (entry & PTE_DIRTY) === 0) {
    return "SCAN_PAGE_LAZYFREE";
  }
  if (!folio_test_anon(k, folio)) return "SCAN_PAGE_ANON";
  if (k.model.khugepagedTakesShared) {
    if (counts_as_shared(k, page) && ++seen.shared > max_ptes_shared(k, by)) return "SCAN_EXCEED_SHARED_PTE";
  } else if (folio_test_large(k, folio)) {
    return "SCAN_PAGE_COMPOUND";
  }
  if ((k.w.page.flags.data[folio] & PG_lru) === 0) return "SCAN_PAGE_LRU";
  if (!is_refcount_suitable(k, folio)) return "SCAN_PAGE_COUNT";
  if (referenced_pte(k, entry, folio)) seen.referenced++;
  return "SCAN_SUCCEED";
}
