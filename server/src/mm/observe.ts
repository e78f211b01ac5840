// Looking at the world at the cursor, without changing it: pages, entries, VMAs, tables, holders.

import { PIN_KINDS, type PinKind } from "./abi.ts";
import { PG_table } from "./flags.ts";
import { type HolderGroup, holderGroups, places } from "./holder_groups.ts";
import type { Kernel } from "./kernel.ts";
import { leafAt } from "./leaf.ts";
import { cached_slots } from "./page_cache.ts";
import { PTE_PRESENT, PTE_TABLE, pte_pfn } from "./pgtable.ts";
import { is_migration_entry, is_swap_entry, migration_entry_pfn, swp_offset } from "./swapops.ts";

export { type Leaf, leafAt } from "./leaf.ts";

// The address space of a task, or -1 when the task is dead.
export function mmOf(k: Kernel, task: number): number {
  return k.w.task.alive.data[task] === 1 ? k.w.task.mm.data[task] - 1 : -1;
}

// The entry that translates the page, 0 for none.
export function pteAt(k: Kernel, mm: number, vpn: number): number {
  return leafAt(k, mm, vpn).entry;
}

// The frame that the entry maps, special or not; -1 for none.
export function pageAt(k: Kernel, mm: number, vpn: number): number {
  const entry = pteAt(k, mm, vpn);
  return entry & PTE_PRESENT ? pte_pfn(entry) : -1;
}

// The VMA that holds the page, or -1.
export function vmaAt(k: Kernel, mm: number, vpn: number): number {
  return mm < 0 ? -1 : k.vmas.lookup(mm, vpn);
}

// The VMAs of an address space, ascending.
export function vmasOf(k: Kernel, mm: number): readonly number[] {
  return mm < 0 ? [] : k.vmas.of(mm);
}

// The content that the page's bytes come from, also while they are in swap; -1 where there are none.
export function contentOf(k: Kernel, mm: number, vpn: number): number {
  const entry = pteAt(k, mm, vpn);
  if (entry & PTE_PRESENT) return k.w.page.content.data[pte_pfn(entry)];
  if (is_swap_entry(entry)) return swapContent(k, swp_offset(entry));
  return is_migration_entry(entry) ? k.w.page.content.data[migration_entry_pfn(entry)] : -1;
}

// What a swap slot stands for: the page in the swap cache is newer than what the device holds.
export function swapContent(k: Kernel, slot: number): number {
  const { cache, content } = k.w.swap;
  return cache.data[slot] === 0 ? content.data[slot] : k.w.page.content.data[cache.data[slot] - 1];
}

// The swap slots that an entry names or a page is cached for, ascending.
export function usedSlots(k: Kernel): number[] {
  const { count, cache } = k.w.swap;
  const last = k.rows(k.w.machine) === 0 ? 0 : k.w.machine.next_swap.data[0];
  return range(last + 1).filter((slot) => count.data[slot] !== 0 || cache.data[slot] !== 0);
}

// Who names a swap slot: an entry of a page table, or the page cache of shared memory.
export type SwapUser =
  | { readonly kind: "pte"; readonly slot: number; readonly mm: number; readonly vpn: number; readonly row: number }
  | {
      readonly kind: "cache";
      readonly slot: number;
      readonly file: number;
      readonly index: number;
      readonly row: number;
    };

export function forEachSwapUser(k: Kernel, visit: (user: SwapUser) => void): void {
  const { table, pte, cache } = k.w;
  const { stride } = k.geometry;
  for (let at = 0; at < k.rows(table); at++) {
    const mm = table.mm.data[at] - 1;
    if (mm < 0) continue;
    for (let row = at * stride; row < (at + 1) * stride; row++) {
      const entry = pte.entry.data[row];
      if (entry & (PTE_PRESENT | PTE_TABLE) || !is_swap_entry(entry)) continue;
      const vpn = table.first.data[at] + (row - at * stride) * k.scales[table.level.data[at]];
      visit({ kind: "pte", slot: swp_offset(entry), mm, vpn, row });
    }
  }
  for (let row = 0; row < k.rows(cache); row++) {
    const slot = cache.swap.data[row];
    if (slot !== 0) visit({ kind: "cache", slot, file: cache.file.data[row] - 1, index: cache.index.data[row], row });
  }
}

// The tasks that run in an address space, in the order of their making.
export function tasksOf(k: Kernel, mm: number): number[] {
  const { task } = k.w;
  return range(k.rows(task)).filter((row) => task.alive.data[row] === 1 && task.mm.data[row] === mm + 1);
}

export function liveTasks(k: Kernel): number[] {
  return range(k.rows(k.w.task)).filter((row) => k.w.task.alive.data[row] === 1);
}

export function livePins(k: Kernel): number[] {
  return range(k.rows(k.w.pin)).filter((row) => k.w.pin.live.data[row] === 1);
}

export function pinKind(k: Kernel, pin: number): PinKind {
  return PIN_KINDS[k.w.pin.kind.data[pin]];
}

// The page caches that a file's rows hold: pairs of page offset and frame.
export function cachedPages(k: Kernel, file: number): { index: number; pfn: number }[] {
  const { cache } = k.w;
  return cached_slots(k, file, 0, Number.POSITIVE_INFINITY).map((slot) => ({
    index: cache.index.data[slot],
    pfn: cache.pfn.data[slot],
  }));
}

// The holders of the folio of one frame, neighbours as one, each with a text that says who it is.
export function holdersOf(k: Kernel, pfn: number): (HolderGroup & { readonly text: string })[] {
  return holderGroups(k, pfn).map((group) => ({ ...group, text: holderText(k, group) }));
}

function holderText(k: Kernel, { holder, length, part }: HolderGroup): string {
  const space = (mm: number) =>
    tasksOf(k, mm)
      .map((task) => k.side.taskNames[task])
      .join("+");
  switch (holder.kind) {
    case "pte":
      return `${space(holder.mm)} 0x${(holder.vpn * k.pageSize).toString(16)}${part}`;
    case "page cache":
      return `page cache of ${fileText(k, holder.file)} ${places("page", holder.index, length)}`;
    case "swap cache":
      return `swap cache, ${places("slot", holder.slot, length)}`;
    case "pin":
      return `${pinKind(k, holder.pin)} by ${k.side.taskNames[k.w.pin.owner.data[holder.pin] - 1]}`;
    case "page table":
      return `page table of ${space(holder.mm)} (${k.geometry.names[holder.level]})`;
    case "LRU batch":
      return `LRU batch ${holder.batch}`;
    case "driver":
      return `driver of ${fileText(k, holder.file)} page ${holder.index}`;
    case "mapping":
      return `the mapping ${space(holder.mm)} 0x${(holder.vpn * k.pageSize).toString(16)} itself`;
    case "reference page":
      return `reference page of ${fileText(k, holder.file)}`;
    case "reserved":
      return "reserved by the kernel";
  }
}

function fileText(k: Kernel, file: number): string {
  return k.side.fileNames[file] ?? `file ${file}`;
}

// Every folio in use, by its head, ascending.
function usedPages(k: Kernel): number[] {
  const { _refcount } = k.w.page;
  const last = k.rows(k.w.machine) === 0 ? 0 : k.w.machine.next_pfn.data[0];
  return range(last).filter((pfn) => _refcount.data[pfn] !== 0);
}

// Frames in use that are no page tables.
export function usedFolios(k: Kernel): number[] {
  return usedPages(k).filter((pfn) => (k.w.page.flags.data[pfn] & PG_table) === 0);
}

// One slot of a page table that is not empty.
export interface TableEntry {
  readonly row: number;
  readonly slot: number;
  // The first virtual page that the slot translates.
  readonly vpn: number;
  readonly entry: number;
  // The lower table, when the entry points to one.
  readonly table: number | undefined;
}

// The top table of an address space, or -1.
export function topTable(k: Kernel, mm: number): number {
  return mm < 0 ? -1 : k.w.mm.pgd.data[mm] - 1;
}

export function tableEntries(k: Kernel, table: number): TableEntry[] {
  const level = k.w.table.level.data[table];
  const base = table * k.geometry.stride;
  const entries: TableEntry[] = [];
  for (let slot = 0; slot < 2 ** k.geometry.bits[level]; slot++) {
    const entry = k.w.pte.entry.data[base + slot];
    if (entry === 0) continue;
    entries.push({
      row: base + slot,
      slot,
      vpn: k.w.table.first.data[table] + slot * k.scales[level],
      entry,
      table: entry & PTE_TABLE ? pte_pfn(entry) : undefined,
    });
  }
  return entries;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
