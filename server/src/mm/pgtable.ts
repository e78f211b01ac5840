// Page tables: real trees of tables with the geometry of the architecture.
//
//   mm.pgd ──▶ table (level 3) ──▶ table (level 2) ──▶ table (level 1) ──▶ table (level 0) ──▶ page frames
//
// Slot i of table t is row t * stride + i of the pte table. Entries are coded in pte.ts. A slot of level 1 (a PMD) may map
// a whole folio itself: present, without PTE_TABLE, its pfn the head's; or stand for one that migrates. The functions for
// PTEs find nothing below it (walk_ptes with `huge`, pmd_offset).

import { bug } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { alloc_table_page, free_page } from "./page_alloc.ts";
import { mk_pte, PTE_PRESENT, PTE_TABLE } from "./pte.ts";

export * from "./pte.ts";

const UNIT = 0x10000;

// The slot of a PTE table that no PMD leads to.
export const WAITING = -1;

// The row of the slot of level 0 that translates the page, or -1 where a table on the way does not exist.
export function pte_offset(k: Kernel, mm: number, vpn: number): number {
  const { bits, stride } = k.geometry;
  const entries = k.w.pte.entry.data;
  let table = k.w.mm.pgd.data[mm] - 1;
  let page = vpn;
  if (table < 0) return -1;
  let scale = k.scales[bits.length - 1];
  for (let level = bits.length - 1; level > 0; level--) {
    const slot = Math.floor(page / scale);
    page -= slot * scale;
    const entry = entries[table * stride + slot];
    if ((entry & PTE_TABLE) === 0) return -1;
    table = Math.floor(entry / UNIT);
    scale = k.scales[level - 1];
  }
  return table * stride + page;
}

// The same, with missing tables allocated (__pte_alloc and its kin). -1 when memory is used up, and below a huge entry,
// which the caller has looked for.
export function pte_alloc(k: Kernel, mm: number, vpn: number): number {
  const found = pte_offset(k, mm, vpn);
  return found >= 0 ? found : alloc_tables(k, mm, vpn, 0);
}

// Allocates the levels above the PTE table, as every fault does first (__handle_mm_fault). False when memory is used up.
export function pmd_alloc(k: Kernel, mm: number, vpn: number): boolean {
  return alloc_tables(k, mm, vpn, 1) >= 0;
}

// The levels above the PMD table. False when memory is used up.
export function pud_alloc(k: Kernel, mm: number, vpn: number): boolean {
  return alloc_tables(k, mm, vpn, 2) >= 0;
}

// The row of the PMD that serves the page, or -1 where a table above does not exist.
export function pmd_offset(k: Kernel, mm: number, vpn: number): number {
  return slot_offset(k, mm, vpn, 1);
}

// What stands in that PMD; 0 for nothing.
export function pmd_entry(k: Kernel, mm: number, vpn: number): number {
  const pmd = pmd_offset(k, mm, vpn);
  return pmd < 0 ? 0 : k.w.pte.entry.data[pmd];
}

// Whether a PMD maps a folio itself. Mirrors pmd_trans_huge(), arch/x86/include/asm/pgtable.h.
export function pmd_trans_huge(entry: number): boolean {
  return (entry & (PTE_PRESENT | PTE_TABLE)) === PTE_PRESENT;
}

// Nothing at all, or a table: what is neither a huge entry nor stands for one.
export function pmd_none_or_table(entry: number): boolean {
  return entry === 0 || (entry & PTE_TABLE) !== 0;
}

// The row of the slot of a table of that level that serves the page, or -1 where there is no such table.
export function slot_offset(k: Kernel, mm: number, vpn: number, level: number): number {
  const { bits, stride } = k.geometry;
  let table = k.w.mm.pgd.data[mm] - 1;
  for (let at = bits.length - 1; table >= 0; at--) {
    // By the address alone: a table that address spaces share may serve other addresses than its row says.
    const row = table * stride + (Math.floor(vpn / k.scales[at]) & ((1 << bits[at]) - 1));
    if (at === level) return row;
    const entry = k.w.pte.entry.data[row];
    table = entry & PTE_TABLE ? Math.floor(entry / UNIT) : -1;
  }
  return -1;
}

// Hangs the table of the slot under another, empty slot, where it serves the pages from `first` on.
export function move_table(k: Kernel, from: number, to: number, first: number): void {
  const { table, pte } = k.w;
  const { stride } = k.geometry;
  const entry = pte.entry.data[from];
  const moved = Math.floor(entry / UNIT);
  k.set(pte.entry, from, 0);
  k.set(pte.entry, to, entry);
  k.set(table.up, moved, Math.floor(to / stride) + 1);
  k.set(table.slot, moved, to % stride);
  shift_tables(k, moved, first - table.first.data[moved]);
}

function shift_tables(k: Kernel, row: number, pages: number): void {
  const { table, pte } = k.w;
  k.add(table.first, row, pages);
  if (table.level.data[row] === 0) return;
  for (let at = row * k.geometry.stride; at < (row + 1) * k.geometry.stride; at++) {
    const entry = pte.entry.data[at];
    if (entry & PTE_TABLE) shift_tables(k, Math.floor(entry / UNIT), pages);
  }
}

function alloc_tables(k: Kernel, mm: number, vpn: number, lowest: number): number {
  const { bits, stride } = k.geometry;
  let table = k.w.mm.pgd.data[mm] - 1;
  let page = vpn;
  let first = 0;
  for (let level = bits.length - 1; level > lowest; level--) {
    const scale = k.scales[level];
    const slot = Math.floor(page / scale);
    page -= slot * scale;
    first += slot * scale;
    const row = table * stride + slot;
    const entry = k.w.pte.entry.data[row];
    if (entry & PTE_TABLE) {
      table = Math.floor(entry / UNIT);
      continue;
    }
    if (entry !== 0) return -1;
    const child = alloc_table(k, mm, level - 1, first, table, slot);
    if (child < 0) return -1;
    k.set(k.w.pte.entry, row, mk_pte(child, PTE_TABLE | PTE_PRESENT));
    // The top table (and the folded levels above) is not in VmPTE: mm_inc_nr_ptes(), mm_inc_nr_pmds(), mm_inc_nr_puds().
    if (level - 1 <= 2) k.add(k.w.mm.pgtables_bytes, mm, k.pageSize);
    table = child;
  }
  return table * stride + page;
}

// The top table of a new address space (pgd_alloc). -1 when memory is used up.
export function pgd_alloc(k: Kernel, mm: number): number {
  const table = alloc_table(k, mm, k.geometry.bits.length - 1, 0, -1, 0);
  if (table >= 0) k.set(k.w.mm.pgd, mm, table + 1);
  return table;
}

export function pgd_free(k: Kernel, mm: number): void {
  free_table(k, k.w.mm.pgd.data[mm] - 1);
  k.set(k.w.mm.pgd, mm, 0);
}

function alloc_table(k: Kernel, mm: number, level: number, first: number, up: number, slot: number): number {
  const pfn = alloc_table_page(k);
  if (pfn < 0) return -1;
  const { table } = k.w;
  // A freed table's row is used again: all of its slots are empty.
  const free = k.w.machine.free_table.data[0];
  let row: number;
  if (free > 0) {
    row = free - 1;
    k.set(k.w.machine.free_table, 0, table.up.data[row]);
  } else {
    row = k.create(table);
    k.ensure(k.w.pte, (row + 1) * k.geometry.stride);
  }
  k.set(table.pfn, row, pfn);
  k.set(table.mm, row, mm + 1);
  k.set(table.level, row, level);
  k.set(table.first, row, first);
  k.set(table.up, row, up + 1);
  k.set(table.slot, row, slot);
  return row;
}

// A PTE table that no slot leads to, for a huge entry to wait under; -1 when memory is used up. It counts in VmPTE once it
// is deposited. Mirrors pte_alloc_one().
export function pte_alloc_one(k: Kernel, mm: number, vpn: number): number {
  return alloc_table(k, mm, 0, vpn - (vpn % k.hpageNr), -1, WAITING);
}

// Gives it back. Mirrors pte_free().
export function pte_free(k: Kernel, table: number): void {
  free_table(k, table);
}

// The table of the slot, all of whose entries are empty, goes, and the slot is empty: VmPTE - one page.
// Mirrors pmdp_collapse_flush() with pte_free_defer(), mm/pgtable-generic.c.
export function pte_free_table(k: Kernel, mm: number, pmd: number): void {
  const table = Math.floor(k.w.pte.entry.data[pmd] / UNIT);
  k.set(k.w.pte.entry, pmd, 0);
  free_table(k, table);
  k.add(k.w.mm.pgtables_bytes, mm, -k.pageSize);
}

// The PTE table waits until the huge entry goes or is split: VmPTE + one page (mm_inc_nr_ptes). Any one of a PMD table's
// waiting tables serves any of its entries. Mirrors pgtable_trans_huge_deposit(), mm/pgtable-generic.c.
export function pgtable_trans_huge_deposit(k: Kernel, mm: number, pmd: number, table: number): void {
  wait_under(k, pmd, table);
  k.add(k.w.mm.pgtables_bytes, mm, k.pageSize);
}

// Takes the table off its slot, which is empty then, so that nobody meets its entries meanwhile: VmPTE stays. The caller hangs
// it in again (pmd_populate) or lets it wait under a huge entry. Mirrors pmdp_collapse_flush(), mm/pgtable-generic.c.
export function pmdp_collapse_flush(k: Kernel, pmd: number): number {
  const table = Math.floor(k.w.pte.entry.data[pmd] / UNIT);
  k.set(k.w.pte.entry, pmd, 0);
  k.set(k.w.table.slot, table, WAITING);
  return table;
}

// The table waits under the slot's huge entry, which the caller sets; it is counted already. Mirrors
// pgtable_trans_huge_deposit(), mm/pgtable-generic.c.
export function wait_under(k: Kernel, pmd: number, table: number): void {
  const { table: t } = k.w;
  const above = Math.floor(pmd / k.geometry.stride);
  k.set(t.up, table, above + 1);
  k.set(t.huge_pte, table, t.huge_pte.data[above]);
  k.set(t.huge_pte, above, table + 1);
}

// The huge entry goes to another PMD of the address space, and a table of PTEs with it unless that is one of the same
// table's. Mirrors the part of move_huge_pmd(), mm/huge_memory.c, that asks pmd_move_must_withdraw().
export function pgtable_trans_huge_move(k: Kernel, from: number, to: number): void {
  const { stride } = k.geometry;
  if (Math.floor(from / stride) !== Math.floor(to / stride)) wait_under(k, to, pgtable_trans_huge_withdraw(k, from));
}

// One of the tables that wait there. Mirrors pgtable_trans_huge_withdraw(), mm/pgtable-generic.c.
export function pgtable_trans_huge_withdraw(k: Kernel, pmd: number): number {
  const { table: t } = k.w;
  const above = Math.floor(pmd / k.geometry.stride);
  const table = t.huge_pte.data[above] - 1;
  if (table < 0) bug(`pgtable_trans_huge_withdraw: no table waits under PMD ${pmd}`);
  k.set(t.huge_pte, above, t.huge_pte.data[table]);
  k.set(t.huge_pte, table, 0);
  k.set(t.up, table, 0);
  return table;
}

// The huge entry is gone, and with it the table that waited: VmPTE - one page. Mirrors zap_deposited_table(),
// mm/huge_memory.c.
export function zap_deposited_table(k: Kernel, mm: number, pmd: number): void {
  free_table(k, pgtable_trans_huge_withdraw(k, pmd));
  k.add(k.w.mm.pgtables_bytes, mm, -k.pageSize);
}

// Hangs a PTE table in the slot, in place of what stands there. Mirrors pmd_populate().
export function pmd_populate(k: Kernel, pmd: number, table: number): void {
  const { table: t } = k.w;
  const { stride } = k.geometry;
  const above = Math.floor(pmd / stride);
  k.set(t.up, table, above + 1);
  k.set(t.slot, table, pmd % stride);
  k.set(t.first, table, t.first.data[above] + (pmd % stride) * k.scales[1]);
  k.set(k.w.pte.entry, pmd, mk_pte(table, PTE_TABLE | PTE_PRESENT));
}

function free_table(k: Kernel, row: number): void {
  const { table, machine } = k.w;
  free_page(k, table.pfn.data[row]);
  k.set(table.mm, row, 0);
  k.set(table.pfn, row, 0);
  k.set(table.up, row, machine.free_table.data[0]);
  k.set(machine.free_table, 0, row + 1);
}

// Frees the tables that served [start, end) and that neither the VMA below floor nor the one from ceiling on needs.
// Mirrors free_pgd_range(), mm/memory.c: a table goes when all of its span lies in [floor, ceiling).
export function free_pgd_range(
  k: Kernel,
  mm: number,
  start: number,
  end: number,
  floor: number,
  ceiling: number,
): void {
  const pgd = k.w.mm.pgd.data[mm] - 1;
  if (pgd >= 0) free_range(k, mm, pgd, k.geometry.bits.length - 1, start, end, floor, ceiling);
}

function free_range(
  k: Kernel,
  mm: number,
  table: number,
  level: number,
  start: number,
  end: number,
  floor: number,
  ceiling: number,
): void {
  if (level === 0) return;
  const span = k.scales[level];
  const base = k.w.table.first.data[table];
  const slots = 2 ** k.geometry.bits[level];
  const low = Math.max(0, Math.floor((start - base) / span));
  const high = Math.min(slots - 1, Math.floor((end - 1 - base) / span));
  for (let slot = low; slot <= high; slot++) {
    const row = table * k.geometry.stride + slot;
    const entry = k.w.pte.entry.data[row];
    if ((entry & PTE_TABLE) === 0) continue;
    const child = Math.floor(entry / UNIT);
    free_range(k, mm, child, level - 1, start, end, floor, ceiling);
    const first = base + slot * span;
    if (first < floor || first + span > ceiling) continue;
    k.set(k.w.pte.entry, row, 0);
    free_table(k, child);
    if (level - 1 <= 2) k.add(k.w.mm.pgtables_bytes, mm, -k.pageSize);
  }
}

// What a walk does at a slot of a PMD that maps, or stands for, a whole folio: its row, the first page that it serves,
// and the part [from, to) of those that lies in the walk's range.
export type VisitHuge = (pmd: number, first: number, from: number, to: number, entry: number) => void;

// Calls visit(row, vpn, entry) for each slot of level 0 in [start, end) that is not empty, ascending. The visitor may
// change the entry that it is given. `huge` is called for each huge entry first: if a table stands in its place afterwards
// (it was split), the walk goes on there; without `huge` they are passed by.
// Mirrors walk_page_range(), mm/pagewalk.c.
export function walk_ptes(
  k: Kernel,
  mm: number,
  start: number,
  end: number,
  visit: (row: number, vpn: number, entry: number) => void,
  huge?: VisitHuge,
): void {
  const perTable = k.hpageNr;
  let vpn = start;
  while (vpn < end) {
    let row = pte_offset(k, mm, vpn);
    const stop = Math.min(end, (Math.floor(vpn / perTable) + 1) * perTable);
    if (row < 0 && huge !== undefined) {
      const pmd = pmd_offset(k, mm, vpn);
      const entry = pmd < 0 ? 0 : k.w.pte.entry.data[pmd];
      if (entry !== 0) {
        huge(pmd, vpn - (vpn % perTable), vpn, stop, entry);
        row = pte_offset(k, mm, vpn);
        if (row < 0) {
          vpn = stop;
          continue;
        }
      }
    }
    if (row < 0) {
      vpn = next_table(k, mm, vpn, end);
      continue;
    }
    for (let at = row; vpn < stop; vpn++, at++) {
      const entry = k.w.pte.entry.data[at];
      if (entry !== 0) visit(at, vpn, entry);
    }
  }
}

// The first page at or after vpn that a missing table does not hide: skips the largest hole.
export function next_table(k: Kernel, mm: number, vpn: number, end: number): number {
  const { bits, stride } = k.geometry;
  let table = k.w.mm.pgd.data[mm] - 1;
  if (table < 0) return end;
  for (let level = bits.length - 1; level > 0; level--) {
    const span = k.scales[level];
    const slot = Math.floor(vpn / span) % 2 ** bits[level];
    const entry = k.w.pte.entry.data[table * stride + slot];
    if ((entry & PTE_TABLE) === 0) return Math.min(end, (Math.floor(vpn / span) + 1) * span);
    table = Math.floor(entry / UNIT);
  }
  return vpn + 1;
}
