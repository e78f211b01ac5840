// Two equal pages become one: what is checked, and what moves. mm/ksm.c; mm-semantics §5.9.

import { add_mm_counter } from "./counters.ts";
import { PG_anon_exclusive, PG_dirty, PG_ksm, PG_swapcache } from "./flags.ts";
import { folio_test_anon, folio_test_large, page_folio } from "./folio.ts";
import { __folio_split } from "./folio_split.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { find_mergeable_vma } from "./ksm.ts";
import { folio_mark_accessed, mlock_folio } from "./lru.ts";
import { munlock_vma_folio, vma_locks } from "./mlock_vma.ts";
import { ZERO_PFN } from "./page_alloc.ts";
import { folio_get, folio_maybe_dma_pinned, folio_put, folio_ref_count } from "./page_ref.ts";
import {
  mk_pte,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_WRITE,
  pte_offset,
  pte_pfn,
  pte_prot,
  pte_with,
} from "./pgtable.ts";
import { folio_dup_file_rmap_pte, folio_remove_rmap_pte } from "./rmap.ts";
import { free_swap_cache } from "./swapfile.ts";
import { folio_mark_dirty } from "./vm_ops.ts";

const NO_FURTHER_REFERENCE = condition(
  "folio_mapcount(folio) + 1 + folio_test_swapcache(folio) == folio_ref_count(folio)",
  "refcount",
);
const KSM_ALREADY = condition("!folio_anon_vma(folio)", "ksm");
const SHARED_WITH_NO_PIN = condition("folio_try_share_anon_rmap_pte(folio) == 0", "refcount");

// Merges the page at the item's address into kpage, or with kpage < 0 makes the page itself KSM's. The caller holds a
// reference to each. Mirrors try_to_merge_with_ksm_page(), mm/ksm.c, 6.12, whose caller takes the item off its tree.
export const try_to_merge_with_ksm_page = kernelFunction(
  "try_to_merge_with_ksm_page",
  "mm/ksm.c",
  (k: Kernel, item: number, pfn: number, kpage: number): boolean => {
    const { mm, vpn } = k.w.ksm_rmap_item;
    const vma = find_mergeable_vma(k, mm.data[item] - 1, vpn.data[item]);
    return vma >= 0 && try_to_merge_one_page(k, vma, vpn.data[item], pfn, kpage);
  },
);

// The page of zeroes gives way to the zero page. True also when the address is no longer KSM's business.
// Mirrors try_to_merge_with_zero_page(), mm/ksm.c, 6.12 (part of cmp_and_merge_page() before 6.11).
export const try_to_merge_with_zero_page = kernelFunction(
  "try_to_merge_with_zero_page",
  "mm/ksm.c",
  (k: Kernel, item: number, pfn: number): boolean => {
    const { mm, vpn } = k.w.ksm_rmap_item;
    const vma = find_mergeable_vma(k, mm.data[item] - 1, vpn.data[item]);
    return vma < 0 || try_to_merge_one_page(k, vma, vpn.data[item], pfn, ZERO_PFN);
  },
);

// Mirrors try_to_merge_one_page(), mm/ksm.c, 6.12.
const try_to_merge_one_page = kernelFunction(
  "try_to_merge_one_page",
  "mm/ksm.c",
  (k: Kernel, vma: number, vpn: number, pfn: number, kpage: number): boolean => {
    const { page } = k.w;
    // A KSM page that was forked: nothing to merge, only to be remembered.
    if (pfn === kpage) return true;
    const folio = page_folio(k, pfn);
    if (!folio_test_anon(k, folio)) return false;
    if (folio_test_large(k, folio) && __folio_split(k, folio, { page: pfn }) !== 0) return false;
    const pte = write_protect_page(k, vma, vpn, pfn);
    if (pte < 0) return false;
    if (kpage < 0) {
      k.set(page.mapping, pfn, 0);
      k.set(page.flags, pfn, page.flags.data[pfn] | PG_ksm);
      folio_mark_accessed(k, pfn);
      // Dirty, so that reclaim does not take it for a page that is on disk.
      k.set(page.flags, pfn, page.flags.data[pfn] | PG_dirty);
      return true;
    }
    if (!k.contents.equal(page.content.data[pfn], page.content.data[kpage])) return false;
    replace_page(k, vma, pte, pfn, kpage);
    return true;
  },
);

// Makes the entry read-only and clean, and the page shared. Refused, with nothing changed, while somebody else has a
// reference (a pin, I/O, a pipe): they might write without looking at the entry. The row of the entry, or -1.
// An entry that is read-only, clean and of a shared page already is not asked. A KSM page is refused, as it has no
// anon_vma to find the address by (page_address_in_vma(), mm/rmap.c): one that is left without a stable node, because
// break_cow() copied it for one of those that fork had given it to, is merged never more.
// Mirrors write_protect_page(), mm/ksm.c, 6.12.
const write_protect_page = kernelFunction(
  "write_protect_page",
  "mm/ksm.c",
  (k: Kernel, vma: number, vpn: number, pfn: number): number => {
    const { page, pte: p } = k.w;
    const ksm = (page.flags.data[pfn] & PG_ksm) !== 0;
    if (k.decide(KSM_ALREADY, ksm ? 1 : 0, ksm)) return -1;
    if (page_address_in_vma(k, vma, pfn) !== vpn) return -1;
    const pte = pte_offset(k, k.w.vma.mm.data[vma] - 1, vpn);
    const entry = pte < 0 ? 0 : p.entry.data[pte];
    if ((entry & (PTE_PRESENT | PTE_SPECIAL)) !== PTE_PRESENT || pte_pfn(entry) !== pfn) return -1;
    const flags = page.flags.data[pfn];
    const exclusive = (flags & PG_anon_exclusive) !== 0;
    if ((entry & (PTE_WRITE | PTE_DIRTY)) === 0 && !(exclusive && k.model.ksmAsksExclusive)) {
      if (exclusive) k.set(page.flags, pfn, flags & ~PG_anon_exclusive);
      return pte;
    }
    const count = folio_ref_count(k, pfn);
    const expected = page._mapcount.data[pfn] + 1 + (flags & PG_swapcache ? 1 : 0);
    if (!k.decide(NO_FURTHER_REFERENCE, count, expected === count)) return -1;
    if (exclusive) {
      if (!k.decide(SHARED_WITH_NO_PIN, count, !folio_maybe_dma_pinned(k, pfn))) return -1;
      k.set(page.flags, pfn, flags & ~PG_anon_exclusive);
    }
    if (entry & PTE_DIRTY) folio_mark_dirty(k, pfn);
    k.set(p.entry, pte, pte_with(entry, 0, PTE_WRITE | PTE_DIRTY));
    return pte;
  },
);

// Where the VMA maps the anonymous page, if it does, by the page's own words; elsewhere are the entries of a reference page that
// are none of its anon_vma's (mm-semantics §8.1). -1: the VMA is none of its anon_vma's.
// Mirrors page_address_in_vma(), mm/rmap.c, 5.10.
function page_address_in_vma(k: Kernel, vma: number, pfn: number): number {
  const { page, vma: v, anon_vma } = k.w;
  const ours = v.anon_vma.data[vma];
  const its = page.mapping.data[pfn];
  if (ours === 0 || its === 0 || anon_vma.root.data[ours - 1] !== anon_vma.root.data[its - 1]) return -1;
  return page.index.data[pfn] - v.pgoff.data[vma] + v.start.data[vma];
}

// The entry maps kpage from now on: kpage mapcount + 1 and refcount + 1, the old page - 1 and - 1, rss as before. The
// zero page counts nowhere: rss_anon - 1; from 6.6 on its entry is dirty (and so soft-dirty: pte_mkdirty() of x86), to
// tell it from those of read faults.
// Mirrors replace_page(), mm/ksm.c, 6.12.
const replace_page = kernelFunction(
  "replace_page",
  "mm/ksm.c",
  (k: Kernel, vma: number, pte: number, pfn: number, kpage: number) => {
    const { vma: v } = k.w;
    const prot = pte_prot(v.flags.data[vma]);
    if (kpage === ZERO_PFN) {
      const dirty = k.model.ksmMarksZeroPages ? PTE_DIRTY | PTE_SOFT_DIRTY : 0;
      add_mm_counter(k, v.mm.data[vma] - 1, k.w.mm.rss_anon, -1);
      k.set(k.w.pte.entry, pte, mk_pte(kpage, prot | PTE_SPECIAL | dirty));
    } else {
      folio_get(k, kpage);
      folio_dup_file_rmap_pte(k, vma, kpage);
      k.set(k.w.pte.entry, pte, mk_pte(kpage, prot));
      if (vma_locks(k, vma)) mlock_folio(k, kpage);
    }
    folio_remove_rmap_pte(k, vma, pfn);
    if (vma_locks(k, vma)) munlock_vma_folio(k, pfn);
    free_swap_cache(k, pfn);
    folio_put(k, pfn);
  },
);
