// Checks the invariants as a recording goes on: after each operation only for what its events touched, and in full now and
// then. What it finds is what a check of everything finds, in the same order.

import { FolioWatch } from "./audit_folios.ts";
import { PinWatch } from "./audit_pins.ts";
import { Distinct } from "./distinct.ts";
import { bug } from "./errors.ts";
import { HOLDERS } from "./holders.ts";
import {
  type Breach,
  entryBreaches,
  layoutBreaches,
  machineBreaches,
  pageBreaches,
  RULES,
  rssBreaches,
  slotBreaches,
  tableBreaches,
} from "./invariants.ts";
import { MOST_FIELDS } from "./journal.ts";
import type { Kernel } from "./kernel.ts";
import { leafEntry } from "./leaf.ts";
import { PTE_TABLE, pte_pfn, walk_ptes } from "./pgtable.ts";
import { Standing } from "./standing.ts";
import { Tally } from "./tally.ts";

// So many looks lie between two checks of everything.
const FULL_EVERY = 10_000;

// All breaches in the whole world. The order is that of the rules, then of the rows.
export function breaches(k: Kernel): readonly Breach[] {
  return new Audit(k).look();
}

const NONE: readonly Breach[] = [];

export class Audit {
  private readonly k: Kernel;
  private tally: Tally;
  // The world that was looked at last.
  private epoch = -1;
  private position = -1;
  private looks = 0;
  private readonly touch: readonly ((row: number, from: number, to: number) => void)[];
  // What the events since then touched.
  private readonly ptes = new Distinct();
  private readonly pages = new Distinct();
  private readonly slots = new Distinct();
  private readonly vmas = new Distinct();
  private readonly holders = HOLDERS.map(() => new Distinct());
  private readonly tables = new Distinct();
  private readonly spaces = new Distinct();
  private readonly layouts = new Distinct();
  // Tables that serve other pages by now.
  private readonly changedTables = new Distinct();
  // VMAs that map other pages by now, or pages for another object; pages that belong to another object.
  private readonly relinked = new Set<number>();
  private readonly moved = new Distinct();
  // The lists above, for the tally and to be emptied.
  private readonly touched = {
    pte: this.ptes.rows,
    page: this.pages.rows,
    table: this.tables.rows,
    slots: this.slots.rows,
    holders: this.holders.map(({ rows }) => rows),
  };
  private readonly distinct = [
    ...[this.ptes, this.pages, this.slots, this.vmas, this.tables, this.spaces, this.layouts],
    ...[this.changedTables, this.moved, ...this.holders],
  ];
  // anon_vmas that there were at the last look.
  private anonVmas = 0;
  private chainsToo = false;
  // VMA row → mm + 1, start and end as they were.
  private readonly ranges = new Map<number, readonly [number, number, number]>();
  private readonly pins: PinWatch;
  private readonly folios: FolioWatch;
  private readonly standing = {
    pages: new Standing(),
    folios: new Standing(),
    rss: new Standing(),
    slots: new Standing(),
    layouts: new Standing(),
    entries: new Standing(),
    tables: new Standing(),
    pins: new Standing(),
  };

  constructor(k: Kernel) {
    this.k = k;
    this.tally = new Tally(k);
    this.pins = new PinWatch(k, this.standing.pins);
    this.folios = new FolioWatch(k, this.standing.folios);
    this.touch = this.touches();
  }

  // The breaches that stand where the kernel's cursor is.
  look(): readonly Breach[] {
    const { k } = this;
    const { journal } = k;
    const onward = this.epoch === k.epoch && this.position <= k.position && journal.recording && this.sound;
    if (!onward) this.everything();
    else {
      for (let at = this.position; at < k.position; at++) journal.each(at, this.touch[journal.field(at)]);
      this.afresh();
    }
    this.epoch = k.epoch;
    this.position = k.position;
    const found = this.found();
    if (++this.looks % FULL_EVERY === 0) this.compare(found);
    return found;
  }

  // Where tables or VMAs are not where they belong, nothing that is derived from their places can be kept in step.
  private get sound(): boolean {
    return this.standing.tables.byRow.size === 0 && this.standing.layouts.byRow.size === 0;
  }

  private everything(): void {
    const { k } = this;
    const { table, vma, mm, machine, pin } = k.w;
    this.tally = new Tally(k);
    this.forget();
    for (const { byRow } of Object.values(this.standing)) byRow.clear();
    this.ranges.clear();
    this.pins.clear();
    const { stride } = k.geometry;
    for (let row = 0; row < k.rows(table); row++) {
      this.tables.add(row);
      for (let at = row * stride; at < (row + 1) * stride; at++) if (leafEntry(k, at) !== 0) this.ptes.add(at);
    }
    const frames = k.rows(machine) === 0 ? 0 : machine.next_pfn.data[0];
    for (let pfn = 0; pfn < frames; pfn++) this.pages.add(pfn);
    const slots = k.rows(machine) === 0 ? 0 : machine.next_swap.data[0];
    for (let slot = 1; slot <= slots; slot++) this.slots.add(slot);
    for (let row = 0; row < k.rows(vma); row++) this.vmas.add(row);
    for (let row = 0; row < k.rows(mm); row++) {
      this.spaces.add(row);
      this.layouts.add(row);
    }
    for (const [source, { table, rows }] of HOLDERS.entries()) {
      const end = rows?.(k) ?? k.rows(k.w[table]);
      for (let row = 0; row < end; row++) this.holders[source].add(row);
    }
    for (let row = 0; row < k.rows(pin); row++) this.pins.rows.add(row);
    this.afresh(true);
  }

  // Asks the rules again for what was touched.
  private afresh(all = false): void {
    const { k, tally, standing } = this;
    for (const table of this.changedTables.rows) this.below(table);
    const kept = tally.update(this.touched);
    for (const table of this.tables.rows) standing.tables.put(table, tableBreaches(k, table));
    for (const vma of this.vmas.rows) this.spacesOf(vma);
    for (const mm of this.layouts.rows) standing.layouts.put(mm, layoutBreaches(k, mm));
    if (!all && !(kept && this.sound && !this.chainsToo)) {
      this.everything();
      return;
    }
    for (const vma of this.vmas.rows) this.range(vma);
    for (const row of tally.changedEntries.rows) standing.entries.put(row, entryBreaches(k, row));
    for (const pfn of this.moved.rows) {
      for (const row of tally.mapping(pfn)) standing.entries.put(row, entryBreaches(k, row));
    }
    for (const pfn of tally.changedPages.rows) standing.pages.put(pfn, pageBreaches(k, tally, pfn));
    this.folios.afresh(tally);
    for (const slot of tally.changedSlots.rows) standing.slots.put(slot, slotBreaches(k, tally, slot));
    for (const mm of tally.changedSpaces.rows) this.spaces.add(mm);
    for (const mm of this.spaces.rows) standing.rss.put(mm, rssBreaches(k, tally, mm));
    this.pins.afresh(tally, this.ptes.rows);
    this.forget();
  }

  private forget(): void {
    for (const rows of this.distinct) rows.clear();
    if (this.relinked.size > 0) this.relinked.clear();
    this.pins.forget();
    this.anonVmas = this.k.rows(this.k.w.anon_vma);
    this.chainsToo = false;
  }

  private spacesOf(vma: number): void {
    const now = this.k.w.vma.mm.data[vma];
    for (const space of [this.ranges.get(vma)?.[0] ?? 0, now]) if (space !== 0) this.layouts.add(space - 1);
  }

  // The entries of the pages that the VMA held, or has come to hold.
  private range(vma: number): void {
    const { k } = this;
    const { mm, start, end } = k.w.vma;
    const old = this.ranges.get(vma) ?? [0, 0, 0];
    const now = [mm.data[vma], start.data[vma], end.data[vma]] as const;
    const again = (space: number, from: number, to: number) => {
      if (space === 0 || from >= to) return;
      walk_ptes(k, space - 1, from, to, (row) => this.standing.entries.put(row, entryBreaches(k, row)));
    };
    if (this.relinked.has(vma) && now[0] !== 0) again(now[0], now[1], now[2]);
    const same = old[0] === now[0];
    again(old[0], old[1], same ? Math.min(old[2], now[1]) : old[2]);
    if (same) again(old[0], Math.max(old[1], now[2]), old[2]);
    if (this.standing.entries.byRow.size > 0) again(now[0], now[1], now[2]);
    if (now[0] === 0) this.ranges.delete(vma);
    else this.ranges.set(vma, now);
  }

  private found(): readonly Breach[] {
    const { standing, k, tally } = this;
    const machine = machineBreaches(k, tally);
    const kinds = [...Object.values(standing)];
    if (machine.length === 0 && kinds.every(({ byRow }) => byRow.size === 0)) return NONE;
    const all = [...machine];
    for (const { byRow } of kinds) {
      for (const row of [...byRow.keys()].sort((a, b) => a - b)) all.push(...(byRow.get(row) ?? []));
    }
    return all.sort((a, b) => RULES.indexOf(a.rule) - RULES.indexOf(b.rule));
  }

  private compare(found: readonly Breach[]): void {
    const all = breaches(this.k);
    const same = all.length === found.length && all.every(({ message }, i) => message === found[i].message);
    if (!same) bug(`a check of everything finds ${all.length} breaches, the one of each step ${found.length}`);
  }

  // The tables that hang in the slots of a table.
  private below(table: number): void {
    const { stride } = this.k.geometry;
    const { data } = this.k.w.pte.entry;
    for (let row = table * stride; row < (table + 1) * stride; row++) {
      if (data[row] & PTE_TABLE) this.tables.add(pte_pfn(data[row]));
    }
  }

  // By field: what an event of it touches.
  private touches(): ((row: number, from: number, to: number) => void)[] {
    const { w } = this.k;
    const nothing = () => {};
    const of: ((row: number, from: number, to: number) => void)[] = Array.from({ length: MOST_FIELDS }, () => nothing);
    const on = (fields: readonly { id: number }[], also: (row: number, from: number, to: number) => void) => {
      for (const { id } of fields) {
        const before = of[id];
        of[id] =
          before === nothing
            ? also
            : (row, from, to) => {
                before(row, from, to);
                also(row, from, to);
              };
      }
    };
    on([w.pte.entry], (row, from, to) => {
      this.ptes.add(row);
      for (const entry of [from, to]) {
        if ((entry & PTE_TABLE) === 0) continue;
        this.tables.add(pte_pfn(entry));
        this.pins.spaces.add(w.table.mm.data[Math.floor(row / this.k.geometry.stride)] - 1);
      }
    });
    on([w.page._refcount, w.page._mapcount, w.page.flags, w.page.unmapped_by, w.page.folio], (row) =>
      this.pages.add(row),
    );
    on([w.page.flags, w.page.mapping, w.page.index, w.page.folio], (row) => this.moved.add(row));
    on(w.folio.fields, (row) => this.folios.rows.add(row));
    on(w.table.fields, (row) => this.tables.add(row));
    on([w.table.first, w.table.mm, w.table.level], (row) => {
      this.pins.spaces.add(w.table.mm.data[row] - 1);
      this.changedTables.add(row);
    });
    on([w.table.mm], (_row, from, to) => {
      for (const mm of [from, to]) this.pins.spaces.add(mm - 1);
    });
    on([w.swap.count, w.swap.cache], (row) => this.slots.add(row));
    on([w.page.swap], (_row, from, to) => {
      for (const slot of [from, to]) if (slot !== 0) this.slots.add(slot);
    });
    on(w.vma.fields, (row) => this.vmas.add(row));
    const links = [
      w.vma.start,
      w.vma.pgoff,
      w.vma.file,
      w.vma.anon_vma,
      w.vma.anon_vma_chain,
      w.vma.default_page,
      w.vma.default_state,
    ];
    on(links, (row) => this.relinked.add(row));
    on([w.anon_vma.older], (row) => {
      if (row < this.anonVmas) this.chainsToo = true;
    });
    on([w.mm.users, w.mm.rss_file, w.mm.rss_anon, w.mm.rss_shmem, w.mm.rss_swap, w.mm.hugetlb_usage], (row) =>
      this.spaces.add(row),
    );
    on([w.mm.users, w.mm.map_count], (row) => this.layouts.add(row));
    on([w.mm.pgd], (row, from, to) => {
      for (const table of [from, to]) if (table !== 0) this.tables.add(table - 1);
      this.pins.spaces.add(row);
    });
    on([w.task.alive, w.task.mm], (row) => this.pins.tasks.add(row));
    on(w.pin.fields, (row) => this.pins.rows.add(row));
    for (const [source, { table }] of HOLDERS.entries()) {
      on(w[table].fields, (row) => this.holders[source].add(row));
      // A row that was made or is gone.
      on([w.rows.count], (row, from, to) => {
        if (row !== w[table].number) return;
        for (let at = Math.min(from, to); at < Math.max(from, to); at++) this.holders[source].add(at);
      });
    }
    return of;
  }
}
