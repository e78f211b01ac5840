// The moment in which the pages of a large folio become several folios: their flags, counters and places on the LRU.
// mm/huge_memory.c; mm-semantics §5.12.

import { folio_unqueue_deferred_split } from "./deferred_split.ts";
import {
  PG_active,
  PG_anon,
  PG_dirty,
  PG_lru,
  PG_mlocked,
  PG_referenced,
  PG_swapbacked,
  PG_swapcache,
  PG_unevictable,
  PG_uptodate,
} from "./flags.ts";
import { folio_nr_pages, folio_test_anon, folio_test_swapcache } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { dissolve_folio, free_unref_folios, prep_compound_page } from "./page_alloc.ts";
import { cache_slot, filemap_remove_folio } from "./page_cache.ts";
import { folio_put } from "./page_ref.ts";
import { folio_free_swap } from "./swapfile.ts";

export interface Piece {
  readonly head: number;
  readonly order: number;
}

// What a new folio has from the one that it was part of.
const CLONED =
  PG_referenced |
  PG_swapbacked |
  PG_swapcache |
  PG_mlocked |
  PG_uptodate |
  PG_active |
  PG_unevictable |
  PG_dirty |
  PG_anon;

// Pieces stand on the LRU between the folio that they come from and its neighbour, whose places differ by 1 at least.
const STEP = 2 ** -20;

// The folio, which nobody maps and whose only references are the caller's and its cache's, becomes the pieces. Each has one
// reference, and one for each of its pages from the cache; with a list one more, for being isolated. Their order on the LRU,
// or on the list, is the reverse from 6.15 on. Pieces of a file that lie past its end leave it.
// Mirrors __split_huge_page() with __split_huge_page_tail(), mm/huge_memory.c, 6.12, and __split_folio_to_order(), 7.2.
export const split_pages = kernelFunction(
  "__split_huge_page",
  "mm/huge_memory.c",
  (k: Kernel, folio: number, pieces: readonly Piece[], list: number[] | undefined) => {
    const { page } = k.w;
    const nr = folio_nr_pages(k, folio);
    const cached = !folio_test_anon(k, folio) || folio_test_swapcache(k, folio);
    const swap = folio_test_swapcache(k, folio) ? page.swap.data[folio] : 0;
    const lru = list === undefined && (page.flags.data[folio] & PG_lru) !== 0;
    const flags = (page.flags.data[folio] & CLONED) | (lru ? PG_lru : 0);
    const isolated = list === undefined ? 0 : 1;
    folio_unqueue_deferred_split(k, folio);
    dissolve_folio(k, folio);
    for (const { head, order, count } of runs_of(pieces)) {
      const each = 2 ** order;
      const refs = 1 + (cached ? each : 0);
      // The first piece is what is left of the folio itself.
      const own = head === folio ? 1 : 0;
      if (own === 1) k.set(page._refcount, folio, refs);
      const first = head + own * each;
      const fresh = count - own;
      const strided = (field: typeof page.flags, to: number, step = 0) => {
        if (each === 1) k.setRun(field, first, fresh, to, step);
        else for (let i = 0; i < fresh; i++) k.set(field, first + i * each, to + i * each * step);
      };
      strided(page.flags, flags);
      strided(page.mapping, page.mapping.data[folio]);
      strided(page.index, page.index.data[folio] + first - folio, 1);
      strided(page._refcount, refs + isolated);
      if (swap !== 0) strided(page.swap, swap + first - folio, 1);
      if (lru) {
        const at = first - folio;
        const place = page.lru_order.data[folio] + (k.model.splitReversesLru ? nr - at : at) * STEP;
        strided(page.lru_order, place, k.model.splitReversesLru ? -STEP : STEP);
      }
      if (order > 0) for (let i = 0; i < count; i++) prep_compound_page(k, head + i * each, order);
    }
    if (!folio_test_anon(k, folio)) drop_past_end(k, folio, nr);
    if (list === undefined) return;
    const heads = pieces.slice(1).map(({ head }) => head);
    // Whoever goes on with the list takes its last one first.
    list.push(...(k.model.splitReversesLru ? heads : heads.reverse()));
  },
);

// Pieces of one size in a row.
function runs_of(pieces: readonly Piece[]): { head: number; order: number; count: number }[] {
  const runs: { head: number; order: number; count: number }[] = [];
  for (const { head, order } of pieces) {
    const last = runs.at(-1);
    if (last?.order === order) last.count++;
    else runs.push({ head, order, count: 1 });
  }
  return runs;
}

// Mirrors what __split_huge_page() does from `end` on, mm/huge_memory.c, 6.12.
function drop_past_end(k: Kernel, folio: number, nr: number): void {
  const { page, file } = k.w;
  const owner = page.mapping.data[folio] - 1;
  const first = page.index.data[folio];
  const end = Math.ceil(file.size.data[owner] / k.pageSize);
  for (let index = Math.max(end, first + 1); index < first + nr; index++) {
    const head = folio + index - first;
    if (page.mapping.data[head] === 0) continue;
    k.set(page.flags, head, page.flags.data[head] & ~PG_dirty);
    filemap_remove_folio(k, cache_slot(k, owner, index));
  }
}

// The split's own reference to each piece but the one that holds `kept` goes; what nobody maps and no cache holds is free
// then. Mirrors the end of __split_huge_page(), mm/huge_memory.c, 6.12, with free_page_and_swap_cache().
export function free_pieces(k: Kernel, pieces: readonly Piece[], kept: number): void {
  const { page } = k.w;
  const spared = pieces.find(({ head, order }) => kept >= head && kept < head + 2 ** order);
  const rest = pieces.filter((piece) => piece !== spared);
  for (let i = 0; i < rest.length; ) {
    const { head, order } = rest[i];
    const lonely = (page.flags.data[head] & PG_swapcache) !== 0 && page._mapcount.data[head] === 0;
    if (order > 0 || lonely) {
      if (lonely && k.model.splitFreesSwapCache) folio_free_swap(k, head);
      folio_put(k, head);
      i++;
      continue;
    }
    const count = page._refcount.data[head];
    let nr = 1;
    while (i + nr < rest.length && alike(k, rest[i + nr], head + nr, count)) nr++;
    if (count === 1) free_unref_folios(k, head, nr);
    else k.addRun(page._refcount, head, nr, -1);
    i += nr;
  }
}

// Whether the piece is this single page, with so many references (or more than one, where `count` is), and stays so simple.
function alike(k: Kernel, { head, order }: Piece, page: number, count: number): boolean {
  const { _refcount, flags, _mapcount } = k.w.page;
  if (head !== page || order > 0) return false;
  if (flags.data[page] & PG_swapcache && _mapcount.data[page] === 0) return false;
  return count === 1 ? _refcount.data[page] === 1 : _refcount.data[page] > 1;
}
