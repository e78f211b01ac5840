// Reclaiming folios that were picked: MADV_PAGEOUT. mm/vmscan.c; mm-semantics §5.6.

import { PG_active, PG_mlocked } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_putback_lru } from "./lru.ts";
import { shrink_folio } from "./shrink_folio.ts";
import { activate_locked, end_swap_write } from "./vmscan_anon.ts";

const EVICTABLE = condition("folio_evictable(folio)", "mlocked");

// Frees the isolated folios that can be freed, whether they were used or not; the others go back to their lists. The pieces
// of one that is split have their turn at once.
// Mirrors reclaim_pages() with shrink_folio_list(), mm/vmscan.c, 6.12.
export const reclaim_pages = kernelFunction(
  "reclaim_pages",
  "mm/vmscan.c",
  (k: Kernel, isolated: readonly number[]) => {
    const { flags } = k.w.page;
    const kept: number[] = [];
    const left = [...isolated].reverse();
    for (let folio = left.pop(); folio !== undefined; folio = left.pop()) {
      k.tick();
      k.set(flags, folio, flags.data[folio] & ~PG_active);
      const locked = (flags.data[folio] & PG_mlocked) !== 0;
      const shrunk = locked && !k.decide(EVICTABLE, 1, false) ? "activate" : shrink_folio(k, folio, left);
      if (shrunk === "freed") continue;
      if (shrunk === "activate") activate_locked(k, folio);
      kept.push(folio);
    }
    for (const folio of kept) {
      folio_putback_lru(k, folio);
      end_swap_write(k, folio);
    }
  },
);
