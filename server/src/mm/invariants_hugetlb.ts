// What must hold of the hugetlb pool: each of its counters is the sum of what it counts. mm-semantics §2.10, §15.

import { FOLIO_HUGETLB, FOLIO_RESTORE_RESERVE } from "./flags.ts";
import { reserved_of_file, reserved_of_vma } from "./hugetlb_reserve.ts";
import type { Breach } from "./invariants.ts";
import type { Kernel } from "./kernel.ts";
import { cached_slots } from "./page_cache.ts";

export function hugetlbBreaches(k: Kernel): Breach[] {
  if (k.rows(k.w.resv_map) === 0) return [];
  const { nr_huge_pages, free_huge_pages, resv_huge_pages, hugetlb_frames } = k.w.machine;
  const { used, free, restoring } = drawn(k);
  const untouched = k.machine.hugetlb_pages - hugetlb_frames.data[0] / k.hpageNr;
  const found: Breach[] = [];
  const check = (name: string, counter: number, sum: number) => {
    if (counter === sum) return;
    found.push({ rule: "hugetlb-pool", kind: "bookkeeping", message: `${name} is ${counter}, it counts ${sum}` });
  };
  check("free_huge_pages", free_huge_pages.data[0], untouched + free);
  check("nr_huge_pages", nr_huge_pages.data[0], untouched + free + used);
  // A page that its owner unmaps is promised again (6.9), which is counted when its last reference goes. Until then the
  // counter is short of it, and, once the owner's mapping is gone with its promises, below nothing.
  check("resv_huge_pages", resv_huge_pages.data[0], reserved(k) - restoring);
  return found;
}

// Huge pages that have been used: those that somebody holds, those of them that make a promise again when they are freed, and
// those that are back in the pool.
function drawn(k: Kernel): { used: number; free: number; restoring: number } {
  const { folio, page } = k.w;
  let used = 0;
  let free = 0;
  let restoring = 0;
  for (let row = 0; row < k.rows(folio); row++) {
    if (folio.head.data[row] === 0 || (folio.flags.data[row] & FOLIO_HUGETLB) === 0) continue;
    if (page._refcount.data[folio.head.data[row]] === 0) free++;
    else used++;
    if (folio.flags.data[row] & FOLIO_RESTORE_RESERVE) restoring++;
  }
  return { used, free, restoring };
}

// What was promised and not allocated yet: of files beside their cached pages, of private mappings beside those that they used.
function reserved(k: Kernel): number {
  const { file, vma } = k.w;
  let sum = 0;
  for (let row = 0; row < k.rows(file); row++) {
    if (file.resv_map.data[row] === 0) continue;
    sum += reserved_of_file(k, row) - cached_slots(k, row, 0, Number.POSITIVE_INFINITY).length;
  }
  for (let row = 0; row < k.rows(vma); row++) {
    if (vma.mm.data[row] !== 0 && vma.resv_map.data[row] !== 0) sum += reserved_of_vma(k, row);
  }
  return sum;
}
