// The promise that a hugetlb mapping's pages will be there: made by mmap, used up by faults, given back at the end.
// mm/hugetlb.c; mm-semantics §2.10.

import { VM_MAYSHARE, VM_NORESERVE } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import { hugetlb_acct_memory } from "./hugetlb_pool.ts";
import type { Kernel } from "./kernel.ts";
import { region_add, region_chg, region_count, region_del, resv_map_alloc, resv_map_get } from "./resv_map.ts";

// Bits of vma.resv_flags: the VMA, or the one that it was split or moved off, made the reservation; or a page was taken from
// it for one that did.
export const HPAGE_RESV_OWNER = 0x1;
export const HPAGE_RESV_UNMAPPED = 0x2;

// Which huge page of the file the address is. Mirrors vma_hugecache_offset(), mm/hugetlb.c.
export function vma_hugecache_offset(k: Kernel, vma: number, vpn: number): number {
  const { start, pgoff } = k.w.vma;
  return Math.floor((vpn - start.data[vma] + pgoff.data[vma]) / k.hpageNr);
}

export function is_vma_resv_set(k: Kernel, vma: number, flag: number): boolean {
  return (k.w.vma.resv_flags.data[vma] & flag) !== 0;
}

export function set_vma_resv_flags(k: Kernel, vma: number, flag: number): void {
  k.set(k.w.vma.resv_flags, vma, k.w.vma.resv_flags.data[vma] | flag);
}

function may_share(k: Kernel, vma: number): boolean {
  return (k.w.vma.flags.data[vma] & VM_MAYSHARE) !== 0;
}

// The map (row + 1) that tells of the VMA's reservations: the file's, or its own; 0 = none.
// Mirrors vma_resv_map(), mm/hugetlb.c.
function vma_resv_map(k: Kernel, vma: number): number {
  const { file, resv_map } = k.w.vma;
  return may_share(k, vma) ? k.w.file.resv_map.data[file.data[vma] - 1] : resv_map.data[vma];
}

// Huge pages [from, to) of the file are promised to the new VMA. A shared mapping asks for those that the file has not yet;
// a private one for all of them, which it then owns. False when the pool has not that many.
// Mirrors hugetlb_reserve_pages(), mm/hugetlb.c.
export const hugetlb_reserve_pages = kernelFunction(
  "hugetlb_reserve_pages",
  "mm/hugetlb.c",
  (k: Kernel, vma: number, from: number, to: number): boolean => {
    if (k.w.vma.flags.data[vma] & VM_NORESERVE) return true;
    if (may_share(k, vma)) {
      const map = vma_resv_map(k, vma);
      if (!hugetlb_acct_memory(k, region_chg(k, map, from, to))) return false;
      region_add(k, map, from, to);
      return true;
    }
    if (!hugetlb_acct_memory(k, to - from)) return false;
    k.set(k.w.vma.resv_map, vma, resv_map_alloc(k));
    set_vma_resv_flags(k, vma, HPAGE_RESV_OWNER);
    return true;
  },
);

// Huge pages [from, to) of the file are gone, `freed` of them from the page cache: what was promised beside those is no more.
// Mirrors hugetlb_unreserve_pages(), mm/hugetlb.c.
export const hugetlb_unreserve_pages = kernelFunction(
  "hugetlb_unreserve_pages",
  "mm/hugetlb.c",
  (k: Kernel, file: number, from: number, to: number, freed: number) => {
    const promised = region_del(k, k.w.file.resv_map.data[file], from, to) - freed;
    if (promised !== 0) hugetlb_acct_memory(k, -promised);
  },
);

// 0 when the page of the address is reserved for the VMA, else 1. A private VMA that is no owner has nothing.
// Mirrors vma_needs_reservation(), mm/hugetlb.c.
export function vma_needs_reservation(k: Kernel, vma: number, vpn: number): 0 | 1 {
  const map = vma_resv_map(k, vma);
  if (map === 0) return 1;
  const at = vma_hugecache_offset(k, vma, vpn);
  const held = region_chg(k, map, at, at + 1) === 0;
  return held === may_share(k, vma) ? 0 : 1;
}

// The page is allocated: a file's map holds it, a private map knows it as used. Mirrors vma_commit_reservation(), mm/hugetlb.c.
export function vma_commit_reservation(k: Kernel, vma: number, vpn: number): void {
  const map = vma_resv_map(k, vma);
  const at = vma_hugecache_offset(k, vma, vpn);
  if (map !== 0) region_add(k, map, at, at + 1);
}

// The page is promised again to the owner of a private mapping. Mirrors vma_add_reservation(), mm/hugetlb.c.
export function vma_add_reservation(k: Kernel, vma: number, vpn: number): void {
  const at = vma_hugecache_offset(k, vma, vpn);
  region_del(k, vma_resv_map(k, vma), at, at + 1);
}

// Whether the VMA may use a reserved page; chg is what vma_needs_reservation() says. Mirrors vma_has_reserves(), mm/hugetlb.c.
export function vma_has_reserves(k: Kernel, vma: number, chg: number): boolean {
  if (k.w.vma.flags.data[vma] & VM_NORESERVE) return may_share(k, vma) && chg === 0;
  return (may_share(k, vma) || is_vma_resv_set(k, vma, HPAGE_RESV_OWNER)) && chg === 0;
}

// A VMA that was made of another one shares its map: one more user. Mirrors hugetlb_vm_op_open(), mm/hugetlb.c.
export function hugetlb_vm_op_open(k: Kernel, vma: number): void {
  const map = k.w.vma.resv_map.data[vma];
  if (map !== 0) resv_map_get(k, map, 1);
}

// The VMA is gone: what it had been promised and never used is free again. Mirrors hugetlb_vm_op_close(), mm/hugetlb.c.
export function hugetlb_vm_op_close(k: Kernel, vma: number): void {
  if (k.w.vma.resv_map.data[vma] !== 0) close_owner(k, vma);
}

const close_owner = kernelFunction("hugetlb_vm_op_close", "mm/hugetlb.c", (k: Kernel, vma: number) => {
  const map = k.w.vma.resv_map.data[vma];
  const reserve = reserved_of_vma(k, vma);
  if (reserve !== 0) hugetlb_acct_memory(k, -reserve);
  resv_map_get(k, map, -1);
});

// mremap has copied the VMA: the reservation is the copy's. Mirrors clear_vma_resv_huge_pages(), mm/hugetlb.c.
export function clear_vma_resv_huge_pages(k: Kernel, vma: number): void {
  const { resv_map, resv_flags } = k.w.vma;
  if (resv_map.data[vma] === 0) return;
  resv_map_get(k, resv_map.data[vma], -1);
  k.set(resv_map, vma, 0);
  k.set(resv_flags, vma, 0);
}

// How many huge pages are still promised to the owner of a private mapping.
export function reserved_of_vma(k: Kernel, vma: number): number {
  const { start, end, resv_map } = k.w.vma;
  const from = vma_hugecache_offset(k, vma, start.data[vma]);
  return region_chg(k, resv_map.data[vma], from, vma_hugecache_offset(k, vma, end.data[vma]));
}

// How many huge pages of a file are reserved or allocated; for whoever checks the counters.
export function reserved_of_file(k: Kernel, file: number): number {
  const map = k.w.file.resv_map.data[file];
  return map === 0 ? 0 : region_count(k, map, 0, Number.POSITIVE_INFINITY);
}
