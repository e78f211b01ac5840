// Reclaiming one page that is backed by swap, or one that MADV_FREE gave up. mm/vmscan.c, mm/page_io.c; mm-semantics §5.6.
//
//   pinned? keep ─▶ a slot, the swap cache ─▶ unmap everywhere ─▶ referenced? keep ─▶ write ─▶ free

import { copy_run } from "./copy_run.ts";
import { folio_is_queued } from "./deferred_split.ts";
import {
  FOLIO_PARTIALLY_MAPPED,
  PG_active,
  PG_anon,
  PG_dirty,
  PG_mlocked,
  PG_reclaim,
  PG_swapbacked,
  PG_swapcache,
  PG_writeback,
} from "./flags.ts";
import { folio_nr_pages, folio_test_large, has_flag, large_folio } from "./folio.ts";
import { can_split_folio, split_folio } from "./folio_split.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_rotate_reclaimable } from "./lru.ts";
import { folio_mapped } from "./mapcount.ts";
import { cache_slot, filemap_remove_folio } from "./page_cache.ts";
import { folio_maybe_dma_pinned, folio_put, folio_ref_count } from "./page_ref.ts";
import { shmem_writeout } from "./shmem_swap.ts";
import { folio_alloc_swap } from "./swap_cluster_alloc.ts";
import { vm_swap_full } from "./swap_slots.ts";
import { add_to_swap_cache, delete_from_swap_cache } from "./swap_state.ts";
import { folio_free_swap } from "./swapfile.ts";
import { try_to_unmap } from "./try_to_unmap.ts";
import { folio_mark_dirty } from "./vm_ops.ts";
import type { Shrunk } from "./vmscan_file.ts";

const PINNED = condition("folio_maybe_dma_pinned(folio)", "refcount");
const FREE_SLOT = condition("folio_alloc_swap(folio) == 0", "swap slot");
const ONLY_CACHE = condition("folio_ref_count(folio) == 1 + folio_nr_pages(folio)", "refcount");
const NO_PMD = condition("!folio_entire_mapcount(folio)", "mapcount");
const QUEUED = condition("!list_empty(&folio->_deferred_list)", "queued");
const DIRTY = condition("folio_test_dirty(folio)", "dirty");
const IN_A_CACHE = condition("folio_mapping(folio)", "mapping");
const FROZEN = condition("folio_ref_freeze(folio, refcount)", "refcount");

// The caller has isolated the folio, has found it evictable and has looked at its references. One that is only in the way of
// nobody is written and freed; one that somebody else holds stays in the swap cache, unmapped. Pieces of a folio that had to
// be split come to `list`, isolated; what is said is about the first one then.
// Mirrors the part of shrink_folio_list(), mm/vmscan.c, 6.12, for these folios (shrink_page_list() before 5.18).
export const shrink_swapbacked_folio = kernelFunction(
  "shrink_folio_list",
  "mm/vmscan.c",
  (k: Kernel, folio: number, list: number[]): Shrunk => {
    const { page } = k.w;
    const flags = page.flags.data[folio];
    const lazyfree = (flags & (PG_anon | PG_swapbacked)) === PG_anon;
    if ((flags & (PG_anon | PG_swapbacked)) !== (PG_anon | PG_swapbacked)) {
      if (folio_test_large(k, folio) && splits_other(k, lazyfree) && split_folio(k, folio, list) !== 0) return "keep";
    } else if ((flags & PG_swapcache) === 0) {
      if (k.model.reclaimSparesPinned && maybe_pinned(k, folio)) return "keep";
      if (!prepare_large(k, folio, list)) return "activate";
      if (!add_to_swap(k, folio)) {
        // Pages have slots when a large folio has none.
        if (!folio_test_large(k, folio) || split_folio(k, folio, list) !== 0) return "activate";
        if (!add_to_swap(k, folio)) return "activate";
      }
    }
    if (folio_mapped(k, folio) && !try_to_unmap(k, folio, false)) return "activate";
    if (k.model.reclaimActivatesPinned && maybe_pinned(k, folio)) return "activate";
    if (page.flags.data[folio] & PG_dirty) {
      if (lazyfree) {
        k.decide(DIRTY, 1, true);
        return "activate";
      }
      const written = pageout(k, folio);
      if (written !== "clean") return written;
    }
    return lazyfree ? free_lazyfree(k, folio) : __remove_mapping(k, folio);
  },
);

function maybe_pinned(k: Kernel, folio: number): boolean {
  return k.decide(PINNED, folio_ref_count(k, folio), folio_maybe_dma_pinned(k, folio));
}

// Whether a large folio of shared memory, or one that MADV_FREE gave up, is split first. Shared memory has no large swap slots
// here.
function splits_other(k: Kernel, lazyfree: boolean): boolean {
  return !lazyfree || k.model.reclaimSplitsFiles === "all";
}

// A large folio that somebody else holds is left alone; one that is likely to have pages without a use is split right away, so
// that those are not written. False when it has to stay. Mirrors shrink_folio_list(), mm/vmscan.c, 6.12.
function prepare_large(k: Kernel, folio: number, list: number[]): boolean {
  if (!folio_test_large(k, folio)) return true;
  if (!can_split_folio(k, folio, 1)) return false;
  return !needs_split(k, folio) || split_folio(k, folio, list) === 0;
}

// Mirrors the tests of shrink_folio_list(), mm/vmscan.c, 6.1 and 6.12.
export function needs_split(k: Kernel, folio: number): boolean {
  const { splitsBeforehand } = k.model;
  const row = large_folio(k, folio);
  if (splitsBeforehand === "unless a PMD maps it") {
    const entire = k.w.folio._entire_mapcount.data[row];
    return k.decide(NO_PMD, entire, entire === 0);
  }
  const queued = folio_is_queued(k, folio);
  const marked = splitsBeforehand === "queued" || has_flag(k, folio, FOLIO_PARTIALLY_MAPPED);
  return k.decide(QUEUED, queued ? 1 : 0, queued && marked);
}

// Slots for the folio: a reference for each of its pages, dirty, in the swap cache. False when swap is full, or has not so
// many slots in a row. Mirrors add_to_swap(), mm/swap_state.c, 6.12 (folio_alloc_swap() from 6.16 on).
const add_to_swap = kernelFunction("add_to_swap", "mm/swap_state.c", (k: Kernel, folio: number): boolean => {
  const slot = folio_alloc_swap(k, folio);
  if (!k.decide(FREE_SLOT, slot, slot !== 0)) return false;
  add_to_swap_cache(k, folio, slot);
  folio_mark_dirty(k, folio);
  return true;
});

// A page that reclaim has to leave alone: it becomes active, unless it is locked, and where swap is short it gives its slot
// back. Mirrors activate_locked of shrink_folio_list(), mm/vmscan.c, 6.12.
export function activate_locked(k: Kernel, pfn: number): void {
  const { flags } = k.w.page;
  const locked = (flags.data[pfn] & PG_mlocked) !== 0;
  if (flags.data[pfn] & PG_swapcache && (locked || vm_swap_full(k))) folio_free_swap(k, pfn);
  if (!locked) k.set(flags, pfn, flags.data[pfn] | PG_active);
}

// Writes the folio, which only its cache and the isolation may hold. A synchronous device has written it at the end; of
// another one the folio waits, and is first in line when that is done. Slots that no entry names any more are not written.
// Mirrors pageout(), mm/vmscan.c, 6.12, with swap_writepage(), mm/page_io.c.
const pageout = kernelFunction("pageout", "mm/vmscan.c", (k: Kernel, folio: number): "clean" | "keep" | "activate" => {
  const { page, swap } = k.w;
  const count = folio_ref_count(k, folio);
  const nr = folio_nr_pages(k, folio);
  if (!k.decide(ONLY_CACHE, count, count === 1 + nr)) return "keep";
  k.set(page.flags, folio, page.flags.data[folio] & ~PG_dirty);
  if ((page.flags.data[folio] & PG_anon) === 0 && (page.flags.data[folio] & PG_swapcache) === 0) {
    if (!shmem_writeout(k, folio)) {
      folio_mark_dirty(k, folio);
      return "activate";
    }
  } else if (folio_free_swap(k, folio)) {
    return "keep";
  }
  copy_run(k, swap.content, page.swap.data[folio], page.content, folio, nr);
  if (k.machine.swap_device === "sync") {
    k.set(page.flags, folio, page.flags.data[folio] & ~PG_reclaim);
    return "clean";
  }
  k.set(page.flags, folio, page.flags.data[folio] | PG_writeback | PG_reclaim);
  return "keep";
});

// The device has written the page, which is back on its list: from there it comes to the tail.
// Mirrors folio_end_writeback(), mm/filemap.c, 6.12.
export function end_swap_write(k: Kernel, pfn: number): void {
  const { flags } = k.w.page;
  if ((flags.data[pfn] & PG_writeback) === 0) return;
  const reclaim = flags.data[pfn] & PG_reclaim;
  k.set(flags, pfn, flags.data[pfn] & ~(PG_writeback | PG_reclaim));
  if (reclaim) folio_rotate_reclaimable(k, pfn);
}

// The isolation's reference is the last one of a page that nobody wants.
function free_lazyfree(k: Kernel, pfn: number): Shrunk {
  const count = folio_ref_count(k, pfn);
  if (!k.decide(FROZEN, count, count === 1)) return "keep";
  folio_put(k, pfn);
  return "freed";
}

// The page leaves its cache when the cache's and the isolation's references are the only ones.
// Mirrors __remove_mapping(), mm/vmscan.c, 6.12.
const __remove_mapping = kernelFunction("__remove_mapping", "mm/vmscan.c", (k: Kernel, pfn: number): Shrunk => {
  const { page } = k.w;
  const cached = (page.flags.data[pfn] & PG_swapcache) !== 0;
  const count = folio_ref_count(k, pfn);
  if (!cached && page.mapping.data[pfn] === 0 && !k.decide(IN_A_CACHE, 0, false)) return "keep";
  if (!k.decide(FROZEN, count, count === 1 + folio_nr_pages(k, pfn))) return "keep";
  if (cached) delete_from_swap_cache(k, pfn);
  else filemap_remove_folio(k, cache_slot(k, page.mapping.data[pfn] - 1, page.index.data[pfn]));
  folio_put(k, pfn);
  return "freed";
});
