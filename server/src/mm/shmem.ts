// Memory that is a file without a disk: memfd_create() and shared anonymous mappings. mm/shmem.c.

import { type Fault, VM_FAULT_OOM, VM_FAULT_SIGBUS } from "./fault.ts";
import type { FaultPage } from "./filemap.ts";
import { PG_uptodate } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { file_pages, filemap_add_folio, filemap_peek } from "./page_cache.ts";
import { folio_get } from "./page_ref.ts";
import { linear_page_index } from "./rmap.ts";

// The page at the offset, allocated and zeroed when there is none; its cache reference only. -1 when memory is used up.
// Mirrors shmem_get_folio(), mm/shmem.c, 6.12 (shmem_getpage() before 6.1).
export const shmem_get_folio = kernelFunction(
  "shmem_get_folio",
  "mm/shmem.c",
  (k: Kernel, file: number, index: number): number => {
    const { flags } = k.w.page;
    const cached = filemap_peek(k, file, index);
    // fallocate() made it; now somebody wants it.
    if (cached >= 0 && (flags.data[cached] & PG_uptodate) === 0) k.set(flags, cached, flags.data[cached] | PG_uptodate);
    return cached >= 0 ? cached : filemap_add_folio(k, file, index, true, false);
  },
);

// A page for a mapping: a hole is filled with a fresh page, also for a read. Past the end: SIGBUS.
// Mirrors shmem_fault(), mm/shmem.c, 6.12.
export const shmem_fault = kernelFunction("shmem_fault", "mm/shmem.c", (k: Kernel, vmf: Fault): FaultPage => {
  const file = k.w.vma.file.data[vmf.vma] - 1;
  const index = linear_page_index(k, vmf.vma, vmf.vpn);
  if (index >= file_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };
  const pfn = shmem_get_folio(k, file, index);
  if (pfn < 0) return { pfn: -1, result: VM_FAULT_OOM };
  folio_get(k, pfn);
  return { pfn, result: 0 };
});
