// The slots of the swap device: which are free, who names them, what they hold. mm/swapfile.c; mm-semantics §15.8.
//
// A slot is in use while an entry names it (its count) or a page is in the swap cache for it. Slots are given out in
// ascending order while there are fresh ones, then those that were freed, last first; only their equality means anything.

import { bug } from "./errors.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";

// Slots of the device; none after swapoff().
export function total_swap_pages(k: Kernel): number {
  return k.w.machine.swap_off.data[0] === 1 ? 0 : Math.floor(k.machine.swap / k.pageSize);
}

export function get_nr_swap_pages(k: Kernel): number {
  return Math.max(0, total_swap_pages(k) - k.w.machine.swap_used.data[0]);
}

// More than half of the slots are in use: pages that came back give theirs up. Mirrors vm_swap_full(),
// include/linux/swap.h.
export function vm_swap_full(k: Kernel): boolean {
  return get_nr_swap_pages(k) * 2 < total_swap_pages(k);
}

// How far behind a place on the device that is aligned to so many slots the slot is. Slot 1 is behind the device's header, or
// at the beginning of a cluster of its own.
export function slot_offset_in(k: Kernel, slot: number, nr: number): number {
  return (k.model.swapFillsUsedClusters ? slot : slot - 1) % nr;
}

// The first slot from this one on that is aligned to so many.
export function slot_align(k: Kernel, slot: number, nr: number): number {
  const past = slot_offset_in(k, slot, nr);
  return past === 0 ? slot : slot + nr - past;
}

// A free slot, named by nobody yet; 0 when there is none. Mirrors get_swap_page(), mm/swap_slots.c (folio_alloc_swap()
// from 5.18 on), down to scan_swap_map_slots().
export function get_swap_page(k: Kernel): number {
  const { machine, swap } = k.w;
  if (get_nr_swap_pages(k) === 0) return 0;
  let slot = machine.next_swap.data[0] + 1;
  if (slot <= total_swap_pages(k)) {
    k.ensure(swap, slot + 1);
    k.set(machine.next_swap, 0, slot);
  } else {
    slot = machine.free_swap.data[0];
    k.set(machine.free_swap, 0, swap.next_free.data[slot]);
  }
  k.set(machine.swap_used, 0, machine.swap_used.data[0] + 1);
  return slot;
}

// Neither an entry nor the swap cache has the slot any more. Mirrors swap_entry_free(), mm/swapfile.c, 6.12
// (swap_entries_free() from 6.16 on).
function swap_entry_unused(k: Kernel, slot: number): void {
  put_on_free_list(k, slot, 1);
  k.set(k.w.machine.swap_used, 0, k.w.machine.swap_used.data[0] - 1);
}

// The same for slots in a row. Mirrors swap_entry_range_free(), mm/swapfile.c, 6.12.
function swap_entries_unused(k: Kernel, first: number, nr: number): void {
  put_on_free_list(k, first, nr);
  k.set(k.w.machine.swap_used, 0, k.w.machine.swap_used.data[0] - nr);
}

// The slots come to the free list, the last one to its head.
export function put_on_free_list(k: Kernel, first: number, nr: number): void {
  const { machine, swap } = k.w;
  k.set(swap.next_free, first, machine.free_swap.data[0]);
  k.setRun(swap.next_free, first + 1, nr - 1, first, 1);
  k.set(machine.free_swap, 0, first + nr - 1);
}

// Of slots in a row, those are free now that no entry names, after the swap cache has let go of them.
export function free_unnamed(k: Kernel, first: number, nr: number): void {
  const { count } = k.w.swap;
  for (let at = first; at < first + nr; ) {
    let end = at + 1;
    while (end < first + nr && (count.data[end] === 0) === (count.data[at] === 0)) end++;
    if (count.data[at] === 0) swap_entries_unused(k, at, end - at);
    at = end;
  }
}

// One more entry names the slot. Mirrors swap_duplicate(), mm/swapfile.c.
export const swap_duplicate = kernelFunction("swap_duplicate", "mm/swapfile.c", (k: Kernel, slot: number) => {
  k.set(k.w.swap.count, slot, k.w.swap.count.data[slot] + 1);
});

// The same for each of so many slots in a row.
export const swap_duplicate_nr = kernelFunction(
  "swap_duplicate",
  "mm/swapfile.c",
  (k: Kernel, first: number, nr: number) => k.addRun(k.w.swap.count, first, nr, 1),
);

// One entry less names each of so many slots in a row. Mirrors swap_free_nr(), mm/swapfile.c, 6.12.
export const swap_free_nr = kernelFunction("swap_free_nr", "mm/swapfile.c", (k: Kernel, first: number, nr: number) => {
  const { count, cache } = k.w.swap;
  for (let slot = first; slot < first + nr; slot++) {
    if (count.data[slot] <= 0) bug(`swap_free_nr: no entry names slot ${slot}`);
  }
  k.addRun(count, first, nr, -1);
  for (let at = first; at < first + nr; ) {
    const gone = count.data[at] === 0 && cache.data[at] === 0;
    let end = at + 1;
    while (end < first + nr && (count.data[end] === 0 && cache.data[end] === 0) === gone) end++;
    if (gone) swap_entries_unused(k, at, end - at);
    at = end;
  }
});

// One entry less names the slot. Mirrors swap_free(), mm/swapfile.c, 6.12 (folio_put_swap() from 6.18 on).
export const swap_free = kernelFunction("swap_free", "mm/swapfile.c", (k: Kernel, slot: number) => {
  const { count, cache } = k.w.swap;
  if (count.data[slot] <= 0) bug(`swap_free: no entry names slot ${slot}`);
  k.set(count, slot, count.data[slot] - 1);
  if (count.data[slot] === 0 && cache.data[slot] === 0) swap_entry_unused(k, slot);
});

// How many entries name the slot. Mirrors __swap_count(), mm/swapfile.c.
export function swap_count(k: Kernel, slot: number): number {
  return k.w.swap.count.data[slot];
}
