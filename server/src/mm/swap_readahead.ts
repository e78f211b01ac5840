// Reading the neighbours of a page that comes back from swap. mm/swap_state.c.
//
// Every swap device is taken for one that does not rotate, so that the neighbours are those in the VMA, not on the device
// (swap_use_vma_readahead()). A VMA remembers its last fault, the last window, and how many pages of it were wanted.
// Shared memory has no such VMA: see swap_cluster.ts.

import { PG_readahead } from "./flags.ts";
import { page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain } from "./lru.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { walk_ptes } from "./pgtable.ts";
import { read_swap_cache_async } from "./swap_in.ts";
import { swap_cache_get_page } from "./swap_state.ts";
import { is_swap_entry, swp_offset } from "./swapops.ts";

const SWAP_RA_HITS_MAX = 63;
// Of a VMA without a fault so far.
const FIRST_HITS = 4;
const MIB = 2 ** 20;

// The page of the slot, read with its neighbours in the window, and one reference for the caller. -1 when memory is used
// up. Mirrors swap_vma_readahead(), mm/swap_state.c, 6.12.
export const swap_vma_readahead = kernelFunction(
  "swap_vma_readahead",
  "mm/swap_state.c",
  (k: Kernel, vma: number, vpn: number, slot: number): number => {
    const { start, end } = swap_vma_ra_win(k, vma, vpn);
    if (end - start > 1) {
      walk_ptes(k, k.w.vma.mm.data[vma] - 1, start, end, (_pte, at, entry) => {
        if (!is_swap_entry(entry) || swap_cache_get_page(k, swp_offset(entry)) >= 0) return;
        const pfn = read_swap_cache_async(k, swp_offset(entry));
        if (pfn < 0) return;
        if (at !== vpn) k.set(k.w.page.flags, pfn, k.w.page.flags.data[pfn] | PG_readahead);
        folio_put(k, pfn);
      });
      lru_add_drain(k);
    }
    const read = swap_cache_get_page(k, slot);
    if (read < 0) return read_swap_cache_async(k, slot);
    folio_get(k, page_folio(k, read));
    return read;
  },
);

// The pages around the fault, or behind or before it when faults go one way; inside the VMA and one page table. More of
// them the more of the last window were wanted. Mirrors swap_vma_ra_win(), mm/swap_state.c, 6.12.
function swap_vma_ra_win(k: Kernel, vma: number, vpn: number): { start: number; end: number } {
  const { vma: v } = k.w;
  const last = v.swap_ra_addr.data[vma];
  const win = swapin_nr_pages(k, vma, vpn);
  k.set(v.swap_ra_addr, vma, vpn);
  k.set(v.swap_ra_win, vma, win);
  k.set(v.swap_ra_hits, vma, 0);
  if (win === 1) return { start: vpn, end: vpn + 1 };
  const left = Math.floor((win - 1) / 2);
  const from = vpn === last + 1 ? vpn : last === vpn + 1 ? vpn - win + 1 : vpn - left;
  const to = vpn === last + 1 ? vpn + win : last === vpn + 1 ? vpn + 1 : vpn + win - left;
  const table = vpn - (vpn % k.scales[1]);
  return {
    start: Math.max(from, v.start.data[vma], table),
    end: Math.min(to, v.end.data[vma], table + k.scales[1]),
  };
}

function swapin_nr_pages(k: Kernel, vma: number, vpn: number): number {
  const { swap_ra_addr, swap_ra_win, swap_ra_hits } = k.w.vma;
  const last = swap_ra_addr.data[vma];
  const first = last === 0 && swap_ra_win.data[vma] === 0;
  const hits = first ? FIRST_HITS : swap_ra_hits.data[vma];
  return __swapin_nr_pages(k, vpn === last + 1 || vpn === last - 1, hits, swap_ra_win.data[vma]);
}

// The next window: by the hits in the last one, and when there were none by whether the place is next to the last place.
// Mirrors __swapin_nr_pages(), mm/swap_state.c, 6.12, with the page_cluster that swap_setup() gives the machine.
export function __swapin_nr_pages(k: Kernel, next: boolean, hits: number, last: number): number {
  const most = k.machine.memory < 16 * MIB ? 4 : 8;
  let win = 4;
  if (hits === 0) win = next ? 2 : 1;
  else while (win < hits + 2) win *= 2;
  return Math.max(Math.min(win, most), Math.floor(last / 2));
}

// A fault found its page in the swap cache: the VMA's next window grows when the page had been read ahead.
// Mirrors swap_update_readahead(), mm/swap_state.c, 7.2 (a part of swap_cache_get_folio() before 6.18).
export function swap_update_readahead(k: Kernel, vma: number, vpn: number, pfn: number): void {
  const { swap_ra_addr, swap_ra_win, swap_ra_hits } = k.w.vma;
  const { flags } = k.w.page;
  const ahead = (flags.data[pfn] & PG_readahead) !== 0;
  const first = swap_ra_addr.data[vma] === 0 && swap_ra_win.data[vma] === 0;
  const hits = (first ? FIRST_HITS : swap_ra_hits.data[vma]) + (ahead ? 1 : 0);
  if (ahead) k.set(flags, pfn, flags.data[pfn] & ~PG_readahead);
  k.set(swap_ra_addr, vma, vpn);
  k.set(swap_ra_hits, vma, Math.min(hits, SWAP_RA_HITS_MAX));
}
