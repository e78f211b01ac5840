// The ways onto the LRU lists and between them, and the batches in which a CPU collects pages on that way. mm/swap.c;
// mm-semantics §1.3.
//
// With `machine lru_batch=on` each page waits in a batch, which holds a reference, until the batch is full or drained;
// a fresh page is on no list meanwhile (PG_lru clear). With `off` every move happens at once and no batch holds anything.

import {
  PG_active,
  PG_anon,
  PG_lru,
  PG_mlocked,
  PG_referenced,
  PG_swapbacked,
  PG_swapcache,
  PG_unevictable,
  VM_LOCKED,
  VM_SPECIAL,
} from "./flags.ts";
import { folio_test_large } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import {
  lru_activate,
  lru_add,
  lru_deactivate,
  lru_deactivate_file,
  lru_lazyfree,
  lru_mlock,
  lru_move_tail,
  type Move,
} from "./lru_list.ts";
import { folio_get, folio_put, folio_ref_count } from "./page_ref.ts";
import { rmap_walk } from "./rmap_walk.ts";

// The batches of a CPU, in the order in which lru_add_drain() empties them: struct cpu_fbatches, mm/swap.c, and
// mlock_fbatch, mm/mlock.c.
const ADD = 0;
const MOVE_TAIL = 1;
const DEACTIVATE_FILE = 2;
const DEACTIVATE = 3;
const LAZYFREE = 4;
const ACTIVATE = 5;
const MLOCK = 6;
// lru_list.ts may be loaded after this file, as mapcounts are counted by walks that may reclaim: it is asked when it is needed.
const MOVES: readonly Move[] = [
  (k, pfn) => lru_add(k, pfn),
  (k, pfn) => lru_move_tail(k, pfn),
  (k, pfn) => lru_deactivate_file(k, pfn),
  (k, pfn) => lru_deactivate(k, pfn),
  (k, pfn) => lru_lazyfree(k, pfn),
  (k, pfn) => lru_activate(k, pfn),
  (k, pfn) => lru_mlock(k, pfn),
];
export const BATCH_NAMES = [
  "lru_add",
  "lru_move_tail",
  "lru_deactivate_file",
  "lru_deactivate",
  "lru_lazyfree",
  "lru_activate",
  "mlock",
] as const;

// Rows of the batch table that each batch has: more than any release uses.
const STRIDE = 32;

// The batch that a row of `batch_page` belongs to, for readers of the recording.
export function batchNameOf(row: number): string {
  return BATCH_NAMES[Math.floor(row / STRIDE)];
}

// A fresh page of the page cache or of the swap cache, or one that was isolated, goes to the LRU.
// Mirrors folio_add_lru(), mm/swap.c, 6.12 (lru_cache_add() before 5.16).
export function folio_add_lru(k: Kernel, pfn: number): void {
  if (k.machine.lru_batch) folio_batch_add_and_move(k, ADD, pfn, false);
  else lru_add(k, pfn);
}

// A fresh anonymous page goes to the LRU: up to 5.8 to the active list, from 5.9 on to the inactive one, and in a locked
// VMA to the unevictable one. Mirrors folio_add_lru_vma(), mm/swap.c, 6.12 (lru_cache_add_inactive_or_unevictable()
// before 5.16, lru_cache_add_active_or_unevictable() before 5.9).
export function folio_add_lru_vma(k: Kernel, pfn: number, vma: number): void {
  const { flags } = k.w.page;
  if (vma_locks(k, vma)) {
    k.set(flags, pfn, flags.data[pfn] | PG_mlocked);
    move(k, k.model.mlockBatches ? MLOCK : ADD, pfn);
    return;
  }
  if (k.model.newAnonIsActive) k.set(flags, pfn, flags.data[pfn] | PG_active);
  folio_add_lru(k, pfn);
}

// The page was used: the second time it becomes active. Mirrors folio_mark_accessed(), mm/swap.c, 6.12.
export function folio_mark_accessed(k: Kernel, pfn: number): void {
  const { flags } = k.w.page;
  const now = flags.data[pfn];
  if ((now & PG_referenced) === 0) {
    k.set(flags, pfn, now | PG_referenced);
  } else if ((now & (PG_unevictable | PG_active)) === 0) {
    if (now & PG_lru) folio_activate(k, pfn);
    else if (batched(k, ADD, pfn)) k.set(flags, pfn, now | PG_active);
    k.set(flags, pfn, flags.data[pfn] & ~PG_referenced);
  }
}

// Mirrors folio_activate(), mm/swap.c, 6.12.
export function folio_activate(k: Kernel, pfn: number): void {
  const flags = k.w.page.flags.data[pfn];
  if ((flags & (PG_active | PG_unevictable | PG_lru)) === PG_lru) move(k, ACTIVATE, pfn);
}

// Mirrors folio_deactivate(), mm/swap.c, 6.12.
export function folio_deactivate(k: Kernel, pfn: number): void {
  const flags = k.w.page.flags.data[pfn];
  const wants = PG_lru | PG_active;
  if ((flags & (wants | PG_unevictable)) === wants) move(k, DEACTIVATE, pfn);
}

// Mirrors deactivate_file_folio(), mm/swap.c, 6.12.
export function deactivate_file_folio(k: Kernel, pfn: number): void {
  const flags = k.w.page.flags.data[pfn];
  if ((flags & (PG_lru | PG_unevictable)) === PG_lru) move(k, DEACTIVATE_FILE, pfn);
}

// MADV_FREE gave the content up. Mirrors folio_mark_lazyfree(), mm/swap.c, 6.12.
export function folio_mark_lazyfree(k: Kernel, pfn: number): void {
  const flags = k.w.page.flags.data[pfn];
  const wants = PG_anon | PG_swapbacked | PG_lru;
  if ((flags & (wants | PG_swapcache | PG_unevictable)) === wants) move(k, LAZYFREE, pfn);
}

// Mirrors folio_rotate_reclaimable(), mm/swap.c, 6.12.
export function folio_rotate_reclaimable(k: Kernel, pfn: number): void {
  const flags = k.w.page.flags.data[pfn];
  if ((flags & (PG_lru | PG_unevictable)) === PG_lru) move(k, MOVE_TAIL, pfn);
}

// A page that is mapped in a locked VMA. From 5.18 on it waits in the batch also when it is locked already, as each lock
// counts. Mirrors mlock_folio(), mm/mlock.c, 6.12 (mlock_vma_page() before 5.18).
export function mlock_folio(k: Kernel, pfn: number): void {
  const { flags } = k.w.page;
  const locked = (flags.data[pfn] & PG_mlocked) !== 0;
  if (!locked) k.set(flags, pfn, flags.data[pfn] | PG_mlocked);
  if (k.model.mlockBatches) move(k, MLOCK, pfn);
  // Before, a page that still waits for the LRU finds the flag there.
  else if (!locked && folio_isolate_lru(k, pfn)) folio_putback_lru(k, pfn);
}

// A locked VMA that mapped the page is gone, or is not locked any more. From 5.18 on the page waits in the mlock batch for
// what becomes of it; before, it goes to its list by way of the batch for fresh pages. Mirrors munlock_folio(), mm/mlock.c,
// 6.12 (munlock_vma_page() before 5.18).
export const munlock_folio = kernelFunction("munlock_folio", "mm/mlock.c", (k: Kernel, pfn: number) => {
  if (!k.model.mlockBatches) munlock_vma_page(k, pfn);
  else if (k.machine.lru_batch) folio_batch_add_and_move(k, MLOCK, pfn, true);
  else __munlock_folio(k, pfn);
});

// Off its list and, unlocked or not, back again: into a batch. Mirrors munlock_vma_page() with __munlock_isolated_page(),
// mm/mlock.c, 5.10.
function munlock_vma_page(k: Kernel, pfn: number): void {
  const { flags } = k.w.page;
  if (!k.machine.lru_batch || (flags.data[pfn] & (PG_mlocked | PG_lru)) !== (PG_mlocked | PG_lru)) {
    __munlock_folio(k, pfn);
    return;
  }
  folio_isolate_lru(k, pfn);
  __munlock_folio(k, pfn);
  folio_putback_lru(k, pfn);
}

// The page may be reclaimed, unless another locked VMA maps it. Mirrors __munlock_folio(), mm/mlock.c, 6.12, where a
// count says what is looked up here (mlock_count; before 5.18 the kernel looked it up as well, try_to_munlock(),
// mm/rmap.c).
function __munlock_folio(k: Kernel, pfn: number): void {
  munlock_folio_but_for(k, pfn, -1);
}

// The same where one VMA's lock does not count (-1: each does), or none's (undefined).
export function munlock_folio_but_for(k: Kernel, pfn: number, but: number | undefined): void {
  const { flags } = k.w.page;
  if ((flags.data[pfn] & PG_mlocked) === 0) return;
  if (but !== undefined && !rmap_walk(k, pfn, (vma) => vma === but || !vma_locks(k, vma))) return;
  k.set(flags, pfn, flags.data[pfn] & ~PG_mlocked);
  if (flags.data[pfn] & PG_lru) lru_add(k, pfn);
}

// Whether the VMA's pages are locked.
export function vma_locks(k: Kernel, vma: number): boolean {
  return (k.w.vma.flags.data[vma] & (VM_LOCKED | VM_SPECIAL)) === VM_LOCKED;
}

// Takes the page off its list, for somebody who wants to have it alone for a while; false when it is on none. One
// reference more. Mirrors folio_isolate_lru(), mm/vmscan.c, 6.12 (isolate_lru_page() before 6.2).
export function folio_isolate_lru(k: Kernel, pfn: number): boolean {
  const { flags } = k.w.page;
  if ((flags.data[pfn] & PG_lru) === 0) return false;
  folio_get(k, pfn);
  k.set(flags, pfn, flags.data[pfn] & ~PG_lru);
  return true;
}

// The page goes back, and the reference of the isolation with it. Mirrors folio_putback_lru(), mm/vmscan.c, 6.12.
export function folio_putback_lru(k: Kernel, pfn: number): void {
  folio_add_lru(k, pfn);
  folio_put(k, pfn);
}

function move(k: Kernel, batch: number, pfn: number): void {
  if (k.machine.lru_batch) folio_batch_add_and_move(k, batch, pfn, false);
  else MOVES[batch](k, pfn);
}

// One more page waits, and has one reference more. The page that fills the batch, and a large folio, take all of it to the
// lists.
// Mirrors folio_batch_add_and_move(), mm/swap.c, 6.12 (__lru_cache_add() and pagevec_lru_move_fn() before).
const folio_batch_add_and_move = kernelFunction(
  "folio_batch_add_and_move",
  "mm/swap.c",
  (k: Kernel, batch: number, pfn: number, unlocks: boolean) => {
    const { batch: b, batch_page } = k.w;
    k.ensure(b, MOVES.length);
    k.ensure(batch_page, MOVES.length * STRIDE);
    folio_get(k, pfn);
    const count = b.count.data[batch];
    k.set(batch_page.pfn, batch * STRIDE + count, pfn);
    k.set(batch_page.unlocks, batch * STRIDE + count, unlocks ? 1 : 0);
    k.set(b.count, batch, count + 1);
    if (count + 1 === k.model.lruBatchSize || folio_test_large(k, pfn)) folio_batch_move_lru(k, batch);
  },
);

// The pages of the batch get to their lists, and lose its reference. One that waited for the LRU while all others gave it
// up is freed without seeing a list (7.2). Mirrors folio_batch_move_lru(), mm/swap.c, 6.12 and 7.2.
const folio_batch_move_lru = kernelFunction("folio_batch_move_lru", "mm/swap.c", (k: Kernel, batch: number) => {
  const { batch: b, batch_page } = k.w;
  const pages = batched_pages(k, batch);
  for (const [i, pfn] of pages.entries()) {
    if (batch_page.unlocks.data[batch * STRIDE + i]) {
      __munlock_folio(k, pfn);
      continue;
    }
    if (batch === ADD && k.model.lruAddSkipsDead && folio_ref_count(k, pfn) === 1) continue;
    if (batch === ADD || batch === MLOCK || k.w.page.flags.data[pfn] & PG_lru) MOVES[batch](k, pfn);
  }
  k.set(b.count, batch, 0);
  for (const [i, pfn] of pages.entries()) {
    k.set(batch_page.pfn, batch * STRIDE + i, 0);
    k.set(batch_page.unlocks, batch * STRIDE + i, 0);
    folio_put(k, pfn);
  }
});

export function batched_pages(k: Kernel, batch: number): number[] {
  const first = batch * STRIDE;
  return Array.from(k.w.batch_page.pfn.data.subarray(first, first + k.w.batch.count.data[batch]));
}

// Whether the page is on its way to its first list.
export function waits_for_lru(k: Kernel, pfn: number): boolean {
  return batched(k, ADD, pfn) || (batched(k, MLOCK, pfn) && (k.w.page.flags.data[pfn] & PG_lru) === 0);
}

function batched(k: Kernel, batch: number, pfn: number): boolean {
  return k.machine.lru_batch && batched_pages(k, batch).includes(pfn);
}

// Empties the batches of the CPU. Mirrors lru_add_drain(), mm/swap.c, 6.12.
export function lru_add_drain(k: Kernel): void {
  if (k.machine.lru_batch) drain(k);
}

const drain = kernelFunction("lru_add_drain", "mm/swap.c", (k: Kernel) => {
  for (const batch of MOVES.keys()) if (k.w.batch.count.data[batch] > 0) folio_batch_move_lru(k, batch);
});
