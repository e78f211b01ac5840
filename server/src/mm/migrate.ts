// Moving a list of isolated pages to other frames, with retries. mm/migrate.c; mm-semantics §5.7.

import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_putback_lru } from "./lru.ts";
import {
  type MigrateMode,
  type Move,
  migrate_folio_move,
  migrate_folio_undo,
  migrate_folio_unmap,
} from "./migrate_folio.ts";

// NR_MAX_MIGRATE_PAGES_RETRY and how migrate_pages_sync() splits it.
const RETRIES = 10;
const ASYNC_RETRIES = 3;
const SYNC_RETRIES = RETRIES - ASYNC_RETRIES;
// NR_MAX_BATCHED_MIGRATION: pages that have migration entries at the same time.
const BATCH = 512;

// Where the next page goes: a frame with one reference, or -1.
export type NewFolio = (k: Kernel) => number;

// Moves the pages, each isolated by the caller, and returns those that stay where they are, still isolated.
// Mirrors migrate_pages(), mm/migrate.c, 6.12; one page after the other before 6.3.
export const migrate_pages = kernelFunction(
  "migrate_pages",
  "mm/migrate.c",
  (k: Kernel, pages: readonly number[], frame: NewFolio, mode: MigrateMode): number[] => {
    if (!k.model.migratesInBatches) return one_by_one(k, pages, frame, mode);
    const failed: number[] = [];
    for (let at = 0; at < pages.length; at += BATCH) {
      const result = migrate_pages_sync(k, pages.slice(at, at + BATCH), frame, mode);
      failed.push(...result.failed);
      if (result.full) return [...failed, ...pages.slice(at + BATCH)];
    }
    return failed;
  },
);

// The pages go back to the LRU. Mirrors putback_movable_pages(), mm/migrate.c.
export const putback_movable_pages = kernelFunction(
  "putback_movable_pages",
  "mm/migrate.c",
  (k: Kernel, pages: readonly number[]) => {
    for (const pfn of pages) folio_putback_lru(k, pfn);
  },
);

// Both halves of each page before the next, and the whole list up to ten times.
// Mirrors migrate_pages(), mm/migrate.c, 5.10, with unmap_and_move().
function one_by_one(k: Kernel, pages: readonly number[], frame: NewFolio, mode: MigrateMode): number[] {
  const failed: number[] = [];
  let left = [...pages];
  for (let pass = 0; pass < RETRIES && left.length > 0; pass++) {
    const again: number[] = [];
    for (const [i, pfn] of left.entries()) {
      const result = unmap_and_move(k, pfn, frame, mode);
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
    const move = migrate_folio_unmap(k, pfn, mode, frame);
    if (typeof move === "string") return move;
    if (migrate_folio_move(k, move)) return "moved";
    migrate_folio_undo(k, move);
    return "EAGAIN";
  },
);

interface Batch {
  readonly failed: readonly number[];
  // No frame is left.
  readonly full: boolean;
}

// All at once without waiting, then those that stayed one by one. Mirrors migrate_pages_sync(), mm/migrate.c, 6.12.
function migrate_pages_sync(k: Kernel, pages: readonly number[], frame: NewFolio, mode: MigrateMode): Batch {
  if (mode === "async") return migrate_pages_batch(k, pages, frame, mode, RETRIES);
  const first = migrate_pages_batch(k, pages, frame, "async", ASYNC_RETRIES);
  if (first.full) return first;
  const failed: number[] = [];
  for (const [i, pfn] of first.failed.entries()) {
    const result = migrate_pages_batch(k, [pfn], frame, mode, SYNC_RETRIES);
    failed.push(...result.failed);
    if (result.full) return { failed: [...failed, ...first.failed.slice(i + 1)], full: true };
  }
  return { failed, full: false };
}

// The first half of all pages, then the second; each half is tried several times.
// Mirrors migrate_pages_batch(), mm/migrate.c, 6.12.
const migrate_pages_batch = kernelFunction(
  "migrate_pages_batch",
  "mm/migrate.c",
  (k: Kernel, pages: readonly number[], frame: NewFolio, mode: MigrateMode, retries: number): Batch => {
    const unmapped: Move[] = [];
    const failed: number[] = [];
    let left = [...pages];
    let full = false;
    for (let pass = 0; pass < retries && left.length > 0 && !full; pass++) {
      const again: number[] = [];
      for (const [i, pfn] of left.entries()) {
        const move = migrate_folio_unmap(k, pfn, mode, frame);
        if (move === "EBUSY") failed.push(pfn);
        else if (move === "EAGAIN") again.push(pfn);
        else if (move !== "ENOMEM") unmapped.push(move);
        else {
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
    return { failed: [...failed, ...left, ...moving.map(({ src }) => src)], full };
  },
);
