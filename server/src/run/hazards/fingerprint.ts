// When two states are the same: 64 bits of all that may matter to what comes next, with the names taken out.
//
// Frames, swap slots, anon_vmas and rows have numbers that tell how a state was come by. They are numbered anew in the
// order in which they are met: from the processes through their VMAs and entries, from the references, from page to page.
// Left out is what no later operation asks: what is free, and in which order; statistics (rss, faults); page tables that are
// empty; of the VMAs' read-ahead window all. Equal pages of a huge page are taken as a run, so that 512 cost little more than one.

import { PG_lru, PG_swapcache, PG_table } from "../../mm/flags.ts";
import { BATCH_NAMES, batched_pages } from "../../mm/lru.ts";
import { FIRST_PFN } from "../../mm/page_alloc.ts";
import { PTE_PRESENT, PTE_TABLE, pmd_offset, pte_offset } from "../../mm/pgtable.ts";
import { PTE_SWAP } from "../../mm/swapops.ts";
import type { Field } from "../../mm/world.ts";
import { Numbers } from "./numbers.ts";
import { device, reader, type Stage } from "./stage.ts";

const UNIT = 0x10000;

export class Fingerprint {
  // The two halves, unsigned.
  low = 0;
  high = 0;
  // Heads of folios that are in use though nothing leads to them; those that wait in a batch of the CPU have a holder.
  readonly unreached: number[] = [];
  // Heads of folios, swap slots and anon_vmas (rows + 1) in the order in which they were met.
  readonly folios: number[] = [];
  private readonly slots: number[] = [];
  private readonly anonVmas: number[] = [];
  private readonly listed: number[] = [];
  private readonly folioNumbers = new Numbers();
  private readonly slotNumbers = new Numbers();
  // How many of each have been taken in.
  private readonly told = { folios: 0, slots: 0, anonVmas: 0 };
  private readonly stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  // Of the present state.
  take(): void {
    const { k } = this.stage;
    const { task, machine } = k.w;
    this.low = 0x9e3779b9;
    this.high = 0x85ebca6b;
    this.unreached.length = 0;
    this.folios.length = 0;
    this.folioNumbers.forget();
    this.slots.length = 0;
    this.slotNumbers.forget();
    this.anonVmas.length = 0;
    this.told.folios = 0;
    this.told.slots = 0;
    this.told.anonVmas = 0;
    const tasks = k.rows(task);
    for (let row = 0; row < tasks; row++) {
      this.mix(task.alive.data[row]);
      if (task.alive.data[row] === 1) this.space(task.mm.data[row] - 1);
    }
    this.reference(device(this.stage));
    this.reference(reader(this.stage));
    this.reached();
    const end = machine.next_pfn.data[0];
    for (let pfn = FIRST_PFN; pfn < end; pfn++) this.strayed(pfn);
    this.reached();
    this.order();
    this.batches();
    this.mix(machine.overflowed.data[0]);
    this.low >>>= 0;
    this.high >>>= 0;
  }

  private mix(value: number): void {
    const part = value | 0;
    const low = Math.imul(this.low ^ part, 0x2c1b3c6d);
    const high = Math.imul(this.high + part, 0x297a2d39) ^ (this.high >>> 15);
    this.low = low ^ (low >>> 15) ^ high;
    this.high = high ^ (low >>> 7);
  }

  private space(mm: number): void {
    const { k } = this.stage;
    const { mm: m, vma } = k.w;
    this.mix(m.has_pinned.data[mm]);
    this.mix(m.mm_id.data[mm]);
    for (const row of k.vmas.of(mm)) {
      const start = vma.start.data[row];
      this.mix(start - this.stage.vpn);
      this.mix(vma.end.data[row] - start);
      this.mix(vma.flags.data[row]);
      this.mix(this.anonVma(vma.anon_vma.data[row]));
      this.mix(this.anonVma(vma.anon_vma_chain.data[row]));
      this.entries(mm, start, vma.end.data[row]);
    }
    this.mix(-1);
  }

  private entries(mm: number, start: number, end: number): void {
    const { k } = this.stage;
    const { entry } = k.w.pte;
    const pmd = pmd_offset(k, mm, start);
    const huge = pmd < 0 ? 0 : entry.data[pmd];
    if ((huge & PTE_TABLE) === 0) {
      this.entry(huge);
      return;
    }
    const { data } = entry;
    const first = pte_offset(k, mm, start);
    const last = first + end - start;
    for (let row = first; row < last; ) {
      const count = this.run(data, row, last);
      this.entry(data[row]);
      this.mix(count);
      row += count;
    }
  }

  // How many entries from `row` on are empty, or map the pages of one folio in their order.
  private run(data: Float64Array, row: number, last: number): number {
    const { page, folio } = this.stage.k.w;
    const entry = data[row];
    let end = last;
    if (entry !== 0) {
      const pfn = Math.floor(entry / UNIT);
      const large = entry & PTE_PRESENT ? page.folio.data[pfn] - 1 : -1;
      if (large < 0) return 1;
      end = Math.min(last, row + folio.head.data[large] + 2 ** folio.order.data[large] - pfn);
    }
    const step = entry === 0 ? 0 : UNIT;
    let count = 1;
    while (row + count < end && data[row + count] === entry + count * step) count++;
    return count;
  }

  private entry(entry: number): void {
    this.mix(entry & (UNIT - 1));
    const number = Math.floor(entry / UNIT);
    if (entry & PTE_PRESENT) this.page(number);
    else if (entry & PTE_SWAP) this.mix(this.slot(number));
    else this.mix(number);
  }

  private reference(pin: number): void {
    if (pin < 0) {
      this.mix(-1);
      return;
    }
    const { k } = this.stage;
    this.mix(k.w.pin.flags.data[pin]);
    this.mix(k.w.pin.owner.data[pin]);
    this.page(k.side.pinPages[pin][0]);
  }

  // A page by the number of its folio and its place there.
  private page(pfn: number): void {
    const { page, folio } = this.stage.k.w;
    const large = page.folio.data[pfn];
    const head = large === 0 ? pfn : folio.head.data[large - 1];
    this.mix(this.folioNumbers.of(head, this.folios));
    this.mix(pfn - head);
  }

  private slot(slot: number): number {
    return this.slotNumbers.of(slot, this.slots);
  }

  private anonVma(anon_vma: number): number {
    if (anon_vma === 0) return -1;
    const at = this.anonVmas.indexOf(anon_vma);
    return at >= 0 ? at : this.anonVmas.push(anon_vma) - 1;
  }

  // Folios, slots and anon_vmas lead to each other: until nothing new is met.
  private reached(): void {
    const { folios, slots, anonVmas, told } = this;
    for (;;) {
      if (told.folios < folios.length) this.folio(folios[told.folios++]);
      else if (told.slots < slots.length) this.swap(slots[told.slots++]);
      else if (told.anonVmas < anonVmas.length) this.kin(anonVmas[told.anonVmas++]);
      else return;
    }
  }

  private folio(head: number): void {
    const { page, folio } = this.stage.k.w;
    const flags = page.flags.data[head];
    this.mix(page._refcount.data[head]);
    this.mix(flags);
    this.mix(this.anonVma(page.mapping.data[head]));
    this.mix(page.index.data[head] - this.stage.vpn);
    this.mix(flags & PG_swapcache ? this.slot(page.swap.data[head]) : -1);
    const large = page.folio.data[head] - 1;
    if (large < 0) {
      this.mix(page._mapcount.data[head]);
      this.mix(this.content(head));
      return;
    }
    for (const field of LARGE) this.mix(folio[field].data[large]);
    this.mix(folio.deferred.data[large] === 0 ? 0 : 1);
    const end = head + 2 ** folio.order.data[large];
    for (let pfn = head; pfn < end; ) {
      const count = equal(page.content, page._mapcount, page.flags, pfn, end);
      this.mix(page._mapcount.data[pfn]);
      this.mix(page.flags.data[pfn]);
      this.mix(this.content(pfn));
      this.mix(count);
      pfn += count;
    }
  }

  private content(pfn: number): number {
    const { k } = this.stage;
    return k.contents.byte(k.w.page.content.data[pfn], 0);
  }

  private swap(slot: number): void {
    const { k } = this.stage;
    const { swap } = k.w;
    this.mix(swap.count.data[slot]);
    if (swap.cache.data[slot] > 0) this.page(swap.cache.data[slot] - 1);
    else this.mix(k.contents.byte(swap.content.data[slot], 0));
  }

  private kin(anon_vma: number): void {
    const { anon_vma: a } = this.stage.k.w;
    this.mix(this.anonVma(a.root.data[anon_vma - 1]));
    this.mix(this.anonVma(a.parent.data[anon_vma - 1]));
    this.mix(this.anonVma(a.older.data[anon_vma - 1]));
  }

  // In use, and nobody has led there.
  private strayed(pfn: number): void {
    const { page, folio } = this.stage.k.w;
    if (page._refcount.data[pfn] === 0 || page.flags.data[pfn] & PG_table) return;
    const large = page.folio.data[pfn] - 1;
    if ((large >= 0 && folio.head.data[large] !== pfn) || this.folioNumbers.has(pfn)) return;
    if (!this.batched(pfn)) this.unreached.push(pfn);
    this.page(pfn);
  }

  // The folios on the lists, from their tails. Pieces of a folio that was split stand together.
  private order(): void {
    const { flags, lru_order } = this.stage.k.w.page;
    const { folios, listed } = this;
    if (folios.length < 2) return;
    listed.length = 0;
    for (const pfn of folios) if (flags.data[pfn] & PG_lru) listed.push(pfn);
    const sorted = listed.length > 1 ? listed.sort((a, b) => lru_order.data[a] - lru_order.data[b]) : listed;
    for (const pfn of sorted) this.mix(this.folioNumbers.of(pfn, folios));
  }

  private batched(pfn: number): boolean {
    const { k } = this.stage;
    return k.machine.lru_batch && BATCH_NAMES.some((_, at) => batched_pages(k, at).includes(pfn));
  }

  // Who waits in the CPU's batches.
  private batches(): void {
    const { k } = this.stage;
    if (!k.machine.lru_batch) return;
    for (let at = 0; at < BATCH_NAMES.length; at++) {
      const pages = batched_pages(k, at);
      this.mix(pages.length);
      for (const pfn of pages) this.mix(this.folios.indexOf(pfn));
    }
  }
}

const LARGE = [
  "order",
  "_entire_mapcount",
  "_large_mapcount",
  "_nr_pages_mapped",
  "_pincount",
  "_mm_id0",
  "_mm_id1",
  "_mm_id_mapcount0",
  "_mm_id_mapcount1",
  "flags",
] as const;

function equal(a: Field, b: Field, c: Field, row: number, end: number): number {
  const [x, y, z] = [a.data[row], b.data[row], c.data[row]];
  let count = 1;
  while (row + count < end && a.data[row + count] === x && b.data[row + count] === y && c.data[row + count] === z)
    count++;
  return count;
}
