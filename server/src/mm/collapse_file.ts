// The pages of a file around an address become one folio that a PMD can map: MADV_COLLAPSE, and khugepaged. The new folio
// takes the pages' places in the page cache, and page tables that mapped them go, so that faults map the folio whole.
// mm/khugepaged.c; mm-semantics §5.11.

import { PG_dirty, PG_lru, PG_swapbacked, PG_uptodate } from "./flags.ts";
import { folio_nr_pages, folio_order, folio_test_large, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru, folio_isolate_lru, folio_putback_lru, lru_add_drain } from "./lru.ts";
import { folio_expected_ref_count } from "./migrate_folio.ts";
import { folio_alloc } from "./page_alloc.ts";
import { cached_folios, file_pages, filemap_peek, set_cached } from "./page_cache.ts";
import { folio_get, folio_put, folio_put_refs, folio_ref_add, folio_ref_count } from "./page_ref.ts";
import { page_cache_sync_ra } from "./readahead.ts";
import type { Collapser, ScanResult } from "./scan_result.ts";
import { shmem_get_folio } from "./shmem.ts";
import { swapped_slot } from "./shmem_swap.ts";
import { try_to_unmap } from "./try_to_unmap.ts";
import { folio_mark_dirty, is_shmem } from "./vm_ops.ts";
import { try_to_unmap_file } from "./vmscan_file.ts";

const ON_LRU = condition("folio_test_lru(folio)", "lru");
const REFS_EXPECTED = condition("folio_expected_ref_count(folio) + 1 == folio_ref_count(folio)", "refcount");
const REFS_OURS = condition("folio_ref_count(folio) == 2 + folio_nr_pages(folio)", "refcount");
const CLEAN = condition("!folio_test_dirty(folio)", "dirty");

// Looks at what is cached of the PMD's worth of pages from `start` on, before anything is done.
// Mirrors hpage_collapse_scan_file(), mm/khugepaged.c, 6.12 (khugepaged_scan_file() before 6.0).
export const collapse_scan_file = kernelFunction(
  "hpage_collapse_scan_file",
  "mm/khugepaged.c",
  (k: Kernel, file: number, start: number, by: Collapser): ScanResult => {
    let present = 0;
    for (const folio of cached_folios(k, file, start, start + k.hpageNr)) {
      if (folio_order(k, folio) === k.hpageOrder) return "SCAN_PTE_MAPPED_HUGEPAGE";
      const flags = k.w.page.flags.data[folio];
      if (!k.decide(ON_LRU, flags & PG_lru ? 1 : 0, (flags & PG_lru) !== 0)) return "SCAN_PAGE_LRU";
      const refs = folio_ref_count(k, folio);
      if (!k.decide(REFS_EXPECTED, refs, refs === folio_expected_ref_count(k, folio))) return "SCAN_PAGE_COUNT";
      present += folio_nr_pages(k, folio);
    }
    // khugepaged_max_ptes_swap and khugepaged_max_ptes_none as they are by default; MADV_COLLAPSE knows no limits.
    if (by === "khugepaged" && swapped_pages(k, file, start) > k.hpageNr / 8) return "SCAN_EXCEED_SWAP_PTE";
    if (by === "khugepaged" && present === 0) return "SCAN_EXCEED_NONE_PTE";
    return collapse_file(k, file, start);
  },
);

function swapped_pages(k: Kernel, file: number, start: number): number {
  let swapped = 0;
  for (let at = start; at < start + k.hpageNr; at++) if (swapped_slot(k, file, at) >= 0) swapped++;
  return swapped;
}

// Each old folio is isolated, unmapped everywhere, and must be ours alone then; when all are, the new folio takes their
// places, with what they held and zeroes in the holes of a shmem file. If one cannot be had, those before it go back to
// the LRU, but stay unmapped. The new folio has a reference for each of its pages, the page cache's.
// Mirrors collapse_file(), mm/khugepaged.c, 6.12.
const collapse_file = kernelFunction(
  "collapse_file",
  "mm/khugepaged.c",
  (k: Kernel, file: number, start: number): ScanResult => {
    const { page } = k.w;
    const folio = folio_alloc(k, k.hpageOrder);
    if (folio < 0) return "SCAN_ALLOC_HUGE_PAGE_FAIL";
    const old: number[] = [];
    const end = start + k.hpageNr;
    for (let index = start; index < end; ) {
      const found = is_shmem(k, file) ? shmem_folio(k, file, index, start) : file_folio(k, file, index, end);
      const isolated = typeof found === "number" && found >= 0 ? take_folio(k, file, found) : found;
      if (typeof isolated === "string") {
        for (const taken of old) {
          folio_putback_lru(k, taken);
          folio_put(k, taken);
        }
        folio_put(k, folio);
        return isolated;
      }
      if (isolated >= 0) old.push(isolated);
      index = isolated < 0 ? index + 1 : page.index.data[isolated] + folio_nr_pages(k, isolated);
    }
    copy_pages(k, folio, start, old);
    install_folio(k, file, start, folio);
    for (const gone of old) {
      k.set(page.mapping, gone, 0);
      folio_put_refs(k, gone, 2 + folio_nr_pages(k, gone));
    }
    return "SCAN_SUCCEED";
  },
);

// The folio of a shmem file at the offset, which comes back from swap for this; -1 for a hole, which is fine as long as the
// whole range is none.
function shmem_folio(k: Kernel, file: number, index: number, start: number): number | ScanResult {
  const swapped = swapped_slot(k, file, index) >= 0;
  const cached = filemap_peek(k, file, index);
  if (cached < 0 && !swapped) return index === start && shmem_range_empty(k, file, start) ? "SCAN_TRUNCATED" : -1;
  const ready = cached >= 0 && (k.w.page.flags.data[page_folio(k, cached)] & PG_uptodate) !== 0;
  if (ready) return page_folio(k, cached);
  const page = shmem_get_folio(k, file, index);
  if (page < 0) return "SCAN_FAIL";
  lru_add_drain(k);
  return page_folio(k, page);
}

function shmem_range_empty(k: Kernel, file: number, start: number): boolean {
  for (let at = start; at < start + k.hpageNr; at++) {
    if (filemap_peek(k, file, at) >= 0 || swapped_slot(k, file, at) >= 0) return false;
  }
  return true;
}

// The folio of an ordinary file at the offset, which is read from the disk for this. A dirty one refuses.
function file_folio(k: Kernel, file: number, index: number, end: number): number | ScanResult {
  if (filemap_peek(k, file, index) < 0) {
    if (index < file_pages(k, file)) page_cache_sync_ra(k, file, index, end - index);
    lru_add_drain(k);
    if (filemap_peek(k, file, index) < 0) return "SCAN_FAIL";
  }
  const folio = page_folio(k, filemap_peek(k, file, index));
  const dirty = (k.w.page.flags.data[folio] & PG_dirty) !== 0;
  return k.decide(CLEAN, dirty ? 1 : 0, !dirty) ? folio : "SCAN_PAGE_DIRTY_OR_WRITEBACK";
}

// Isolates and unmaps the folio: two references are ours then, and the cache's are the only others.
function take_folio(k: Kernel, file: number, folio: number): number | ScanResult {
  const { page } = k.w;
  if (folio_order(k, folio) === k.hpageOrder) return "SCAN_PTE_MAPPED_HUGEPAGE";
  folio_get(k, folio);
  if (!folio_isolate_lru(k, folio)) {
    folio_put(k, folio);
    return "SCAN_DEL_PAGE_LRU";
  }
  if (folio_test_large(k, folio)) try_to_unmap(k, folio, true);
  else try_to_unmap_file(k, folio);
  const refs = folio_ref_count(k, folio);
  let refusal: ScanResult | undefined;
  if (!k.decide(REFS_OURS, refs, refs === 2 + folio_nr_pages(k, folio))) refusal = "SCAN_PAGE_COUNT";
  else if (!is_shmem(k, file) && page.flags.data[folio] & PG_dirty) refusal = "SCAN_PAGE_DIRTY_OR_WRITEBACK";
  if (refusal === undefined) return folio;
  folio_putback_lru(k, folio);
  folio_put(k, folio);
  return refusal;
}

function copy_pages(k: Kernel, folio: number, start: number, old: readonly number[]): void {
  const { page } = k.w;
  const contents = new Array<number>(k.hpageNr).fill(0);
  for (const from of old) {
    const at = page.index.data[from] - start;
    for (let i = 0; i < folio_nr_pages(k, from); i++) contents[at + i] = page.content.data[from + i];
  }
  for (let at = 0; at < contents.length; ) {
    let length = 1;
    while (at + length < contents.length && contents[at + length] === contents[at]) length++;
    k.setRun(page.content, folio + at, length, contents[at]);
    at += length;
  }
}

function install_folio(k: Kernel, file: number, start: number, folio: number): void {
  const { page } = k.w;
  const shmem = is_shmem(k, file);
  k.set(page.flags, folio, PG_uptodate | (shmem ? PG_swapbacked : 0));
  k.set(page.mapping, folio, file + 1);
  k.set(page.index, folio, start);
  folio_ref_add(k, folio, k.hpageNr - 1);
  if (shmem) folio_mark_dirty(k, folio);
  folio_add_lru(k, folio);
  set_cached(k, file, start, folio, k.hpageNr);
}
