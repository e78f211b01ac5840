// Copy-on-write of huge pages: by mapcount in every release, so that a reference from outside of the page tables stops
// nobody from writing in place. mm/hugetlb.c; mm-semantics §2.10, §13 #9.

import { FAULT_FLAG_UNSHARE } from "./abi.ts";
import { type Fault, VM_FAULT_SIGBUS } from "./fault.ts";
import { FOLIO_RESTORE_RESERVE, PG_anon_exclusive, VM_MAYSHARE, VM_WRITE } from "./flags.ts";
import { set_flag } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { alloc_hugetlb_folio, copy_user_large_folio, make_huge_pte } from "./hugetlb.ts";
import { HPAGE_RESV_OWNER, is_vma_resv_set } from "./hugetlb_reserve.ts";
import { hugetlb_add_new_anon_rmap, hugetlb_remove_rmap } from "./hugetlb_rmap.ts";
import { unmap_hugepage_range } from "./hugetlb_zap.ts";
import type { Kernel } from "./kernel.ts";
import { COW, HUGE, HUGETLB, REUSE, UNSHARE } from "./outcome.ts";
import { folio_put } from "./page_ref.ts";
import { PTE_DIRTY, PTE_SOFT_DIRTY, PTE_WRITE, pte_pfn, pte_with } from "./pgtable.ts";
import { anon_vma_prepare, folio_move_anon_rmap, linear_page_index } from "./rmap.ts";

const OWNS_RESERVATION = condition("is_vma_resv_set(vma, HPAGE_RESV_OWNER) && old_folio != pagecache_folio", "flags");

// A write, or an unshare, meets a read-only entry. A page that this entry alone maps is made writable, whoever else holds
// references to it; else it is copied: old mapcount - 1, refcount - 1, new mapcount 1, exclusive (from 5.19). When the pool
// has no page for the copy, the process that owns the reservation takes the page from the others, whose next touch is SIGBUS;
// any other process gets SIGBUS itself. pagecache: the file's page there, or -1; held: references that the fault has to the page.
// Mirrors hugetlb_wp(), mm/hugetlb.c, 6.12 (hugetlb_cow() before 5.19).
export const hugetlb_wp = kernelFunction(
  "hugetlb_wp",
  "mm/hugetlb.c",
  (k: Kernel, vmf: Fault, pagecache: number, held: number) => {
    const { vma, vpn } = vmf;
    const { pte } = k.w;
    const unshare = (vmf.flags & FAULT_FLAG_UNSHARE) !== 0;
    if (k.w.vma.flags.data[vma] & VM_MAYSHARE) {
      set_huge_ptep_writable(k, vmf);
      return 0;
    }
    const old = pte_pfn(vmf.entry);
    for (;;) {
      if (k.model.reuseHugetlb(k, old, held)) {
        reuse(k, vmf, old, unshare);
        return 0;
      }
      const owner = is_vma_resv_set(k, vma, HPAGE_RESV_OWNER) && old !== pagecache;
      k.decide(OWNS_RESERVATION, k.w.vma.resv_flags.data[vma], owner);
      const copy = alloc_hugetlb_folio(k, vma, vpn, owner);
      if (typeof copy === "number") {
        anon_vma_prepare(k, vma);
        copy_user_large_folio(k, copy, old);
        set_flag(k, copy, FOLIO_RESTORE_RESERVE, false);
        hugetlb_remove_rmap(k, old);
        hugetlb_add_new_anon_rmap(k, vma, vpn, copy, true);
        const forced =
          !unshare && k.model.hugetlbForcedWrites === "writable" ? PTE_WRITE | PTE_DIRTY | PTE_SOFT_DIRTY : 0;
        const writable = !unshare || (vmf.entry & PTE_WRITE) !== 0;
        k.set(pte.entry, vmf.pte, pte_with(make_huge_pte(k, vma, copy, writable), forced));
        folio_put(k, old);
        k.outcome = (k.outcome & ~HUGETLB) | (unshare ? UNSHARE : COW) | HUGE;
        return 0;
      }
      if (!owner) return VM_FAULT_SIGBUS;
      unmap_ref_private(k, vma, vpn, old);
    }
  },
);

// In place: the page is this VMA's alone. A write that only FOLL_FORCE allows leaves the entry read-only where it may be
// made at all (hugetlbForcedWrites).
function reuse(k: Kernel, vmf: Fault, folio: number, unshare: boolean): void {
  const { flags } = k.w.page;
  folio_move_anon_rmap(k, vmf.vma, folio);
  const exclusive = k.model.anonExclusive && k.model.writableIsExclusive ? PG_anon_exclusive : 0;
  k.set(flags, folio, flags.data[folio] | exclusive);
  if (unshare) return;
  const allowed = (k.w.vma.flags.data[vmf.vma] & VM_WRITE) !== 0;
  if (allowed || k.model.hugetlbForcedWrites === "writable") set_huge_ptep_writable(k, vmf);
  if ((k.outcome & HUGETLB) === 0) k.outcome |= REUSE;
}

// Mirrors set_huge_ptep_writable(), mm/hugetlb.c.
function set_huge_ptep_writable(k: Kernel, vmf: Fault): void {
  k.set(k.w.pte.entry, vmf.pte, pte_with(vmf.entry, PTE_WRITE | PTE_DIRTY | PTE_SOFT_DIRTY));
}

// The page is taken from every other private mapping of the file that owns no reservation: the children. They are marked,
// so that a later touch is SIGBUS instead of a page of zeroes. Mirrors unmap_ref_private(), mm/hugetlb.c.
const unmap_ref_private = kernelFunction(
  "unmap_ref_private",
  "mm/hugetlb.c",
  (k: Kernel, vma: number, vpn: number, folio: number) => {
    const { file, flags } = k.w.vma;
    for (const other of k.rmap.ofFilePage(file.data[vma], linear_page_index(k, vma, vpn))) {
      if (other === vma || flags.data[other] & VM_MAYSHARE || is_vma_resv_set(k, other, HPAGE_RESV_OWNER)) continue;
      unmap_hugepage_range(k, other, vpn, vpn + k.hpageNr, folio);
    }
  },
);
