// Faults that ask an ordinary file for a page. mm/filemap.c.

import { FAULT_FLAG_TRIED } from "./abi.ts";
import { fault_flag_allow_retry_first } from "./account_fault.ts";
import { type Fault, VM_FAULT_MAJOR, VM_FAULT_OOM, VM_FAULT_RETRY, VM_FAULT_SIGBUS } from "./fault.ts";
import { PG_uptodate } from "./flags.ts";
import { page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { file_pages, filemap_add_folio, filemap_peek } from "./page_cache.ts";
import { folio_get } from "./page_ref.ts";
import { do_async_mmap_readahead, do_sync_mmap_readahead } from "./readahead.ts";
import { linear_page_index } from "./rmap.ts";

// A cached page of which the filesystem read only a block (ext4_block.ts) is read as a whole; true then.
// Mirrors filemap_read_folio(), mm/filemap.c, 6.12.
function filemap_read_folio(k: Kernel, folio: number): boolean {
  const { flags } = k.w.page;
  if (flags.data[folio] & PG_uptodate) return false;
  k.set(flags, folio, flags.data[folio] | PG_uptodate);
  return true;
}

// What a fault handler gives: a page, with one reference to its folio for the mapping to come, or why not.
export interface FaultPage {
  readonly pfn: number;
  readonly result: number;
}

// An ordinary file's page. One that is not cached is read together with those around it, and one that asks for the next
// window has that read, as one has that is not up to date; in each case the fault is tried again if it may be. Past the end of the file: SIGBUS.
// Mirrors filemap_fault(), mm/filemap.c, 6.12.
export const filemap_fault = kernelFunction("filemap_fault", "mm/filemap.c", (k: Kernel, vmf: Fault): FaultPage => {
  const file = k.w.vma.file.data[vmf.vma] - 1;
  const index = linear_page_index(k, vmf.vma, vmf.vpn);
  const retry = fault_flag_allow_retry_first(vmf.flags);
  if (index >= file_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };
  let result = 0;
  let pfn = filemap_peek(k, file, index);
  if (pfn < 0) {
    do_sync_mmap_readahead(k, vmf);
    pfn = filemap_peek(k, file, index);
    if (pfn < 0) pfn = filemap_add_folio(k, file, index, false, false);
    if (pfn < 0) return { pfn, result: VM_FAULT_OOM };
    if (retry) return { pfn: -1, result: VM_FAULT_MAJOR | VM_FAULT_RETRY };
    result = VM_FAULT_MAJOR;
  } else {
    const ahead = (vmf.flags & FAULT_FLAG_TRIED) === 0 && do_async_mmap_readahead(k, file, index, pfn);
    const read = filemap_read_folio(k, page_folio(k, pfn));
    if ((ahead || read) && retry && k.model.faultUnlocksToRead) return { pfn: -1, result: VM_FAULT_RETRY };
  }
  folio_get(k, page_folio(k, pfn));
  return { pfn, result };
});
