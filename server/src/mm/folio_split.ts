// A large folio becomes smaller ones. mm/huge_memory.c; mm-semantics §5.12.
//
//   mapped by PMDs and PTEs ─ unmap_folio ─▶ migration entries ─ freeze ─▶ pieces ─ remap_page ─▶ PTEs of the pieces
//                                                                  │
//                                    somebody else's reference ────┴─▶ mapped again as it was
//
// The caller holds one reference, which stays with the piece that it names. Contents stay where they are.

import { PG_writeback } from "./flags.ts";
import { folio_nr_pages, folio_order, folio_test_anon, folio_test_swapcache, is_huge_zero_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapcount, folio_mapped } from "./mapcount.ts";
import { folio_ref_count } from "./page_ref.ts";
import { pages_of } from "./page_vma_mapped.ts";
import { remove_migration_runs } from "./remove_migration_large.ts";
import { free_pieces, type Piece, split_pages } from "./split_pages.ts";
import { try_to_migrate_large } from "./try_to_migrate_large.ts";
import { try_to_unmap } from "./try_to_unmap.ts";

const HUGE_ZERO = condition("is_huge_zero_folio(folio)", "");
const WRITEBACK = condition("folio_test_writeback(folio)", "writeback");
const HAS_ANON_VMA = condition("folio_get_anon_vma(folio)", "mapcount");
const HAS_MAPPING = condition("folio->mapping", "mapping");
const ORDER_FITS = condition("new_order fits the folio", "order");
const CAN_SPLIT = condition("folio_mapcount(folio) == folio_ref_count(folio) - extra_pins - caller_pins", "refcount");
const FROZEN = condition("folio_ref_freeze(folio, 1 + extra_pins)", "refcount");

export type SplitResult = 0 | "EBUSY" | "EAGAIN" | "EINVAL";

export interface SplitOptions {
  // log2 of the pages of the smallest pieces; 0 where it is not given.
  readonly order?: number;
  // The page whose piece keeps the caller's reference; the head where it is not given.
  readonly page?: number;
  // Only the pieces around this page are as small as `order` says, the others as large as they can be (6.15).
  readonly around?: number;
  // Where isolated pieces go, which then have a reference each; without it they come to the LRU.
  readonly list?: number[];
}

// References of the page cache or the swap cache: one for each page.
function folio_cache_ref_count(k: Kernel, folio: number): number {
  return folio_test_anon(k, folio) && !folio_test_swapcache(k, folio) ? 0 : folio_nr_pages(k, folio);
}

// Whether only mappings, the cache and so many callers hold the folio. Mirrors can_split_folio(), mm/huge_memory.c, 6.12
// (folio_expected_ref_count() from 6.18 on, can_split_huge_page() before 6.0).
export function can_split_folio(k: Kernel, folio: number, caller_pins: number): boolean {
  const refs = folio_ref_count(k, folio);
  return k.decide(CAN_SPLIT, refs, folio_mapcount(k, folio) === refs - folio_cache_ref_count(k, folio) - caller_pins);
}

// Mirrors split_folio_to_list(), mm/huge_memory.c, 6.12 (split_huge_page_to_list() before 6.9).
export function split_folio(k: Kernel, folio: number, list?: number[]): SplitResult {
  return __folio_split(k, folio, list === undefined ? {} : { list });
}

// Mirrors __folio_split(), mm/huge_memory.c, 7.2 (split_huge_page_to_list_to_order(), 6.12; split_huge_page_to_list(),
// 6.1). A folio of two pages cannot be anonymous, and what is in the swap cache is split to single pages only.
export const __folio_split = kernelFunction(
  "__folio_split",
  "mm/huge_memory.c",
  (k: Kernel, folio: number, options: SplitOptions): SplitResult => {
    const order = options.order ?? 0;
    const anon = folio_test_anon(k, folio);
    const fits =
      order < folio_order(k, folio) && !(anon && order === 1) && !(order > 0 && folio_test_swapcache(k, folio));
    if (!fits && !k.decide(ORDER_FITS, order, false)) return "EINVAL";
    if (is_huge_zero_folio(k, folio) && k.decide(HUGE_ZERO, 0, true)) return "EBUSY";
    if (k.w.page.flags.data[folio] & PG_writeback && k.decide(WRITEBACK, 1, true)) return "EBUSY";
    // An anon_vma may be gone as soon as nobody maps the folio.
    if (anon && !folio_mapped(k, folio) && !k.decide(HAS_ANON_VMA, 0, false)) return "EBUSY";
    if (k.w.page.mapping.data[folio] === 0 && !k.decide(HAS_MAPPING, 0, false)) return "EBUSY";
    if (!can_split_folio(k, folio, 1)) return "EAGAIN";
    const pages = pages_of(k, folio);
    unmap_folio(k, folio, anon);
    const refs = folio_ref_count(k, folio);
    if (!k.decide(FROZEN, refs, refs === 1 + folio_cache_ref_count(k, folio))) {
      if (anon) remove_migration_runs(k, folio, pages, false);
      return "EAGAIN";
    }
    const pieces = pieces_of(folio, folio_order(k, folio), order, anon, options.around);
    split_pages(k, folio, pieces, options.list);
    if (anon) remove_migration_runs(k, folio, pages, k.model.splitMapsZeroPages);
    free_pieces(k, pieces, options.page ?? folio);
    return 0;
  },
);

// An anonymous folio's mappings are migration entries meanwhile; a file's are gone, as its pages can be faulted in again.
// Mirrors unmap_folio(), mm/huge_memory.c, 6.12.
const unmap_folio = kernelFunction("unmap_folio", "mm/huge_memory.c", (k: Kernel, folio: number, anon: boolean) => {
  if (anon) try_to_migrate_large(k, folio, true);
  else try_to_unmap(k, folio, true);
});

// All of one size; or, around a page, the largest that fit beside ever smaller ones, of which an anonymous folio has none of
// two pages. Mirrors __split_unmapped_folio(), mm/huge_memory.c, 7.2.
function pieces_of(folio: number, from: number, to: number, anon: boolean, around: number | undefined): Piece[] {
  let pieces: Piece[] = [{ head: folio, order: from }];
  for (let order = around === undefined ? to : from - 1; order >= to; order--) {
    if (anon && order === 1) continue;
    const at = pieces.findIndex((piece) => around === undefined || holds(piece, around));
    const whole = pieces[at];
    const parts = Array.from({ length: 2 ** (whole.order - order) }, (_, i) => ({
      head: whole.head + i * 2 ** order,
      order,
    }));
    pieces = [...pieces.slice(0, at), ...parts, ...pieces.slice(at + 1)];
  }
  return pieces;
}

function holds(piece: Piece, page: number): boolean {
  return page >= piece.head && page < piece.head + 2 ** piece.order;
}
