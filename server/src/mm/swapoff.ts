// swapoff: everything comes back from the swap device. mm/swapfile.c.

import type { Errno } from "./abi.ts";
import { add_mm_counter } from "./counters.ts";
import { folio_test_large, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { ksm_might_need_to_copy } from "./ksm_swapin.ts";
import { folio_add_lru_vma, mlock_folio } from "./lru.ts";
import { vma_locks } from "./mlock_vma.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { mk_pte, PTE_ACCESSED, PTE_SOFT_DIRTY, pte_flags, pte_prot, walk_ptes } from "./pgtable.ts";
import { refused } from "./refused.ts";
import { folio_add_anon_rmap_pte } from "./rmap.ts";
import { shmem_unuse } from "./shmem_swap.ts";
import { read_swap_cache_async } from "./swap_in.ts";
import { swap_free, total_swap_pages } from "./swap_slots.ts";
import { swap_cache_get_folio, swap_cache_get_page } from "./swap_state.ts";
import { folio_free_swap } from "./swapfile.ts";
import { is_swap_entry, swp_offset } from "./swapops.ts";

const NOT_FOUND = condition("no swap device of this name is in use", "pages");

// Every swapped page of every process is mapped again, and the device has no slots from then on. When memory is used up
// it stays in use, with what did not fit. No device is in use without swap space, or after the first time.
// Mirrors sys_swapoff(), mm/swapfile.c, 6.12.
export const sys_swapoff = kernelFunction("sys_swapoff", "mm/swapfile.c", (k: Kernel): 0 | Errno => {
  const { swap_off } = k.w.machine;
  if (total_swap_pages(k) === 0) return refused(k, NOT_FOUND, 0);
  // First of all, so that what has to make room meanwhile does not go there.
  k.set(swap_off, 0, 1);
  if (try_to_unuse(k)) return 0;
  k.set(swap_off, 0, 0);
  return "ENOMEM";
});

// Shared memory first, then process by process, then what only the swap cache holds. Mirrors try_to_unuse(),
// mm/swapfile.c, 6.12.
const try_to_unuse = kernelFunction("try_to_unuse", "mm/swapfile.c", (k: Kernel): boolean => {
  if (!shmem_unuse(k)) return false;
  for (const mm of k.live.mms.rows()) {
    for (const vma of k.w.mm.users.data[mm] > 0 ? k.vmas.of(mm) : []) if (!unuse_vma(k, vma)) return false;
  }
  for (let slot = 1; slot <= k.w.machine.next_swap.data[0]; slot++) {
    const pfn = swap_cache_get_folio(k, slot);
    if (pfn >= 0) folio_free_swap(k, pfn);
  }
  return true;
});

// Mirrors unuse_vma(), mm/swapfile.c, down to unuse_pte_range(). False when memory is used up.
function unuse_vma(k: Kernel, vma: number): boolean {
  const { vma: v } = k.w;
  let complete = true;
  walk_ptes(k, v.mm.data[vma] - 1, v.start.data[vma], v.end.data[vma], (row, vpn, entry) => {
    if (complete && is_swap_entry(entry)) complete = unuse_pte(k, vma, vpn, row, entry);
  });
  return complete;
}

// The page takes the entry's place, read-only and old, exclusive if the entry says so; the swap cache lets it go with its
// last entry. Mirrors unuse_pte(), mm/swapfile.c, 6.12.
const unuse_pte = kernelFunction(
  "unuse_pte",
  "mm/swapfile.c",
  (k: Kernel, vma: number, vpn: number, row: number, entry: number): boolean => {
    const mm = k.w.vma.mm.data[vma] - 1;
    const slot = swp_offset(entry);
    let page = swap_cache_get_page(k, slot);
    if (page >= 0) folio_get(k, page_folio(k, page));
    else page = read_swap_cache_async(k, slot);
    if (page < 0) return false;
    const folio = page_folio(k, page);
    const own = folio_test_large(k, folio) ? page : ksm_might_need_to_copy(k, page, vma, vpn);
    if (own < 0) {
      folio_put(k, folio);
      return false;
    }
    add_mm_counter(k, mm, k.w.mm.rss_swap, -1);
    add_mm_counter(k, mm, k.w.mm.rss_anon, 1);
    // The mapping's reference: of a copy the one that it was made with.
    if (own === page) folio_get(k, folio);
    const exclusive = own !== page || k.model.unuseExclusive(k, page, entry, slot);
    folio_add_anon_rmap_pte(k, vma, vpn, own, exclusive);
    if (own !== page) folio_add_lru_vma(k, own, vma);
    const prot = pte_prot(k.w.vma.flags.data[vma]) & ~PTE_ACCESSED;
    const kept = k.model.unuseKeepsSoftDirty ? pte_flags(entry) & PTE_SOFT_DIRTY : 0;
    k.set(k.w.pte.entry, row, mk_pte(own, prot | kept));
    if (k.model.mlockBatches && vma_locks(k, vma) && !folio_test_large(k, own)) mlock_folio(k, own);
    swap_free(k, slot);
    folio_free_swap(k, folio);
    folio_put(k, folio);
    return true;
  },
);
