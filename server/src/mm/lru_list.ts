// The LRU lists: which page is on which one, and in what order. include/linux/mm_inline.h, mm/swap.c.
//
//   anonymous, swap-backed ─▶ inactive_anon ⇄ active_anon         everything that may be reclaimed is on one of four
//   page cache, lazyfree   ─▶ inactive_file ⇄ active_file         mlocked pages ─▶ unevictable
//
// A page is on a list when PG_lru is set; its flags say on which. Its place is a number (lru_order): the head of a list
// is the page with the largest one. So adding costs one event and leaving none. lru_index.ts reads the lists from their tails.

import {
  PG_active,
  PG_anon,
  PG_dirty,
  PG_lru,
  PG_mlocked,
  PG_reclaim,
  PG_referenced,
  PG_swapbacked,
  PG_swapcache,
  PG_unevictable,
  PG_writeback,
} from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_mapped } from "./mapcount.ts";

// enum lru_list, include/linux/mmzone.h.
export const LRU_INACTIVE_ANON = 0;
export const LRU_ACTIVE_ANON = 1;
export const LRU_INACTIVE_FILE = 2;
export const LRU_ACTIVE_FILE = 3;
const LRU_UNEVICTABLE = 4;
export const LRU_NAMES = ["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"] as const;

// The list that a page with these flags belongs to. Mirrors folio_lru_list(), include/linux/mm_inline.h.
export function folio_lru_list(flags: number): number {
  if (flags & PG_unevictable) return LRU_UNEVICTABLE;
  return (flags & PG_swapbacked ? LRU_INACTIVE_ANON : LRU_INACTIVE_FILE) + (flags & PG_active ? 1 : 0);
}

// Puts the page at the head of the list that its flags, these, name. Mirrors lruvec_add_folio().
export function lruvec_add_folio(k: Kernel, pfn: number, flags: number): void {
  const { page } = k.w;
  k.set(page.flags, pfn, flags | PG_lru);
  k.set(page.lru_order, pfn, k.lrus.nextHead());
}

// Puts it at the tail, where reclaim looks first. Mirrors lruvec_add_folio_tail().
function lruvec_add_folio_tail(k: Kernel, pfn: number, flags: number): void {
  const { page, machine } = k.w;
  const order = machine.lru_tail.data[0] - 1;
  k.set(page.flags, pfn, flags | PG_lru);
  k.set(machine.lru_head, 0, k.lrus.head());
  k.set(machine.lru_tail, 0, order);
  k.set(page.lru_order, pfn, order);
}

// What a batch does with each of its pages when it is drained, and what happens at once without batches.
export type Move = (k: Kernel, pfn: number) => void;

// A page gets its place on a list. One that a process locked is kept apart from those that may be reclaimed.
// Mirrors lru_add(), mm/swap.c, 6.12 (__pagevec_lru_add_fn() before 5.17).
export function lru_add(k: Kernel, pfn: number): void {
  const flags = k.w.page.flags.data[pfn];
  if (flags & PG_mlocked) lruvec_add_folio(k, pfn, (flags & ~PG_active) | PG_unevictable);
  else lruvec_add_folio(k, pfn, flags & ~PG_unevictable);
}

// Mirrors lru_activate(), mm/swap.c, 6.12.
export const lru_activate: Move = kernelFunction("lru_activate", "mm/swap.c", (k: Kernel, pfn: number) => {
  const flags = k.w.page.flags.data[pfn];
  if (flags & (PG_active | PG_unevictable)) return;
  lruvec_add_folio(k, pfn, flags | PG_active);
});

// Mirrors lru_deactivate(), mm/swap.c, 6.12.
export const lru_deactivate: Move = kernelFunction("lru_deactivate", "mm/swap.c", (k: Kernel, pfn: number) => {
  const flags = k.w.page.flags.data[pfn];
  if (flags & PG_unevictable || (flags & PG_active) === 0) return;
  lruvec_add_folio(k, pfn, flags & ~(PG_active | PG_referenced));
});

// A page of the page cache that could not be dropped: a clean one goes to the tail, a dirty one to the head of the
// inactive list, and comes to the tail when it is written; a mapped one stays where it is. Mirrors lru_deactivate_file(), mm/swap.c, 6.12.
export const lru_deactivate_file: Move = kernelFunction(
  "lru_deactivate_file",
  "mm/swap.c",
  (k: Kernel, pfn: number) => {
    const flags = k.w.page.flags.data[pfn];
    if (flags & PG_unevictable || folio_mapped(k, pfn)) return;
    const idle = flags & ~(PG_active | PG_referenced);
    if (flags & (PG_dirty | PG_writeback)) lruvec_add_folio(k, pfn, idle | PG_reclaim);
    else lruvec_add_folio_tail(k, pfn, idle);
  },
);

// An anonymous page whose content its process gave up: no longer backed by swap, and on the list of the page cache.
// Mirrors lru_lazyfree(), mm/swap.c, 6.12.
export const lru_lazyfree: Move = kernelFunction("lru_lazyfree", "mm/swap.c", (k: Kernel, pfn: number) => {
  const flags = k.w.page.flags.data[pfn];
  if ((flags & (PG_anon | PG_swapbacked)) !== (PG_anon | PG_swapbacked)) return;
  if (flags & (PG_swapcache | PG_unevictable)) return;
  lruvec_add_folio(k, pfn, flags & ~(PG_active | PG_referenced | PG_swapbacked));
});

// A page that was written back because reclaim wanted it is the first that reclaim looks at again.
// Mirrors lru_move_tail(), mm/swap.c, 6.12.
export const lru_move_tail: Move = kernelFunction("lru_move_tail", "mm/swap.c", (k: Kernel, pfn: number) => {
  const flags = k.w.page.flags.data[pfn];
  if ((flags & PG_unevictable) === 0) lruvec_add_folio_tail(k, pfn, flags & ~PG_active);
});

// The page is locked into memory: off the lists that reclaim reads, unless it was unlocked while it waited.
// Mirrors __mlock_folio() and __mlock_new_folio(), mm/mlock.c, 6.12.
export function lru_mlock(k: Kernel, pfn: number): void {
  const flags = k.w.page.flags.data[pfn];
  if ((flags & PG_mlocked) === 0) {
    if ((flags & PG_lru) === 0 || flags & PG_unevictable) lru_add(k, pfn);
    return;
  }
  if (flags & PG_unevictable && flags & PG_lru) return;
  lruvec_add_folio(k, pfn, (flags & ~PG_active) | PG_unevictable);
}
