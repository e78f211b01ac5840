// Moving one page to another frame, in two halves: unmap and move. mm/migrate.c; mm-semantics §5.7.
//
// The caller has isolated the page (one reference). Nobody but its mappings, which are migration entries by the second
// half, and its cache may hold another one.

import { copy_run } from "./copy_run.ts";
import { deferred_split_folio, folio_is_queued } from "./deferred_split.ts";
import {
  FOLIO_PARTIALLY_MAPPED,
  PG_active,
  PG_anon,
  PG_anon_exclusive,
  PG_compacted,
  PG_dirty,
  PG_lru,
  PG_mlocked,
  PG_swapcache,
  PG_unevictable,
  PG_writeback,
} from "./flags.ts";
import { folio_nr_pages, folio_test_large, has_flag } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_migrate_ksm } from "./ksm_nodes.ts";
import { folio_add_lru, lru_add_drain } from "./lru.ts";
import { folio_mapcount, folio_mapped } from "./mapcount.ts";
import { cache_slot } from "./page_cache.ts";
import { folio_put, folio_put_refs, folio_ref_add, folio_ref_count } from "./page_ref.ts";
import { pages_of } from "./page_vma_mapped.ts";
import { remove_migration_runs } from "./remove_migration_large.ts";
import { remove_migration_ptes, try_to_migrate } from "./try_to_migrate.ts";
import { try_to_migrate_large } from "./try_to_migrate_large.ts";

const ASYNC = condition("mode == MIGRATE_ASYNC", "writeback");
const NO_OTHER_REFERENCE = condition("folio_ref_count(src) == folio_expected_ref_count(src) + 1", "refcount");
const NOT_MAPPED = condition("!folio_mapped(src)", "mapcount");

// "sync" may wait for the disk, "async" leaves such pages alone.
export type MigrateMode = "sync" | "async";

// A page on its way, and where it goes.
export interface Move {
  readonly src: number;
  readonly dst: number;
  readonly wasMapped: boolean;
  readonly wasMlocked: boolean;
}

// The first half: a frame for the page, and migration entries in place of its mappings. When a mapping is left over the
// entries are taken back. "ENOMEM" without a frame. Mirrors migrate_folio_unmap(), mm/migrate.c, 6.12 (the first part of
// __unmap_and_move() before 6.3).
export const migrate_folio_unmap = kernelFunction(
  "migrate_folio_unmap",
  "mm/migrate.c",
  (
    k: Kernel,
    src: number,
    mode: MigrateMode,
    frame: (k: Kernel, src: number) => number,
  ): Move | "EAGAIN" | "EBUSY" | "ENOMEM" => {
    const { page } = k.w;
    const dst = frame(k, src);
    if (dst < 0) return "ENOMEM";
    if (page.flags.data[src] & PG_writeback) {
      if (k.decide(ASYNC, 1, mode === "async")) {
        folio_put(k, dst);
        return "EBUSY";
      }
      folio_wait_writeback(k, src);
    }
    const wasMlocked = (page.flags.data[src] & PG_mlocked) !== 0;
    const wasMapped = folio_mapped(k, src);
    if (wasMapped && folio_test_large(k, src)) try_to_migrate_large(k, src, false);
    else if (wasMapped) try_to_migrate(k, src);
    const left = folio_mapcount(k, src);
    if (k.decide(NOT_MAPPED, left, !folio_mapped(k, src))) return { src, dst, wasMapped, wasMlocked };
    restore_mappings(k, src, src);
    folio_put(k, dst);
    return "EAGAIN";
  },
);

// The migration entries that stand for `src` map `dst` from now on.
function restore_mappings(k: Kernel, src: number, dst: number): void {
  if (folio_test_large(k, dst)) remove_migration_runs(k, src, pages_of(k, dst), false);
  else remove_migration_ptes(k, src, dst);
}

// The second half: everything that the page is moves to the new frame, mappings last; the old frame is freed with the
// isolation's reference. False when somebody else holds a reference; the migration entries stay then.
// Mirrors migrate_folio_move(), mm/migrate.c, 6.12.
export const migrate_folio_move = kernelFunction("migrate_folio_move", "mm/migrate.c", (k: Kernel, move: Move) => {
  const { src, dst } = move;
  const queued = k.model.migrationRequeues && folio_is_queued(k, src);
  const partially = has_flag(k, src, FOLIO_PARTIALLY_MAPPED);
  if (!move_to_new_folio(k, dst, src)) return false;
  folio_add_lru(k, dst);
  if (move.wasMlocked) lru_add_drain(k);
  if (move.wasMapped) restore_mappings(k, src, dst);
  if (queued) deferred_split_folio(k, dst, partially);
  folio_put(k, dst);
  folio_put(k, src);
  return true;
});

// The page stays where it was. Mirrors migrate_folio_undo_src() and migrate_folio_undo_dst(), mm/migrate.c, 6.12.
export const migrate_folio_undo = kernelFunction("migrate_folio_undo_src", "mm/migrate.c", (k: Kernel, move: Move) => {
  if (move.wasMapped) restore_mappings(k, move.src, move.src);
  folio_put(k, move.dst);
});

// Mirrors move_to_new_folio() with migrate_folio(), mm/migrate.c, 6.12.
const move_to_new_folio = kernelFunction("move_to_new_folio", "mm/migrate.c", (k: Kernel, dst: number, src: number) => {
  const { page } = k.w;
  const refs = folio_ref_count(k, src);
  if (!k.decide(NO_OTHER_REFERENCE, refs, refs === folio_expected_ref_count(k, src) + 1)) return false;
  copy_run(k, page.content, dst, page.content, src, folio_nr_pages(k, src));
  folio_migrate_mapping(k, dst, src);
  folio_migrate_flags(k, dst, src);
  if ((page.flags.data[src] & PG_anon) === 0) k.set(page.mapping, src, 0);
  return true;
});

// The references that mappings and caches account for. Mirrors folio_expected_ref_count(), include/linux/mm.h, 6.16
// (folio_expected_refs(), mm/migrate.c, before).
export function folio_expected_ref_count(k: Kernel, pfn: number): number {
  const { page } = k.w;
  const flags = page.flags.data[pfn];
  const cached = flags & PG_swapcache || ((flags & PG_anon) === 0 && page.mapping.data[pfn] !== 0);
  return folio_mapcount(k, pfn) + (cached ? folio_nr_pages(k, pfn) : 0);
}

// The cache's slot holds the new page from now on, and its reference goes along.
// Mirrors folio_migrate_mapping(), mm/migrate.c, 6.12.
const folio_migrate_mapping = kernelFunction(
  "folio_migrate_mapping",
  "mm/migrate.c",
  (k: Kernel, dst: number, src: number) => {
    const { page, cache, swap } = k.w;
    const flags = page.flags.data[src];
    const nr = folio_nr_pages(k, src);
    k.set(page.index, dst, page.index.data[src]);
    // PageAnon is a bit of page->mapping.
    k.set(page.flags, dst, page.flags.data[dst] | (flags & PG_anon));
    k.set(page.mapping, dst, page.mapping.data[src]);
    if (flags & PG_swapcache) {
      const slot = page.swap.data[src];
      folio_ref_add(k, dst, nr);
      k.set(page.swap, dst, slot);
      k.set(page.swap, src, 0);
      k.setRun(swap.cache, slot, nr, dst + 1, 1);
    } else if ((flags & PG_anon) === 0 && page.mapping.data[src] !== 0) {
      folio_ref_add(k, dst, nr);
      for (let i = 0; i < nr; i++) {
        k.set(cache.pfn, cache_slot(k, page.mapping.data[src] - 1, page.index.data[src] + i), dst + i);
      }
    } else {
      return;
    }
    folio_put_refs(k, src, nr);
  },
);

// What the page is apart from its place: the exclusive flag travels in the migration entries, that of the LRU comes with
// the list. Mirrors folio_migrate_flags(), mm/migrate.c, 6.12.
const folio_migrate_flags = kernelFunction(
  "folio_migrate_flags",
  "mm/migrate.c",
  (k: Kernel, dst: number, src: number) => {
    const { flags } = k.w.page;
    const moved = flags.data[src] & ~(PG_lru | PG_anon_exclusive | PG_mlocked | PG_writeback | PG_compacted);
    k.set(flags, dst, flags.data[dst] | moved);
    folio_migrate_ksm(k, dst, src);
    k.set(flags, src, flags.data[src] & ~(PG_active | PG_unevictable | PG_dirty | PG_swapcache));
  },
);

// The disk is done with the page.
const folio_wait_writeback = kernelFunction("folio_wait_writeback", "mm/page-writeback.c", (k: Kernel, pfn: number) => {
  k.set(k.w.page.flags, pfn, k.w.page.flags.data[pfn] & ~PG_writeback);
});
