// How a driver puts its own pages into a process's page tables. mm/memory.c; mm-semantics §6.4.
//
//   remap_pfn_range     a range of frames at once     VM_PFNMAP     special entries, no counter moves
//   vm_insert_page      one page                      VM_MIXEDMAP   ordinary entries, counted like a file's page
//   vmf_insert_mixed    one frame, from a fault       VM_MIXEDMAP   special entries, no counter moves

import type { Errno } from "./abi.ts";
import { add_mm_counter, mm_counter_file } from "./counters.ts";
import { type Fault, VM_FAULT_NOPAGE, VM_FAULT_OOM } from "./fault.ts";
import { VM_DONTDUMP, VM_DONTEXPAND, VM_IO, VM_MIXEDMAP, VM_PFNMAP, VM_SHARED, VM_WRITE } from "./flags.ts";
import { folio_test_anon } from "./folio.ts";
import { condition, kernelFunction, remark } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { counts_mapping } from "./normal_page.ts";
import { SPECIAL } from "./outcome.ts";
import { folio_get, folio_ref_count, refuses_refs } from "./page_ref.ts";
import { mk_pte, PTE_SPECIAL, PTE_WRITE, pte_alloc, pte_prot } from "./pgtable.ts";
import { refused } from "./refused.ts";
import { folio_add_file_rmap_pte } from "./rmap.ts";
import { is_cow_mapping } from "./vma.ts";

const PART_OF_COW = condition("addr != vma->vm_start || end != vma->vm_end", "page");

const COW_MAPPING = condition("is_cow_mapping(vma->vm_flags)", "vm_flags");
const UNWALKABLE = remark(
  "counted only so that zap finds what it takes back: the page has no mapping, so no rmap walk comes to this entry, and neither reclaim nor migration could remove it",
);

// What a fresh entry of the mapping allows: vma->vm_page_prot of a file that does not track writes. Private: no writing.
function vm_page_prot(flags: number): number {
  const shared = VM_SHARED | VM_WRITE;
  return pte_prot(flags) | ((flags & shared) === shared ? PTE_WRITE : 0);
}

// Maps frames one after the other, without looking at any page behind them. A private mapping that may be written has
// to be covered whole: its vm_pgoff then says which frames are the device's, and all others are copies.
// Mirrors remap_pfn_range(), mm/memory.c, 6.12.
export const remap_pfn_range = kernelFunction(
  "remap_pfn_range",
  "mm/memory.c",
  (k: Kernel, vma: number, start: number, pfn: number, pages: number): 0 | Errno => {
    const { vma: v } = k.w;
    const flags = v.flags.data[vma];
    const cow = is_cow_mapping(flags);
    if (k.decide(COW_MAPPING, flags, cow)) {
      if (start !== v.start.data[vma] || start + pages !== v.end.data[vma]) return refused(k, PART_OF_COW, start);
      k.set(v.pgoff, vma, pfn);
    }
    k.set(v.flags, vma, flags | VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
    const prot = vm_page_prot(flags) | PTE_SPECIAL;
    for (let i = 0; i < pages; i++) {
      k.tick();
      const pte = pte_alloc(k, v.mm.data[vma] - 1, start + i);
      if (pte < 0) return "ENOMEM";
      k.set(k.w.pte.entry, pte, mk_pte(pfn + i, prot));
    }
    return 0;
  },
);

// Maps one page that the driver has allocated: refcount + 1, rss_file + 1, and mapcount + 1 where the
// model counts it. ENOMEM also when the page would get too many references.
// Mirrors vm_insert_page() with insert_page(), mm/memory.c, 6.12.
export const vm_insert_page = kernelFunction(
  "vm_insert_page",
  "mm/memory.c",
  (k: Kernel, vma: number, vpn: number, pfn: number): 0 | Errno => {
    const { vma: v } = k.w;
    // validate_page_before_insert(): the driver's page, in use, and nobody's anonymous memory.
    if (folio_ref_count(k, pfn) === 0 || folio_test_anon(k, pfn)) return "EINVAL";
    k.set(v.flags, vma, v.flags.data[vma] | VM_MIXEDMAP);
    const mm = v.mm.data[vma] - 1;
    const pte = pte_alloc(k, mm, vpn);
    if (pte < 0) return "ENOMEM";
    if (k.w.pte.entry.data[pte] !== 0) return "EBUSY";
    if (refuses_refs(k, pfn, 1)) return "ENOMEM";
    folio_get(k, pfn);
    add_mm_counter(k, mm, mm_counter_file(k, pfn), 1);
    if (counts_mapping(k, vma, pfn)) {
      k.decide(UNWALKABLE, pfn, true);
      folio_add_file_rmap_pte(k, vma, pfn);
    }
    k.set(k.w.pte.entry, pte, mk_pte(pfn, vm_page_prot(v.flags.data[vma])));
    return 0;
  },
);

// Maps one frame from a fault handler, in a VMA that the driver made VM_MIXEDMAP. All architectures here have
// pte_special(), so the entry is special whether or not the frame has a struct page.
// Mirrors vmf_insert_mixed() with insert_pfn(), mm/memory.c, 6.12.
export const vmf_insert_mixed = kernelFunction(
  "vmf_insert_mixed",
  "mm/memory.c",
  (k: Kernel, vmf: Fault, pfn: number): number => {
    vmf.pte = pte_alloc(k, vmf.mm, vmf.vpn);
    if (vmf.pte < 0) return VM_FAULT_OOM;
    const { entry } = k.w.pte;
    if (entry.data[vmf.pte] !== 0) return VM_FAULT_NOPAGE;
    k.set(entry, vmf.pte, mk_pte(pfn, vm_page_prot(k.w.vma.flags.data[vmf.vma]) | PTE_SPECIAL));
    k.outcome |= SPECIAL;
    return VM_FAULT_NOPAGE;
  },
);
