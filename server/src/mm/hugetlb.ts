// Faults of hugetlb mappings: pages of the pool, mapped whole. mm/hugetlb.c; mm-semantics §2.10.
//
//   handle_mm_fault ─▶ hugetlb_fault ─┬─ none ───────────▶ hugetlb_no_page   a page of the file, or a new one
//                                     │                       └─ private, write ─▶ hugetlb_wp, in the same fault
//                                     └─ present, write ──▶ hugetlb_wp (hugetlb_wp.ts)

import { type Errno, FAULT_FLAG_UNSHARE, FAULT_FLAG_WRITE } from "./abi.ts";
import { copy_run } from "./copy_run.ts";
import { type Fault, VM_FAULT_OOM, VM_FAULT_SIGBUS } from "./fault.ts";
import { FOLIO_RESTORE_RESERVE, PG_dirty, PG_uptodate, VM_MAYSHARE, VM_SHARED, VM_WRITE } from "./flags.ts";
import { set_flag } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { huge_pte_alloc } from "./hugetlb_pmd_share.ts";
import { available_huge_pages, dequeue_hugetlb_folio } from "./hugetlb_pool.ts";
import {
  HPAGE_RESV_UNMAPPED,
  is_vma_resv_set,
  vma_commit_reservation,
  vma_has_reserves,
  vma_hugecache_offset,
  vma_needs_reservation,
} from "./hugetlb_reserve.ts";
import { hugetlb_add_file_rmap, hugetlb_add_new_anon_rmap } from "./hugetlb_rmap.ts";
import { hugetlb_wp } from "./hugetlb_wp.ts";
import type { Kernel } from "./kernel.ts";
import { migration_entry_wait } from "./migration_wait.ts";
import { HUGE, HUGETLB } from "./outcome.ts";
import { filemap_peek, make_slot } from "./page_cache.ts";
import { folio_get, folio_put, folio_ref_add, refuses_refs } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pte_pfn,
  pte_prot,
  pte_with,
} from "./pgtable.ts";
import { anon_vma_prepare, linear_page_index } from "./rmap.ts";

const TAKEN_BY_OWNER = condition("is_vma_resv_set(vma, HPAGE_RESV_UNMAPPED)", "flags");
const WITHIN_FILE = condition("vmf->pgoff < i_size_read(mapping->host) >> huge_page_shift(h)", "huge page");
const HAS_RESERVES = condition("vma_has_reserves(vma, chg)", "chg");
const AVAILABLE = condition("available_huge_pages(h)", "pages");

// One fault of a hugetlb mapping. Returns VM_FAULT_* bits. Mirrors hugetlb_fault(), mm/hugetlb.c, 6.12.
export const hugetlb_fault = kernelFunction("hugetlb_fault", "mm/hugetlb.c", (k: Kernel, asked: Fault): number => {
  const vpn = asked.vpn - (asked.vpn % k.hpageNr);
  const pte = huge_pte_alloc(k, asked.mm, asked.vma, vpn);
  if (pte < 0) return VM_FAULT_OOM;
  const vmf = { ...asked, vpn, pte, entry: k.w.pte.entry.data[pte] };
  if (vmf.entry === 0) return hugetlb_no_page(k, vmf);
  if ((vmf.entry & PTE_PRESENT) === 0) return migration_entry_wait(k, vmf);
  const write = (vmf.flags & FAULT_FLAG_WRITE) !== 0;
  // Who unshares what is writable wants a copy in any case (gupWantsExclusive).
  if (vmf.flags & FAULT_FLAG_UNSHARE || (write && (vmf.entry & PTE_WRITE) === 0)) {
    const cached = filemap_peek(k, k.w.vma.file.data[vmf.vma] - 1, linear_page_index(k, vmf.vma, vpn));
    const folio = pte_pfn(vmf.entry);
    // The page stays for as long as the fault lasts, whoever unmaps it meanwhile.
    folio_get(k, folio);
    const result = hugetlb_wp(k, vmf, cached, 1);
    folio_put(k, folio);
    return result;
  }
  const young = write ? PTE_ACCESSED | PTE_DIRTY | PTE_SOFT_DIRTY : PTE_ACCESSED;
  k.set(k.w.pte.entry, pte, pte_with(vmf.entry, young));
  return 0;
});

// The first touch of a huge page: the file's page where it has one, else one of the pool, which a shared mapping puts into
// the file. A read allocates too: there is no huge zero page for hugetlb. A private mapping's entry is made read-only, and a
// write goes on to hugetlb_wp(), which finds the fresh page mapped once. SIGBUS past the file's end, when the pool is empty,
// and where the owner of the reservation took the page away.
// Mirrors hugetlb_no_page(), mm/hugetlb.c, 6.12.
const hugetlb_no_page = kernelFunction("hugetlb_no_page", "mm/hugetlb.c", (k: Kernel, vmf: Fault): number => {
  const { vma, vpn } = vmf;
  const { pte, mm } = k.w;
  const flags = k.w.vma.flags.data[vma];
  const file = k.w.vma.file.data[vma] - 1;
  const taken = is_vma_resv_set(k, vma, HPAGE_RESV_UNMAPPED);
  if (taken) {
    k.decide(TAKEN_BY_OWNER, HPAGE_RESV_UNMAPPED, true);
    return VM_FAULT_SIGBUS;
  }
  let folio = filemap_peek(k, file, linear_page_index(k, vma, vpn));
  let anon = false;
  if (folio < 0) {
    const at = vma_hugecache_offset(k, vma, vpn);
    const size = Math.floor(k.w.file.size.data[file] / (k.pageSize * k.hpageNr));
    if (!k.decide(WITHIN_FILE, at, at < size)) return VM_FAULT_SIGBUS;
    anon = (flags & VM_MAYSHARE) === 0;
    if (anon) anon_vma_prepare(k, vma);
    const fresh = alloc_hugetlb_folio(k, vma, vpn, false);
    if (typeof fresh === "string") return VM_FAULT_SIGBUS;
    folio = fresh;
    k.setRun(k.w.page.content, folio, k.hpageNr, 0);
    if (!anon) hugetlb_add_to_page_cache(k, folio, file, at);
  } else {
    if (refuses_refs(k, folio, 1)) return VM_FAULT_OOM;
    folio_get(k, folio);
  }
  if (anon) {
    set_flag(k, folio, FOLIO_RESTORE_RESERVE, false);
    hugetlb_add_new_anon_rmap(k, vma, vpn, folio, false);
  } else {
    hugetlb_add_file_rmap(k, folio);
  }
  vmf.entry = make_huge_pte(k, vma, folio, (flags & VM_SHARED) !== 0);
  k.set(pte.entry, vmf.pte, vmf.entry);
  k.add(mm.hugetlb_usage, vmf.mm, k.hpageNr);
  k.outcome |= HUGETLB | HUGE;
  if ((vmf.flags & FAULT_FLAG_WRITE) === 0 || flags & VM_SHARED) return 0;
  return hugetlb_wp(k, vmf, anon ? -1 : folio, 0);
});

// The entry that maps the folio: dirty and writable where it shall be and the mapping allows writing, else neither.
// Mirrors make_huge_pte(), mm/hugetlb.c, 7.2.
export function make_huge_pte(k: Kernel, vma: number, folio: number, writable: boolean): number {
  const flags = k.w.vma.flags.data[vma];
  const write = writable && flags & VM_WRITE ? PTE_WRITE | PTE_DIRTY | PTE_SOFT_DIRTY : 0;
  return mk_pte(folio, pte_prot(flags) | write);
}

// The huge page's bytes. Mirrors copy_user_large_folio(), mm/memory.c, 6.12.
export function copy_user_large_folio(k: Kernel, to: number, from: number): void {
  const { content } = k.w.page;
  copy_run(k, content, to, content, from, k.hpageNr);
}

// A page of the pool with one reference: the one that was promised to the mapping, or, as always when that promise is to be
// spared, one that was promised to nobody. ENOSPC when there is none. Its content is the caller's to set.
// Mirrors alloc_hugetlb_folio() with dequeue_hugetlb_folio_vma(), mm/hugetlb.c, 6.12 (alloc_huge_page() before 6.3).
export const alloc_hugetlb_folio = kernelFunction(
  "alloc_hugetlb_folio",
  "mm/hugetlb.c",
  (k: Kernel, vma: number, vpn: number, avoidReserve: boolean): number | Errno => {
    const chg = avoidReserve ? 1 : vma_needs_reservation(k, vma, vpn);
    const reserved = k.decide(HAS_RESERVES, chg, vma_has_reserves(k, vma, chg));
    const available = available_huge_pages(k);
    if (!reserved && !k.decide(AVAILABLE, available, available !== 0)) return "ENOSPC";
    const folio = dequeue_hugetlb_folio(k);
    if (folio < 0) return "ENOSPC";
    if (reserved) {
      set_flag(k, folio, FOLIO_RESTORE_RESERVE, true);
      k.add(k.w.machine.resv_huge_pages, 0, -1);
    }
    vma_commit_reservation(k, vma, vpn);
    return folio;
  },
);

// The folio becomes the file's huge page at that place: one reference up to 6.6, from then on one for each of its pages
// (mm-semantics, measured 16). It is dirty, so that nobody drops it. Mirrors hugetlb_add_to_page_cache(), mm/hugetlb.c, 6.12.
export const hugetlb_add_to_page_cache = kernelFunction(
  "hugetlb_add_to_page_cache",
  "mm/hugetlb.c",
  (k: Kernel, folio: number, file: number, at: number) => {
    const { page, cache } = k.w;
    const index = at * k.hpageNr;
    const slot = make_slot(k, file, index);
    folio_ref_add(k, folio, k.model.hugetlbCacheRefs === "each page" ? k.hpageNr : 1);
    k.set(page.mapping, folio, file + 1);
    k.set(page.index, folio, index);
    k.set(cache.pfn, slot, folio);
    set_flag(k, folio, FOLIO_RESTORE_RESERVE, false);
    k.set(page.flags, folio, page.flags.data[folio] | PG_uptodate | PG_dirty);
  },
);
