// Shared memory that comes back from swap is read with its neighbours on the device. mm/swap_state.c.
//
// How many: the machine as a whole remembers the last place, the last window, and how many pages of it were wanted. It
// begins as after reads all over the device: no hits, no window. The first slot of the device is at the beginning of a
// window, as it is for a process that swaps out to a fresh cluster of the device.

import { PG_readahead } from "./flags.ts";
import { page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain } from "./lru.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { read_swap_cache_async } from "./swap_in.ts";
import { __swapin_nr_pages } from "./swap_readahead.ts";
import { swap_cache_get_page } from "./swap_state.ts";

// The page of the slot, and one reference for the caller; its neighbours come into the swap cache. -1 when memory is used
// up. Mirrors swap_cluster_readahead(), mm/swap_state.c, 6.12.
export const swap_cluster_readahead = kernelFunction(
  "swap_cluster_readahead",
  "mm/swap_state.c",
  (k: Kernel, slot: number): number => {
    const { machine, swap } = k.w;
    const win = swapin_nr_pages(k, slot);
    if (win > 1) {
      const first = slot - ((slot - 1) % win);
      const end = Math.min(first + win, machine.next_swap.data[0] + 1);
      for (let at = first; at < end; at++) {
        if (swap_cache_get_page(k, at) >= 0 || swap.count.data[at] === 0) continue;
        const pfn = read_swap_cache_async(k, at);
        if (pfn < 0) continue;
        if (at !== slot) k.set(k.w.page.flags, pfn, k.w.page.flags.data[pfn] | PG_readahead);
        folio_put(k, pfn);
      }
      lru_add_drain(k);
    }
    const read = swap_cache_get_page(k, slot);
    if (read < 0) return read_swap_cache_async(k, slot);
    folio_get(k, page_folio(k, read));
    return read;
  },
);

// Mirrors swapin_nr_pages(), mm/swap_state.c, 6.12.
function swapin_nr_pages(k: Kernel, slot: number): number {
  const { swapin_prev, swapin_pages, swapin_hits } = k.w.machine;
  const hits = swapin_hits.data[0];
  const prev = swapin_prev.data[0] - 1;
  k.set(swapin_hits, 0, 0);
  const win = __swapin_nr_pages(k, prev >= 0 && Math.abs(slot - prev) === 1, hits, swapin_pages.data[0]);
  if (hits === 0) k.set(swapin_prev, 0, slot + 1);
  k.set(swapin_pages, 0, win);
  return win;
}

// The page was found in the swap cache: a hit when it was read ahead.
// Mirrors swap_update_readahead(), mm/swap_state.c, 7.2, without a VMA (a part of swap_cache_get_folio() before 6.18).
export function count_swapin_hit(k: Kernel, pfn: number): void {
  const { flags } = k.w.page;
  if ((flags.data[pfn] & PG_readahead) === 0) return;
  k.set(flags, pfn, flags.data[pfn] & ~PG_readahead);
  k.set(k.w.machine.swapin_hits, 0, k.w.machine.swapin_hits.data[0] + 1);
}
