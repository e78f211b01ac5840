// Shared memory in swap: the page cache keeps the slot in the page's place. mm/shmem.c; mm-semantics §5.6.

import { PG_dirty } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { cache_slot, filemap_remove_folio } from "./page_cache.ts";
import { folio_get } from "./page_ref.ts";
import { count_swapin_hit, swap_cluster_readahead } from "./swap_cluster.ts";
import { read_swap_cache_async } from "./swap_in.ts";
import { get_swap_page, swap_duplicate, swap_free } from "./swap_slots.ts";
import { add_to_swap_cache, delete_from_swap_cache, swap_cache_get_folio } from "./swap_state.ts";
import { free_swap_and_cache } from "./swapfile.ts";

// The page leaves the page cache for the swap cache, whose slot stands in its place. Its references stay as many. False
// when swap is full. Mirrors shmem_writeout(), mm/shmem.c, 7.2 (shmem_writepage() before 6.16).
export const shmem_writeout = kernelFunction("shmem_writeout", "mm/shmem.c", (k: Kernel, pfn: number): boolean => {
  const { page, cache } = k.w;
  const row = cache_slot(k, page.mapping.data[pfn] - 1, page.index.data[pfn]);
  const slot = get_swap_page(k);
  if (slot === 0) return false;
  add_to_swap_cache(k, pfn, slot);
  swap_duplicate(k, slot);
  filemap_remove_folio(k, row);
  k.set(cache.swap, row, slot);
  return true;
});

// The page comes back into the page cache, dirty, and its slot is free; with the cache's reference only. -1 when memory is
// used up. Mirrors shmem_swapin_folio(), mm/shmem.c, 6.12 (shmem_swapin_page() before 5.17).
export const shmem_swapin_folio = kernelFunction(
  "shmem_swapin_folio",
  "mm/shmem.c",
  (k: Kernel, row: number): number => {
    const { page, cache } = k.w;
    const slot = cache.swap.data[row];
    let pfn = swap_cache_get_folio(k, slot);
    if (pfn >= 0) {
      count_swapin_hit(k, pfn);
      folio_get(k, pfn);
    } else {
      const alone = k.model.shmemSwapinAlone && k.machine.swap_device === "sync";
      pfn = alone ? read_swap_cache_async(k, slot) : swap_cluster_readahead(k, slot);
    }
    if (pfn < 0) return -1;
    // The reference of the search becomes the page cache's.
    k.set(page.mapping, pfn, cache.file.data[row]);
    k.set(page.index, pfn, cache.index.data[row]);
    k.set(cache.swap, row, 0);
    k.set(cache.pfn, row, pfn);
    delete_from_swap_cache(k, pfn);
    k.set(page.flags, pfn, page.flags.data[pfn] | PG_dirty);
    swap_free(k, slot);
    return pfn;
  },
);

// The slot of the page cache that stands for a page in swap, or -1.
export function swapped_slot(k: Kernel, file: number, index: number): number {
  const row = cache_slot(k, file, index);
  return row >= 0 && k.w.cache.swap.data[row] !== 0 ? row : -1;
}

// The page is gone for good, in swap too. Mirrors shmem_free_swap(), mm/shmem.c.
export function shmem_free_swap(k: Kernel, row: number): void {
  const { cache } = k.w;
  const slot = cache.swap.data[row];
  k.set(cache.swap, row, 0);
  free_swap_and_cache(k, slot);
}

// Every page of shared memory comes back, as swapoff() wants it. False when memory is used up.
// Mirrors shmem_unuse(), mm/shmem.c.
export const shmem_unuse = kernelFunction("shmem_unuse", "mm/shmem.c", (k: Kernel): boolean => {
  const { cache } = k.w;
  for (let row = 0; row < k.rows(cache); row++) {
    if (cache.swap.data[row] !== 0 && shmem_swapin_folio(k, row) < 0) return false;
  }
  return true;
});
