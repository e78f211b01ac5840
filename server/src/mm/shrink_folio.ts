// Freeing one page that reclaim has isolated, whatever it is. mm/vmscan.c; mm-semantics §5.6.

import { PG_anon, PG_swapbacked } from "./flags.ts";
import type { Kernel } from "./kernel.ts";
import { get_nr_swap_pages } from "./swap_slots.ts";
import { shrink_swapbacked_folio } from "./vmscan_anon.ts";
import { type Shrunk, shrink_file_folio } from "./vmscan_file.ts";

// Whether anonymous pages are worth looking at: there is room in swap. Mirrors can_reclaim_anon_pages(), mm/vmscan.c.
export function can_reclaim_anon_pages(k: Kernel): boolean {
  return get_nr_swap_pages(k) > 0;
}

// Pieces of a folio that had to be split for it come to `list`, each isolated: they have their turn next, the last one first.
export function shrink_folio(k: Kernel, folio: number, list: number[]): Shrunk {
  if (k.w.page.flags.data[folio] & (PG_anon | PG_swapbacked)) return shrink_swapbacked_folio(k, folio, list);
  return shrink_file_folio(k, folio, list);
}
