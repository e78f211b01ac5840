// The pool of huge pages: struct hstate, its counters, and the list of free pages. mm/hugetlb.c; mm-semantics §2.10.
//
//   nr_huge_pages = free_huge_pages + those in use           resv_huge_pages of the free ones are promised to mappings
//
// The pool is filled at boot (hugepages=N) and never overcommits (nr_overcommit_hugepages is 0), so that no page of it is a
// surplus page.

import { FOLIO_HUGETLB, FOLIO_RESTORE_RESERVE, FOLIO_TEMPORARY, PG_dirty } from "./flags.ts";
import { large_folio, set_flag } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { alloc_bootmem_folio, folio_alloc, free_unref_page } from "./page_alloc.ts";

const ENOUGH_FREE = condition("needed = (h->resv_huge_pages + delta) - h->free_huge_pages; needed <= 0", "needed");
const RESTORES = condition("folio_test_hugetlb_restore_reserve(folio)", "resv_huge_pages");

// The pool as boot leaves it. Mirrors hugetlb_hstate_alloc_pages(), mm/hugetlb.c.
export function hugetlb_hstate_alloc_pages(k: Kernel): void {
  const { machine } = k.w;
  k.set(machine.nr_huge_pages, 0, k.machine.hugetlb_pages);
  k.set(machine.free_huge_pages, 0, k.machine.hugetlb_pages);
}

// Free pages that were promised to nobody. Mirrors available_huge_pages(), mm/hugetlb.c, 6.12.
export function available_huge_pages(k: Kernel): number {
  const { machine } = k.w;
  return machine.free_huge_pages.data[0] - machine.resv_huge_pages.data[0];
}

// Promises so many pages, or takes back a promise of -delta. False when there are not enough.
// Mirrors hugetlb_acct_memory(), mm/hugetlb.c.
export const hugetlb_acct_memory = kernelFunction("hugetlb_acct_memory", "mm/hugetlb.c", (k: Kernel, delta: number) => {
  const { machine } = k.w;
  const resv = machine.resv_huge_pages.data[0] + delta;
  const needed = resv - machine.free_huge_pages.data[0];
  if (delta > 0 && !k.decide(ENOUGH_FREE, needed, needed <= 0)) return false;
  k.set(machine.resv_huge_pages, 0, resv);
  return true;
});

// The free page that was freed last, with one reference; one that was never used after those. -1 when none is free.
// Mirrors dequeue_hugetlb_folio_node_exact(), mm/hugetlb.c, 6.12.
export function dequeue_hugetlb_folio(k: Kernel): number {
  const { machine, page } = k.w;
  if (machine.free_huge_pages.data[0] === 0) return -1;
  k.add(machine.free_huge_pages, 0, -1);
  const folio = machine.hugepage_freelist.data[0];
  if (folio === 0) return prep_new_hugetlb_folio(k, alloc_bootmem_folio(k, k.hpageOrder));
  k.set(machine.hugepage_freelist, 0, page.next_free.data[folio]);
  k.set(page._refcount, folio, 1);
  return folio;
}

function prep_new_hugetlb_folio(k: Kernel, folio: number): number {
  set_flag(k, folio, FOLIO_HUGETLB, true);
  return folio;
}

// Mirrors enqueue_hugetlb_folio(), mm/hugetlb.c, 6.12.
function enqueue_hugetlb_folio(k: Kernel, folio: number): void {
  const { machine, page } = k.w;
  k.set(page.next_free, folio, machine.hugepage_freelist.data[0]);
  k.set(machine.hugepage_freelist, 0, folio);
  k.add(machine.free_huge_pages, 0, 1);
}

// A page for migration that is not of the pool: from the page allocator, to which the old page goes in its place. -1 when
// there is no block of memory. Mirrors alloc_migrate_hugetlb_folio(), mm/hugetlb.c, 6.12.
export function alloc_migrate_hugetlb_folio(k: Kernel): number {
  const folio = folio_alloc(k, k.hpageOrder);
  if (folio < 0) return -1;
  k.add(k.w.machine.nr_huge_pages, 0, 1);
  set_flag(k, folio, FOLIO_TEMPORARY, true);
  return prep_new_hugetlb_folio(k, folio);
}

// The last reference is gone: the page goes back to the pool, and where its allocation used a promise up, that is made
// again. A page that came for a migration goes to the page allocator. What nobody clears is PG_dirty, which munmap and
// migration may have set: whoever gets the page next finds it.
// Mirrors free_huge_folio(), mm/hugetlb.c, 6.12 (free_huge_page() before 6.7).
export const free_huge_folio = kernelFunction("free_huge_folio", "mm/hugetlb.c", (k: Kernel, folio: number) => {
  const { page, machine } = k.w;
  const flags = k.w.folio.flags.data[large_folio(k, folio)];
  const restore = (flags & FOLIO_RESTORE_RESERVE) !== 0;
  set_flag(k, folio, FOLIO_RESTORE_RESERVE, false);
  k.decide(RESTORES, machine.resv_huge_pages.data[0], restore);
  if (restore) k.add(machine.resv_huge_pages, 0, 1);
  if (flags & FOLIO_TEMPORARY) {
    k.add(machine.nr_huge_pages, 0, -1);
    free_unref_page(k, folio);
    return;
  }
  k.set(page.flags, folio, page.flags.data[folio] & PG_dirty);
  k.set(page.mapping, folio, 0);
  k.set(page.unmapped_by, folio, 0);
  enqueue_hugetlb_folio(k, folio);
});
