// What must hold of the LRU lists: a page that can be reclaimed is on one of them or waits in the batch for it, and not
// both. Huge pages of the hugetlb pool cannot be. mm-semantics §1.3.

import { PG_anon, PG_default_page, PG_lru, PG_mlocked, PG_unevictable, PG_zero } from "./flags.ts";
import { folio_test_hugetlb } from "./folio.ts";
import type { Breach } from "./invariants.ts";
import type { Kernel } from "./kernel.ts";
import { waits_for_lru } from "./lru.ts";

export function lruBreaches(k: Kernel, pfn: number): Breach[] {
  const { page } = k.w;
  const flags = page.flags.data[pfn];
  if (folio_test_hugetlb(k, pfn)) return [];
  const lists = page._refcount.data[pfn] > 0 && (flags & PG_anon || page.mapping.data[pfn] !== 0);
  const on = (flags & PG_lru) !== 0;
  const waits = waits_for_lru(k, pfn);
  const found: Breach[] = [];
  const broken = (how: string) =>
    found.push({ rule: "lru-has-what-it-may", kind: "bookkeeping", message: `pfn ${pfn} ${how}`, pfn });
  if (on && waits) broken("is on an LRU list and waits for one");
  if (lists && !on && !waits && (flags & (PG_zero | PG_default_page)) === 0)
    broken("is on no LRU list and waits for none");
  if (on && (flags & PG_unevictable) !== 0 && (flags & PG_mlocked) === 0) broken("is unevictable but not locked");
  return found;
}
