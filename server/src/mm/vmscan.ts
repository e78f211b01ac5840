// Reclaim: the four lists are shrunk from their tails, active ones into inactive ones, inactive ones by freeing pages.
// mm/vmscan.c; mm-semantics §5.6.
//
// The two lists of anonymous pages and the two of the page cache share the work as get_scan_count() says, at
// swappiness 60 and without a history of refaults and rotations (workingset.c is not modelled, so lru_note_cost() counts
// nothing): the page cache alone while it has enough inactive pages for the round, or while nothing can be swapped;
// else 60 parts of 200 of the anonymous lists and 140 of the others; all of all lists in the last round.
// Not modelled: kswapd and watermarks, memory cgroups, the multi-generational LRU.

import { shrink_slab } from "./deferred_split_scan.ts";
import {
  PG_active,
  PG_dirty,
  PG_lru,
  PG_mlocked,
  PG_swapbacked,
  PG_unevictable,
  PG_writeback,
  VM_EXEC,
} from "./flags.ts";
import { folio_nr_pages } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_isolate_lru, folio_putback_lru, lru_add_drain } from "./lru.ts";
import {
  folio_lru_list,
  LRU_ACTIVE_ANON,
  LRU_ACTIVE_FILE,
  LRU_INACTIVE_ANON,
  LRU_INACTIVE_FILE,
  lruvec_add_folio,
} from "./lru_list.ts";
import { free_pages } from "./page_alloc.ts";
import { cached_files } from "./page_cache.ts";
import { folio_put } from "./page_ref.ts";
import { can_reclaim_anon_pages, shrink_folio } from "./shrink_folio.ts";
import { total_swap_pages } from "./swap_slots.ts";
import { writeback } from "./truncate.ts";
import { REGULAR_FILE } from "./vm_ops.ts";
import { activate_locked, end_swap_write } from "./vmscan_anon.ts";
import { folio_check_references, folio_referenced } from "./vmscan_references.ts";

// include/linux/swap.h, include/linux/mmzone.h, mm/internal.h, mm/vmscan.c.
const SWAP_CLUSTER_MAX = 32;
const MAX_RECLAIM_RETRIES = 16;
const DEF_PRIORITY = 12;
const SWAPPINESS = 60;
const MAX_SWAPPINESS = 200;
const GIB = 2 ** 30;

const INACTIVE_IS_LOW = condition("inactive * inactive_ratio < active", "inactive pages");
const EVICTABLE = condition("folio_evictable(folio)", "mlocked");
const ALL_DIRTY = condition("stat.nr_unqueued_dirty == nr_taken", "dirty pages");

// struct scan_control, what of it changes.
interface Scan {
  readonly nr_to_reclaim: number;
  nr_reclaimed: number;
  // 12: a 4096th of each list; 0: all of it.
  priority: number;
  // Active lists are shrunk though the inactive ones are long enough.
  force_deactivate: boolean;
  skipped_deactivate: boolean;
  // Pages on each list, kept in step with what the rounds move; and machine.lru_tail when they were counted: pages that
  // were written meanwhile came to a tail and change them.
  sizes: number[];
  counted: number;
}

// Frees pages, at most as many as asked for (the kernel may free up to 31 more, the rest of its last batch), with a round
// at each priority; returns how many. Mirrors do_try_to_free_pages(), mm/vmscan.c, 6.12.
const do_try_to_free_pages = kernelFunction(
  "do_try_to_free_pages",
  "mm/vmscan.c",
  (k: Kernel, nr_to_reclaim: number): number => {
    const flags = { force_deactivate: false, skipped_deactivate: false };
    const sc: Scan = { nr_to_reclaim, nr_reclaimed: 0, priority: 0, ...flags, sizes: [], counted: Number.NaN };
    for (;;) {
      for (sc.priority = DEF_PRIORITY; sc.priority >= 0; sc.priority--) {
        shrink_lruvec(k, sc);
        shrink_slab(k, sc.priority);
        if (sc.nr_reclaimed >= nr_to_reclaim) return sc.nr_reclaimed;
      }
      if (sc.nr_reclaimed > 0 || sc.force_deactivate || !sc.skipped_deactivate) return sc.nr_reclaimed;
      sc.force_deactivate = true;
    }
  },
);

// Memory is used up: true when reclaim freed some. It tries again while there is something to reclaim, since pages that
// were used need more looks. Mirrors __alloc_pages_direct_reclaim() with should_reclaim_retry(), mm/page_alloc.c, 6.12.
export const direct_reclaim = kernelFunction(
  "__alloc_pages_direct_reclaim",
  "mm/page_alloc.c",
  (k: Kernel): boolean => {
    const before = free_pages(k);
    for (let retries = MAX_RECLAIM_RETRIES; retries >= 0 && reclaimable_pages(k) > 0; retries--) {
      // What shrinkers have freed is not counted, but there.
      if (do_try_to_free_pages(k, SWAP_CLUSTER_MAX) > 0 || free_pages(k) > before) return true;
    }
    // With nothing on the lists that could go, its rounds come to the shrinkers alone.
    for (let priority = DEF_PRIORITY; priority >= 0; priority--) shrink_slab(k, priority);
    return free_pages(k) > before;
  },
);

// Frees as many pages as asked for, if that can be done, as a write to memory.reclaim does. Returns how many it freed.
// Mirrors user_proactive_reclaim(), mm/vmscan.c, 7.2 (memory_reclaim(), mm/memcontrol.c, 5.19).
export const reclaim = kernelFunction("user_proactive_reclaim", "mm/vmscan.c", (k: Kernel, pages: number): number => {
  let freed = 0;
  // The kernel does so before its last try, and whenever it looks at a list.
  lru_add_drain(k);
  for (let retries = MAX_RECLAIM_RETRIES; freed < pages && retries >= 0 && reclaimable_pages(k) > 0; ) {
    const now = do_try_to_free_pages(k, Math.min(pages - freed, SWAP_CLUSTER_MAX));
    freed += now;
    if (now === 0) retries--;
  }
  return freed;
});

// Mirrors zone_reclaimable_pages(), mm/vmscan.c, 6.12.
function reclaimable_pages(k: Kernel): number {
  const sizes = k.lrus.sizes();
  const anon = can_reclaim_anon_pages(k) ? sizes[LRU_INACTIVE_ANON] + sizes[LRU_ACTIVE_ANON] : 0;
  return sizes[LRU_INACTIVE_FILE] + sizes[LRU_ACTIVE_FILE] + anon;
}

// One round. Mirrors shrink_lruvec(), mm/vmscan.c, 6.12, with prepare_scan_control().
const shrink_lruvec = kernelFunction("shrink_lruvec", "mm/vmscan.c", (k: Kernel, sc: Scan) => {
  const sizes = sizes_of(k, sc);
  const deactivate_anon = sc.force_deactivate || inactive_is_low(k, LRU_INACTIVE_ANON, sizes);
  const deactivate_file = sc.force_deactivate || inactive_is_low(k, LRU_INACTIVE_FILE, sizes);
  const nr = get_scan_count(k, sc, deactivate_file, sizes);
  while (nr[LRU_INACTIVE_ANON] > 0 || nr[LRU_ACTIVE_FILE] > 0 || nr[LRU_INACTIVE_FILE] > 0) {
    for (let lru = LRU_INACTIVE_ANON; lru <= LRU_ACTIVE_FILE; lru++) {
      if (nr[lru] === 0) continue;
      const scan = Math.min(nr[lru], SWAP_CLUSTER_MAX);
      nr[lru] -= scan;
      const deactivate = lru >= LRU_INACTIVE_FILE ? deactivate_file : deactivate_anon;
      if (lru === LRU_ACTIVE_ANON || lru === LRU_ACTIVE_FILE) {
        if (deactivate) shrink_active_list(k, sc, lru, scan);
        else sc.skipped_deactivate = true;
      } else {
        shrink_inactive_list(k, sc, lru, scan);
        if (sc.nr_reclaimed >= sc.nr_to_reclaim) return;
      }
    }
  }
  if (total_swap_pages(k) > 0 && inactive_is_low(k, LRU_INACTIVE_ANON, sizes_of(k, sc)))
    shrink_active_list(k, sc, LRU_ACTIVE_ANON, SWAP_CLUSTER_MAX);
});

function sizes_of(k: Kernel, sc: Scan): readonly number[] {
  const tail = k.w.machine.lru_tail.data[0];
  if (sc.counted !== tail || k.machine.lru_batch) sc.sizes = k.lrus.sizes();
  sc.counted = tail;
  return sc.sizes;
}

// Whether the inactive list is too short beside its active one: up to 1 GiB shorter than it, of more memory shorter than
// its part by the root of ten times the GiB. Mirrors inactive_is_low(), mm/vmscan.c, 6.12.
function inactive_is_low(k: Kernel, lru: number, sizes: readonly number[]): boolean {
  const gb = Math.floor(((sizes[lru] + sizes[lru + 1]) * k.pageSize) / GIB);
  const ratio = gb > 0 ? Math.floor(Math.sqrt(10 * gb)) : 1;
  return k.decide(INACTIVE_IS_LOW, sizes[lru], sizes[lru] * ratio < sizes[lru + 1]);
}

// How many pages of each list the round looks at. Mirrors get_scan_count(), mm/vmscan.c, 6.12.
const get_scan_count = kernelFunction(
  "get_scan_count",
  "mm/vmscan.c",
  (k: Kernel, sc: Scan, deactivate_file: boolean, all: readonly number[]): number[] => {
    const [a, b, c, d] = all;
    const { priority } = sc;
    const sizes = [a >> priority, b >> priority, c >> priority, d >> priority];
    const cache_trim_mode = sizes[LRU_INACTIVE_FILE] > 0 && !deactivate_file;
    if (!can_reclaim_anon_pages(k) || (sc.priority > 0 && cache_trim_mode)) {
      return [0, 0, sizes[LRU_INACTIVE_FILE], sizes[LRU_ACTIVE_FILE]];
    }
    if (sc.priority === 0) return sizes;
    return sizes.map((size, lru) => {
      const part = lru < LRU_INACTIVE_FILE ? SWAPPINESS : MAX_SWAPPINESS - SWAPPINESS;
      return Math.floor((size * part) / MAX_SWAPPINESS);
    });
  },
);

// The folio at the tail of a list, taken off it: one reference more; -1 when there is none.
// Mirrors isolate_lru_folios(), mm/vmscan.c, which takes up to 32 pages at once, or one larger folio.
function isolate_lru_folio(k: Kernel, sc: Scan, lru: number): number {
  const folio = k.lrus.last(lru);
  if (folio < 0) return folio;
  folio_isolate_lru(k, folio);
  sc.sizes[lru] -= folio_nr_pages(k, folio);
  return folio;
}

// An isolated page goes back to the head of a list. Mirrors move_folios_to_lru(), mm/vmscan.c, 6.12.
function move_folio_to_lru(k: Kernel, sc: Scan, pfn: number): void {
  const flags = k.w.page.flags.data[pfn];
  if (flags & PG_mlocked) {
    folio_putback_lru(k, pfn);
    return;
  }
  lruvec_add_folio(k, pfn, flags | PG_lru);
  sc.sizes[folio_lru_list(flags)] += folio_nr_pages(k, pfn);
  folio_put(k, pfn);
}

// Active pages become inactive, used or not; only code that was used stays. Their accessed bits are clear then.
// Mirrors shrink_active_list(), mm/vmscan.c, 6.12.
const shrink_active_list = kernelFunction(
  "shrink_active_list",
  "mm/vmscan.c",
  (k: Kernel, sc: Scan, lru: number, scan: number) => {
    const { flags } = k.w.page;
    lru_add_drain(k);
    for (let scanned = 0; scanned < scan; ) {
      const pfn = isolate_lru_folio(k, sc, lru);
      if (pfn < 0) return;
      scanned += folio_nr_pages(k, pfn);
      const { ptes, vm_flags } = folio_referenced(k, pfn);
      const code = ptes > 0 && (vm_flags & VM_EXEC) !== 0 && lru === LRU_ACTIVE_FILE;
      if (!code) k.set(flags, pfn, flags.data[pfn] & ~PG_active);
      move_folio_to_lru(k, sc, pfn);
    }
  },
);

// Frees what can be freed of the pages at the list's tail; the rest goes back to the lists. When all were dirty, the
// flusher writes the dirty files, and those that reclaim waits for come to the tail.
// Mirrors shrink_inactive_list() with shrink_folio_list(), mm/vmscan.c, 6.12.
const shrink_inactive_list = kernelFunction(
  "shrink_inactive_list",
  "mm/vmscan.c",
  (k: Kernel, sc: Scan, lru: number, scan: number) => {
    const { flags } = k.w.page;
    lru_add_drain(k);
    let taken = 0;
    let dirty = 0;
    while (taken < scan && sc.nr_reclaimed < sc.nr_to_reclaim) {
      const isolated = isolate_lru_folio(k, sc, lru);
      if (isolated < 0) break;
      const nr = folio_nr_pages(k, isolated);
      taken += nr;
      if ((flags.data[isolated] & (PG_swapbacked | PG_dirty | PG_writeback)) === PG_dirty) dirty += nr;
      // The pieces of a folio that is split come to the list.
      const list = [isolated];
      for (let folio = list.pop(); folio !== undefined; folio = list.pop()) shrink_one(k, sc, folio, list);
    }
    if (dirty > 0 && k.decide(ALL_DIRTY, dirty, dirty === taken)) wakeup_flusher_threads(k);
  },
);

// One folio of an inactive list, isolated. Mirrors a round of shrink_folio_list(), mm/vmscan.c, 6.12.
function shrink_one(k: Kernel, sc: Scan, folio: number, list: number[]): void {
  const { flags } = k.w.page;
  const locked = (flags.data[folio] & (PG_mlocked | PG_unevictable)) !== 0;
  if (!k.decide(EVICTABLE, locked ? 1 : 0, !locked)) {
    activate_locked(k, folio);
    move_folio_to_lru(k, sc, folio);
    return;
  }
  const references = folio_check_references(k, folio);
  const spared = references === "keep" || references === "activate";
  const pieces = list.length;
  const nr = folio_nr_pages(k, folio);
  const shrunk = spared ? references : shrink_folio(k, folio, list);
  if (shrunk === "freed") {
    sc.nr_reclaimed += list.length === pieces ? nr : 1;
    return;
  }
  if (shrunk === "activate") activate_locked(k, folio);
  move_folio_to_lru(k, sc, folio);
  end_swap_write(k, folio);
}

// The dirty pages of all files are written. Mirrors wakeup_flusher_threads(), fs/fs-writeback.c.
const wakeup_flusher_threads = kernelFunction("wakeup_flusher_threads", "fs/fs-writeback.c", (k: Kernel) => {
  const { kind } = k.w.file;
  for (const file of cached_files(k)) if (kind.data[file] === REGULAR_FILE) writeback(k, file);
});
