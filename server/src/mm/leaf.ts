// The entry that translates an address, whatever its level.

import type { Kernel } from "./kernel.ts";
import { mk_pte, PTE_TABLE, pmd_none_or_table, pmd_offset, pte_offset } from "./pgtable.ts";

// What translates a page: the entry's row, its level (0 = PTE, 1 = PMD), and the entry as it would be if it were a PTE of
// that very page, so that a huge one names the page in the middle of its folio.
export interface Leaf {
  readonly row: number;
  readonly level: number;
  readonly entry: number;
}

const NO_LEAF: Leaf = { row: -1, level: 0, entry: 0 };

export function leafAt(k: Kernel, mm: number, vpn: number): Leaf {
  if (mm < 0 || vpn >= k.geometry.taskPages) return NO_LEAF;
  const row = pte_offset(k, mm, vpn);
  if (row >= 0) return { row, level: 0, entry: k.w.pte.entry.data[row] };
  const pmd = pmd_offset(k, mm, vpn);
  const entry = pmd < 0 ? 0 : k.w.pte.entry.data[pmd];
  if (pmd_none_or_table(entry)) return NO_LEAF;
  return { row: pmd, level: 1, entry: entry + mk_pte(vpn % k.hpageNr, 0) };
}

// The entry of the slot if its table is in use and it leads to no further table; 0 otherwise.
export function leafEntry(k: Kernel, row: number): number {
  if (k.w.table.mm.data[Math.floor(row / k.geometry.stride)] === 0) return 0;
  const entry = k.w.pte.entry.data[row];
  return entry & PTE_TABLE ? 0 : entry;
}
