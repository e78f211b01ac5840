// Mapcounts: who maps a page, counted where an entry is made or removed. mm/rmap.c.
//
// The counts here are logical (0 = unmapped); the kernel's fields hold one less.

import { bug } from "./errors.ts";
import { PG_anon, PG_anon_exclusive, PG_lru, PG_swapbacked, PG_uptodate } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";

// The first mapping of a fresh anonymous folio: mapcount 1, the allocation's reference becomes the mapping's.
// Exclusive where the release knows the flag. Mirrors folio_add_new_anon_rmap(), mm/rmap.c, 6.12.
export const folio_add_new_anon_rmap = kernelFunction(
  "folio_add_new_anon_rmap",
  "mm/rmap.c",
  (k: Kernel, vma: number, vpn: number, pfn: number) => {
    const { page } = k.w;
    const exclusive = k.model.anonExclusive ? PG_anon_exclusive : 0;
    // The LRU takes the folio right after (folio_add_lru_vma); it holds no reference.
    k.set(page.flags, pfn, page.flags.data[pfn] | PG_anon | PG_swapbacked | PG_uptodate | PG_lru | exclusive);
    k.set(page.mapping, pfn, k.w.vma.anon_vma.data[vma]);
    k.set(page.index, pfn, linear_page_index(k, vma, vpn));
    k.set(page._mapcount, pfn, 1);
  },
);

// One more PTE maps a page-cache page. Mirrors folio_add_file_rmap_pte(), mm/rmap.c, 6.12.
export function folio_add_file_rmap_pte(k: Kernel, pfn: number): void {
  k.add(k.w.page._mapcount, pfn, 1);
}

// fork's mapping of a file page: one more. Mirrors folio_dup_file_rmap_pte(), include/linux/rmap.h, 6.12.
export function folio_dup_file_rmap_pte(k: Kernel, pfn: number): void {
  k.add(k.w.page._mapcount, pfn, 1);
}

// fork's mapping of an anonymous page: one more, and the page is no longer exclusive to one mm.
// Mirrors the part of folio_try_dup_anon_rmap_pte(), include/linux/rmap.h, 6.12, that succeeds.
export function folio_dup_anon_rmap_pte(k: Kernel, pfn: number): void {
  const { page } = k.w;
  k.set(page.flags, pfn, page.flags.data[pfn] & ~PG_anon_exclusive);
  k.add(page._mapcount, pfn, 1);
}

// An entry that mapped the page is gone. The exclusive flag of an anonymous page stays as it is.
// Mirrors folio_remove_rmap_pte(), mm/rmap.c, 6.12.
export function folio_remove_rmap_pte(k: Kernel, pfn: number): void {
  const { _mapcount } = k.w.page;
  if (_mapcount.data[pfn] <= 0) bug(`folio_remove_rmap_pte: pfn ${pfn} is not mapped`);
  k.set(_mapcount, pfn, _mapcount.data[pfn] - 1);
}

// The folio now belongs to this VMA's anon_vma alone. Mirrors folio_move_anon_rmap(), mm/rmap.c, 6.12.
export function folio_move_anon_rmap(k: Kernel, vma: number, pfn: number): void {
  k.set(k.w.page.mapping, pfn, k.w.vma.anon_vma.data[vma]);
}

export function linear_page_index(k: Kernel, vma: number, vpn: number): number {
  return vpn - k.w.vma.start.data[vma] + k.w.vma.pgoff.data[vma];
}

export function PageAnon(k: Kernel, pfn: number): boolean {
  return (k.w.page.flags.data[pfn] & PG_anon) !== 0;
}

export function PageAnonExclusive(k: Kernel, pfn: number): boolean {
  return (k.w.page.flags.data[pfn] & PG_anon_exclusive) !== 0;
}

// The VMA gets its anon_vma before its first anonymous page. Mirrors anon_vma_prepare(), mm/rmap.c: a neighbour's is
// reused where the two could merge (find_mergeable_anon_vma), so that a later mprotect can join them again.
export function anon_vma_prepare(k: Kernel, vma: number): void {
  const { vma: v } = k.w;
  if (v.anon_vma.data[vma] !== 0) return;
  const shared = k.vmas.mergeableAnonVma(vma);
  const anon_vma = shared !== 0 ? shared : k.create(k.w.anon_vma) + 1;
  k.set(v.anon_vma, vma, anon_vma);
  k.set(v.anon_vma_chain, vma, 1);
}
