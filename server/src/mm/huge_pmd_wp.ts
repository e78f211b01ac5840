// Copy-on-write of what a PMD maps: a write, or an unshare, meets a huge entry without the write bit.
// mm/huge_memory.c; mm-semantics §2.9.
//
//   the huge zero folio ─▶ a folio of its own (up to 5.7, from 6.13 on), or PTEs of the zero page
//   a THP ──────────────▶ written in place when it is this mapping's own, else a copy of all of it (up to 5.7), or its
//                         entry becomes PTEs, and the fault goes on with the one that it is about (from 5.8 on)

import { FAULT_FLAG_UNSHARE, FAULT_FLAG_WRITE } from "./abi.ts";
import { add_mm_counter } from "./counters.ts";
import { deferred_split_folio } from "./deferred_split.ts";
import { type Fault, VM_FAULT_FALLBACK, VM_FAULT_OOM, VM_FAULT_WRITE } from "./fault.ts";
import { PG_anon_exclusive, VM_WRITE } from "./flags.ts";
import { is_huge_zero_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { map_anon_folio_pmd, pmd_first, thp_vma_allowable, vma_alloc_anon_folio_pmd } from "./huge_memory.ts";
import { __split_huge_pmd } from "./huge_pmd_split.ts";
import type { Kernel } from "./kernel.ts";
import { folio_add_lru_vma } from "./lru.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { COW, HUGE, REUSE } from "./outcome.ts";
import { alloc_page } from "./page_alloc.ts";
import { folio_get, folio_put, refuses_refs } from "./page_ref.ts";
import {
  mk_pte,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_SOFT_DIRTY,
  PTE_WRITE,
  pgtable_trans_huge_withdraw,
  pmd_populate,
  pte_pfn,
  pte_prot,
  pte_with,
} from "./pgtable.ts";
import { folio_add_new_anon_rmap, folio_remove_rmap_pmd } from "./rmap.ts";
import { vma_is_anonymous } from "./vma.ts";

const HUGE_ZERO = condition("is_huge_zero_pmd(orig_pmd)", "pfn");
const MAY_HAVE_THP = condition("__transparent_hugepage_enabled(vma)", "vm_flags");

// A huge entry that may not be written to, or must not stay shared. VM_FAULT_FALLBACK: PTEs stand in its place.
// Mirrors wp_huge_pmd(), mm/memory.c, 6.12.
export function wp_huge_pmd(k: Kernel, vmf: Fault): number {
  if (vma_is_anonymous(k, vmf.vma)) return do_huge_pmd_wp_page(k, vmf);
  __split_huge_pmd(k, vmf.vma, vmf.pmd);
  return VM_FAULT_FALLBACK;
}

// Mirrors do_huge_pmd_wp_page(), mm/huge_memory.c, 5.7, 5.10 and 6.12.
const do_huge_pmd_wp_page = kernelFunction(
  "do_huge_pmd_wp_page",
  "mm/huge_memory.c",
  (k: Kernel, vmf: Fault): number => {
    const { page, pte } = k.w;
    const entry = pte.entry.data[vmf.pmd];
    const folio = pte_pfn(entry);
    if (k.decide(HUGE_ZERO, folio, is_huge_zero_folio(k, folio))) {
      return k.model.hugeZeroWrite === "splits" ? split(k, vmf) : do_huge_zero_wp_pmd(k, vmf);
    }
    if (k.model.reuseThp(k, vmf.vma, folio)) {
      const exclusive = k.model.anonExclusive && k.model.writableIsExclusive ? PG_anon_exclusive : 0;
      k.set(page.flags, folio, page.flags.data[folio] | exclusive);
      if (vmf.flags & FAULT_FLAG_UNSHARE) return 0;
      const write = k.w.vma.flags.data[vmf.vma] & VM_WRITE ? PTE_WRITE : 0;
      k.set(pte.entry, vmf.pmd, pte_with(entry, PTE_ACCESSED | PTE_DIRTY | PTE_SOFT_DIRTY | write));
      k.outcome |= REUSE;
      return VM_FAULT_WRITE;
    }
    if (refuses_refs(k, folio, k.hpageNr - 1)) return VM_FAULT_OOM;
    return k.model.thpCopy === "the page" ? split(k, vmf) : copy_huge_pmd_page(k, vmf, folio);
  },
);

function split(k: Kernel, vmf: Fault): number {
  __split_huge_pmd(k, vmf.vma, vmf.pmd);
  return VM_FAULT_FALLBACK;
}

// A fresh folio in place of the huge zero folio: rss_anon + its pages. Without memory for it the entry is split.
// Mirrors do_huge_zero_wp_pmd(), mm/huge_memory.c, 7.2 (up to 5.7 a part of do_huge_pmd_wp_page()).
const do_huge_zero_wp_pmd = kernelFunction(
  "do_huge_zero_wp_pmd",
  "mm/huge_memory.c",
  (k: Kernel, vmf: Fault): number => {
    const folio = may_allocate(k, vmf) ? vma_alloc_anon_folio_pmd(k) : -1;
    if (folio < 0) return split(k, vmf);
    map_anon_folio_pmd(k, vmf, folio);
    add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, k.hpageNr);
    if (k.model.hugeZeroWriteQueues) deferred_split_folio(k, folio, false);
    k.outcome |= COW | HUGE;
    return VM_FAULT_WRITE;
  },
);

// Up to 5.7 only where a fault would bring huge pages, too.
function may_allocate(k: Kernel, vmf: Fault): boolean {
  if (k.model.thpCopy === "the page") return true;
  return k.decide(MAY_HAVE_THP, k.w.vma.flags.data[vmf.vma], thp_vma_allowable(k, vmf.vma));
}

// Up to 5.7: the write gets a whole folio of its own, refcount 1, mapped once; the old one loses a mapping and a
// reference. Mirrors the second half of do_huge_pmd_wp_page(), mm/huge_memory.c, 5.7.
function copy_huge_pmd_page(k: Kernel, vmf: Fault, old: number): number {
  const { entry } = k.w.pte;
  const before = entry.data[vmf.pmd];
  folio_get(k, old);
  const folio = may_allocate(k, vmf) ? vma_alloc_anon_folio_pmd(k) : -1;
  if (folio < 0) {
    const result = do_huge_pmd_wp_page_fallback(k, vmf, old);
    if (result & VM_FAULT_OOM) __split_huge_pmd(k, vmf.vma, vmf.pmd);
    folio_put(k, old);
    return result & VM_FAULT_OOM ? VM_FAULT_FALLBACK : result;
  }
  copy_user_huge_page(k, folio, old);
  folio_put(k, old);
  // Reclaim for the new folio may have split the entry: the access faults again (pmd_same()).
  if (entry.data[vmf.pmd] !== before) {
    folio_put(k, folio);
    return 0;
  }
  map_anon_folio_pmd(k, vmf, folio);
  drop_mapping(k, vmf, old);
  k.outcome |= COW | HUGE;
  return VM_FAULT_WRITE;
}

// Equal neighbours in one event. Mirrors copy_user_huge_page(), mm/memory.c, 5.7.
function copy_user_huge_page(k: Kernel, to: number, from: number): void {
  const { content } = k.w.page;
  for (let i = 0; i < k.hpageNr; ) {
    let same = 1;
    while (i + same < k.hpageNr && content.data[from + i + same] === content.data[from + i]) same++;
    k.setRun(content, to + i, same, content.data[from + i]);
    i += same;
  }
}

// There is no block of memory for the copy: a copy of each page, mapped by PTEs. VM_FAULT_OOM when there is none for those
// either. Mirrors do_huge_pmd_wp_page_fallback(), mm/huge_memory.c, 5.7.
const do_huge_pmd_wp_page_fallback = kernelFunction(
  "do_huge_pmd_wp_page_fallback",
  "mm/huge_memory.c",
  (k: Kernel, vmf: Fault, old: number): number => {
    const { page, pte, vma } = k.w;
    const copies: number[] = [];
    for (let i = 0; i < k.hpageNr; i++) {
      const copy = alloc_page(k);
      if (copy < 0) {
        for (const pfn of copies) folio_put(k, pfn);
        return VM_FAULT_OOM;
      }
      k.set(page.content, copy, page.content.data[old + i]);
      copies.push(copy);
    }
    // Reclaim for the copies may have split the folio, or taken it away: the access faults again (pmd_same()).
    if (pte_pfn(pte.entry.data[vmf.pmd]) !== old) {
      for (const pfn of copies) folio_put(k, pfn);
      return 0;
    }
    const flags = vma.flags.data[vmf.vma];
    const table = pgtable_trans_huge_withdraw(k, vmf.pmd);
    for (const [i, pfn] of copies.entries()) {
      const write = flags & VM_WRITE ? PTE_WRITE : 0;
      folio_add_new_anon_rmap(k, vmf.vma, pmd_first(k, vmf.vpn) + i, pfn, true);
      folio_add_lru_vma(k, pfn, vmf.vma);
      const bits = pte_prot(flags) | PTE_DIRTY | PTE_SOFT_DIRTY | write;
      k.set(pte.entry, table * k.geometry.stride + i, mk_pte(pfn, bits));
    }
    pmd_populate(k, vmf.pmd, table);
    drop_mapping(k, vmf, old);
    k.outcome |= COW;
    return VM_FAULT_WRITE;
  },
);

// The entry that mapped the old folio is another's now.
function drop_mapping(k: Kernel, vmf: Fault, old: number): void {
  folio_remove_rmap_pmd(k, vmf.vma, old);
  if (vma_locks(k, vmf.vma)) munlock_vma_folio(k, old, true);
  folio_put(k, old);
}

// An access that the entry allows once the processor has marked it. Mirrors huge_pmd_set_accessed(), mm/huge_memory.c, 6.12.
export const huge_pmd_set_accessed = kernelFunction(
  "huge_pmd_set_accessed",
  "mm/huge_memory.c",
  (k: Kernel, vmf: Fault): number => {
    const dirty = vmf.flags & FAULT_FLAG_WRITE ? PTE_DIRTY | PTE_SOFT_DIRTY : 0;
    const { entry } = k.w.pte;
    k.set(entry, vmf.pmd, pte_with(entry.data[vmf.pmd], PTE_ACCESSED | dirty));
    return 0;
  },
);
