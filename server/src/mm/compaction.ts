// Compaction: movable pages go to the end of memory, so that its beginning is free in one piece. mm/compaction.c;
// mm-semantics §5.7.
//
//   frame 2 ──▶ migration scanner                     free scanner ◀── last frame
//   │ pages that move │ tables, pinned pages stay │ free …       │ pages that moved │
//
// Which frames are free at the end is a choice, as frame numbers mean nothing but their equality: those that nobody has
// had yet. A page that compaction moved stays where it is at the next one (PG_compacted), as it is at the end already.

import { PG_anon, PG_compacted, PG_lru, PG_swapcache } from "./flags.ts";
import { folio_nr_pages, folio_order, folio_test_large } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_isolate_lru, lru_add_drain } from "./lru.ts";
import { folio_mapcount } from "./mapcount.ts";
import { migrate_pages, putback_movable_pages } from "./migrate.ts";
import { alloc_page_noretry, FIRST_PFN, folio_alloc, max_pfn } from "./page_alloc.ts";
import { folio_ref_count } from "./page_ref.ts";

// COMPACT_CLUSTER_MAX: pages that are isolated before they migrate.
const CLUSTER = 32;

const ON_LRU = condition("folio_test_lru(folio)", "lru");
const ONLY_MAPPINGS_HOLD = condition("folio_ref_count(folio) <= folio_mapcount(folio)", "refcount");

// echo 1 > /proc/sys/vm/compact_memory: both scanners over all of memory until they meet.
// Mirrors compact_zone(), mm/compaction.c, 6.12, with MIGRATE_SYNC and whole_zone.
export const compact_zone = kernelFunction("compact_zone", "mm/compaction.c", (k: Kernel): 0 => {
  lru_add_drain(k);
  const end = k.w.machine.next_pfn.data[0];
  for (let next = FIRST_PFN; next < end && k.w.machine.next_pfn.data[0] < max_pfn(k); ) {
    const cluster = isolate_migratepages_block(k, next, end);
    next = cluster.next;
    putback_movable_pages(k, migrate_pages(k, cluster.pages, compaction_alloc, "sync"));
  }
  return 0;
});

// The movable pages among the frames [first, end), up to a cluster of them, the last one first. Pages that are on no LRU
// list are not movable; an anonymous page with references beside its mappings would not move, so that it stays out.
// Mirrors isolate_migratepages_block(), mm/compaction.c, 6.12.
const isolate_migratepages_block = kernelFunction(
  "isolate_migratepages_block",
  "mm/compaction.c",
  (k: Kernel, first: number, end: number): { pages: number[]; next: number } => {
    const { page } = k.w;
    const pages: number[] = [];
    let pfn = first;
    let taken = 0;
    for (; pfn < end && taken < CLUSTER; pfn++) {
      k.tick();
      const flags = page.flags.data[pfn];
      // Free, as most frames are.
      if (flags === 0 && page.mapping.data[pfn] === 0 && page.folio.data[pfn] === 0) continue;
      if (folio_test_large(k, pfn) && skip_isolation_on_order(k, folio_order(k, pfn))) {
        pfn += folio_nr_pages(k, pfn) - 1;
        continue;
      }
      if ((flags & (PG_lru | PG_compacted)) !== PG_lru) {
        // Of what is no user's page, as most of the memory, nothing is recorded.
        const users = flags & PG_anon || page.mapping.data[pfn] !== 0;
        if (users && (flags & PG_lru) === 0) k.decide(ON_LRU, 0, false);
        continue;
      }
      const mapping = flags & PG_anon ? flags & PG_swapcache : page.mapping.data[pfn];
      const refs = folio_ref_count(k, pfn);
      if (mapping === 0 && !k.decide(ONLY_MAPPINGS_HOLD, refs, refs <= folio_mapcount(k, pfn))) continue;
      folio_isolate_lru(k, pfn);
      pages.unshift(pfn);
      const nr = folio_nr_pages(k, pfn);
      taken += nr;
      pfn += nr - 1;
    }
    return { pages, next: pfn };
  },
);

// What is as large as the pieces that compaction is after stays where it is; up to 6.8 all large folios do.
// Mirrors skip_isolation_on_order(), mm/compaction.c, 6.12.
function skip_isolation_on_order(k: Kernel, order: number): boolean {
  return !k.model.compactsLarge || order >= k.hpageOrder;
}

// Mirrors compaction_alloc(), mm/compaction.c.
function compaction_alloc(k: Kernel, src: number): number {
  const order = folio_order(k, src);
  if (k.w.machine.next_pfn.data[0] + 2 ** order > max_pfn(k)) return -1;
  const pfn = order === 0 ? alloc_page_noretry(k) : folio_alloc(k, order);
  k.set(k.w.page.flags, pfn, PG_compacted);
  return pfn;
}
