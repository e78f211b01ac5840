// Copy-on-write: a write, or an unshare, meets an entry without the write bit. mm/memory.c; mm-semantics §2.4, §2.5.

import { FAULT_FLAG_UNSHARE } from "./abi.ts";
import { add_mm_counter, mm_counter } from "./counters.ts";
import { type Fault, VM_FAULT_ERROR, VM_FAULT_OOM, VM_FAULT_WRITE } from "./fault.ts";
import { fault_dirty_shared_page } from "./file_fault.ts";
import { PG_anon, PG_anon_exclusive, VM_SHARED, VM_WRITE } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma } from "./lru.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { vm_normal_page } from "./normal_page.ts";
import { COW, REUSE, UNSHARE } from "./outcome.ts";
import { alloc_page } from "./page_alloc.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PROTNONE,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pte_flags,
  pte_pfn,
  pte_prot,
  pte_with,
} from "./pgtable.ts";
import { anon_vma_prepare, folio_add_new_anon_rmap, folio_remove_rmap_pte } from "./rmap.ts";
import { free_swap_cache } from "./swapfile.ts";
import { do_page_mkwrite, vm_ops } from "./vm_ops.ts";

const PAGE_ANON = condition("folio_test_anon(folio)", "anon");

// Makes the entry writable in place when the page is this mapping's own or the mapping is shared, else copies.
// An unshare leaves the write bit alone. Mirrors do_wp_page(), mm/memory.c, 6.12.
export const do_wp_page = kernelFunction("do_wp_page", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  const flags = k.w.vma.flags.data[vmf.vma];
  const pfn = vm_normal_page(k, vmf.vma, vmf.entry);
  if (flags & VM_SHARED) return pfn === undefined ? wp_pfn_shared(k, vmf) : wp_page_shared(k, vmf, pfn);
  const anon = pfn !== undefined && (k.w.page.flags.data[pfn] & PG_anon) !== 0;
  if (!k.decide(PAGE_ANON, anon ? 1 : 0, anon) || pfn === undefined) return wp_page_copy(k, vmf, pfn);
  if (!k.model.reuseAnonSmall(k, vmf.vma, pfn, vmf.vpn)) return wp_page_copy(k, vmf, pfn);
  if (k.model.anonExclusive) k.set(k.w.page.flags, pfn, k.w.page.flags.data[pfn] | PG_anon_exclusive);
  if (vmf.flags & FAULT_FLAG_UNSHARE) return 0;
  wp_page_reuse(k, vmf);
  return VM_FAULT_WRITE;
});

// The entry becomes writable (where the VMA allows it) and dirty; no counter changes.
// Mirrors wp_page_reuse(), mm/memory.c, 6.12.
const wp_page_reuse = kernelFunction("wp_page_reuse", "mm/memory.c", (k: Kernel, vmf: Fault) => {
  const write = k.w.vma.flags.data[vmf.vma] & VM_WRITE ? PTE_WRITE : 0;
  k.set(k.w.pte.entry, vmf.pte, pte_with(vmf.entry, PTE_ACCESSED | PTE_DIRTY | PTE_SOFT_DIRTY | write));
  k.outcome |= REUSE;
});

// A shared mapping whose file wants to know of the first write. The page gets dirty; counters come out even.
// Mirrors wp_page_shared(), mm/memory.c, 6.12.
const wp_page_shared = kernelFunction("wp_page_shared", "mm/memory.c", (k: Kernel, vmf: Fault, pfn: number): number => {
  folio_get(k, pfn);
  if (vm_ops(k, vmf.vma).page_mkwrite) {
    const result = do_page_mkwrite(k, vmf, pfn);
    if (result & VM_FAULT_ERROR) {
      folio_put(k, pfn);
      return result;
    }
  }
  wp_page_reuse(k, vmf);
  const dirtied = fault_dirty_shared_page(k, vmf, pfn);
  folio_put(k, pfn);
  return dirtied;
});

// A shared mapping of a frame without a struct page to count. Mirrors wp_pfn_shared(), mm/memory.c, 6.12.
const wp_pfn_shared = kernelFunction("wp_pfn_shared", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  wp_page_reuse(k, vmf);
  return 0;
});

// The write gets a page of its own: refcount 1, mapcount 1, exclusive (from 5.19). The old page loses one mapping and
// one reference, and in a locked VMA the lock; the zero page loses nothing. Mirrors wp_page_copy(), mm/memory.c, 6.12.
const wp_page_copy = kernelFunction(
  "wp_page_copy",
  "mm/memory.c",
  (k: Kernel, vmf: Fault, old: number | undefined): number => {
    const { page } = k.w;
    const unshare = (vmf.flags & FAULT_FLAG_UNSHARE) !== 0;
    if (old !== undefined) folio_get(k, old);
    anon_vma_prepare(k, vmf.vma);
    const pfn = alloc_page(k);
    if (pfn < 0) {
      if (old !== undefined) folio_put(k, old);
      return VM_FAULT_OOM;
    }
    // Reclaim for the new page may have taken the old one away: the access faults again (pte_same()).
    if (k.w.pte.entry.data[vmf.pte] !== vmf.entry) {
      folio_put(k, pfn);
      if (old !== undefined) folio_put(k, old);
      return 0;
    }
    k.set(page.content, pfn, __wp_page_copy_user(k, vmf.entry, old));
    if (old === undefined) {
      add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
    } else if ((page.flags.data[old] & PG_anon) === 0) {
      add_mm_counter(k, vmf.mm, mm_counter(k, old), -1);
      add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
    }
    folio_add_new_anon_rmap(k, vmf.vma, vmf.vpn, pfn);
    folio_add_lru_vma(k, pfn, vmf.vma);
    k.set(k.w.pte.entry, vmf.pte, mk_pte(pfn, copied_pte_flags(k, vmf, unshare)));
    if (old !== undefined) {
      folio_remove_rmap_pte(k, vmf.vma, old);
      if (vma_locks(k, vmf.vma)) munlock_vma_folio(k, old);
      if (k.model.copyFreesSwapCache) free_swap_cache(k, old);
      folio_put(k, old);
      folio_put(k, old);
    }
    k.outcome |= unshare ? UNSHARE : COW;
    return VM_FAULT_WRITE;
  },
);

// What the copy holds. A frame without a page is read through the address itself; where the mapping allows no reading
// (FOLL_FORCE in a PROT_NONE mapping), the copy is all zeroes. Mirrors __wp_page_copy_user(), mm/memory.c, 6.12
// (cow_user_page() before 5.17).
function __wp_page_copy_user(k: Kernel, entry: number, old: number | undefined): number {
  return old === undefined && entry & PTE_PROTNONE ? 0 : k.w.page.content.data[pte_pfn(entry)];
}

// The new entry of a copy: dirty and writable after a write; after an unshare neither, with the old soft-dirty bit.
function copied_pte_flags(k: Kernel, vmf: Fault, unshare: boolean): number {
  const flags = k.w.vma.flags.data[vmf.vma];
  const fresh = pte_prot(flags);
  if (unshare) return fresh | (pte_flags(vmf.entry) & PTE_SOFT_DIRTY);
  return fresh | PTE_DIRTY | PTE_SOFT_DIRTY | (flags & VM_WRITE ? PTE_WRITE : 0);
}
