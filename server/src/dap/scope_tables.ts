// The Page tables scope: the tree of the frame's process, level by level, with the slots that are not empty.

import { is_huge_zero_folio, page_folio } from "../mm/folio.ts";
import type { Kernel } from "../mm/kernel.ts";
import { mmOf } from "../mm/observe.ts";
import { address } from "../run/show.ts";
import { depositedTables, type EntryRow, entryRows, topTableOf } from "../run/table_view.ts";
import { type Children, type Entry, indexed, named } from "./entry.ts";
import { READ_ONLY, type ScopeSpec, taskName, type View, worldOf } from "./scope.ts";
import { fieldEntries, valueEntry } from "./values.ts";

export const tablesScope: ScopeSpec = {
  name: "Page tables",
  expensive: false,
  children: (view) => {
    const k = worldOf(view);
    const top = topTableOf(k, mmOf(k, view.task));
    return top < 0 ? undefined : slots(view, top);
  },
};

// The slots of a table, and behind them the tables that wait under its huge entries.
function slots(view: View, table: number): Children | undefined {
  const k = worldOf(view);
  const waiting = depositedTables(k, table);
  const rows = [...entryRows(k, table), ...(waiting.length > 0 ? [waiting] : [])];
  return indexed(rows, (row) => {
    if (isWaiting(row)) return deposited(row);
    return row.table === undefined ? leaf(view, row) : inner(view, row, row.table);
  });
}

function isWaiting(row: EntryRow | readonly number[]): row is readonly number[] {
  return Array.isArray(row);
}

function deposited(pfns: readonly number[]): Entry {
  return {
    name: "deposited tables",
    value: `${pfns.length}: pfn ${pfns.slice(0, 8).join(" ")}${pfns.length > 8 ? " …" : ""}`,
    type: "tables",
    hint: READ_ONLY,
  };
}

function inner(view: View, row: EntryRow, table: number): Entry {
  const k = worldOf(view);
  return {
    name: row.name,
    value: `table in pfn ${k.w.table.pfn.data[table]}`,
    type: row.level,
    hint: READ_ONLY,
    watched: () => [entryCell(row)],
    children: slots(view, table),
  };
}

function leaf(view: View, row: EntryRow): Entry {
  const k = worldOf(view);
  const pte = { kind: "pte", task: view.task, vpn: row.vpn } as const;
  return {
    name: row.name,
    value: leafText(k, row),
    type: row.level,
    hint: READ_ONLY,
    memoryReference: `virt:${taskName(k, view.task)}:${address(k, row.vpn)}`,
    watched: () => [entryCell(row)],
    children: named(() => [...fieldEntries(worldOf(view), "pte", pte, view.style), ...folioOf(view, row)]),
  };
}

// `pfn 7 writable dirty`, `pfn 512…1023 huge writable dirty`, `not present: migration pfn 7 write`.
function leafText(k: Kernel, row: EntryRow): string {
  const huge = row.pages > 1 ? ["huge"] : [];
  if (row.pfn === undefined) return [...huge, `not present: ${row.text}`].join(" ");
  const zero = is_huge_zero_folio(k, row.pfn) ? ["(the huge zero folio)"] : [];
  const frames = row.pages > 1 ? `pfn ${row.pfn}…${row.pfn + row.pages - 1}` : `pfn ${row.pfn}`;
  return [frames, ...huge, ...row.flags, ...zero].join(" ");
}

// A huge entry leads to its folio.
function folioOf(view: View, { pages, pfn }: EntryRow): Entry[] {
  if (pages === 1 || pfn === undefined) return [];
  const k = worldOf(view);
  return [valueEntry(k, "folio", { kind: "folio", pfn: page_folio(k, pfn) }, view.style)];
}

function entryCell({ row, name }: EntryRow) {
  return { kind: "cell", table: "pte", field: "entry", row, mask: undefined, name } as const;
}
