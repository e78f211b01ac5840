// Mapcounts: who maps a page, counted where an entry is made or removed. mm/rmap.c.
//
// The counts here are logical (0 = unmapped); the kernel's fields hold one less. What a large folio counts stands in
// rmap_large.ts, what the counters say in mapcount.ts.

import { PG_anon, PG_anon_exclusive, PG_swapbacked, PG_uptodate } from "./flags.ts";
import { folio_test_large, page_folio } from "./folio.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { impossible, set_count } from "./overflow.ts";
import { anon_vmas_of } from "./rmap_index.ts";
import {
  add_rmap_pmd,
  add_rmap_ptes,
  dup_rmap_pmd,
  dup_rmap_ptes,
  new_large_rmap,
  remove_rmap_pmd,
  remove_rmap_ptes,
} from "./rmap_large.ts";

// The first mapping of a fresh anonymous folio, whose reference the entry takes over: of a small folio and of one that a
// PMD maps one, of those between all pages (the caller adds a reference for each page but the first). Exclusive where the
// release knows the flag: every page that has an entry of its own, of a PMD-sized folio the head alone. `copied` says that it
// is a copy of a page which stays behind.
// Mirrors folio_add_new_anon_rmap(), mm/rmap.c, 6.12 (page_add_new_anon_rmap() before 6.3).
export const folio_add_new_anon_rmap = kernelFunction(
  "folio_add_new_anon_rmap",
  "mm/rmap.c",
  (k: Kernel, vma: number, vpn: number, folio: number, copied: boolean) => {
    const exclusive = set_new_anon(k, vma, vpn, folio, copied);
    const row = k.w.page.folio.data[folio] - 1;
    if (row < 0) k.set(k.w.page._mapcount, folio, 1);
    else new_large_rmap(k, row, vma, exclusive);
  },
);

// Entries map [page, page + nr) of a folio that came back from swap or migration, or whose PMD was split: one more each.
// The first mapping of a folio that is not anonymous yet gives it to the VMA, or to the oldest that may map it too when it
// is not exclusive. vpn is the first page's. Mirrors folio_add_anon_rmap_ptes() and folio_add_new_anon_rmap(), mm/rmap.c,
// 6.12 (page_add_anon_rmap() before 6.8).
export const folio_add_anon_rmap_ptes = kernelFunction(
  "folio_add_anon_rmap_ptes",
  "mm/rmap.c",
  (k: Kernel, vma: number, vpn: number, page: number, nr: number, exclusive: boolean) => {
    const folio = page_folio(k, page);
    set_anon(k, vma, vpn - (page - folio), folio, exclusive);
    if (exclusive) set_exclusive(k, page, nr, true);
    if (folio_test_large(k, folio)) add_rmap_ptes(k, page, nr, vma);
    else mapcount_add(k, page, 1);
  },
);

// The same for one small page, whose flags change at once. Mirrors folio_add_anon_rmap_pte(), mm/rmap.c, 6.12.
const add_anon_rmap_small = kernelFunction(
  "folio_add_anon_rmap_pte",
  "mm/rmap.c",
  (k: Kernel, vma: number, vpn: number, folio: number, exclusive: boolean) => {
    set_anon(k, vma, vpn, folio, exclusive, exclusive && k.model.anonExclusive ? PG_anon_exclusive : 0);
    mapcount_add(k, folio, 1);
  },
);

export function folio_add_anon_rmap_pte(k: Kernel, vma: number, vpn: number, page: number, exclusive: boolean): void {
  if (folio_test_large(k, page)) folio_add_anon_rmap_ptes(k, vma, vpn, page, 1, exclusive);
  else add_anon_rmap_small(k, vma, vpn, page, exclusive);
}

// A PMD maps the folio once more. Mirrors folio_add_anon_rmap_pmd(), mm/rmap.c, 6.12.
export const folio_add_anon_rmap_pmd = kernelFunction(
  "folio_add_anon_rmap_pmd",
  "mm/rmap.c",
  (k: Kernel, vma: number, vpn: number, folio: number, exclusive: boolean) => {
    set_anon(k, vma, vpn, folio, exclusive);
    if (exclusive) set_exclusive(k, folio, 1, true);
    add_rmap_pmd(k, folio, vma);
  },
);

// Entries map [page, page + nr) of a folio of the page cache. Mirrors folio_add_file_rmap_ptes(), mm/rmap.c, 6.12.
export function folio_add_file_rmap_ptes(k: Kernel, vma: number, page: number, nr: number): void {
  if (folio_test_large(k, page)) add_rmap_ptes(k, page, nr, vma);
  else mapcount_add(k, page, 1);
}

// One of them. Mirrors folio_add_file_rmap_pte(), mm/rmap.c, 6.12.
export function folio_add_file_rmap_pte(k: Kernel, vma: number, page: number): void {
  folio_add_file_rmap_ptes(k, vma, page, 1);
}

// A PMD maps the folio. Mirrors folio_add_file_rmap_pmd(), mm/rmap.c, 6.12.
export function folio_add_file_rmap_pmd(k: Kernel, vma: number, folio: number): void {
  add_rmap_pmd(k, folio, vma);
}

// fork's mappings of [page, page + nr) of a folio of the page cache: one more each, counted for the child's VMA.
// Mirrors folio_dup_file_rmap_ptes(), include/linux/rmap.h, 6.12.
export function folio_dup_file_rmap_ptes(k: Kernel, vma: number, page: number, nr: number): void {
  if (folio_test_large(k, page)) dup_rmap_ptes(k, page, nr, vma);
  else mapcount_add(k, page, 1);
}

export function folio_dup_file_rmap_pte(k: Kernel, vma: number, page: number): void {
  folio_dup_file_rmap_ptes(k, vma, page, 1);
}

// fork's mappings of [page, page + nr) of an anonymous folio: one more each, counted for the child's VMA, and the pages
// are no longer exclusive to one mm. Mirrors the part of folio_try_dup_anon_rmap_ptes(), include/linux/rmap.h, 6.12, that
// succeeds.
export function folio_dup_anon_rmap_ptes(k: Kernel, vma: number, page: number, nr: number): void {
  set_exclusive(k, page, nr, false);
  folio_dup_file_rmap_ptes(k, vma, page, nr);
}

export function folio_dup_anon_rmap_pte(k: Kernel, vma: number, page: number): void {
  folio_dup_anon_rmap_ptes(k, vma, page, 1);
}

// Of a PMD. Mirrors folio_try_dup_anon_rmap_pmd(), include/linux/rmap.h, 6.12, where it succeeds.
export function folio_dup_anon_rmap_pmd(k: Kernel, vma: number, folio: number): void {
  set_exclusive(k, folio, 1, false);
  dup_rmap_pmd(k, folio, vma);
}

// Entries that mapped [page, page + nr) are gone. The exclusive flag of an anonymous page stays as it is; a large anonymous
// folio of which a part is mapped no longer waits for a split. Mirrors folio_remove_rmap_ptes(), mm/rmap.c, 6.12
// (page_remove_rmap() before 6.8).
export function folio_remove_rmap_ptes(k: Kernel, vma: number, page: number, nr: number): void {
  if (folio_test_large(k, page)) {
    remove_rmap_ptes(k, page, nr, vma);
    return;
  }
  if (k.w.page._mapcount.data[page] <= 0) impossible(k, `folio_remove_rmap_pte: pfn ${page} is not mapped`);
  mapcount_add(k, page, -1);
}

export function folio_remove_rmap_pte(k: Kernel, vma: number, page: number): void {
  folio_remove_rmap_ptes(k, vma, page, 1);
}

// The PMD that mapped the folio is gone. Mirrors folio_remove_rmap_pmd(), mm/rmap.c, 6.12.
export function folio_remove_rmap_pmd(k: Kernel, vma: number, folio: number): void {
  remove_rmap_pmd(k, folio, vma);
}

function mapcount_add(k: Kernel, pfn: number, maps: number): void {
  const { _mapcount } = k.w.page;
  set_count(k, _mapcount, pfn, _mapcount.data[pfn] + maps, k.mapcountEnd);
}

// A fresh folio becomes anonymous and the VMA's own. Whether it is exclusive, as its head says then. Mirrors
// __folio_set_anon() with SetPageAnonExclusive(), mm/rmap.c, 6.12.
export function set_new_anon(k: Kernel, vma: number, vpn: number, folio: number, copied: boolean): boolean {
  const { page } = k.w;
  const exclusive = k.model.anonExclusive && (copied || k.model.writableIsExclusive);
  const flags = PG_anon | PG_swapbacked | PG_uptodate | (exclusive ? PG_anon_exclusive : 0);
  k.set(page.flags, folio, page.flags.data[folio] | flags);
  k.set(page.mapping, folio, k.w.vma.anon_vma.data[vma]);
  k.set(page.index, folio, linear_page_index(k, vma, vpn));
  return exclusive;
}

// A folio that is not anonymous yet becomes so, with its head at the page vpn. Mirrors __folio_set_anon(), mm/rmap.c, 6.12.
function set_anon(k: Kernel, vma: number, vpn: number, folio: number, exclusive: boolean, also = 0): void {
  const { page } = k.w;
  const flags = page.flags.data[folio];
  k.set(page.flags, folio, flags | PG_anon | also);
  if (flags & PG_anon) return;
  const anon_vma = k.w.vma.anon_vma.data[vma];
  k.set(page.mapping, folio, exclusive ? anon_vma : k.w.anon_vma.root.data[anon_vma - 1]);
  k.set(page.index, folio, linear_page_index(k, vma, vpn));
}

// PG_anon_exclusive of the pages from `page` on, where the release knows it.
function set_exclusive(k: Kernel, page: number, nr: number, on: boolean): void {
  if (!k.model.anonExclusive) return;
  const { flags } = k.w.page;
  if (nr === 1) {
    const bits = flags.data[page];
    k.set(flags, page, on ? bits | PG_anon_exclusive : bits & ~PG_anon_exclusive);
    return;
  }
  const differs = (at: number) => ((flags.data[at] & PG_anon_exclusive) !== 0) !== on;
  for (let at = page; at < page + nr; at++) {
    if (!differs(at)) continue;
    let end = at + 1;
    while (end < page + nr && differs(end)) end++;
    k.addRun(flags, at, end - at, on ? PG_anon_exclusive : -PG_anon_exclusive);
    at = end;
  }
}

// The page is about to lose its only mapping for something that may be shared: no longer exclusive, unless the model keeps
// it where it is, as those do whose folio may be pinned. Mirrors folio_try_share_anon_rmap_pte(), include/linux/rmap.h, 6.12 (page_try_share_anon_rmap() before 6.8).
export function folio_try_share_anon_rmap_pte(k: Kernel, page: number): boolean {
  const folio = page_folio(k, page);
  if (!k.model.mayShareExclusive(k, folio)) return false;
  k.set(k.w.page.flags, page, k.w.page.flags.data[page] & ~PG_anon_exclusive);
  return true;
}

// The same for a folio that a PMD maps: its head's flag is meant. Mirrors folio_try_share_anon_rmap_pmd(),
// include/linux/rmap.h, 6.12.
export function folio_try_share_anon_rmap_pmd(k: Kernel, folio: number): boolean {
  return folio_try_share_anon_rmap_pte(k, folio);
}

// The folio now belongs to this VMA's anon_vma alone. Mirrors folio_move_anon_rmap(), mm/rmap.c, 6.12.
export function folio_move_anon_rmap(k: Kernel, vma: number, folio: number): void {
  k.set(k.w.page.mapping, folio, k.w.vma.anon_vma.data[vma]);
}

export function linear_page_index(k: Kernel, vma: number, vpn: number): number {
  return vpn - k.w.vma.start.data[vma] + k.w.vma.pgoff.data[vma];
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
