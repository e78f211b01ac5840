// Mapcounts: who maps a page, counted where an entry is made or removed. mm/rmap.c.
//
// The counts here are logical (0 = unmapped); the kernel's fields hold one less.

import { PG_anon, PG_anon_exclusive, PG_swapbacked, PG_uptodate } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { impossible, set_count } from "./overflow.ts";
import { folio_maybe_dma_pinned, folio_ref_count } from "./page_ref.ts";
import { anon_vmas_of } from "./rmap_index.ts";

const MAY_SHARE = condition("!folio_maybe_dma_pinned(folio)", "refcount");

// The first mapping of a fresh anonymous folio: mapcount 1, the allocation's reference becomes the mapping's.
// Exclusive where the release knows the flag. Mirrors folio_add_new_anon_rmap(), mm/rmap.c, 6.12.
export const folio_add_new_anon_rmap = kernelFunction(
  "folio_add_new_anon_rmap",
  "mm/rmap.c",
  (k: Kernel, vma: number, vpn: number, pfn: number) => {
    const { page } = k.w;
    const exclusive = k.model.anonExclusive ? PG_anon_exclusive : 0;
    k.set(page.flags, pfn, page.flags.data[pfn] | PG_anon | PG_swapbacked | PG_uptodate | exclusive);
    k.set(page.mapping, pfn, k.w.vma.anon_vma.data[vma]);
    k.set(page.index, pfn, linear_page_index(k, vma, vpn));
    k.set(page._mapcount, pfn, 1);
  },
);

// A page that came back from swap or migration is mapped: one more. The first mapping of a page that is not anonymous
// yet gives it to the VMA, or to the oldest that may map it too when it is not exclusive. Mirrors folio_add_anon_rmap_pte() and folio_add_new_anon_rmap(), mm/rmap.c, 6.12
// (page_add_anon_rmap() before 6.8).
export const folio_add_anon_rmap_pte = kernelFunction(
  "folio_add_anon_rmap_pte",
  "mm/rmap.c",
  (k: Kernel, vma: number, vpn: number, pfn: number, exclusive: boolean) => {
    const { page } = k.w;
    const flags = page.flags.data[pfn];
    k.set(page.flags, pfn, flags | PG_anon | (exclusive && k.model.anonExclusive ? PG_anon_exclusive : 0));
    if ((flags & PG_anon) === 0) {
      const anon_vma = k.w.vma.anon_vma.data[vma];
      k.set(page.mapping, pfn, exclusive ? anon_vma : k.w.anon_vma.root.data[anon_vma - 1]);
      k.set(page.index, pfn, linear_page_index(k, vma, vpn));
    }
    mapcount_add(k, pfn, 1);
  },
);

// One more PTE maps a page-cache page. Mirrors folio_add_file_rmap_pte(), mm/rmap.c, 6.12.
export function folio_add_file_rmap_pte(k: Kernel, pfn: number): void {
  mapcount_add(k, pfn, 1);
}

// fork's mapping of a file page: one more. Mirrors folio_dup_file_rmap_pte(), include/linux/rmap.h, 6.12.
export function folio_dup_file_rmap_pte(k: Kernel, pfn: number): void {
  mapcount_add(k, pfn, 1);
}

// fork's mapping of an anonymous page: one more, and the page is no longer exclusive to one mm.
// Mirrors the part of folio_try_dup_anon_rmap_pte(), include/linux/rmap.h, 6.12, that succeeds.
export function folio_dup_anon_rmap_pte(k: Kernel, pfn: number): void {
  const { page } = k.w;
  k.set(page.flags, pfn, page.flags.data[pfn] & ~PG_anon_exclusive);
  mapcount_add(k, pfn, 1);
}

// An entry that mapped the page is gone. The exclusive flag of an anonymous page stays as it is.
// Mirrors folio_remove_rmap_pte(), mm/rmap.c, 6.12.
export function folio_remove_rmap_pte(k: Kernel, pfn: number): void {
  if (k.w.page._mapcount.data[pfn] <= 0) impossible(k, `folio_remove_rmap_pte: pfn ${pfn} is not mapped`);
  mapcount_add(k, pfn, -1);
}

function mapcount_add(k: Kernel, pfn: number, maps: number): void {
  const { _mapcount } = k.w.page;
  set_count(k, _mapcount, pfn, _mapcount.data[pfn] + maps, k.mapcountEnd);
}

// The page is about to lose its only mapping for something that may be shared: no longer exclusive, unless it may be
// pinned. Mirrors folio_try_share_anon_rmap_pte(), include/linux/rmap.h, 6.12 (page_try_share_anon_rmap() before 6.8).
export function folio_try_share_anon_rmap_pte(k: Kernel, pfn: number): boolean {
  if (!k.decide(MAY_SHARE, folio_ref_count(k, pfn), !folio_maybe_dma_pinned(k, pfn))) return false;
  k.set(k.w.page.flags, pfn, k.w.page.flags.data[pfn] & ~PG_anon_exclusive);
  return true;
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
  const anon_vma = shared !== 0 ? shared : anon_vma_alloc(k, 0, 0);
  set_anon_vma(k, vma, anon_vma, anon_vma);
}

// A new anon_vma (row + 1), a root when it has no parent. Mirrors anon_vma_alloc(), mm/rmap.c.
function anon_vma_alloc(k: Kernel, parent: number, older: number): number {
  const { anon_vma } = k.w;
  const row = k.create(anon_vma);
  k.set(anon_vma.root, row, parent === 0 ? row + 1 : anon_vma.root.data[parent - 1]);
  k.set(anon_vma.parent, row, parent === 0 ? row + 1 : parent);
  k.set(anon_vma.older, row, older);
  k.rmap.adopt(row + 1);
  return row + 1;
}

// Where the child's copy of the VMA puts its new pages, and what it is linked to: all that the parent's is, so that the
// pages that both share are found in either, and an anon_vma of its own, unless one of the parent's (but a root) has no
// VMA of its own left and at most one child. Mirrors anon_vma_fork() and anon_vma_clone(), mm/rmap.c.
export function anon_vma_fork(k: Kernel, parent: number): { anon_vma: number; anon_vma_chain: number } {
  const { vma } = k.w;
  const active = vma.anon_vma.data[parent];
  const anon_vma_chain = vma.anon_vma_chain.data[parent];
  if (active === 0) return { anon_vma: 0, anon_vma_chain: 0 };
  const oldestFirst = [...anon_vmas_of(k, parent)].reverse();
  const reused = oldestFirst.find((anon_vma) => k.model.reusesAnonVma(k, anon_vma, active));
  if (reused !== undefined) return { anon_vma: reused, anon_vma_chain };
  const anon_vma = anon_vma_alloc(k, active, anon_vma_chain);
  return { anon_vma, anon_vma_chain: anon_vma };
}

// The VMA puts its new pages into anon_vma and is linked to the anon_vmas from `chain` on (rows + 1, 0 = none).
export function set_anon_vma(k: Kernel, vma: number, anon_vma: number, chain: number): void {
  const { vma: v } = k.w;
  k.rmap.remove(vma);
  k.set(v.anon_vma, vma, anon_vma);
  k.set(v.anon_vma_chain, vma, chain);
  k.rmap.insert(vma);
}
