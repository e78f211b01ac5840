// How the counters of a large folio go up and down where it is mapped and unmapped, by era. mm/rmap.c, mm/huge_memory.c;
// mm-semantics §7.2, §7.5, §7.6.
//
//                      each page's _mapcount                _entire_mapcount  what is kept beside them
//   up to 6.1          its PTEs; +1 for all with            PMDs              PG_double_map
//                      PG_double_map; a file's its PMDs too
//   6.2                its PTEs                             PMDs              _nr_pages_mapped
//   6.10               its PTEs                             PMDs              and _large_mapcount
//   6.15               its PTEs, or none at all             PMDs              and the owners (mm_ids.ts)
//
// `row` is the folio's row of its table, `page` a pfn. A page that becomes mapped, or is no more, is counted for what the
// kernel asks of it: whether a deferred split is worth it.

import { deferred_split_folio } from "./deferred_split.ts";
import { ENTIRELY_MAPPED, FOLIO_DOUBLE_MAP, PG_anon, PG_anon_exclusive } from "./flags.ts";
import { set_flag } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_large_mapcount, folio_set_large_mapcount, folio_sub_large_mapcount } from "./mm_ids.ts";
import { impossible, set_count } from "./overflow.ts";

// Whether the pages of large folios have no mapcount of their own (CONFIG_NO_PAGE_MAPCOUNT, 6.15, 749492229e3b). Older
// kernels know no such choice.
export function no_page_mapcount(k: Kernel): boolean {
  return !k.machine.page_mapcount && k.model.pageMapcountIsOptional;
}

// The first mappings of a fresh anonymous folio: a PMD's of a PMD-sized one, else PTEs of all pages, which are as exclusive
// as the head, each. Mirrors folio_add_new_anon_rmap(), mm/rmap.c, 7.2, for large folios.
export function new_large_rmap(k: Kernel, row: number, vma: number, exclusive: boolean): void {
  const { folio, page } = k.w;
  const order = folio.order.data[row];
  const nr = 2 ** order;
  if (order >= k.hpageOrder) {
    k.set(folio._entire_mapcount, row, 1);
    if (k.model.nrPagesMapped && !no_page_mapcount(k)) k.set(folio._nr_pages_mapped, row, ENTIRELY_MAPPED);
    folio_set_large_mapcount(k, row, 1, vma);
    return;
  }
  const head = folio.head.data[row];
  if (exclusive) k.setRun(page.flags, head + 1, nr - 1, PG_anon_exclusive);
  if (!no_page_mapcount(k)) {
    k.setRun(page._mapcount, head, nr, 1);
    if (k.model.nrPagesMapped) k.set(folio._nr_pages_mapped, row, nr);
  }
  folio_set_large_mapcount(k, row, nr, vma);
}

// Entries of a page table map [page, page + nr). Mirrors __folio_add_rmap() with PGTABLE_LEVEL_PTE, mm/rmap.c, 7.2.
export const add_rmap_ptes = kernelFunction(
  "__folio_add_rmap",
  "mm/rmap.c",
  (k: Kernel, page: number, nr: number, vma: number) => {
    const row = k.w.page.folio.data[page] - 1;
    if (!no_page_mapcount(k)) {
      const first = add_mapcounts(k, page, nr, 1);
      if (k.model.nrPagesMapped) k.add(k.w.folio._nr_pages_mapped, row, first);
    }
    if (k.model.doubleMap && !is_anon(k, row)) set_double_map(k, row, true);
    folio_add_large_mapcount(k, row, nr, vma);
  },
);

// One entry maps the whole folio. Up to 6.1 a file's pages count it each, and from 5.18 on the first one tells that no PTE
// has mapped them yet. Mirrors __folio_add_rmap() with PGTABLE_LEVEL_PMD, mm/rmap.c, 7.2, page_add_file_rmap(), 6.1.
export const add_rmap_pmd = kernelFunction("__folio_add_rmap", "mm/rmap.c", (k: Kernel, folio: number, vma: number) => {
  const row = k.w.page.folio.data[folio] - 1;
  const nr = 2 ** k.w.folio.order.data[row];
  const first = add_entire(k, row, 1) === 1;
  if (k.model.doubleMap && !is_anon(k, row)) {
    const fresh = add_mapcounts(k, folio, nr, 1);
    if (first && fresh === nr && k.model.firstFilePmdEndsDoubleMap) set_double_map(k, row, false);
  }
  if (first && k.model.nrPagesMapped && !no_page_mapcount(k)) {
    k.add(k.w.folio._nr_pages_mapped, row, ENTIRELY_MAPPED);
  }
  folio_add_large_mapcount(k, row, 1, vma);
});

// fork's copy of entries that map [page, page + nr). Mirrors __folio_dup_file_rmap() and the part of
// __folio_try_dup_anon_rmap(), include/linux/rmap.h, 7.2, that counts.
export function dup_rmap_ptes(k: Kernel, page: number, nr: number, vma: number): void {
  if (!no_page_mapcount(k)) add_mapcounts(k, page, nr, 1);
  folio_add_large_mapcount(k, k.w.page.folio.data[page] - 1, nr, vma);
}

export function dup_rmap_pmd(k: Kernel, folio: number, vma: number): void {
  const row = k.w.page.folio.data[folio] - 1;
  add_entire(k, row, 1);
  folio_add_large_mapcount(k, row, 1, vma);
}

// Entries that mapped [page, page + nr) are gone. An anonymous folio that has lost pages so, but not all, waits for a split.
// Mirrors __folio_remove_rmap() with PGTABLE_LEVEL_PTE, mm/rmap.c, 7.2, and page_remove_rmap(), 6.1.
export const remove_rmap_ptes = kernelFunction(
  "__folio_remove_rmap",
  "mm/rmap.c",
  (k: Kernel, page: number, nr: number, vma: number) => {
    const { folio } = k.w;
    const row = k.w.page.folio.data[page] - 1;
    const left = folio_sub_large_mapcount(k, row, nr, vma);
    let partially = false;
    if (no_page_mapcount(k)) {
      partially = left > 0 && left < 2 ** folio.order.data[row] && folio._entire_mapcount.data[row] === 0;
    } else {
      const last = add_mapcounts(k, page, nr, -1);
      if (k.model.nrPagesMapped) k.add(folio._nr_pages_mapped, row, -last);
      const mapped = folio._nr_pages_mapped.data[row];
      partially = last > 0 && mapped < ENTIRELY_MAPPED && (mapped > 0 || k.model.unmappedPageQueuesSplit);
    }
    if (partially && is_anon(k, row)) deferred_split_folio(k, folio.head.data[row], true);
  },
);

// The entry that mapped the whole folio is gone. Mirrors __folio_remove_rmap() with PGTABLE_LEVEL_PMD, mm/rmap.c, 7.2, and
// page_remove_anon_compound_rmap() and page_remove_file_rmap(), 6.1.
export const remove_rmap_pmd = kernelFunction(
  "__folio_remove_rmap",
  "mm/rmap.c",
  (k: Kernel, folio: number, vma: number) => {
    const { _nr_pages_mapped, order } = k.w.folio;
    const row = k.w.page.folio.data[folio] - 1;
    const nr = 2 ** order.data[row];
    if (k.w.folio._entire_mapcount.data[row] <= 0) {
      impossible(k, `folio_remove_rmap_pmd: no PMD maps pfn ${folio}`);
    }
    const anon = is_anon(k, row);
    if (k.model.doubleMap) {
      if (!anon) add_mapcounts(k, folio, nr, -1);
      const gone = add_entire(k, row, -1) === 0;
      if (!gone || !anon) return;
      const unmapped = has_double_map(k, row) ? end_double_map(k, row) : nr;
      if (unmapped > 0 && (unmapped < nr || k.model.unmappedFolioQueuesSplit)) {
        deferred_split_folio(k, folio, true);
      }
      return;
    }
    let partially = false;
    if (no_page_mapcount(k)) {
      const gone = add_entire(k, row, -1) === 0;
      const left = folio_sub_large_mapcount(k, row, 1, vma);
      partially = gone && left > 0 && left < nr;
    } else {
      folio_sub_large_mapcount(k, row, 1, vma);
      if (add_entire(k, row, -1) === 0) {
        k.add(_nr_pages_mapped, row, -ENTIRELY_MAPPED);
        const unmapped = nr - _nr_pages_mapped.data[row];
        partially = unmapped > 0 && unmapped < nr;
      }
    }
    if (partially && anon) deferred_split_folio(k, folio, true);
  },
);

// The entry that mapped the whole anonymous folio becomes PTEs of all its pages. Up to 6.1 the pages count one more while
// others still map the folio by PMD (PG_double_map), so that it shows in each of them that it is mapped.
// Mirrors what __split_huge_pmd_locked(), mm/huge_memory.c, does to the counters: 5.10 and 6.1 by itself, 6.12 by
// folio_add_anon_rmap_ptes() and folio_remove_rmap_pmd().
export function split_pmd_rmap(k: Kernel, folio: number, vma: number): void {
  const row = k.w.page.folio.data[folio] - 1;
  const nr = 2 ** k.w.folio.order.data[row];
  if (!k.model.doubleMap) {
    add_rmap_ptes(k, folio, nr, vma);
    remove_rmap_pmd(k, folio, vma);
    return;
  }
  add_mapcounts(k, folio, nr, 1);
  if (k.w.folio._entire_mapcount.data[row] > 1 && !has_double_map(k, row)) {
    set_double_map(k, row, true);
    add_mapcounts(k, folio, nr, 1);
  }
  if (add_entire(k, row, -1) === 0 && has_double_map(k, row)) end_double_map(k, row);
}

// The pages count no PMD any more; how many of them are mapped no longer.
function end_double_map(k: Kernel, row: number): number {
  set_double_map(k, row, false);
  return add_mapcounts(k, k.w.folio.head.data[row], 2 ** k.w.folio.order.data[row], -1);
}

// One more, or one less, mapping of each page of [page, page + nr). How many of them became mapped, or unmapped.
function add_mapcounts(k: Kernel, page: number, nr: number, by: 1 | -1): number {
  const { _mapcount } = k.w.page;
  const { data } = _mapcount;
  const turns = by > 0 ? 0 : 1;
  let turned = 0;
  let fits = true;
  for (let at = page; at < page + nr; at++) {
    const mapcount = data[at];
    if (mapcount === turns) turned++;
    if (by < 0 && mapcount <= 0) impossible(k, `folio_remove_rmap_ptes: pfn ${at} is not mapped`);
    if (mapcount + by >= k.mapcountEnd || mapcount + by < -k.mapcountEnd) fits = false;
  }
  if (fits) k.addRun(_mapcount, page, nr, by);
  else for (let at = page; at < page + nr; at++) set_count(k, _mapcount, at, data[at] + by, k.mapcountEnd);
  return turned;
}

function add_entire(k: Kernel, row: number, by: number): number {
  const { _entire_mapcount } = k.w.folio;
  return set_count(k, _entire_mapcount, row, _entire_mapcount.data[row] + by, k.mapcountEnd);
}

function is_anon(k: Kernel, row: number): boolean {
  return (k.w.page.flags.data[k.w.folio.head.data[row]] & PG_anon) !== 0;
}

function has_double_map(k: Kernel, row: number): boolean {
  return (k.w.folio.flags.data[row] & FOLIO_DOUBLE_MAP) !== 0;
}

function set_double_map(k: Kernel, row: number, on: boolean): void {
  set_flag(k, k.w.folio.head.data[row], FOLIO_DOUBLE_MAP, on);
}
