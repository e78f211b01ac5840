// MADV_WILLNEED of memory that is in swap: its pages come into the swap cache, where a fault finds them. mm/madvise.c.

import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { lru_add_drain } from "./lru.ts";
import { folio_put } from "./page_ref.ts";
import { walk_ptes } from "./pgtable.ts";
import { swapped_slot } from "./shmem_swap.ts";
import { read_swap_cache_async } from "./swap_in.ts";
import { swap_cache_get_folio } from "./swap_state.ts";
import { is_swap_entry, swp_offset } from "./swapops.ts";

// Private memory: by its entries. Mirrors swapin_walk_pmd_entry(), mm/madvise.c, 6.12.
export const swapin_walk_pmd_entry = kernelFunction(
  "swapin_walk_pmd_entry",
  "mm/madvise.c",
  (k: Kernel, vma: number, start: number, end: number) => {
    walk_ptes(k, k.w.vma.mm.data[vma] - 1, start, end, (_row, _vpn, entry) => {
      if (is_swap_entry(entry)) read(k, swp_offset(entry));
    });
    lru_add_drain(k);
  },
);

// Shared memory: by the page cache. Mirrors shmem_swapin_range(), mm/madvise.c, 6.12 (force_shm_swapin_readahead()
// before 5.16).
export const shmem_swapin_range = kernelFunction(
  "shmem_swapin_range",
  "mm/madvise.c",
  (k: Kernel, file: number, first: number, last: number) => {
    for (let index = first; index < last; index++) {
      k.tick();
      const row = swapped_slot(k, file, index);
      if (row >= 0) read(k, k.w.cache.swap.data[row]);
    }
    lru_add_drain(k);
  },
);

function read(k: Kernel, slot: number): void {
  if (swap_cache_get_folio(k, slot) >= 0) return;
  const pfn = read_swap_cache_async(k, slot);
  if (pfn >= 0) folio_put(k, pfn);
}
