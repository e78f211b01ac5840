// Large folios that lie in a range which leaves the page cache only in part: they are split, so that the rest can stay, or
// everything of them stays or goes. mm/truncate.c, mm/shmem.c; mm-semantics §5.1, §5.12.

import { PG_dirty } from "./flags.ts";
import { folio_nr_pages } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { cache_slot, cached_folios, filemap_remove_folio } from "./page_cache.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { folio_mark_dirty, is_shmem } from "./vm_ops.ts";

const DIRTY = condition("folio_test_dirty(folio)", "dirty");

// The folio leaves the page cache, whatever it holds. Mirrors truncate_inode_folio(), mm/truncate.c, 6.12.
export function truncate_inode_folio(k: Kernel, folio: number): void {
  const { page } = k.w;
  k.set(page.flags, folio, page.flags.data[folio] & ~PG_dirty);
  filemap_remove_folio(k, cache_slot(k, page.mapping.data[folio] - 1, page.index.data[folio]));
}

// The folios of a file in [first, last) (page offsets) leave its cache. Those that reach out of the range are split, and
// their part of it goes; where that fails, all of a clean folio goes and all of a dirty one stays, zeroes in the range.
// Mirrors truncate_inode_pages_range(), mm/truncate.c, and shmem_undo_range(), mm/shmem.c, 6.12.
export function remove_folios(k: Kernel, file: number, first: number, last: number): void {
  const { index } = k.w.page;
  const inside = (folio: number): boolean =>
    index.data[folio] >= first && index.data[folio] + folio_nr_pages(k, folio) <= last;
  for (const folio of cached_folios(k, file, first, last)) if (inside(folio)) truncate_inode_folio(k, folio);
  for (const folio of cached_folios(k, file, first, last)) {
    if (k.w.page.mapping.data[folio] === file + 1 && !inside(folio)) {
      truncate_inode_partial_folio(k, file, folio, first, last);
    }
  }
  for (const folio of cached_folios(k, file, first, last)) if (inside(folio)) truncate_inode_folio(k, folio);
}

// A large folio of which [first, last) has a part, but not all. Mirrors truncate_inode_partial_folio(), mm/truncate.c, 6.12,
// 7.2.
const truncate_inode_partial_folio = kernelFunction(
  "truncate_inode_partial_folio",
  "mm/truncate.c",
  (k: Kernel, file: number, folio: number, first: number, last: number) => {
    const { page } = k.w;
    const index = page.index.data[folio];
    const nr = folio_nr_pages(k, folio);
    const from = Math.max(0, first - index);
    const to = Math.min(nr, last - index);
    folio_get(k, folio);
    if (is_shmem(k, file)) folio_mark_dirty(k, folio);
    k.setRun(page.content, folio + from, to - from, 0);
    const dirty = (page.flags.data[folio] & PG_dirty) !== 0;
    if (!k.decide(DIRTY, dirty ? 1 : 0, dirty)) truncate_inode_folio(k, folio);
    folio_put(k, folio);
  },
);
