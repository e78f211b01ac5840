// Memory that is a file without a disk: memfd_create() and shared anonymous mappings. mm/shmem.c.

import { type Fault, VM_FAULT_MAJOR, VM_FAULT_OOM, VM_FAULT_SIGBUS } from "./fault.ts";
import type { FaultPage } from "./filemap.ts";
import { PG_uptodate } from "./flags.ts";
import { page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { SWAPIN } from "./outcome.ts";
import { file_pages, filemap_add_folio, filemap_peek } from "./page_cache.ts";
import { folio_get } from "./page_ref.ts";
import { linear_page_index } from "./rmap.ts";
import { shmem_swapin_folio, swapped_slot } from "./shmem_swap.ts";
import { swap_cache_get_folio } from "./swap_state.ts";

// The page at the offset, from swap if it is there, or allocated and zeroed when there is none; its cache reference only. -1 when memory is used up.
// Mirrors shmem_get_folio(), mm/shmem.c, 6.12 (shmem_getpage() before 6.1).
export const shmem_get_folio = kernelFunction(
  "shmem_get_folio",
  "mm/shmem.c",
  (k: Kernel, file: number, index: number): number => {
    const { flags } = k.w.page;
    const cached = filemap_peek(k, file, index);
    if (cached >= 0) {
      // fallocate() made it; now somebody wants it.
      const folio = page_folio(k, cached);
      if ((flags.data[folio] & PG_uptodate) === 0) k.set(flags, folio, flags.data[folio] | PG_uptodate);
      return cached;
    }
    const swapped = swapped_slot(k, file, index);
    return swapped >= 0 ? shmem_swapin_folio(k, swapped) : filemap_add_folio(k, file, index, true, false);
  },
);

// A page for a mapping: a hole is filled with a fresh page, also for a read. Past the end: SIGBUS.
// Mirrors shmem_fault(), mm/shmem.c, 6.12.
export const shmem_fault = kernelFunction("shmem_fault", "mm/shmem.c", (k: Kernel, vmf: Fault): FaultPage => {
  const file = k.w.vma.file.data[vmf.vma] - 1;
  const index = linear_page_index(k, vmf.vma, vmf.vpn);
  if (index >= file_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };
  const swapped = swapped_slot(k, file, index);
  const read = swapped >= 0 && swap_cache_get_folio(k, k.w.cache.swap.data[swapped]) < 0;
  const pfn = shmem_get_folio(k, file, index);
  if (pfn < 0) return { pfn: -1, result: VM_FAULT_OOM };
  folio_get(k, page_folio(k, pfn));
  if (swapped >= 0) k.outcome |= SWAPIN;
  return { pfn, result: read ? VM_FAULT_MAJOR : 0 };
});
