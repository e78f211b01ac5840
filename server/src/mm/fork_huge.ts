// fork's way with huge entries. mm/huge_memory.c; mm-semantics §3.4.

import { add_mm_counter } from "./counters.ts";
import { is_huge_zero_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import { __split_huge_pmd } from "./huge_pmd_split.ts";
import { mm_get_huge_zero_folio } from "./huge_zero.ts";
import type { Kernel } from "./kernel.ts";
import { folio_get, refuses_refs } from "./page_ref.ts";
import {
  PTE_ACCESSED,
  PTE_WRITE,
  pgtable_trans_huge_deposit,
  pmd_offset,
  pmd_trans_huge,
  pte_alloc_one,
  pte_free,
  pte_pfn,
  pte_with,
} from "./pgtable.ts";
import { folio_dup_anon_rmap_pmd } from "./rmap.ts";
import { PTE_SWP_EXCLUSIVE, PTE_SWP_WRITE } from "./swapops.ts";
import { is_cow_mapping, vma_is_anonymous } from "./vma.ts";

// What came of it: copied or nothing to copy, no memory, or PTEs that are to be copied one by one.
export type HugeCopy = "done" | "ENOMEM" | "EAGAIN";

// The child's VMA gets the entry that stands in the parent's PMD. A folio: refcount + 1, mapped once more as a whole, its
// head no longer exclusive, rss_anon of the child + its pages, and both entries read-only. One that may be pinned: the
// parent's entry becomes PTEs, whose pages the child gets copies of (EAGAIN). The huge zero folio: a reference for the
// child's address space. What maps a file the child faults in again. Mirrors copy_huge_pmd(), mm/huge_memory.c, 6.12.
export const copy_huge_pmd = kernelFunction(
  "copy_huge_pmd",
  "mm/huge_memory.c",
  (k: Kernel, dst: number, src: number, vpn: number, src_pmd: number): HugeCopy => {
    const { vma, pte, mm } = k.w;
    if (!vma_is_anonymous(k, dst)) return "done";
    const parent = vma.mm.data[src] - 1;
    const child = vma.mm.data[dst] - 1;
    const table = pte_alloc_one(k, child, vpn);
    if (table < 0) return "ENOMEM";
    let entry = pte.entry.data[src_pmd];
    if (!pmd_trans_huge(entry)) {
      entry = pte_with(entry, 0, PTE_SWP_EXCLUSIVE | PTE_SWP_WRITE);
      add_mm_counter(k, child, mm.rss_anon, k.hpageNr);
    } else if (is_huge_zero_folio(k, pte_pfn(entry))) {
      mm_get_huge_zero_folio(k, child);
      entry = pte_with(entry, 0, PTE_WRITE);
    } else {
      const folio = pte_pfn(entry);
      if (is_cow_mapping(vma.flags.data[src]) && k.model.forkCopiesPinned(k, parent, folio)) {
        pte_free(k, table);
        if (refuses_refs(k, folio, k.hpageNr - 1)) return "ENOMEM";
        __split_huge_pmd(k, src, src_pmd);
        return "EAGAIN";
      }
      if (refuses_refs(k, folio, 1)) {
        pte_free(k, table);
        return "ENOMEM";
      }
      folio_get(k, folio);
      folio_dup_anon_rmap_pmd(k, dst, folio);
      add_mm_counter(k, child, mm.rss_anon, k.hpageNr);
      entry = pte_with(entry, 0, PTE_WRITE);
    }
    const dst_pmd = pmd_offset(k, child, vpn);
    pgtable_trans_huge_deposit(k, child, dst_pmd, table);
    k.set(pte.entry, src_pmd, entry);
    k.set(pte.entry, dst_pmd, pmd_trans_huge(entry) ? pte_with(entry, 0, PTE_ACCESSED) : entry);
    return "done";
  },
);
