// Moving a list of isolated pages to other frames, with retries. mm/migrate.c; mm-semantics §5.7.

import { folio_is_queued } from "./deferred_split.ts";
import { folio_nr_pages, folio_order, folio_test_hugetlb, folio_test_large } from "./folio.ts";
import { split_folio } from "./folio_split.ts";
import { kernelFunction } from "./frames.ts";
import { putback_hugetlb, unmap_and_move_huge_page } from "./hugetlb_migrate.ts";
import type { Kernel } from "./kernel.ts";
import { folio_putback_lru } from "./lru.ts";
import {
  type MigrateMode,
  type Move,
  migrate_folio_move,
  migrate_folio_undo,
  migrate_folio_unmap,
} from "./migrate_folio.ts";
import { needs_split } from "./vmscan_anon.ts";

// NR_MAX_MIGRATE_PAGES_RETRY and how migrate_pages_sync() splits it.
const RETRIES = 10;
const ASYNC_RETRIES = 3;
const SYNC_RETRIES = RETRIES - ASYNC_RETRIES;
// NR_MAX_BATCHED_MIGRATION: pages that have migration entries at the same time.
const BATCH = 512;

// Where the folio goes: one as large, with one reference, or -1.
export type NewFolio = (k: Kernel, src: number) => number;

// Moves the pages, each isolated by the caller, and returns those that stay where they are, still isolated.
// Mirrors migrate_pages(), mm/migrate.c, 6.12; one page after the other before 6.3.
export const migrate_pages = kernelFunction(
  "migrate_pages",
  "mm/migrate.c",
  (k: Kernel, all: readonly number[], frame: NewFolio, mode: MigrateMode): number[] => {
    const pages = all.filter((pfn) => !folio_test_hugetlb(k, pfn));
    const failed = pages.length === all.length ? [] : migrate_hugetlbs(k, all, frame);
    if (!k.model.migratesInBatches) return [...failed, ...one_by_one(k, pages, frame, mode)];
    for (let at = 0; at < pages.length; ) {
      const end = end_of_batch(k, pages, at);
      const result = migrate_pages_sync(k, pages.slice(at, end), frame, mode);
      failed.push(...result.failed);
      if (result.full) return [...failed, ...result.split, ...pages.slice(end)];
      // What large folios were split into is tried once, without waiting.
      if (result.split.length > 0) failed.push(...migrate_pages_batch(k, result.split, frame, "async", 1).failed);
      at = end;
    }
    return failed;
  },
);

// The huge pages of hugetlb among the pages, before all others, each up to ten times. Mirrors migrate_hugetlbs(), mm/migrate.c, 6.12.
function migrate_hugetlbs(k: Kernel, pages: readonly number[], frame: NewFolio): number[] {
  const failed: number[] = [];
  let left = pages.filter((pfn) => folio_test_hugetlb(k, pfn));
  for (let pass = 0; pass < RETRIES && left.length > 0; pass++) {
    const again: number[] = [];
    for (const [i, pfn] of left.entries()) {
      const result = unmap_and_move_huge_page(k, pfn, frame);
      if (result === "ENOMEM") return [...failed, ...again, ...left.slice(i)];
      if (result === "EBUSY") failed.push(pfn);
      else if (result === "EAGAIN") again.push(pfn);
    }
    left = again;
  }
  return [...failed, ...left];
}

// Folios of so many pages together, or one larger.
function end_of_batch(k: Kernel, folios: readonly number[], first: number): number {
  let end = first;
  for (let pages = 0; end < folios.length && pages < BATCH; end++) pages += folio_nr_pages(k, folios[end]);
  return end;
}

// Whether a PMD may stand for a folio that migrates. Mirrors thp_migration_supported(), include/linux/huge_mm.h.
function thp_migration_supported(k: Kernel): boolean {
  return k.model.thpMigrationArches.includes(k.geometry.arch);
}

// The pages go back to the LRU. Mirrors putback_movable_pages(), mm/migrate.c.
export const putback_movable_pages = kernelFunction(
  "putback_movable_pages",
  "mm/migrate.c",
  (k: Kernel, pages: readonly number[]) => {
    for (const pfn of pages) {
      if (folio_test_hugetlb(k, pfn)) putback_hugetlb(k, pfn);
      else folio_putback_lru(k, pfn);
    }
  },
);

// Both halves of each page before the next, and the whole list up to ten times.
// Mirrors migrate_pages(), mm/migrate.c, 5.10, with unmap_and_move().
function one_by_one(k: Kernel, pages: readonly number[], frame: NewFolio, mode: MigrateMode): number[] {
  const failed: number[] = [];
  let left = [...pages];
  for (let pass = 0; pass < RETRIES && left.length > 0; pass++) {
    const again: number[] = [];
    // The pieces of a large folio that finds no room come to the end of the list, but for the first one.
    for (let i = 0; i < left.length; i++) {
      const pfn = left[i];
      let result = unmap_and_move(k, pfn, frame, mode);
      if (result === "ENOMEM" && folio_test_large(k, pfn) && split_folio(k, pfn, left) === 0) {
        result = unmap_and_move(k, pfn, frame, mode);
      }
      if (result === "ENOMEM") return [...failed, ...again, ...left.slice(i)];
      if (result === "EBUSY") failed.push(pfn);
      else if (result === "EAGAIN") again.push(pfn);
    }
    left = again;
  }
  return [...failed, ...left];
}

// Mirrors unmap_and_move(), mm/migrate.c, 5.10.
const unmap_and_move = kernelFunction(
  "unmap_and_move",
  "mm/migrate.c",
  (k: Kernel, pfn: number, frame: NewFolio, mode: MigrateMode): "moved" | "EAGAIN" | "EBUSY" | "ENOMEM" => {
    if (folio_test_large(k, pfn) && !thp_migration_supported(k)) return "ENOMEM";
    const move = migrate_folio_unmap(k, pfn, mode, frame);
    if (typeof move === "string") return move;
    if (migrate_folio_move(k, move)) return "moved";
    migrate_folio_undo(k, move);
    return "EAGAIN";
  },
);

interface Batch {
  readonly failed: readonly number[];
  // What large folios were split into.
  readonly split: readonly number[];
  // No frame is left.
  readonly full: boolean;
}

// All at once without waiting, then those that stayed one by one. Mirrors migrate_pages_sync(), mm/migrate.c, 6.12.
function migrate_pages_sync(k: Kernel, pages: readonly number[], frame: NewFolio, mode: MigrateMode): Batch {
  if (mode === "async") return migrate_pages_batch(k, pages, frame, mode, RETRIES);
  const first = migrate_pages_batch(k, pages, frame, "async", ASYNC_RETRIES);
  if (first.full) return first;
  const failed: number[] = [];
  const split = [...first.split];
  for (const [i, pfn] of first.failed.entries()) {
    const result = migrate_pages_batch(k, [pfn], frame, mode, SYNC_RETRIES);
    failed.push(...result.failed);
    split.push(...result.split);
    if (result.full) return { failed: [...failed, ...first.failed.slice(i + 1)], split, full: true };
  }
  return { failed, split, full: false };
}

// The first half of all pages, then the second; each half is tried several times.
// Mirrors migrate_pages_batch(), mm/migrate.c, 6.12.
const migrate_pages_batch = kernelFunction(
  "migrate_pages_batch",
  "mm/migrate.c",
  (k: Kernel, pages: readonly number[], frame: NewFolio, mode: MigrateMode, retries: number): Batch => {
    const unmapped: Move[] = [];
    const failed: number[] = [];
    const split: number[] = [];
    let left = [...pages];
    let full = false;
    for (let pass = 0; pass < retries && left.length > 0 && !full; pass++) {
      const again: number[] = [];
      for (const [i, pfn] of left.entries()) {
        if (splits_first(k, pfn) && try_split_folio(k, pfn, split)) continue;
        const thp = folio_order(k, pfn) === k.hpageOrder;
        if (thp && !thp_migration_supported(k)) {
          if (!try_split_folio(k, pfn, split)) failed.push(pfn);
          continue;
        }
        const move = migrate_folio_unmap(k, pfn, mode, frame);
        if (move === "EBUSY") failed.push(pfn);
        else if (move === "EAGAIN") again.push(pfn);
        else if (move !== "ENOMEM") unmapped.push(move);
        else if (!folio_test_large(k, pfn) || !try_split_folio(k, pfn, split)) {
          again.push(...left.slice(i));
          full = true;
          break;
        }
      }
      left = again;
    }
    let moving = unmapped;
    for (let pass = 0; pass < retries && moving.length > 0; pass++) {
      moving = moving.filter((move) => !migrate_folio_move(k, move));
    }
    for (const move of moving) migrate_folio_undo(k, move);
    return { failed: [...failed, ...left, ...moving.map(({ src }) => src)], split, full };
  },
);

// A folio that waits for a split is split now, so that what nobody uses is not moved (6.10).
function splits_first(k: Kernel, folio: number): boolean {
  if (k.model.splitsBeforehand === "unless a PMD maps it" || !folio_test_large(k, folio)) return false;
  return folio_is_queued(k, folio) && needs_split(k, folio);
}

// The pieces come to the list, the folio's own first page last. Mirrors try_split_folio(), mm/migrate.c, 6.12.
function try_split_folio(k: Kernel, folio: number, list: number[]): boolean {
  if (split_folio(k, folio, list) !== 0) return false;
  list.push(folio);
  return true;
}
