// The LRU lists from their tails, where reclaim takes pages. Derived from the page columns: a list is read once, in
// order, and what reclaim finds changed since then it passes over, so that taking a page costs little however long the
// list is. Rebuilt after a seek.

import { PG_lru } from "./flags.ts";
import type { Kernel } from "./kernel.ts";
import { folio_lru_list, LRU_NAMES } from "./lru_list.ts";

// A list as it was read: pages with the places that they had, from the tail on, and how many were taken since.
interface Reading {
  pages: number[];
  orders: number[];
  taken: number;
}

export class LruIndex {
  private readonly k: Kernel;
  private epoch = -1;
  // The smallest lru_order when the lists were read: a page that came to a tail after that is not in them.
  private tail = 0;
  private readings: Reading[] = [];
  // The largest lru_order that was given so far, and for which epoch that holds.
  private largest = 0;
  private largestEpoch = -1;

  constructor(k: Kernel) {
    this.k = k;
  }

  // The largest lru_order that was given so far. It is found again among the pages, which keep theirs when they are freed;
  // a page that came to a tail since it had the largest one leaves that in machine.lru_head.
  head(): number {
    if (this.largestEpoch !== this.k.epoch) {
      const { page, machine } = this.k.w;
      const end = machine.next_pfn.data[0];
      this.largest = machine.lru_head.data[0];
      for (let pfn = 1; pfn < end; pfn++) this.largest = Math.max(this.largest, page.lru_order.data[pfn]);
      this.largestEpoch = this.k.epoch;
    }
    return this.largest;
  }

  nextHead(): number {
    this.largest = this.head() + 1;
    return this.largest;
  }

  // Pages on each list, by the numbers of lru_list.ts. Mirrors lruvec_page_state(NR_LRU_BASE + lru).
  sizes(): number[] {
    const { flags } = this.k.w.page;
    const sizes = LRU_NAMES.map(() => 0);
    const end = this.k.w.machine.next_pfn.data[0];
    for (let pfn = 1; pfn < end; pfn++) if (flags.data[pfn] & PG_lru) sizes[folio_lru_list(flags.data[pfn])]++;
    return sizes;
  }

  // The page at the list's tail, or -1. It stays there until somebody takes it off.
  last(lru: number): number {
    const { page, machine } = this.k.w;
    if (this.epoch !== this.k.epoch || this.tail !== machine.lru_tail.data[0]) this.forget();
    for (let fresh = false; ; fresh = true) {
      const reading = this.readings[lru];
      for (; reading.taken < reading.pages.length; reading.taken++) {
        const pfn = reading.pages[reading.taken];
        const flags = page.flags.data[pfn];
        const here = (flags & PG_lru) !== 0 && folio_lru_list(flags) === lru;
        if (here && page.lru_order.data[pfn] === reading.orders[reading.taken]) return pfn;
      }
      if (fresh) return -1;
      this.readings[lru] = this.read(lru);
    }
  }

  private forget(): void {
    this.epoch = this.k.epoch;
    this.tail = this.k.w.machine.lru_tail.data[0];
    this.readings = LRU_NAMES.map(() => ({ pages: [], orders: [], taken: 0 }));
  }

  private read(lru: number): Reading {
    const pages = pages_on(this.k, lru);
    const { lru_order } = this.k.w.page;
    return { pages, orders: pages.map((pfn) => lru_order.data[pfn]), taken: 0 };
  }
}

// The pages of a list, from its tail on.
export function pages_on(k: Kernel, lru: number): number[] {
  const { flags, lru_order } = k.w.page;
  const pages: number[] = [];
  const end = k.w.machine.next_pfn.data[0];
  for (let pfn = 1; pfn < end; pfn++) {
    if (flags.data[pfn] & PG_lru && folio_lru_list(flags.data[pfn]) === lru) pages.push(pfn);
  }
  return pages.sort((a, b) => lru_order.data[a] - lru_order.data[b]);
}
