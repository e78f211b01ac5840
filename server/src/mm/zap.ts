// Taking pages away from an address space: munmap, exit, MADV_DONTNEED, truncation. mm/memory.c; mm-semantics §5.1.

import { add_mm_counter, mm_counter } from "./counters.ts";
import { hold_default_page } from "./default_page.ts";
import { PG_swapcache, VM_HUGETLB } from "./flags.ts";
import { folio_test_anon, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { zap_pmd_range } from "./huge_pmd_zap.ts";
import { zap_hugepage_range } from "./hugetlb_zap.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mark_accessed, lru_add_drain } from "./lru.ts";
import { folio_mapped } from "./mapcount.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { counts_mapping, vm_normal_page } from "./normal_page.ts";
import { folio_maybe_dma_pinned, folio_put_refs } from "./page_ref.ts";
import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  pmd_offset,
  pte_free_table,
  pte_offset,
  type VisitHuge,
  walk_ptes,
} from "./pgtable.ts";
import { FPB_IGNORE_DIRTY, FPB_IGNORE_SOFT_DIRTY, folio_pte_batch } from "./pte_batch.ts";
import { folio_remove_rmap_ptes } from "./rmap.ts";
import { free_swap_and_cache, free_swap_cache } from "./swapfile.ts";
import { is_migration_entry, is_swap_entry, migration_entry_pfn, PTE_MARKER, swp_offset } from "./swapops.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

// struct zap_details: private copies of a file mapping go too (even_cows), and so do markers (ZAP_FLAG_DROP_MARKER).
export const ZAP_EVEN_COWS = 0x1;
const ZAP_DROP_MARKERS = 0x2;
// PTE tables that are empty afterwards may go, too (zap_details.reclaim_pt).
export const ZAP_RECLAIM_PT = 0x4;
// munmap and exit take all there is.
export const ZAP_ALL = ZAP_EVEN_COWS | ZAP_DROP_MARKERS;

// Clears the VMA's entries in [start, end) pages. Each page that an entry mapped: mapcount - 1,
// refcount - 1, rss - 1; a dirty entry of a file's page makes the page dirty. The exclusive flag of an anonymous page
// stays as it is. Each swap entry: rss_swap - 1, and its slot loses a user.
// details: ZAP_* bits. Mirrors unmap_page_range() and zap_pte_range(), mm/memory.c, 6.12.
export const unmap_page_range = kernelFunction(
  "unmap_page_range",
  "mm/memory.c",
  (k: Kernel, vma: number, start: number, end: number, details: number) => {
    if (k.w.vma.flags.data[vma] & VM_HUGETLB) zap_hugepage_range(k, vma, start, end);
    else zap_pte_range(k, vma, start, end, details);
  },
);

// The same for whoever takes the pages but not the mapping, so that markers stay. Up to 6.12 the CPU's LRU batches are
// emptied before, so that fresh pages can be freed, and after (free_pages_and_swap_cache()).
// Mirrors zap_page_range_single(), mm/memory.c, 6.12 (zap_page_range() before 6.3).
export const zap_page_range_single = kernelFunction(
  "zap_page_range_single",
  "mm/memory.c",
  (k: Kernel, vma: number, start: number, end: number, details: number) => {
    unmap_drains_lru(k);
    unmap_page_range(k, vma, start, end, details);
    unmap_drains_lru(k);
  },
);

// What unmapping does to the LRU batches, at its start and at its end.
export function unmap_drains_lru(k: Kernel): void {
  if (k.model.unmapDrainsLru) lru_add_drain(k);
}

// details: ZAP_* bits. A huge entry goes whole where the range covers it, and is split where not.
export function zap_pte_range(k: Kernel, vma: number, start: number, end: number, details: number): void {
  zap_entries(k, vma, start, end, details, in_frame(k.frame, k, zap_pmd_range(k, vma)));
}

const zap_entries = kernelFunction(
  "zap_pte_range",
  "mm/memory.c",
  (k: Kernel, vma: number, start: number, end: number, details: number, huge: VisitHuge) => {
    const mm = k.w.vma.mm.data[vma] - 1;
    if (k.w.vma.default_page.data[vma] !== 0) hold_default_page(k, vma, start, end);
    walk_ptes(
      k,
      mm,
      start,
      end,
      (pte, vpn, entry) => {
        if ((entry & PTE_PRESENT) === 0) return zap_nonpresent_pte(k, mm, pte, entry, details);
        const page = vm_normal_page(k, vma, entry);
        if (page === undefined) return k.set(k.w.pte.entry, pte, 0);
        const anon = folio_test_anon(k, page_folio(k, page));
        if (anon && (details & ZAP_EVEN_COWS) === 0) return;
        const left = Math.min(end, vpn - (vpn % k.hpageNr) + k.hpageNr) - vpn;
        const nr = folio_pte_batch(k, pte, page, left, FPB_IGNORE_DIRTY | FPB_IGNORE_SOFT_DIRTY);
        zap_present_folio_ptes(k, vma, page, { pte, nr, entry });
      },
      huge,
    );
    if (details & ZAP_RECLAIM_PT && reclaims_tables(k)) zap_empty_pte_tables(k, mm, start, end);
  },
);

// Huge entries are the caller's: no PTE of theirs is gone through, so the frame of who goes through PTEs is not on the stack.
function in_frame(frame: number, k: Kernel, visit: VisitHuge): VisitHuge {
  return (pmd, first, from, to, entry) => {
    const own = k.frame;
    k.frame = frame;
    visit(pmd, first, from, to, entry);
    k.frame = own;
  };
}

function reclaims_tables(k: Kernel): boolean {
  const { dontneedFreesTables } = k.model;
  return dontneedFreesTables === "all" || (dontneedFreesTables === "x86-64" && k.machine.arch.startsWith("x86_64"));
}

// PTE tables that the range covers, and that have no entry left. Mirrors zap_empty_pte_table(), mm/memory.c, 7.2
// (try_get_and_clear_pmd(), mm/pt_reclaim.c, 6.14).
function zap_empty_pte_tables(k: Kernel, mm: number, start: number, end: number): void {
  const { entry } = k.w.pte;
  for (let first = Math.ceil(start / k.hpageNr) * k.hpageNr; first + k.hpageNr <= end; first += k.hpageNr) {
    const pte = pte_offset(k, mm, first);
    if (pte < 0) continue;
    let empty = true;
    for (let i = 0; i < k.hpageNr && empty; i++) empty = entry.data[pte + i] === 0;
    if (empty) pte_free_table(k, mm, pmd_offset(k, mm, first));
  }
}

// The entries of pages in a row of one folio. A file's batch is as dirty and as young as any of its entries.
// Mirrors zap_present_folio_ptes(), mm/memory.c, 6.12.
function zap_present_folio_ptes(
  k: Kernel,
  vma: number,
  page: number,
  { pte, nr, entry }: { readonly pte: number; readonly nr: number; readonly entry: number },
): void {
  const mm = k.w.vma.mm.data[vma] - 1;
  const folio = page_folio(k, page);
  const anon = folio_test_anon(k, folio);
  let used = entry;
  if (!anon) for (let i = 1; i < nr; i++) used |= k.w.pte.entry.data[pte + i] & (PTE_DIRTY | PTE_ACCESSED);
  if (nr === 1) k.set(k.w.pte.entry, pte, 0);
  else k.setRun(k.w.pte.entry, pte, nr, 0);
  if (!anon && used & PTE_DIRTY) folio_mark_dirty(k, folio);
  if (!anon && used & PTE_ACCESSED) folio_mark_accessed(k, folio);
  add_mm_counter(k, mm, mm_counter(k, folio), -nr);
  if (anon || counts_mapping(k, vma, folio)) folio_remove_rmap_ptes(k, vma, page, nr);
  if (anon && folio_maybe_dma_pinned(k, folio) && folio_mapped(k, folio)) {
    k.set(k.w.page.unmapped_by, folio, mm + 1);
  }
  if (vma_locks(k, vma)) munlock_vma_folio(k, folio);
  if (k.w.page.flags.data[folio] & PG_swapcache) free_swap_cache(k, folio);
  folio_put_refs(k, folio, nr);
}

// An entry that maps no page. A swap entry: rss_swap - 1, its slot loses a user, and with the last one the page that only
// the swap cache held. A migration entry: rss - 1, nothing else. Markers go when the mapping does.
// Mirrors zap_nonpresent_ptes(), mm/memory.c, 6.13 (a part of zap_pte_range() before).
function zap_nonpresent_pte(k: Kernel, mm: number, pte: number, entry: number, details: number): void {
  if (is_swap_entry(entry)) {
    if ((details & ZAP_EVEN_COWS) === 0) return;
    k.set(k.w.pte.entry, pte, 0);
    add_mm_counter(k, mm, k.w.mm.rss_swap, -1);
    free_swap_and_cache(k, swp_offset(entry));
  } else if (is_migration_entry(entry)) {
    const folio = page_folio(k, migration_entry_pfn(entry));
    if ((details & ZAP_EVEN_COWS) === 0 && folio_test_anon(k, folio)) return;
    k.set(k.w.pte.entry, pte, 0);
    add_mm_counter(k, mm, mm_counter(k, folio), -1);
  } else if (entry & PTE_MARKER && details & ZAP_DROP_MARKERS) {
    k.set(k.w.pte.entry, pte, 0);
  }
}
