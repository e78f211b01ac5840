// Faults in mappings of files, where no entry exists yet. mm/memory.c; mm-semantics §2.3.

import { FAULT_FLAG_WRITE } from "./abi.ts";
import { fault_flag_allow_retry_first } from "./account_fault.ts";
import { add_mm_counter, mm_counter_file } from "./counters.ts";
import { type Fault, VM_FAULT_ERROR, VM_FAULT_NOPAGE, VM_FAULT_OOM, VM_FAULT_RETRY } from "./fault.ts";
import type { FaultPage } from "./filemap.ts";
import { PG_dirty, PG_readahead, PG_swapbacked, PG_uptodate, VM_LOCKED, VM_SHARED, VM_WRITE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma, mlock_folio } from "./lru.ts";
import { vma_locks } from "./mlock_vma.ts";
import { vma_wants_writenotify } from "./mprotect.ts";
import { COW, FILE, SHMEM } from "./outcome.ts";
import { alloc_page, page_available } from "./page_alloc.ts";
import { file_pages, filemap_peek } from "./page_cache.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pte_alloc,
  pte_offset,
  pte_prot,
} from "./pgtable.ts";
import { anon_vma_prepare, folio_add_file_rmap_pte, folio_add_new_anon_rmap, linear_page_index } from "./rmap.ts";
import { do_page_mkwrite, vm_ops } from "./vm_ops.ts";

const IS_WRITE = condition("vmf->flags & FAULT_FLAG_WRITE", "fault flags");
const IS_SHARED = condition("vma->vm_flags & VM_SHARED", "vm_flags");

// Mirrors do_fault(), mm/memory.c, 6.12.
export const do_fault = kernelFunction("do_fault", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  const write = (vmf.flags & FAULT_FLAG_WRITE) !== 0;
  if (!k.decide(IS_WRITE, vmf.flags, write)) return do_read_fault(k, vmf);
  const flags = k.w.vma.flags.data[vmf.vma];
  const shared = k.decide(IS_SHARED, flags, (flags & VM_SHARED) !== 0);
  return shared ? do_shared_fault(k, vmf) : do_cow_fault(k, vmf);
});

// Asks the file for its page. The page table for it is allocated before, so without memory for one nothing is read and no
// page gets dirty; here it is enough to know that there is memory. Mirrors __do_fault(), mm/memory.c, 6.12.
function __do_fault(k: Kernel, vmf: Fault): FaultPage {
  if (pte_offset(k, vmf.mm, vmf.vpn) < 0 && !page_available(k)) return { pfn: -1, result: VM_FAULT_OOM };
  return vm_ops(k, vmf.vma).fault(k, vmf);
}

// A read: the cached pages of the window are mapped; only when the wanted one is not among them, the file is asked.
// Each mapping: refcount + 1, mapcount + 1, rss_file or rss_shmem + 1. Mirrors do_read_fault(), mm/memory.c, 6.12.
const do_read_fault = kernelFunction("do_read_fault", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  if (Math.floor(k.machine.fault_around / k.pageSize) > 1 && vm_ops(k, vmf.vma).map_pages) {
    const around = do_fault_around(k, vmf);
    if (around) return around;
  }
  const { pfn, result } = __do_fault(k, vmf);
  if (result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)) return result;
  return result | finish_fault(k, vmf, pfn);
});

// Maps what is cached of the pages around the fault, where no entry exists: the block of fault_around_bytes, cut off at
// the VMA's ends, the page table's end and the end of the file. Mirrors do_fault_around(), mm/memory.c, 6.12.
const do_fault_around = kernelFunction("do_fault_around", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  const { vma: v } = k.w;
  const perTable = 2 ** k.geometry.bits[0];
  const pages = Math.floor(k.machine.fault_around / k.pageSize);
  const table = vmf.vpn - (vmf.vpn % perTable);
  const offset = vmf.vpn - table;
  const from = Math.max(offset - (offset % pages), v.start.data[vmf.vma] - table, 0);
  const to = Math.min(from + pages, perTable, v.end.data[vmf.vma] - table);
  return filemap_map_pages(k, vmf, table + from, table + to) ? VM_FAULT_NOPAGE : 0;
});

// True when the wanted page got mapped. A page that asks for the next window is left to a fault of its own.
// Mirrors filemap_map_pages() with next_uptodate_folio(), mm/filemap.c, 6.12.
const filemap_map_pages = kernelFunction(
  "filemap_map_pages",
  "mm/filemap.c",
  (k: Kernel, vmf: Fault, start: number, end: number): boolean => {
    const file = k.w.vma.file.data[vmf.vma] - 1;
    const pages = file_pages(k, file);
    let mapped = false;
    for (let vpn = start; vpn < end; vpn++) {
      const index = linear_page_index(k, vmf.vma, vpn);
      if (index >= pages) break;
      const pfn = filemap_peek(k, file, index);
      const ready = PG_uptodate | PG_readahead;
      if (pfn < 0 || (k.w.page.flags.data[pfn] & ready) !== PG_uptodate) continue;
      const pte = pte_alloc(k, vmf.mm, vpn);
      if (pte < 0) return false;
      if (k.w.pte.entry.data[pte] !== 0) continue;
      // Reclaim for the table may have taken the page out of the cache.
      if (k.w.page.mapping.data[pfn] !== file + 1 || k.w.page.index.data[pfn] !== index) continue;
      folio_get(k, pfn);
      set_file_pte(k, vmf, vpn, pte, pfn);
      mapped ||= vpn === vmf.vpn;
    }
    return mapped;
  },
);

// A write to a private mapping: the file's page is copied into a new anonymous one (refcount 1, mapcount 1, exclusive
// from 5.19, rss_anon + 1); the file's page keeps its counters. Mirrors do_cow_fault(), mm/memory.c, 6.12.
const do_cow_fault = kernelFunction("do_cow_fault", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  anon_vma_prepare(k, vmf.vma);
  const copy = alloc_page(k);
  if (copy < 0) return VM_FAULT_OOM;
  const { pfn, result } = __do_fault(k, vmf);
  if (result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)) {
    folio_put(k, copy);
    return result;
  }
  k.set(k.w.page.content, copy, k.w.page.content.data[pfn]);
  vmf.pte = pte_alloc(k, vmf.mm, vmf.vpn);
  if (vmf.pte < 0) {
    folio_put(k, pfn);
    folio_put(k, copy);
    return VM_FAULT_OOM;
  }
  const flags = k.w.vma.flags.data[vmf.vma];
  const write = flags & VM_WRITE ? PTE_WRITE : 0;
  folio_add_new_anon_rmap(k, vmf.vma, vmf.vpn, copy);
  folio_add_lru_vma(k, copy, vmf.vma);
  k.set(k.w.pte.entry, vmf.pte, mk_pte(copy, pte_prot(flags) | PTE_DIRTY | PTE_SOFT_DIRTY | write));
  add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
  folio_put(k, pfn);
  k.outcome |= COW;
  return result;
});

// A write to a shared mapping: the page is mapped writable and dirty; refcount + 1, mapcount + 1.
// Mirrors do_shared_fault(), mm/memory.c, 6.12.
const do_shared_fault = kernelFunction("do_shared_fault", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  const ops = vm_ops(k, vmf.vma);
  const { pfn, result } = __do_fault(k, vmf);
  if (result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)) return result;
  if (ops.page_mkwrite) do_page_mkwrite(k, vmf, pfn);
  const finished = result | finish_fault(k, vmf, pfn);
  return finished & VM_FAULT_ERROR ? finished : finished | fault_dirty_shared_page(k, vmf, pfn);
});

// The page of a shared mapping was written to. Up to 5.19 whoever made it dirty gives up the lock, since writers may
// have to wait for the disk, and the fault is tried again. Mirrors fault_dirty_shared_page(), mm/memory.c, 5.10.
export const fault_dirty_shared_page = kernelFunction(
  "fault_dirty_shared_page",
  "mm/memory.c",
  (k: Kernel, vmf: Fault, pfn: number): number => {
    const dirtied = (k.w.page.flags.data[pfn] & PG_dirty) === 0 || vm_ops(k, vmf.vma).page_mkwrite;
    vm_ops(k, vmf.vma).dirty(k, pfn);
    return dirtied && k.model.dirtyingFaultsRetry && fault_flag_allow_retry_first(vmf.flags) ? VM_FAULT_RETRY : 0;
  },
);

// The page, whose reference the fault handler took, is mapped at the address. Mirrors finish_fault(), mm/memory.c, 6.12.
const finish_fault = kernelFunction("finish_fault", "mm/memory.c", (k: Kernel, vmf: Fault, pfn: number): number => {
  vmf.pte = pte_alloc(k, vmf.mm, vmf.vpn);
  if (vmf.pte < 0) {
    folio_put(k, pfn);
    return VM_FAULT_OOM;
  }
  set_file_pte(k, vmf, vmf.vpn, vmf.pte, pfn);
  return 0;
});

// The entry of a page-cache page. A private mapping's is write-protected; a shared one's is writable from the start
// unless the file wants to know of the first write. Mirrors set_pte_range(), mm/memory.c, 6.12.
function set_file_pte(k: Kernel, vmf: Fault, vpn: number, pte: number, pfn: number): void {
  const vmaFlags = k.w.vma.flags.data[vmf.vma];
  const pageFlags = k.w.page.flags.data[pfn];
  const shared = VM_SHARED | VM_WRITE;
  let flags = pte_prot(vmaFlags);
  // Every entry begins as accessed but the prefaulted ones of arm64.
  if (vpn !== vmf.vpn && k.model.armPrefaultsOld && k.machine.arch.startsWith("arm64")) flags &= ~PTE_ACCESSED;
  if ((vmaFlags & shared) === shared && !vma_wants_writenotify(k, vmf.vma)) flags |= PTE_WRITE;
  if (vmf.flags & FAULT_FLAG_WRITE) flags |= PTE_DIRTY | PTE_SOFT_DIRTY | (vmaFlags & VM_WRITE ? PTE_WRITE : 0);
  else if (k.model.readFaultKeepsDirty && flags & PTE_WRITE && pageFlags & PG_dirty)
    flags |= PTE_DIRTY | PTE_SOFT_DIRTY;
  folio_add_file_rmap_pte(k, vmf.vma, pfn);
  if (vmaFlags & VM_LOCKED && k.model.mlockBatches && vma_locks(k, vmf.vma)) mlock_folio(k, pfn);
  k.set(k.w.pte.entry, pte, mk_pte(pfn, flags));
  add_mm_counter(k, vmf.mm, mm_counter_file(k, pfn), 1);
  k.outcome |= pageFlags & PG_swapbacked ? SHMEM : FILE;
}
