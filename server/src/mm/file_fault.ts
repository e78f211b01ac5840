// Faults in mappings of files, where no entry exists yet. mm/memory.c; mm-semantics §2.3.

import { FAULT_FLAG_WRITE } from "./abi.ts";
import { fault_flag_allow_retry_first } from "./account_fault.ts";
import { add_mm_counter, mm_counter_file } from "./counters.ts";
import { type Fault, VM_FAULT_ERROR, VM_FAULT_NOPAGE, VM_FAULT_OOM, VM_FAULT_RETRY } from "./fault.ts";
import type { FaultPage } from "./filemap.ts";
import { PG_dirty, PG_readahead, PG_swapbacked, PG_uptodate, VM_SHARED, VM_WRITE } from "./flags.ts";
import { folio_nr_pages, folio_order, folio_test_large, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { do_set_pmd } from "./huge_file_pmd.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma } from "./lru.ts";
import { mlock_mapped_folio } from "./mlock_vma.ts";
import { vma_wants_writenotify } from "./mprotect.ts";
import { COW, FILE, HUGE, SHMEM } from "./outcome.ts";
import { alloc_page, page_available } from "./page_alloc.ts";
import { file_pages, filemap_peek } from "./page_cache.ts";
import { folio_get, folio_put, folio_ref_add, refuses_refs } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pmd_entry,
  pte_alloc,
  pte_offset,
  pte_prot,
} from "./pgtable.ts";
import { anon_vma_prepare, folio_add_file_rmap_ptes, folio_add_new_anon_rmap, linear_page_index } from "./rmap.ts";
import { do_page_mkwrite, is_anon_shmem, is_shmem, vm_ops } from "./vm_ops.ts";

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

// The same of a page that is to be mapped: the reference to it becomes the mapping's, and is refused when there would be too
// many. A page that is only copied from is held for the time of the fault, which counts for nothing.
function fault_to_map(k: Kernel, vmf: Fault): FaultPage {
  const found = __do_fault(k, vmf);
  if (found.result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)) return found;
  const folio = page_folio(k, found.pfn);
  if (!refuses_refs(k, folio, 0)) return found;
  folio_put(k, folio);
  return { pfn: -1, result: found.result | VM_FAULT_OOM };
}

// A read: the cached pages of the window are mapped; only when the wanted one is not among them, the file is asked.
// Each mapping: refcount + 1, mapcount + 1, rss_file or rss_shmem + 1. Mirrors do_read_fault(), mm/memory.c, 6.12.
const do_read_fault = kernelFunction("do_read_fault", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  if (Math.floor(k.machine.fault_around / k.pageSize) > 1 && vm_ops(k, vmf.vma).map_pages) {
    const around = do_fault_around(k, vmf);
    if (around) return around;
  }
  const { pfn, result } = fault_to_map(k, vmf);
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

// True when the wanted page got mapped. A folio that asks for the next window is left to a fault of its own. A PMD maps the
// first folio of the window if it can; else PTEs map the folios' pages in the window, and from 6.18 on those beside it.
// Mirrors filemap_map_pages() with next_uptodate_folio(), mm/filemap.c, 6.12.
const filemap_map_pages = kernelFunction(
  "filemap_map_pages",
  "mm/filemap.c",
  (k: Kernel, vmf: Fault, start: number, end: number): boolean => {
    const file = k.w.vma.file.data[vmf.vma] - 1;
    const pages = file_pages(k, file);
    let mapped = false;
    let first = true;
    for (let vpn = start; vpn < end; ) {
      const index = linear_page_index(k, vmf.vma, vpn);
      if (index >= pages) break;
      const page = filemap_peek(k, file, index);
      const folio = page < 0 ? -1 : page_folio(k, page);
      const ready = PG_uptodate | PG_readahead;
      const next = folio < 0 ? vpn + 1 : vpn + folio_nr_pages(k, folio) - (page - folio);
      if (folio >= 0 && (k.w.page.flags.data[folio] & ready) === PG_uptodate) {
        if (first) {
          const within = !k.model.pmdMapsWithinFile || within_file(k, file, folio, -1);
          if (within && filemap_map_pmd(k, vmf, folio)) return true;
          // Only that would have hung a page table there.
          if (!within && pmd_entry(k, vmf.mm, vmf.vpn) === 0) return false;
          first = false;
        }
        const range = { vpn, page, count: Math.min(next, end, vpn + pages - index) - vpn };
        const done = filemap_map_folio_range(k, vmf, file, folio, range);
        if (done === "no table") return false;
        mapped ||= done === "wanted";
      }
      vpn = next;
    }
    return mapped;
  },
);

// Whether the file goes on for so many pages, or one page less, behind the folio. Shmem's may end in it.
function within_file(k: Kernel, file: number, folio: number, less: 0 | -1): boolean {
  return is_shmem(k, file) || file_pages(k, file) + less >= k.w.page.index.data[folio] + folio_nr_pages(k, folio);
}

// Mirrors filemap_map_pmd(), mm/filemap.c, 6.12.
function filemap_map_pmd(k: Kernel, vmf: Fault, folio: number): boolean {
  if (folio_order(k, folio) !== k.hpageOrder) return false;
  if (pmd_entry(k, vmf.mm, vmf.vpn) !== 0 || refuses_refs(k, folio, 1)) return false;
  folio_get(k, folio);
  if (do_set_pmd(k, vmf.vma, vmf.vpn, folio, vmf.flags)) {
    k.outcome |= mapped_outcome(k, folio) | HUGE;
    return true;
  }
  folio_put(k, folio);
  return false;
}

interface FolioRange {
  readonly vpn: number;
  readonly page: number;
  readonly count: number;
}

// Maps the folio's pages where no entry exists: those of the range, or all of them.
// Mirrors filemap_map_folio_range(), mm/filemap.c, 7.2.
function filemap_map_folio_range(
  k: Kernel,
  vmf: Fault,
  file: number,
  folio: number,
  range: FolioRange,
): "wanted" | "others" | "no table" {
  let { vpn, page, count } = range;
  let pte = pte_alloc(k, vmf.mm, vpn);
  if (pte < 0) return "no table";
  if (folio_test_large(k, folio) && k.model.faultAroundMapsFolio && within_file(k, file, folio, -1)) {
    const before = page - folio;
    if (folio_in_vma_and_table(k, vmf.vma, vpn - before, folio_nr_pages(k, folio))) {
      vpn -= before;
      pte -= before;
      page = folio;
      count = folio_nr_pages(k, folio);
    }
  }
  // Reclaim for the table may have taken the folio out of the cache.
  if (filemap_peek(k, file, linear_page_index(k, vmf.vma, vpn)) !== page) return "others";
  let wanted = false;
  const { entry } = k.w.pte;
  for (let at = 0; at < count; ) {
    let length = 0;
    while (at + length < count && entry.data[pte + at + length] === 0) length++;
    if (length > 0 && !refuses_refs(k, folio, length)) {
      folio_ref_add(k, folio, length);
      set_pte_range(k, vmf, vpn + at, pte + at, page + at, length);
      wanted ||= vmf.vpn >= vpn + at && vmf.vpn < vpn + at + length;
    }
    at += length + 1;
  }
  return wanted ? "wanted" : "others";
}

// Whether so many pages from vpn on lie in the VMA and in one page table.
function folio_in_vma_and_table(k: Kernel, vma: number, vpn: number, count: number): boolean {
  const { start, end } = k.w.vma;
  if (vpn < start.data[vma] || vpn + count > end.data[vma]) return false;
  return Math.floor(vpn / k.hpageNr) === Math.floor((vpn + count - 1) / k.hpageNr);
}

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
    folio_put(k, page_folio(k, pfn));
    folio_put(k, copy);
    return VM_FAULT_OOM;
  }
  const flags = k.w.vma.flags.data[vmf.vma];
  const write = flags & VM_WRITE ? PTE_WRITE : 0;
  folio_add_new_anon_rmap(k, vmf.vma, vmf.vpn, copy, true);
  folio_add_lru_vma(k, copy, vmf.vma);
  k.set(k.w.pte.entry, vmf.pte, mk_pte(copy, pte_prot(flags) | PTE_DIRTY | PTE_SOFT_DIRTY | write));
  add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
  folio_put(k, page_folio(k, pfn));
  k.outcome |= COW;
  return result;
});

// A write to a shared mapping: the page is mapped writable and dirty; refcount + 1, mapcount + 1.
// Mirrors do_shared_fault(), mm/memory.c, 6.12.
const do_shared_fault = kernelFunction("do_shared_fault", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  const ops = vm_ops(k, vmf.vma);
  const { pfn, result } = fault_to_map(k, vmf);
  if (result & (VM_FAULT_ERROR | VM_FAULT_NOPAGE | VM_FAULT_RETRY)) return result;
  const folio = page_folio(k, pfn);
  if (ops.page_mkwrite) do_page_mkwrite(k, vmf, folio);
  const finished = result | finish_fault(k, vmf, pfn);
  return finished & VM_FAULT_ERROR ? finished : finished | fault_dirty_shared_page(k, vmf, folio);
});

// The page of a shared mapping was written to. Up to 5.19 whoever made it dirty gives up the lock, since writers may
// have to wait for the disk, and the fault is tried again. Mirrors fault_dirty_shared_page(), mm/memory.c, 5.10.
export const fault_dirty_shared_page = kernelFunction(
  "fault_dirty_shared_page",
  "mm/memory.c",
  (k: Kernel, vmf: Fault, folio: number): number => {
    const dirtied = (k.w.page.flags.data[folio] & PG_dirty) === 0 || vm_ops(k, vmf.vma).page_mkwrite;
    vm_ops(k, vmf.vma).dirty(k, folio);
    return dirtied && k.model.dirtyingFaultsRetry && fault_flag_allow_retry_first(vmf.flags) ? VM_FAULT_RETRY : 0;
  },
);

// The page, to whose folio the fault handler took a reference, is mapped at the address: by a PMD if one can map its folio,
// else by a PTE, or by PTEs with the rest of its folio. Mirrors finish_fault(), mm/memory.c, 7.2.
const finish_fault = kernelFunction("finish_fault", "mm/memory.c", (k: Kernel, vmf: Fault, page: number): number => {
  const file = k.w.vma.file.data[vmf.vma] - 1;
  const folio = page_folio(k, page);
  // Of MAP_REFPAGE there is none: the page alone is mapped.
  const whole = file >= 0 && folio_test_large(k, folio) && within_file(k, file, folio, 0);
  if (file >= 0 && folio_order(k, folio) === k.hpageOrder && (whole || !k.model.pmdMapsWithinFile)) {
    if (do_set_pmd(k, vmf.vma, vmf.vpn, folio, vmf.flags)) {
      k.outcome |= mapped_outcome(k, folio) | HUGE;
      return 0;
    }
  }
  vmf.pte = pte_alloc(k, vmf.mm, vmf.vpn);
  if (vmf.pte < 0) {
    folio_put(k, folio);
    return VM_FAULT_OOM;
  }
  const before = page - folio;
  const nr = folio_nr_pages(k, folio);
  if (whole && maps_whole_folio(k, vmf, file, before, nr)) {
    folio_ref_add(k, folio, nr - 1);
    set_pte_range(k, vmf, vmf.vpn - before, vmf.pte - before, folio, nr);
  } else {
    set_pte_range(k, vmf, vmf.vpn, vmf.pte, page, 1);
  }
  return 0;
});

// Whether the fault maps all of the large folio, of which `before` pages lie before the wanted one: no entry stands in the
// way. Mirrors the tests in finish_fault(), mm/memory.c, 7.2.
function maps_whole_folio(k: Kernel, vmf: Fault, file: number, before: number, nr: number): boolean {
  const { finishFaultMapsFolio } = k.model;
  if (finishFaultMapsFolio === "no") return false;
  if (finishFaultMapsFolio === "anonymous shmem" && !is_anon_shmem(k, file)) return false;
  if (!folio_in_vma_and_table(k, vmf.vma, vmf.vpn - before, nr)) return false;
  for (let i = 0; i < nr; i++) if (k.w.pte.entry.data[vmf.pte - before + i] !== 0) return false;
  return true;
}

// The entries of page-cache pages in a row, of one folio. A private mapping's are write-protected; a shared one's are
// writable from the start unless the file wants to know of the first write. Mirrors set_pte_range(), mm/memory.c, 6.12
// (do_set_pte(), for one page, before 6.6).
function set_pte_range(k: Kernel, vmf: Fault, vpn: number, pte: number, page: number, nr: number): void {
  const around = vmf.vpn - vpn;
  if (nr > 1 && !k.model.faultAroundBatches && around >= 0 && around < nr && makes_old(k)) {
    // The wanted page's entry begins as accessed, those beside it do not.
    if (around > 0) set_pte_range(k, vmf, vpn, pte, page, around);
    set_pte_range(k, vmf, vmf.vpn, pte + around, page + around, 1);
    const rest = nr - around - 1;
    if (rest > 0) set_pte_range(k, vmf, vmf.vpn + 1, pte + around + 1, page + around + 1, rest);
    return;
  }
  const vmaFlags = k.w.vma.flags.data[vmf.vma];
  const folio = page_folio(k, page);
  const pageFlags = k.w.page.flags.data[folio];
  const shared = VM_SHARED | VM_WRITE;
  let flags = pte_prot(vmaFlags);
  // Every entry begins as accessed but the prefaulted ones of arm64.
  if ((around < 0 || around >= nr) && makes_old(k)) flags &= ~PTE_ACCESSED;
  if ((vmaFlags & shared) === shared && !vma_wants_writenotify(k, vmf.vma)) flags |= PTE_WRITE;
  if (vmf.flags & FAULT_FLAG_WRITE) flags |= PTE_DIRTY | PTE_SOFT_DIRTY | (vmaFlags & VM_WRITE ? PTE_WRITE : 0);
  else if (k.model.readFaultKeepsDirty && flags & PTE_WRITE && pageFlags & PG_dirty)
    flags |= PTE_DIRTY | PTE_SOFT_DIRTY;
  folio_add_file_rmap_ptes(k, vmf.vma, page, nr);
  if (k.model.mlockBatches) mlock_mapped_folio(k, vmf.vma, folio, nr, false);
  k.setRun(k.w.pte.entry, pte, nr, mk_pte(page, flags), mk_pte(1, 0));
  add_mm_counter(k, vmf.mm, mm_counter_file(k, folio), nr);
  k.outcome |= mapped_outcome(k, folio);
}

function makes_old(k: Kernel): boolean {
  return k.model.armPrefaultsOld && k.machine.arch.startsWith("arm64");
}

function mapped_outcome(k: Kernel, folio: number): number {
  return k.w.page.flags.data[folio] & PG_swapbacked ? SHMEM : FILE;
}
