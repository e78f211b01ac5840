// Copy-on-write: a write, or an unshare, meets an entry without the write bit. mm/memory.c; mm-semantics §2.4, §2.5.

import { FAULT_FLAG_UNSHARE } from "./abi.ts";
import { add_mm_counter, mm_counter } from "./counters.ts";
import { hold_default_page } from "./default_page.ts";
import { type Fault, VM_FAULT_ERROR, VM_FAULT_OOM, VM_FAULT_WRITE } from "./fault.ts";
import { fault_dirty_shared_page } from "./file_fault.ts";
import { PG_anon_exclusive, VM_SHARED, VM_WRITE } from "./flags.ts";
import { folio_test_anon, folio_test_large, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma } from "./lru.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { counts_mapping, vm_normal_page } from "./normal_page.ts";
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
  const page = vm_normal_page(k, vmf.vma, vmf.entry);
  if (flags & VM_SHARED) return page === undefined ? wp_pfn_shared(k, vmf) : wp_page_shared(k, vmf, page);
  const anon = page !== undefined && folio_test_anon(k, page_folio(k, page));
  if (!k.decide(PAGE_ANON, anon ? 1 : 0, anon) || page === undefined) return wp_page_copy(k, vmf, page);
  const reuse = folio_test_large(k, page)
    ? k.model.reuseAnonLarge(k, vmf.vma, page)
    : k.model.reuseAnonSmall(k, vmf.vma, page, vmf.vpn);
  if (!reuse) return wp_page_copy(k, vmf, page);
  const { flags: f } = k.w.page;
  if (k.model.anonExclusive && k.model.writableIsExclusive) k.set(f, page, f.data[page] | PG_anon_exclusive);
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
const wp_page_shared = kernelFunction(
  "wp_page_shared",
  "mm/memory.c",
  (k: Kernel, vmf: Fault, page: number): number => {
    const folio = page_folio(k, page);
    folio_get(k, folio);
    if (vm_ops(k, vmf.vma).page_mkwrite) {
      const result = do_page_mkwrite(k, vmf, folio);
      if (result & VM_FAULT_ERROR) {
        folio_put(k, folio);
        return result;
      }
    }
    wp_page_reuse(k, vmf);
    const dirtied = fault_dirty_shared_page(k, vmf, folio);
    folio_put(k, folio);
    return dirtied;
  },
);

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
    const folio = old === undefined ? -1 : page_folio(k, old);
    if (folio >= 0) folio_get(k, folio);
    anon_vma_prepare(k, vmf.vma);
    const pfn = alloc_page(k);
    if (pfn < 0) {
      if (folio >= 0) folio_put(k, folio);
      return VM_FAULT_OOM;
    }
    // Reclaim for the new page may have taken the old one away: the access faults again (pte_same()).
    if (k.w.pte.entry.data[vmf.pte] !== vmf.entry) {
      folio_put(k, pfn);
      if (folio >= 0) folio_put(k, folio);
      return 0;
    }
    k.set(page.content, pfn, __wp_page_copy_user(k, vmf.entry, old));
    if (old === undefined) {
      add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
    } else if (!folio_test_anon(k, folio)) {
      add_mm_counter(k, vmf.mm, mm_counter(k, folio), -1);
      add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);
    }
    folio_add_new_anon_rmap(k, vmf.vma, vmf.vpn, pfn, true);
    folio_add_lru_vma(k, pfn, vmf.vma);
    if (k.w.vma.default_page.data[vmf.vma] !== 0) hold_default_page(k, vmf.vma, vmf.vpn, vmf.vpn + 1);
    k.set(k.w.pte.entry, vmf.pte, mk_pte(pfn, copied_pte_flags(k, vmf, unshare)));
    if (old !== undefined) {
      if (counts_mapping(k, vmf.vma, folio)) folio_remove_rmap_pte(k, vmf.vma, old);
      if (vma_locks(k, vmf.vma)) munlock_vma_folio(k, folio);
      if (k.model.copyFreesSwapCache) free_swap_cache(k, folio);
      folio_put(k, folio);
      folio_put(k, folio);
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

// The new entry of a copy: dirty and writable after a write; after an unshare as it was, with the old soft-dirty bit.
function copied_pte_flags(k: Kernel, vmf: Fault, unshare: boolean): number {
  const flags = k.w.vma.flags.data[vmf.vma];
  const fresh = pte_prot(flags);
  if (unshare) {
    const kept = vmf.entry & PTE_WRITE ? PTE_WRITE | PTE_DIRTY | PTE_SOFT_DIRTY : PTE_SOFT_DIRTY;
    return fresh | (pte_flags(vmf.entry) & kept);
  }
  return fresh | PTE_DIRTY | PTE_SOFT_DIRTY | (flags & VM_WRITE ? PTE_WRITE : 0);
}
