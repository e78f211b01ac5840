// Page faults: from the entry that did not allow an access to the page that does. mm/memory.c; mm-semantics §2.
//
//   handle_mm_fault ─┬─ no PTE table ─▶ huge_pmd_fault        a huge page, or what a huge entry does not allow
//                    └─ a PTE ─▶
//                       handle_pte_fault ─┬─ none, anonymous ─▶ do_anonymous_page     zero page, or a new page
//                                         ├─ none, file ──────▶ do_fault (file_fault.ts)
//                                         ├─ not present ─────▶ do_swap_page (do_swap_page.ts)
//                                         └─ present, write ──▶ do_wp_page (wp.ts)     reuse, or a copy

import { FAULT_FLAG_UNSHARE, FAULT_FLAG_WRITE } from "./abi.ts";
import { alloc_anon_folio } from "./anon_folio.ts";
import { add_mm_counter } from "./counters.ts";
import { do_default_page } from "./default_page.ts";
import { do_swap_page } from "./do_swap_page.ts";
import { type Fault, VM_FAULT_FALLBACK, VM_FAULT_OOM } from "./fault.ts";
import { do_fault } from "./file_fault.ts";
import { VM_HUGETLB, VM_REFPAGE, VM_WRITE } from "./flags.ts";
import { folio_nr_pages } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { do_huge_pmd_anonymous_page, thp_vma_allowable } from "./huge_memory.ts";
import { huge_pmd_set_accessed, wp_huge_pmd } from "./huge_pmd_wp.ts";
import { hugetlb_fault } from "./hugetlb.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma } from "./lru.ts";
import { ANON, COW, ZERO } from "./outcome.ts";
import { ZERO_PFN } from "./page_alloc.ts";
import { folio_ref_add } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_WRITE,
  pmd_alloc,
  pmd_offset,
  pmd_trans_huge,
  pte_alloc,
  pte_offset,
  pte_prot,
  pte_with,
} from "./pgtable.ts";
import { map_refpage } from "./refpage.ts";
import { anon_vma_prepare, folio_add_new_anon_rmap } from "./rmap.ts";
import { is_cow_mapping, vma_is_anonymous, vma_refpage } from "./vma.ts";
import { do_wp_page } from "./wp.ts";

export { vm_normal_page } from "./normal_page.ts";

// Handles one fault of a page in a VMA that allows the access. Returns VM_FAULT_* bits.
// Mirrors handle_mm_fault(), mm/memory.c, 6.12.
export const handle_mm_fault = kernelFunction(
  "handle_mm_fault",
  "mm/memory.c",
  (k: Kernel, task: number, vma: number, vpn: number, flags: number): number => {
    const mm = k.w.vma.mm.data[vma] - 1;
    // Unsharing means something in a COW mapping only. Mirrors sanitize_fault_flags().
    const sane = is_cow_mapping(k.w.vma.flags.data[vma]) ? flags : flags & ~FAULT_FLAG_UNSHARE;
    if (k.w.vma.flags.data[vma] & VM_HUGETLB) {
      return hugetlb_fault(k, { task, mm, vma, vpn, flags: sane, pmd: -1, pte: -1, entry: 0 });
    }
    if (!pmd_alloc(k, mm, vpn)) return VM_FAULT_OOM;
    let pte = pte_offset(k, mm, vpn);
    if (pte < 0) {
      const done = huge_pmd_fault(k, { task, mm, vma, vpn, flags: sane, pmd: pmd_offset(k, mm, vpn), pte, entry: 0 });
      if ((done & VM_FAULT_FALLBACK) === 0) return done;
      pte = pte_offset(k, mm, vpn);
    }
    const entry = pte < 0 ? 0 : k.w.pte.entry.data[pte];
    return handle_pte_fault(k, { task, mm, vma, vpn, flags: sane, pmd: -1, pte, entry });
  },
);

// Where no PTE table hangs: a huge page for the first touch, or copy-on-write of what a huge entry maps.
// VM_FAULT_FALLBACK when PTEs have to do. Mirrors the part of __handle_mm_fault(), mm/memory.c, 6.12, that is about PMDs.
function huge_pmd_fault(k: Kernel, vmf: Fault): number {
  const entry = k.w.pte.entry.data[vmf.pmd];
  if (entry === 0) {
    const anon = vma_is_anonymous(k, vmf.vma);
    return anon && thp_vma_allowable(k, vmf.vma) ? do_huge_pmd_anonymous_page(k, vmf) : VM_FAULT_FALLBACK;
  }
  // Nothing waits for a migration to end here: each is over within its operation.
  if (!pmd_trans_huge(entry)) return 0;
  return wants_other(vmf, entry) ? wp_huge_pmd(k, vmf) : huge_pmd_set_accessed(k, vmf);
}

// Whether the fault wants another page there, or another right to it: a write of what is read-only, or an unshare, which is
// asked for what is writable only where GUP wants exclusive pages (gupWantsExclusive).
function wants_other(vmf: Fault, entry: number): boolean {
  if (vmf.flags & FAULT_FLAG_UNSHARE) return true;
  return (vmf.flags & FAULT_FLAG_WRITE) !== 0 && (entry & PTE_WRITE) === 0;
}

// Mirrors handle_pte_fault(), mm/memory.c, 6.12.
const handle_pte_fault = kernelFunction("handle_pte_fault", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  if (vmf.entry === 0) {
    if (k.w.vma.flags.data[vmf.vma] & VM_REFPAGE) return do_default_page(k, vmf);
    return vma_is_anonymous(k, vmf.vma) ? do_anonymous_page(k, vmf) : do_fault(k, vmf);
  }
  if ((vmf.entry & PTE_PRESENT) === 0) return do_swap_page(k, vmf);
  if (wants_other(vmf, vmf.entry)) return do_wp_page(k, vmf);
  const young = vmf.flags & FAULT_FLAG_WRITE ? PTE_ACCESSED | PTE_DIRTY | PTE_SOFT_DIRTY : PTE_ACCESSED;
  k.set(k.w.pte.entry, vmf.pte, pte_with(vmf.entry, young));
  return 0;
});

// The first touch of anonymous memory. A read maps the zero page, which counts nowhere; a write a fresh page with
// refcount 1, mapcount 1, exclusive (from 5.19), and rss_anon + 1; with multi-size THP (6.8) as many pages at once, each
// with one reference and one mapping. In a mapping of reference pages (§8.2) a read maps that page, and the fresh one is a copy
// of it. Mirrors do_anonymous_page(), mm/memory.c, 6.12.
const do_anonymous_page = kernelFunction("do_anonymous_page", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  const flags = k.w.vma.flags.data[vmf.vma];
  const prot = pte_prot(flags);
  vmf.pte = pte_alloc(k, vmf.mm, vmf.vpn);
  if (vmf.pte < 0) return VM_FAULT_OOM;
  const refpage = vma_refpage(k, vmf.vma);
  if (refpage !== 0 && (vmf.flags & FAULT_FLAG_WRITE) === 0) return map_refpage(k, vmf, refpage);
  if ((vmf.flags & FAULT_FLAG_WRITE) === 0) {
    k.set(k.w.pte.entry, vmf.pte, mk_pte(ZERO_PFN, prot | PTE_SPECIAL));
    k.outcome |= ZERO;
    return 0;
  }
  anon_vma_prepare(k, vmf.vma);
  const folio = alloc_anon_folio(k, vmf);
  if (folio < 0) return VM_FAULT_OOM;
  if (refpage !== 0) k.set(k.w.page.content, folio, k.w.page.content.data[refpage]);
  const nr = folio_nr_pages(k, folio);
  const first = vmf.vpn - (vmf.vpn % nr);
  if (nr > 1) folio_ref_add(k, folio, nr - 1);
  add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, nr);
  folio_add_new_anon_rmap(k, vmf.vma, first, folio, false);
  folio_add_lru_vma(k, folio, vmf.vma);
  const writable = flags & VM_WRITE ? PTE_WRITE | PTE_DIRTY | PTE_SOFT_DIRTY : 0;
  const entry = mk_pte(folio, prot | writable);
  if (nr === 1) k.set(k.w.pte.entry, vmf.pte, entry);
  else k.setRun(k.w.pte.entry, vmf.pte - (vmf.vpn - first), nr, entry, mk_pte(1, 0));
  k.outcome |= refpage !== 0 ? ANON | COW : ANON;
  return 0;
});
