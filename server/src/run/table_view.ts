// Page tables as rows for people: what each table holds, what waits beside it, and what is mapped huge.

import { flagNames } from "../mm/flags.ts";
import { folio_test_hugetlb, page_folio } from "../mm/folio.ts";
import type { Kernel } from "../mm/kernel.ts";
import { followed } from "../mm/normal_page.ts";
import { tableEntries, topTable } from "../mm/observe.ts";
import { PTE_FLAG_NAMES, PTE_PRESENT, PTE_SPECIAL, pte_flags, pte_pfn } from "../mm/pgtable.ts";
import { is_migration_entry, migration_entry_pfn, SWP_FLAG_NAMES } from "../mm/swapops.ts";
import { entryText } from "./describe.ts";
import { kindOfFolio } from "./folio_view.ts";
import { address } from "./show.ts";

export interface EntryRow {
  // Level and address: `pmd 0x200000000000`.
  readonly name: string;
  // Row of the pte table of the world.
  readonly row: number;
  readonly level: string;
  readonly vpn: number;
  readonly present: boolean;
  // The lower table, of an entry that points to one.
  readonly table: number | undefined;
  // The mapped frame, of one that maps; of a huge one the first of `pages`.
  readonly pfn: number | undefined;
  // How many it translates: more than one of an entry above the PTEs that is no table.
  readonly pages: number;
  // writable, dirty, accessed, …; of an entry that is not present what it is: swap, migration, marker, exclusive, …
  readonly flags: readonly string[];
  // The whole entry in words: `pfn 7 writable dirty`, `swap slot 3 exclusive`, `guard`.
  readonly text: string;
}

// The table at the top of an address space, -1 without one; its rows are entryRows of it.
export function topTableOf(k: Kernel, mm: number): number {
  return topTable(k, mm);
}

// What a table holds, empty slots left out.
export function entryRows(k: Kernel, table: number): EntryRow[] {
  const level = k.geometry.names[k.w.table.level.data[table]];
  return tableEntries(k, table).map(({ row, vpn, entry, table: lower }) => {
    const present = (entry & PTE_PRESENT) !== 0;
    return {
      name: `${level} ${address(k, vpn)}`,
      row,
      level,
      vpn,
      present,
      table: lower,
      pfn: lower === undefined && present ? pte_pfn(entry) : undefined,
      pages: lower === undefined ? k.scales[k.w.table.level.data[table]] : 1,
      flags:
        lower === undefined
          ? flagNames(present ? PTE_FLAG_NAMES : SWP_FLAG_NAMES, pte_flags(entry)).filter((name) => name !== "present")
          : [],
      text: entryText(entry),
    };
  });
}

// The PTE tables that wait under the huge entries of a table of PMDs, for the day that one is split.
export function depositedTables(k: Kernel, table: number): number[] {
  const { huge_pte, pfn } = k.w.table;
  const found: number[] = [];
  for (let at = huge_pte.data[table]; at !== 0 && k.w.table.level.data[table] === 1; at = huge_pte.data[at - 1]) {
    found.push(pfn.data[at - 1]);
  }
  return found;
}

// What smaps_rollup prints of an address space's huge mappings, in bytes. Mirrors smaps_pmd_entry() and
// smaps_hugetlb_range(), fs/proc/task_mmu.c.
export interface HugeMappings {
  readonly AnonHugePages: number;
  readonly ShmemPmdMapped: number;
  readonly FilePmdMapped: number;
  readonly Hugetlb: number;
}

export function hugeMappings(k: Kernel, mm: number): HugeMappings {
  const sums = { AnonHugePages: 0, ShmemPmdMapped: 0, FilePmdMapped: 0, Hugetlb: 0 };
  const visit = (table: number): void => {
    for (const { entry, table: lower } of tableEntries(k, table)) {
      if (lower !== undefined && k.w.table.level.data[lower] > 0) visit(lower);
      if (lower !== undefined || entry & PTE_SPECIAL) continue;
      const frame = hugeFrame(k, entry);
      if (frame === undefined) continue;
      const kind = hugeKind(kindOfFolio(k, page_folio(k, frame)));
      sums[kind] += k.scales[k.w.table.level.data[table]] * k.pageSize;
    }
  };
  const top = topTable(k, mm);
  if (top >= 0) visit(top);
  return sums;
}

// The folio that a huge entry stands for: what it maps, or what migration has just taken away.
function hugeFrame(k: Kernel, entry: number): number | undefined {
  if (is_migration_entry(entry)) return migration_entry_pfn(entry);
  if ((entry & PTE_PRESENT) === 0) return undefined;
  return followed(k, entry) || folio_test_hugetlb(k, page_folio(k, pte_pfn(entry))) ? pte_pfn(entry) : undefined;
}

function hugeKind(kind: string): keyof HugeMappings {
  if (kind === "hugetlb") return "Hugetlb";
  if (kind === "anon") return "AnonHugePages";
  return kind === "shmem" ? "ShmemPmdMapped" : "FilePmdMapped";
}
