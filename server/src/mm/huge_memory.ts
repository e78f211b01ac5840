// Transparent huge pages: which memory may have them, and the first touch that brings one. mm/huge_memory.c;
// mm-semantics §1.1, §2.8.
//
//   do_huge_pmd_anonymous_page ─┬─ read ──▶ the huge zero folio, which counts nowhere
//                               └─ write ─▶ a folio of its own: one reference, one mapping of the whole
//
// Both leave a PTE table with the PMD, so that a later split needs no memory.

import { FAULT_FLAG_WRITE } from "./abi.ts";
import { add_mm_counter } from "./counters.ts";
import { deferred_split_folio } from "./deferred_split.ts";
import { type Fault, VM_FAULT_FALLBACK, VM_FAULT_OOM } from "./fault.ts";
import { VM_HUGEPAGE, VM_HUGETLB, VM_NOHUGEPAGE, VM_SPECIAL, VM_WRITE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { mm_get_huge_zero_folio } from "./huge_zero.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma } from "./lru.ts";
import { ANON, HUGE, ZERO } from "./outcome.ts";
import { folio_alloc } from "./page_alloc.ts";
import { folio_put } from "./page_ref.ts";
import {
  mk_pte,
  PTE_DIRTY,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_WRITE,
  pgtable_trans_huge_deposit,
  pte_alloc_one,
  pte_free,
  pte_prot,
} from "./pgtable.ts";
import { anon_vma_prepare, folio_add_new_anon_rmap } from "./rmap.ts";
import { vma_refpage } from "./vma.ts";

const SUITABLE = condition("thp_vma_suitable_order(vma, haddr, PMD_ORDER)", "pages of the VMA");

// Whether a fault in the anonymous VMA may bring huge pages: `machine thp=`, and what madvise() said of it; of reference pages
// never. Mirrors
// thp_vma_allowable_order() with TVA_PAGEFAULT, mm/huge_memory.c, 7.2 (hugepage_vma_check() before 6.8,
// __transparent_hugepage_enabled() before 6.0).
export function thp_vma_allowable(k: Kernel, vma: number): boolean {
  const flags = k.w.vma.flags.data[vma];
  if (flags & (VM_NOHUGEPAGE | VM_SPECIAL | VM_HUGETLB) || vma_refpage(k, vma) !== 0) return false;
  const { thp } = k.machine;
  return thp === "always" || (thp === "madvise" && (flags & VM_HUGEPAGE) !== 0);
}

// Whether all pages of the huge page that begins there are the VMA's. Mirrors thp_vma_suitable_order(),
// include/linux/huge_mm.h, 6.12, for anonymous VMAs (transhuge_vma_suitable() before 6.8).
export function thp_vma_suitable(k: Kernel, vma: number, first: number): boolean {
  const { start, end } = k.w.vma;
  return first >= start.data[vma] && first + k.hpageNr <= end.data[vma];
}

// The first page that the PMD serves which serves the page.
export function pmd_first(k: Kernel, vpn: number): number {
  return vpn - (vpn % k.hpageNr);
}

// The first touch of memory where nothing is mapped. VM_FAULT_FALLBACK sends the fault on to the PTEs: the huge page does
// not lie in the VMA, or there is no block of memory for it. Mirrors do_huge_pmd_anonymous_page(), mm/huge_memory.c, 6.12.
export const do_huge_pmd_anonymous_page = kernelFunction(
  "do_huge_pmd_anonymous_page",
  "mm/huge_memory.c",
  (k: Kernel, vmf: Fault): number => {
    const { start, end } = k.w.vma;
    const fits = thp_vma_suitable(k, vmf.vma, pmd_first(k, vmf.vpn));
    if (!k.decide(SUITABLE, end.data[vmf.vma] - start.data[vmf.vma], fits)) return VM_FAULT_FALLBACK;
    anon_vma_prepare(k, vmf.vma);
    return vmf.flags & FAULT_FLAG_WRITE ? __do_huge_pmd_anonymous_page(k, vmf) : set_huge_zero_folio(k, vmf);
  },
);

// A read: the huge zero folio, read-only. No rss, no mapcount; VmPTE + one page.
// Mirrors the read half of do_huge_pmd_anonymous_page() and set_huge_zero_folio(), mm/huge_memory.c, 6.12.
const set_huge_zero_folio = kernelFunction(
  "set_huge_zero_folio",
  "mm/huge_memory.c",
  (k: Kernel, vmf: Fault): number => {
    const table = pte_alloc_one(k, vmf.mm, vmf.vpn);
    if (table < 0) return VM_FAULT_OOM;
    const folio = mm_get_huge_zero_folio(k, vmf.mm);
    if (folio < 0) {
      pte_free(k, table);
      return VM_FAULT_FALLBACK;
    }
    pgtable_trans_huge_deposit(k, vmf.mm, vmf.pmd, table);
    k.set(k.w.pte.entry, vmf.pmd, mk_pte(folio, pte_prot(k.w.vma.flags.data[vmf.vma]) | PTE_SPECIAL));
    k.outcome |= ZERO | HUGE;
    return 0;
  },
);

// A write: a fresh folio. refcount 1, mapped once as a whole, its head exclusive (from 5.19), rss_anon + its pages.
// Mirrors __do_huge_pmd_anonymous_page(), mm/huge_memory.c, 6.12.
const __do_huge_pmd_anonymous_page = kernelFunction(
  "__do_huge_pmd_anonymous_page",
  "mm/huge_memory.c",
  (k: Kernel, vmf: Fault): number => {
    const folio = vma_alloc_anon_folio_pmd(k);
    if (folio < 0) return VM_FAULT_FALLBACK;
    const table = pte_alloc_one(k, vmf.mm, vmf.vpn);
    if (table < 0) {
      folio_put(k, folio);
      return VM_FAULT_OOM;
    }
    pgtable_trans_huge_deposit(k, vmf.mm, vmf.pmd, table);
    map_anon_folio_pmd(k, vmf, folio);
    add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, k.hpageNr);
    deferred_split_folio(k, folio, false);
    k.outcome |= ANON | HUGE;
    return 0;
  },
);

// A folio of zeroes as large as a PMD, or -1. Mirrors vma_alloc_anon_folio_pmd(), mm/huge_memory.c, 7.2.
export function vma_alloc_anon_folio_pmd(k: Kernel): number {
  const folio = folio_alloc(k, k.hpageOrder);
  if (folio >= 0) k.setRun(k.w.page.content, folio, k.hpageNr, 0);
  return folio;
}

// The PMD maps the fresh folio, writable where the VMA is, and dirty. Mirrors map_anon_folio_pmd_nopf(),
// mm/huge_memory.c, 7.2.
export function map_anon_folio_pmd(k: Kernel, vmf: Fault, folio: number): void {
  const flags = k.w.vma.flags.data[vmf.vma];
  folio_add_new_anon_rmap(k, vmf.vma, pmd_first(k, vmf.vpn), folio, false);
  folio_add_lru_vma(k, folio, vmf.vma);
  const writable = flags & VM_WRITE ? PTE_WRITE : 0;
  k.set(k.w.pte.entry, vmf.pmd, mk_pte(folio, pte_prot(flags) | PTE_DIRTY | PTE_SOFT_DIRTY | writable));
}
