// The LRU lists from their tails, where reclaim takes pages, and how long they are. Derived from the page columns: a list
// is read once, in order; from then on the events that the kernel made since the last question say who came to it and who
// left. What left is passed over when it is met, so that taking a page costs little however long the list is.
// Read anew after a seek. Without a recording there are no events to go by: pages are counted, and a list that was used
// up is read, each time.

import { PG_lru } from "./flags.ts";
import { folio_nr_pages } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { folio_lru_list, LRU_NAMES } from "./lru_list.ts";

// Pages with the places that they had when they came.
interface End {
  readonly pages: number[];
  readonly orders: number[];
}

// A list: from its tail on those that came to the tail, the last one first, then those of `rest` that are not taken yet.
interface List {
  readonly tails: End;
  readonly rest: End;
  taken: number;
}

// An event is read in about the time of a page. With more events than this for each page, pages are read.
const EVENTS_A_PAGE = 4;
// So many that left stay in a list, beside as many as there are pages on it.
const SLACK = 4096;

export class LruIndex {
  private readonly k: Kernel;
  private epoch = -1;
  // Up to where the events were read.
  private position = 0;
  // The smallest lru_order by then.
  private tail = 0;
  // By the numbers of lru_list.ts; a list is undefined until it is asked for.
  private lists: (List | undefined)[] = [];
  private counts: number[] | undefined;
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
      // Pieces of a split folio stand in between.
      this.largest = Math.floor(this.largest);
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
    this.follow();
    if (!this.k.journal.recording) return count(this.k);
    this.counts ??= count(this.k);
    return [...this.counts];
  }

  // The page at the list's tail, or -1. It stays there until somebody takes it off.
  last(lru: number): number {
    this.follow();
    for (let fresh = false; ; fresh = true) {
      const list = this.lists[lru];
      if (list !== undefined) {
        const { tails, rest } = list;
        for (; tails.pages.length > 0; tails.pages.pop(), tails.orders.pop()) {
          const at = tails.pages.length - 1;
          if (this.stands(lru, tails.pages[at], tails.orders[at])) return tails.pages[at];
        }
        for (; list.taken < rest.pages.length; list.taken++) {
          if (this.stands(lru, rest.pages[list.taken], rest.orders[list.taken])) return rest.pages[list.taken];
        }
        if (fresh || this.k.journal.recording) return -1;
      }
      if (this.k.journal.recording) this.counts ??= count(this.k);
      this.lists[lru] = read(this.k, lru);
    }
  }

  private stands(lru: number, pfn: number, order: number): boolean {
    const { flags, lru_order } = this.k.w.page;
    return listOf(flags.data[pfn]) === lru && lru_order.data[pfn] === order;
  }

  // Takes in what happened since the last question.
  private follow(): void {
    const { k } = this;
    const { machine } = k.w;
    const { recording } = k.journal;
    const late = recording
      ? k.position - this.position > EVENTS_A_PAGE * machine.next_pfn.data[0]
      : this.tail !== machine.lru_tail.data[0];
    if (this.epoch !== k.epoch || late) {
      this.lists = [];
      this.counts = undefined;
    } else if (recording && this.position < k.position) this.events();
    this.epoch = k.epoch;
    this.position = k.position;
    this.tail = machine.lru_tail.data[0];
  }

  private events(): void {
    const { journal, position, w } = this.k;
    const { flags, lru_order } = w.page;
    const came: [pfn: number, order: number][] = [];
    // On a list by their flags, with the place that they had before.
    const unplaced = new Set<number>();
    const flagged = (pfn: number, before: number, after: number) => {
      const from = listOf(before);
      const to = listOf(after);
      if (from === to) return;
      if (to >= 0) unplaced.add(pfn);
      if (this.counts === undefined) return;
      const nr = folio_nr_pages(this.k, pfn);
      if (from >= 0) this.counts[from] -= nr;
      if (to >= 0) this.counts[to] += nr;
    };
    // A large folio is none any more: what its size was when it came or left cannot be told.
    const dissolved = (_row: number, _before: number, head: number) => {
      if (head === 0) this.counts = undefined;
    };
    const placed = (pfn: number, _before: number, order: number) => {
      came.push([pfn, order]);
      unplaced.delete(pfn);
    };
    for (let at = this.position; at < position; at++) {
      const field = journal.field(at);
      if (field === flags.id) journal.each(at, flagged);
      else if (field === lru_order.id) journal.each(at, placed);
      else if (field === w.folio.head.id) journal.each(at, dissolved);
    }
    for (const pfn of unplaced) {
      const lru = listOf(flags.data[pfn]);
      if (lru >= 0) this.lists[lru] = undefined;
    }
    for (const [pfn, order] of came) this.arrive(pfn, order);
  }

  // The page came to an end of the list that it is on. Places at a tail are below 0.
  private arrive(pfn: number, order: number): void {
    const { flags, lru_order } = this.k.w.page;
    const lru = listOf(flags.data[pfn]);
    const list = this.lists[lru];
    if (list === undefined || lru_order.data[pfn] !== order) return;
    // A piece of a folio stands beside the others, in the middle of the list.
    if (!Number.isInteger(order)) {
      this.lists[lru] = undefined;
      return;
    }
    const end = order < 0 ? list.tails : list.rest;
    end.pages.push(pfn);
    end.orders.push(order);
    const kept = list.tails.pages.length + list.rest.pages.length;
    if (kept > 2 * (this.counts?.[lru] ?? 0) + SLACK) this.lists[lru] = undefined;
  }
}

// The list that a page with these flags is on, or -1.
function listOf(flags: number): number {
  return flags & PG_lru ? folio_lru_list(flags) : -1;
}

function count(k: Kernel): number[] {
  const { flags } = k.w.page;
  const sizes = LRU_NAMES.map(() => 0);
  const end = k.w.machine.next_pfn.data[0];
  for (let pfn = 1; pfn < end; pfn++) {
    if (flags.data[pfn] & PG_lru) sizes[folio_lru_list(flags.data[pfn])] += folio_nr_pages(k, pfn);
  }
  return sizes;
}

function read(k: Kernel, lru: number): List {
  const { flags, lru_order } = k.w.page;
  const pages: number[] = [];
  const end = k.w.machine.next_pfn.data[0];
  for (let pfn = 1; pfn < end; pfn++) if (listOf(flags.data[pfn]) === lru) pages.push(pfn);
  pages.sort((a, b) => lru_order.data[a] - lru_order.data[b]);
  const orders = pages.map((pfn) => lru_order.data[pfn]);
  return { tails: { pages: [], orders: [] }, rest: { pages, orders }, taken: 0 };
}
