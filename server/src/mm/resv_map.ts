// Which pages of a hugetlb mapping are reserved: lists of regions of huge page offsets. struct resv_map and struct
// file_region, mm/hugetlb.c.
//
// A file's map holds what is reserved or allocated for its shared mappings. A private mapping's holds the opposite: all of
// the mapping was reserved when it was made, and its map holds the pages whose reservation is used up.

import type { Kernel } from "./kernel.ts";

// A map with one user (row + 1). Mirrors resv_map_alloc(), mm/hugetlb.c.
export function resv_map_alloc(k: Kernel): number {
  const map = k.create(k.w.resv_map);
  k.set(k.w.resv_map.refs, map, 1);
  return map + 1;
}

// kref_get() and kref_put() of the map (row + 1).
export function resv_map_get(k: Kernel, map: number, by: 1 | -1): void {
  k.add(k.w.resv_map.refs, map - 1, by);
}

// How many pages of [from, to) the map does not hold. Mirrors region_chg(), mm/hugetlb.c.
export function region_chg(k: Kernel, map: number, from: number, to: number): number {
  return to - from - region_count(k, map, from, to);
}

// How many pages of [from, to) the map holds. Mirrors region_count(), mm/hugetlb.c.
export function region_count(k: Kernel, map: number, from: number, to: number): number {
  const { file_region: r } = k.w;
  let count = 0;
  for (let at = first_region(k, map); at >= 0 && r.from.data[at] < to; at = r.next.data[at] - 1) {
    count += Math.max(0, Math.min(to, r.to.data[at]) - Math.max(from, r.from.data[at]));
  }
  return count;
}

// The map holds [from, to) from now on; regions that touch become one. How many pages it had not held.
// Mirrors region_add() with coalesce_file_region(), mm/hugetlb.c.
export function region_add(k: Kernel, map: number, from: number, to: number): number {
  const { file_region: r } = k.w;
  const added = region_chg(k, map, from, to);
  if (added === 0) return 0;
  let before = -1;
  let at = first_region(k, map);
  for (; at >= 0 && r.to.data[at] < from; at = r.next.data[at] - 1) before = at;
  if (at < 0 || r.from.data[at] > to) {
    link_region(k, map, before, new_region(k, from, to, at));
    return added;
  }
  let end = Math.max(to, r.to.data[at]);
  let next = r.next.data[at] - 1;
  for (; next >= 0 && r.from.data[next] <= end; next = r.next.data[next] - 1) end = Math.max(end, r.to.data[next]);
  k.set(r.from, at, Math.min(from, r.from.data[at]));
  k.set(r.to, at, end);
  k.set(r.next, at, next + 1);
  return added;
}

// The map holds nothing of [from, to) any more. How many pages it had held. Mirrors region_del(), mm/hugetlb.c.
export function region_del(k: Kernel, map: number, from: number, to: number): number {
  const { file_region: r } = k.w;
  const held = region_count(k, map, from, to);
  let before = -1;
  for (let at = held === 0 ? -1 : first_region(k, map); at >= 0 && r.from.data[at] < to; ) {
    const next = r.next.data[at] - 1;
    const start = r.from.data[at];
    const end = r.to.data[at];
    if (end <= from) {
      before = at;
    } else if (start >= from && end <= to) {
      link_region(k, map, before, next);
    } else {
      if (end > to && start < from) k.set(r.next, at, new_region(k, to, end, next) + 1);
      if (start < from) k.set(r.to, at, from);
      else k.set(r.from, at, to);
      before = at;
    }
    at = next;
  }
  return held;
}

function first_region(k: Kernel, map: number): number {
  return k.w.resv_map.first.data[map - 1] - 1;
}

function new_region(k: Kernel, from: number, to: number, next: number): number {
  const { file_region: r } = k.w;
  const region = k.create(r);
  k.set(r.from, region, from);
  k.set(r.to, region, to);
  k.set(r.next, region, next + 1);
  return region;
}

// The region (a row, -1 = none) follows the one before, or is the first.
function link_region(k: Kernel, map: number, before: number, region: number): void {
  if (before < 0) k.set(k.w.resv_map.first, map - 1, region + 1);
  else k.set(k.w.file_region.next, before, region + 1);
}
