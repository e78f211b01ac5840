// What must hold of the hugetlb pool: each of its counters is the sum of what it counts. mm-semantics §2.10, §15.

import { FOLIO_HUGETLB } from "./flags.ts";
import { reserved_of_file, reserved_of_vma } from "./hugetlb_reserve.ts";
import type { Breach } from "./invariants.ts";
import type { Kernel } from "./kernel.ts";
import { cached_slots } from "./page_cache.ts";

export function hugetlbBreaches(k: Kernel): Breach[] {
  if (k.rows(k.w.resv_map) === 0) return [];
  const { nr_huge_pages, free_huge_pages, resv_huge_pages, hugetlb_frames } = k.w.machine;
  const { used, free } = drawn(k);
  const untouched = k.machine.hugetlb_pages - hugetlb_frames.data[0] / k.hpageNr;
  const found: Breach[] = [];
  const check = (name: string, counter: number, sum: number, kind: Breach["kind"]) => {
    if (counter !== sum) found.push({ rule: "hugetlb-pool", kind, message: `${name} is ${counter}, it counts ${sum}` });
  };
  check("free_huge_pages", free_huge_pages.data[0], untouched + free, "bookkeeping");
  check("nr_huge_pages", nr_huge_pages.data[0], untouched + free + used, "bookkeeping");
  // From 6.9 on a page that its owner unmaps is promised again while others still hold it; 7.2 waits until they do not map it.
  const kind = k.model.hugetlbZapRestores === "nothing" ? "bookkeeping" : "promise";
  check("resv_huge_pages", resv_huge_pages.data[0], reserved(k), kind);
  return found;
}

// Huge pages that have been used: those that somebody holds, and those that are back in the pool.
function drawn(k: Kernel): { used: number; free: number } {
  const { folio, page } = k.w;
  let used = 0;
  let free = 0;
  for (let row = 0; row < k.rows(folio); row++) {
    if (folio.head.data[row] === 0 || (folio.flags.data[row] & FOLIO_HUGETLB) === 0) continue;
    if (page._refcount.data[folio.head.data[row]] === 0) free++;
    else used++;
  }
  return { used, free };
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
