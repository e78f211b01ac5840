// The folios of a range leave the page cache. A large one that lies in the range only in part is split, so that the rest can
// stay; where that fails, everything of it stays or goes. mm/truncate.c, mm/shmem.c; mm-semantics §5.1, §5.12.

import { PG_dirty } from "./flags.ts";
import { folio_nr_pages, folio_test_large, page_folio } from "./folio.ts";
import { __folio_split, split_folio } from "./folio_split.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { cache_slot, cached_folios, filemap_peek, filemap_remove_folio } from "./page_cache.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { try_to_unmap } from "./try_to_unmap.ts";
import { folio_mark_dirty, is_shmem } from "./vm_ops.ts";

const DIRTY = condition("folio_test_dirty(folio)", "dirty");

// The folio leaves the page cache, whatever it holds. Mirrors truncate_inode_folio(), mm/truncate.c, 6.12.
function truncate_inode_folio(k: Kernel, folio: number): void {
  const { page } = k.w;
  k.set(page.flags, folio, page.flags.data[folio] & ~PG_dirty);
  filemap_remove_folio(k, cache_slot(k, page.mapping.data[folio] - 1, page.index.data[folio]));
}

// The whole pages of the bytes [start, end) leave the cache. What of small pages the range begins and ends with is the
// caller's business. Mirrors truncate_inode_pages_range(), mm/truncate.c, and shmem_undo_range(), mm/shmem.c, 6.12.
export function remove_folios(k: Kernel, file: number, start: number, end: number): void {
  remove_inside(k, file, start, end);
  for (const at of [start, end - 1]) {
    const page = at === Number.POSITIVE_INFINITY ? -1 : filemap_peek(k, file, Math.floor(at / k.pageSize));
    const folio = page < 0 ? -1 : page_folio(k, page);
    if (folio >= 0 && folio_test_large(k, folio)) truncate_inode_partial_folio(k, file, folio, start, end);
  }
  remove_inside(k, file, start, end);
}

function remove_inside(k: Kernel, file: number, start: number, end: number): void {
  const { index } = k.w.page;
  const first = Math.ceil(start / k.pageSize);
  const last = Math.floor(end / k.pageSize);
  for (const folio of cached_folios(k, file, first, last)) {
    const inside = index.data[folio] >= first && index.data[folio] + folio_nr_pages(k, folio) <= last;
    if (inside) truncate_inode_folio(k, folio);
  }
}

// A large folio that the range begins or ends in: its whole pages in the range are zero, and it is split where the range
// begins in it, and where it ends. Mirrors truncate_inode_partial_folio(), mm/truncate.c, 6.12, 7.2.
const truncate_inode_partial_folio = kernelFunction(
  "truncate_inode_partial_folio",
  "mm/truncate.c",
  (k: Kernel, file: number, folio: number, start: number, end: number) => {
    const { page } = k.w;
    const nr = folio_nr_pages(k, folio);
    const first = page.index.data[folio] * k.pageSize;
    const from = Math.max(0, start - first);
    const to = Math.min(nr * k.pageSize, end - first);
    folio_get(k, folio);
    if (is_shmem(k, file)) folio_mark_dirty(k, folio);
    const zero = Math.ceil(from / k.pageSize);
    const kept = Math.floor(to / k.pageSize);
    if (kept > zero) k.setRun(page.content, folio + zero, kept - zero, 0);
    if (folio_split_or_unmap(k, file, folio, folio + Math.floor(from / k.pageSize))) {
      if (kept < nr) split_at_end(k, file, folio + kept);
    } else {
      const dirty = (page.flags.data[folio] & PG_dirty) !== 0;
      if (!k.decide(DIRTY, dirty ? 1 : 0, dirty)) truncate_inode_folio(k, folio);
    }
    folio_put(k, folio);
  },
);

// From 6.15 on the page that follows the range may still be in one folio with pages of the range.
function split_at_end(k: Kernel, file: number, at: number): void {
  const folio = page_folio(k, at);
  if (!k.model.truncateSplitsAround || !folio_test_large(k, folio)) return;
  if (k.w.page.mapping.data[folio] !== file + 1) return;
  folio_get(k, folio);
  folio_split_or_unmap(k, file, folio, at);
  folio_put(k, folio);
}

// Splits the folio, to which the caller has a reference: into small ones, or from 6.15 on so that the page `at` becomes a small
// one and the others stay as large as that allows. Where it cannot be split, an ordinary file's is unmapped, so that faults
// find the new end of the file. Mirrors folio_split_or_unmap(), mm/truncate.c, 7.2 (try_folio_split_or_unmap(), 6.12;
// split_folio() before).
function folio_split_or_unmap(k: Kernel, file: number, folio: number, at: number): boolean {
  const around = k.model.truncateSplitsAround;
  const done = (around ? __folio_split(k, folio, { around: at }) : split_folio(k, folio)) === 0;
  if (!done && k.model.pmdMapsWithinFile && !is_shmem(k, file)) try_to_unmap(k, folio, true);
  return done;
}
