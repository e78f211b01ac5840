// Which cells of the world the fields of a page and of its folio are read from.
//
// A folio's own fields stand in the head's row of the page table, and in its row of the folio table if it is a large one;
// what each page has for itself in the page's row.

import { FOLIO_DOUBLE_MAP, FOLIO_MM_IDS_SHARED, FOLIO_PARTIALLY_MAPPED, PAGE_FLAG_NAMES } from "../mm/flags.ts";
import { folio_nr_pages, large_folio, page_folio } from "../mm/folio.ts";
import type { Kernel } from "../mm/kernel.ts";
import { folio_has_pincount } from "../mm/page_ref.ts";
import { no_page_mapcount } from "../mm/rmap_large.ts";
import type { Field } from "../mm/world.ts";

export interface FieldCell {
  readonly field: Field;
  readonly row: number;
  readonly mask: number | undefined;
}

// Sums over the pages of a folio are watched in so many of them.
const MOST_PAGES = 512;

export function pageCells(k: Kernel, pfn: number, field: string): FieldCell[] {
  const { page } = k.w;
  const head = page_folio(k, pfn);
  switch (field) {
    case "refcount":
      return [cell(page._refcount, head)];
    case "pinned":
      return pinCells(k, head);
    case "mapcount":
      return mapcountCells(k, pfn);
    case "data":
      return [cell(page.content, pfn)];
    case "index":
      return [cell(page.index, head)];
    case "folio":
      return [cell(page.folio, pfn)];
    default: {
      const flag = PAGE_FLAG_NAMES.find(([, name]) => name === field);
      if (!flag) return [];
      return [cell(page.flags, field === "exclusive" ? pfn : head, flag[0])];
    }
  }
}

export function folioCells(k: Kernel, pfn: number, field: string): FieldCell[] {
  const { page, folio } = k.w;
  const head = page_folio(k, pfn);
  const row = large_folio(k, pfn);
  if (field === "refcount") return [cell(page._refcount, head)];
  if (row < 0) return field === "maybe_mapped_shared" ? [cell(page._mapcount, head)] : [cell(page.folio, head)];
  const own: Readonly<Record<string, FieldCell[]>> = {
    order: [cell(folio.order, row)],
    pages: [cell(folio.order, row)],
    entire_mapcount: [cell(folio._entire_mapcount, row)],
    large_mapcount: [cell(folio._large_mapcount, row)],
    nr_pages_mapped: [cell(folio._nr_pages_mapped, row)],
    pincount: [cell(folio._pincount, row)],
    mm_id0: [cell(folio._mm_id0, row)],
    mm_id1: [cell(folio._mm_id1, row)],
    mm_id0_mapcount: [cell(folio._mm_id_mapcount0, row)],
    mm_id1_mapcount: [cell(folio._mm_id_mapcount1, row)],
    partially_mapped: [cell(folio.flags, row, FOLIO_PARTIALLY_MAPPED)],
    double_map: [cell(folio.flags, row, FOLIO_DOUBLE_MAP)],
  };
  switch (field) {
    case "maybe_mapped_shared":
      return sharedCells(k, head, row);
    case "total_mapcount":
    case "trans_huge_mapcount":
      return [
        cell(folio._entire_mapcount, row),
        cell(folio.flags, row, FOLIO_DOUBLE_MAP),
        ...eachPage(k, head).map((at) => cell(page._mapcount, at)),
      ];
    default:
      return own[field] ?? [];
  }
}

// Entries that map the very page: its own counter, and how often the whole is mapped.
function mapcountCells(k: Kernel, pfn: number): FieldCell[] {
  const { page, folio } = k.w;
  const row = large_folio(k, pfn);
  if (k.model.mapcountOf === "address spaces") return spacesCells(k, pfn);
  if (row < 0) return [cell(page._mapcount, pfn)];
  const entire = cell(folio._entire_mapcount, row);
  if (no_page_mapcount(k)) return [cell(folio._large_mapcount, row), entire];
  return [cell(page._mapcount, pfn), entire, ...(k.model.doubleMap ? [cell(folio.flags, row, FOLIO_DOUBLE_MAP)] : [])];
}

// Address spaces come to map a folio, and go, where its entries are counted, or those of its swap slots.
function spacesCells(k: Kernel, pfn: number): FieldCell[] {
  const { page, folio, swap } = k.w;
  const head = page_folio(k, pfn);
  const row = large_folio(k, pfn);
  const pages = eachPage(k, head);
  const slot = page.swap.data[head];
  return [
    ...(row < 0 ? [] : [cell(folio._entire_mapcount, row)]),
    ...pages.map((at) => cell(page._mapcount, at)),
    ...(slot === 0 ? [] : pages.map((at) => cell(swap.count, slot + at - head))),
  ];
}

function pinCells(k: Kernel, head: number): FieldCell[] {
  if (folio_has_pincount(k, head)) return [cell(k.w.folio._pincount, large_folio(k, head))];
  return [cell(k.w.page._refcount, head)];
}

// What the release asks (mapped_shared_rules.ts): the owners, the sums, or the first page.
function sharedCells(k: Kernel, head: number, row: number): FieldCell[] {
  const { page, folio } = k.w;
  if (k.model.mmIds) return [cell(folio.flags, row, FOLIO_MM_IDS_SHARED)];
  const first = [cell(page._mapcount, head), cell(folio._entire_mapcount, row)];
  return k.model.largeMapcount ? [cell(folio._large_mapcount, row), ...first] : first;
}

function eachPage(k: Kernel, head: number): number[] {
  return Array.from({ length: Math.min(folio_nr_pages(k, head), MOST_PAGES) }, (_, i) => head + i);
}

function cell(field: Field, row: number, mask?: number): FieldCell {
  return { field, row, mask };
}
