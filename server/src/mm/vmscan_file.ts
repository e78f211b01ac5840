// Reclaiming one page of the page cache: out of every mapping, and when it is clean and nobody else holds it, out of the
// cache. mm/vmscan.c, mm/rmap.c; mm-semantics §5.6.

import { add_mm_counter, mm_counter } from "./counters.ts";
import { PG_dirty, PG_reclaim } from "./flags.ts";
import { folio_nr_pages, folio_test_large } from "./folio.ts";
import { split_folio } from "./folio_split.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapcount, folio_mapped } from "./mapcount.ts";
import { cache_slot, filemap_remove_folio } from "./page_cache.ts";
import { folio_maybe_dma_pinned, folio_put, folio_ref_count } from "./page_ref.ts";
import { PTE_DIRTY } from "./pgtable.ts";
import { folio_remove_rmap_pte } from "./rmap.ts";
import { rmap_walk } from "./rmap_walk.ts";
import { try_to_unmap } from "./try_to_unmap.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

// What becomes of an isolated page: its frame is free, it goes back to the inactive list, or to the active one.
export type Shrunk = "freed" | "keep" | "activate";

const MAPPED = condition("folio_mapped(folio)", "mapcount");
const PINNED = condition("folio_maybe_dma_pinned(folio)", "refcount");
const DIRTY = condition("folio_test_dirty(folio)", "dirty");
const IN_A_CACHE = condition("folio_mapping(folio)", "mapping");
const FROZEN = condition("folio_ref_freeze(folio, 1 + folio_nr_pages(folio))", "refcount");

// The caller has isolated the page, which is its one reference beside the cache's. A dirty page is not written from here:
// it is marked, and comes to the inactive list's tail when the flusher has written it.
// Mirrors the part of shrink_folio_list(), mm/vmscan.c, 6.12, for the page cache (shrink_page_list() before 5.18).
export const shrink_file_folio = kernelFunction(
  "shrink_folio_list",
  "mm/vmscan.c",
  (k: Kernel, pfn: number, list: number[]): Shrunk => {
    const { page } = k.w;
    const splits = folio_test_large(k, pfn) && k.model.reclaimSplitsFiles === "all";
    if (splits && split_folio(k, pfn, list) !== 0) return "keep";
    if (folio_test_large(k, pfn)) try_to_unmap(k, pfn, false);
    else try_to_unmap_file(k, pfn);
    const mapcount = folio_mapcount(k, pfn);
    if (k.decide(MAPPED, mapcount, folio_mapped(k, pfn))) return "activate";
    const refs = folio_ref_count(k, pfn);
    if (k.model.reclaimActivatesPinned && k.decide(PINNED, refs, folio_maybe_dma_pinned(k, pfn))) return "activate";
    const dirty = (page.flags.data[pfn] & PG_dirty) !== 0;
    if (k.decide(DIRTY, dirty ? 1 : 0, dirty)) {
      k.set(page.flags, pfn, page.flags.data[pfn] | PG_reclaim);
      return "activate";
    }
    return __remove_mapping(k, pfn) ? "freed" : "keep";
  },
);

// Takes a page of a file out of every address space: mapcount - 1, refcount - 1, rss - 1 each, and a dirty entry makes
// the page dirty. Mirrors try_to_unmap_one(), mm/rmap.c, 6.12, for the page cache.
export const try_to_unmap_file = kernelFunction("try_to_unmap", "mm/rmap.c", (k: Kernel, pfn: number) => {
  if (!folio_mapped(k, pfn)) return;
  rmap_walk(k, pfn, (vma, _vpn, pte, entry) => {
    const mm = k.w.vma.mm.data[vma] - 1;
    k.set(k.w.pte.entry, pte, 0);
    if (entry & PTE_DIRTY) folio_mark_dirty(k, pfn);
    add_mm_counter(k, mm, mm_counter(k, pfn), -1);
    folio_remove_rmap_pte(k, vma, pfn);
    folio_put(k, pfn);
    return true;
  });
});

// The page leaves the cache when its only references are the cache's and the isolation's, and is freed then.
// Mirrors __remove_mapping(), mm/vmscan.c, 6.12.
const __remove_mapping = kernelFunction("__remove_mapping", "mm/vmscan.c", (k: Kernel, pfn: number): boolean => {
  const { page } = k.w;
  const refs = folio_ref_count(k, pfn);
  if (page.mapping.data[pfn] === 0) return k.decide(IN_A_CACHE, 0, false);
  if (!k.decide(FROZEN, refs, refs === 1 + folio_nr_pages(k, pfn))) return false;
  filemap_remove_folio(k, cache_slot(k, page.mapping.data[pfn] - 1, page.index.data[pfn]));
  folio_put(k, pfn);
  return true;
});
