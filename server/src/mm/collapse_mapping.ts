// After the pages of a file became one folio: the page tables that mapped them go, and a PMD maps the folio where
// MADV_COLLAPSE asked for it. mm/khugepaged.c; mm-semantics §5.11.

import { collapse_scan_file } from "./collapse_file.ts";
import { add_mm_counter, mm_counter_file } from "./counters.ts";
import { VM_HUGETLB, VM_MAYBE_GUARD, VM_NOHUGEPAGE, VM_SPECIAL } from "./flags.ts";
import { folio_order, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { do_set_pmd, file_thp_suitable } from "./huge_file_pmd.ts";
import type { Kernel } from "./kernel.ts";
import { vm_normal_page } from "./normal_page.ts";
import { filemap_peek } from "./page_cache.ts";
import { folio_get, folio_put, folio_put_refs } from "./page_ref.ts";
import { PTE_PRESENT, pmd_alloc, pmd_none_or_table, pmd_offset, pte_free_table, walk_ptes } from "./pgtable.ts";
import { folio_remove_rmap_ptes, linear_page_index } from "./rmap.ts";
import type { Collapser, ScanResult } from "./scan_result.ts";
import { filemap_fdatawrite_range, mappings_of } from "./truncate.ts";
import { is_shmem, REGULAR_FILE } from "./vm_ops.ts";

// Whether khugepaged or MADV_COLLAPSE may have a look at the VMA of a file: shmem for MADV_COLLAPSE alone, which does not ask
// shmem_enabled as khugepaged does (it is `never` unless somebody sets it); ordinary files where they can have such folios (Debian's kernels have no CONFIG_READ_ONLY_THP_FOR_FS).
// Mirrors __thp_vma_allowable_orders(), mm/huge_memory.c, 6.12 (hugepage_vma_check() before 6.8).
export function file_collapsible(k: Kernel, vma: number, by: Collapser): boolean {
  const { flags, end, file } = k.w.vma;
  if (flags.data[vma] & (VM_NOHUGEPAGE | VM_SPECIAL | VM_HUGETLB)) return false;
  if (!file_thp_suitable(k, vma, end.data[vma] - k.hpageNr)) return false;
  const of = file.data[vma] - 1;
  if (is_shmem(k, of)) return by === "MADV_COLLAPSE";
  return k.model.collapsesFiles && k.w.file.kind.data[of] === REGULAR_FILE;
}

// One PMD's worth. MADV_COLLAPSE has dirty pages of an ordinary file written and tries again, and maps the folio by a PMD;
// after khugepaged the next fault does that. Mirrors collapse_single_pmd(), mm/khugepaged.c, 7.2.
export function collapse_file_pmd(k: Kernel, vma: number, vpn: number, by: Collapser): ScanResult {
  const file = k.w.vma.file.data[vma] - 1;
  const start = linear_page_index(k, vma, vpn);
  let result = collapse_scan_file(k, file, start, by);
  if (result === "SCAN_PAGE_DIRTY_OR_WRITEBACK" && by === "MADV_COLLAPSE") {
    filemap_fdatawrite_range(k, file, start, start + k.hpageNr);
    result = collapse_scan_file(k, file, start, by);
  }
  if (result === "SCAN_SUCCEED") {
    const own = retract_page_tables(k, file, start, vma, vpn, by);
    if (by === "khugepaged") return result;
    if (k.model.collapseRetractsOwn) return own;
    result = "SCAN_PTE_MAPPED_HUGEPAGE";
  }
  return result === "SCAN_PTE_MAPPED_HUGEPAGE" ? collapse_pte_mapped_thp(k, vma, vpn, by) : result;
}

// The page tables that served the pages go, where all of their range maps the file and no private copies can be among
// them. Up to 6.5 MADV_COLLAPSE does so for the mapping that it was called for alone, maps the folio there by a PMD, and its
// answer tells how that went. Mirrors retract_page_tables(), mm/khugepaged.c, 6.1, 6.12.
function retract_page_tables(
  k: Kernel,
  file: number,
  start: number,
  vma: number,
  vpn: number,
  by: Collapser,
): ScanResult {
  const { vma: v } = k.w;
  const own = k.model.collapseRetractsOwn && by === "MADV_COLLAPSE";
  let answer: ScanResult = "SCAN_FAIL";
  for (const row of mappings_of(k, file)) {
    const at = v.start.data[row] + start - v.pgoff.data[row];
    const target = v.mm.data[row] === v.mm.data[vma] && at === vpn;
    const result = retract(k, row, at, !own || target);
    if (own && target) answer = result === "SCAN_SUCCEED" ? set_huge_pmd(k, row, at) : result;
  }
  return answer;
}

const retract = kernelFunction(
  "retract_page_tables",
  "mm/khugepaged.c",
  (k: Kernel, vma: number, at: number, free: boolean): ScanResult => {
    const { vma: v } = k.w;
    if (v.anon_vma.data[vma] !== 0) return "SCAN_PAGE_ANON";
    if (at % k.hpageNr !== 0 || at < v.start.data[vma] || at + k.hpageNr > v.end.data[vma]) return "SCAN_VMA_CHECK";
    if (v.flags.data[vma] & VM_MAYBE_GUARD) return "SCAN_VMA_CHECK";
    const mm = v.mm.data[vma] - 1;
    const found = find_pmd_or_thp_or_none(k, mm, at);
    if (found === "SCAN_SUCCEED" && free) pte_free_table(k, mm, pmd_offset(k, mm, at));
    return found;
  },
);

// Whether a page table serves the range. Mirrors find_pmd_or_thp_or_none(), mm/khugepaged.c, 6.12.
export function find_pmd_or_thp_or_none(k: Kernel, mm: number, vpn: number): ScanResult {
  const pmd = pmd_offset(k, mm, vpn);
  if (pmd < 0) return "SCAN_PMD_NULL";
  const entry = k.w.pte.entry.data[pmd];
  if (entry === 0) return "SCAN_PMD_NONE";
  if (pmd_none_or_table(entry)) return "SCAN_SUCCEED";
  return entry & PTE_PRESENT || k.model.collapseFillsUpper ? "SCAN_PMD_MAPPED" : "SCAN_PMD_NULL";
}

// A PMD comes to map the folio where PTEs map it, or nothing does. Other pages among them refuse.
// Mirrors collapse_pte_mapped_thp(), mm/khugepaged.c, 6.12 (try_collapse_pte_mapped_thp(), 7.2).
const collapse_pte_mapped_thp = kernelFunction(
  "collapse_pte_mapped_thp",
  "mm/khugepaged.c",
  (k: Kernel, vma: number, vpn: number, by: Collapser): ScanResult => {
    const mm = k.w.vma.mm.data[vma] - 1;
    const install = (): ScanResult => (by === "MADV_COLLAPSE" ? set_huge_pmd(k, vma, vpn) : "SCAN_SUCCEED");
    const found = find_pmd_or_thp_or_none(k, mm, vpn);
    if (found === "SCAN_PMD_MAPPED") return found;
    const page = filemap_peek(k, k.w.vma.file.data[vma] - 1, linear_page_index(k, vma, vpn));
    if (page < 0) return "SCAN_PAGE_NULL";
    const folio = page_folio(k, page);
    if (folio_order(k, folio) !== k.hpageOrder) return "SCAN_PAGE_COMPOUND";
    if (found === "SCAN_PMD_NONE") return install();
    if (found === "SCAN_PMD_NULL") return k.model.collapseFillsUpper ? install() : found;
    const refusal = clear_ptes(k, vma, vpn, folio);
    if (refusal !== undefined) return refusal;
    pte_free_table(k, mm, pmd_offset(k, mm, vpn));
    return install();
  },
);

// All entries of the page table, which map pages of the folio: mapcount - 1, reference - 1, rss - 1 each. When one of them
// maps something else, none is touched.
function clear_ptes(k: Kernel, vma: number, vpn: number, folio: number): ScanResult | undefined {
  const mm = k.w.vma.mm.data[vma] - 1;
  let refusal: ScanResult | undefined;
  const runs: { pte: number; page: number; nr: number }[] = [];
  walk_ptes(k, mm, vpn, vpn + k.hpageNr, (pte, at, entry) => {
    if ((entry & PTE_PRESENT) === 0) refusal ??= "SCAN_PTE_NON_PRESENT";
    else if (vm_normal_page(k, vma, entry) !== folio + at - vpn) refusal ??= "SCAN_FAIL";
    const last = runs.at(-1);
    if (last !== undefined && last.pte + last.nr === pte) last.nr++;
    else runs.push({ pte, page: folio + at - vpn, nr: 1 });
  });
  if (refusal !== undefined) return refusal;
  let count = 0;
  for (const { pte, page, nr } of runs) {
    k.setRun(k.w.pte.entry, pte, nr, 0);
    folio_remove_rmap_ptes(k, vma, page, nr);
    count += nr;
  }
  if (count === 0) return undefined;
  folio_put_refs(k, folio, count);
  add_mm_counter(k, mm, mm_counter_file(k, folio), -count);
  return undefined;
}

// Mirrors set_huge_pmd(), mm/khugepaged.c, 7.2.
function set_huge_pmd(k: Kernel, vma: number, vpn: number): ScanResult {
  const page = filemap_peek(k, k.w.vma.file.data[vma] - 1, linear_page_index(k, vma, vpn));
  if (!pmd_alloc(k, k.w.vma.mm.data[vma] - 1, vpn)) return "SCAN_FAIL";
  folio_get(k, page);
  if (do_set_pmd(k, vma, vpn, page, 0)) return "SCAN_SUCCEED";
  folio_put(k, page);
  return "SCAN_FAIL";
}
