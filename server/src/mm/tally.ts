// What the counters must be: sums over the rows of the world, kept in step row by row.
//
// The tally remembers what each row contributed when it was last looked at. Whoever says that a row may have changed has
// its old contribution taken out and its present one put in; a tally of all rows is the same thing from nothing.

import { Distinct } from "./distinct.ts";
import { PG_anon, PG_swapbacked } from "./flags.ts";
import { folio_test_hugetlb, page_folio } from "./folio.ts";
import { HOLDERS } from "./holders.ts";
import type { Kernel } from "./kernel.ts";
import { leafEntry } from "./leaf.ts";
import { PTE_PRESENT, PTE_SPECIAL, PTE_WRITE, pte_pfn } from "./pgtable.ts";
import { PTE_MIGRATION, PTE_SWAP, PTE_SWP_EXCLUSIVE, swp_offset } from "./swapops.ts";

// What an entry counts for in its address space.
export const RSS = ["rss_file", "rss_anon", "rss_shmem", "rss_swap", "hugetlb_usage"] as const;
const FILE = 0;
const ANON = 1;
const SHMEM = 2;
const SWAP = 3;
const HUGETLB = 4;
const KINDS = RSS.length;

// Rows that were written, of each table.
export interface Touched {
  readonly pte: readonly number[];
  readonly page: readonly number[];
  readonly table: readonly number[];
  // Swap slots.
  readonly slots: readonly number[];
  // By the position in HOLDERS.
  readonly holders: readonly (readonly number[])[];
}

// What a row held when it was last looked at.
interface Held {
  readonly pfn: number;
  readonly count: number;
  readonly pins: number;
}

export class Tally {
  private readonly k: Kernel;
  // Each by pfn. References of all holders, of a large folio by its head; PTEs that map the page, and those of them that may
  // be written through; of a head, PMDs (hugetlb's entries, too) that map the folio, and those of them that may be.
  refs = new Float64Array(64);
  // What FOLL_PIN counts beside them, of a head.
  pins = new Float64Array(64);
  maps = new Int32Array(64);
  writable = new Int32Array(64);
  entire = new Int32Array(64);
  writableEntire = new Int32Array(64);
  // Frames that are in use.
  used = 0;
  // Swap slots that are named or cached.
  usedSlots = 0;
  // Swap slot → who names it: entries and page caches, and how many of the entries say that they alone do.
  readonly names = new Map<number, { all: number; exclusive: number }>();
  private readonly slotsInUse = new Set<number>();
  // By mm * KINDS + one of RSS.
  private sums = new Float64Array(64);
  // By pfn: entries that count in an rss by it, present ones and those of a migration; what it counts as; in use or not.
  private counted = new Int32Array(64);
  private kinds = new Uint8Array(64);
  private inUse = new Uint8Array(64);
  // By pfn: the head of the folio that it was counted for.
  private heads = new Int32Array(64);
  // What was counted: an entry by its row, and by the row of a table the address space (+ 1) that it serves, from where on.
  private entries = new Float64Array(1024);
  private mms = new Int32Array(16);
  private firstOf = new Float64Array(16);
  private levels = new Uint8Array(16);
  // The present entries of each page: the first by its pfn, then from row to row; rows + 1, 0 = none.
  private first = new Int32Array(64);
  private next = new Int32Array(1024);
  private prev = new Int32Array(1024);
  private readonly named: Map<number, number>[] = HOLDERS.map(() => new Map());
  private readonly held: Map<number, Held[]>[] = HOLDERS.map(() => new Map());
  // Whose sums, and whose entries, the last change may have changed.
  readonly changedPages = new Distinct();
  readonly changedSpaces = new Distinct();
  readonly changedSlots = new Distinct();
  readonly changedEntries = new Distinct();

  constructor(k: Kernel) {
    this.k = k;
  }

  rss(mm: number, kind: number): number {
    return this.sums[mm * KINDS + kind] ?? 0;
  }

  // False when the tally cannot be kept in step, as a page became of another kind while entries that nobody touched map it.
  update(touched: Touched): boolean {
    this.grow();
    this.changedPages.clear();
    this.changedSpaces.clear();
    this.changedSlots.clear();
    this.changedEntries.clear();
    for (const table of touched.table) this.takeTable(table);
    for (const row of touched.pte) this.takeEntry(row);
    for (let source = 0; source < HOLDERS.length; source++) {
      for (const row of touched.holders[source]) this.letGo(source, row);
    }
    let kept = true;
    for (const pfn of touched.page) if (!this.lookAtPage(pfn)) kept = false;
    for (const row of this.changedEntries.rows) this.putEntry(row);
    for (let source = 0; source < HOLDERS.length; source++) {
      for (const row of touched.holders[source]) this.hold(source, row);
    }
    for (const slot of touched.slots) this.lookAtSlot(slot);
    return kept;
  }

  // A table that serves another address space, or another range of it, by now: all its entries count anew.
  private takeTable(table: number): void {
    const { mm, first, level } = this.k.w.table;
    const same = this.mms[table] === mm.data[table] && this.firstOf[table] === first.data[table];
    if (same && this.levels[table] === level.data[table]) return;
    const { stride } = this.k.geometry;
    const { data } = this.k.w.pte.entry;
    for (let row = table * stride; row < (table + 1) * stride; row++) {
      if (data[row] !== 0 || this.entries[row] !== 0) this.takeEntry(row);
    }
    this.mms[table] = mm.data[table];
    this.firstOf[table] = first.data[table];
    this.levels[table] = level.data[table];
  }

  private takeEntry(row: number): void {
    const entry = this.entries[row];
    this.changedEntries.add(row);
    if (entry === 0) return;
    this.count(row, entry, -1);
    this.entries[row] = 0;
  }

  private putEntry(row: number): void {
    if (this.entries[row] !== 0) return;
    const entry = leafEntry(this.k, row);
    if (entry === 0) return;
    this.entries[row] = entry;
    this.count(row, entry, 1);
  }

  private count(row: number, entry: number, by: number): void {
    const table = Math.floor(row / this.k.geometry.stride);
    const mm = this.mms[table] - 1;
    this.changedSpaces.add(mm);
    if (entry & PTE_SWAP) {
      this.name(swp_offset(entry), by, entry & PTE_SWP_EXCLUSIVE ? by : 0);
      this.sums[mm * KINDS + SWAP] += by;
      return;
    }
    const present = (entry & PTE_PRESENT) !== 0;
    if (present ? entry & PTE_SPECIAL : (entry & PTE_MIGRATION) === 0) return;
    const pfn = pte_pfn(entry);
    const head = this.heads[pfn] || pfn;
    const huge = this.levels[table] > 0;
    this.changedPages.add(pfn);
    this.counted[head] += by;
    this.sums[mm * KINDS + this.kinds[head]] += huge ? by * this.k.scales[this.levels[table]] : by;
    if (!present) return;
    if (head !== pfn) this.changedPages.add(head);
    if (huge) for (let i = 1; i < this.k.hpageNr; i++) if (this.maps[pfn + i] > 0) this.changedPages.add(pfn + i);
    this.refs[head] += by;
    (huge ? this.entire : this.maps)[pfn] += by;
    if (entry & PTE_WRITE) (huge ? this.writableEntire : this.writable)[pfn] += by;
    if (by > 0) this.link(pfn, row + 1);
    else this.unlink(pfn, row + 1);
  }

  private name(slot: number, by: number, exclusive: number): void {
    this.changedSlots.add(slot);
    const { all, exclusive: alone } = this.names.get(slot) ?? { all: 0, exclusive: 0 };
    if (all + by === 0) this.names.delete(slot);
    else this.names.set(slot, { all: all + by, exclusive: alone + exclusive });
  }

  private lookAtSlot(slot: number): void {
    const { count, cache } = this.k.w.swap;
    this.changedSlots.add(slot);
    if (slot === 0 || (count.data[slot] === 0 && cache.data[slot] === 0)) this.slotsInUse.delete(slot);
    else this.slotsInUse.add(slot);
    this.usedSlots = this.slotsInUse.size;
  }

  // The rows of the present entries that map the page.
  *mapping(pfn: number): Generator<number> {
    for (let at = this.first[pfn] ?? 0; at !== 0; at = this.next[at - 1]) yield at - 1;
  }

  private link(pfn: number, entry: number): void {
    const head = this.first[pfn];
    this.next[entry - 1] = head;
    this.prev[entry - 1] = 0;
    if (head !== 0) this.prev[head - 1] = entry;
    this.first[pfn] = entry;
  }

  private unlink(pfn: number, entry: number): void {
    const next = this.next[entry - 1];
    const prev = this.prev[entry - 1];
    if (prev !== 0) this.next[prev - 1] = next;
    else this.first[pfn] = next;
    if (next !== 0) this.prev[next - 1] = prev;
  }

  private lookAtPage(pfn: number): boolean {
    const { _refcount, flags, folio } = this.k.w.page;
    this.changedPages.add(pfn);
    // A counter that has come round to 0 has freed nothing: the page still has its flags. One that is put further when the
    // page is free has taken nothing.
    const large = folio.data[pfn] !== 0;
    const use = _refcount.data[pfn] <= 0 && flags.data[pfn] === 0 && !large ? 0 : 1;
    this.used += use - this.inUse[pfn];
    this.inUse[pfn] = use;
    const head = page_folio(this.k, pfn);
    const was = this.heads[pfn] || pfn;
    this.heads[pfn] = head;
    if (head !== was && (this.first[pfn] !== 0 || this.refs[was] !== 0 || this.counted[was] !== 0)) return false;
    if (head !== pfn) return true;
    const kind = kindOf(this.k, pfn);
    if (kind === this.kinds[pfn]) return true;
    this.kinds[pfn] = kind;
    return this.counted[pfn] === 0;
  }

  // What the row held when it was last looked at.
  private letGo(source: number, row: number): void {
    for (const { pfn, count, pins } of this.held[source].get(row) ?? []) {
      this.changedPages.add(pfn);
      this.refs[pfn] -= count;
      this.pins[pfn] -= pins;
    }
    this.held[source].delete(row);
  }

  private hold(source: number, row: number): void {
    const held = this.held[source];
    const { names } = HOLDERS[source];
    if (names) {
      const was = this.named[source].get(row) ?? 0;
      const is = names(this.k, row);
      if (was !== 0) this.name(was, -1, 0);
      if (is !== 0) this.name(is, 1, 0);
      this.named[source].set(row, is);
    }
    let now: Held[] | undefined;
    HOLDERS[source].holds(this.k, row, (pfn, holder) => {
      const { count } = holder;
      const pins = holder.kind === "pin" ? holder.pins : 0;
      this.changedPages.add(pfn);
      this.refs[pfn] += count;
      this.pins[pfn] += pins;
      now ??= [];
      now.push({ pfn, count, pins });
    });
    if (now !== undefined) held.set(row, now);
  }

  private grow(): void {
    const { page, pte, table, mm } = this.k.w;
    if (this.refs.length < page.capacity) {
      this.refs = grown(this.refs, new Float64Array(page.capacity));
      this.pins = grown(this.pins, new Float64Array(page.capacity));
      this.maps = grown(this.maps, new Int32Array(page.capacity));
      this.writable = grown(this.writable, new Int32Array(page.capacity));
      this.counted = grown(this.counted, new Int32Array(page.capacity));
      this.kinds = grown(this.kinds, new Uint8Array(page.capacity));
      this.first = grown(this.first, new Int32Array(page.capacity));
      this.inUse = grown(this.inUse, new Uint8Array(page.capacity));
      this.heads = grown(this.heads, new Int32Array(page.capacity));
      this.entire = grown(this.entire, new Int32Array(page.capacity));
      this.writableEntire = grown(this.writableEntire, new Int32Array(page.capacity));
    }
    if (this.entries.length < pte.capacity) {
      this.entries = grown(this.entries, new Float64Array(pte.capacity));
      this.next = grown(this.next, new Int32Array(pte.capacity));
      this.prev = grown(this.prev, new Int32Array(pte.capacity));
    }
    if (this.mms.length < table.capacity) {
      this.mms = grown(this.mms, new Int32Array(table.capacity));
      this.firstOf = grown(this.firstOf, new Float64Array(table.capacity));
      this.levels = grown(this.levels, new Uint8Array(table.capacity));
    }
    if (this.sums.length < mm.capacity * KINDS) this.sums = grown(this.sums, new Float64Array(mm.capacity * KINDS));
  }
}

function kindOf(k: Kernel, folio: number): number {
  if (folio_test_hugetlb(k, folio)) return HUGETLB;
  const flags = k.w.page.flags.data[folio];
  if (flags & PG_anon) return ANON;
  return flags & PG_swapbacked ? SHMEM : FILE;
}

function grown<T extends Float64Array | Int32Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
