// Which columns of the world a reader of the journal does not miss.

import type { Event } from "../mm/event.ts";

// Columns that the simulation keeps for itself: no counter of a kernel stands behind them, so no reader misses them.
const BOOKKEEPING: ReadonlySet<string> = new Set([
  "page.next_free",
  "page.unmapped_by",
  "batch_page.unlocks",
  "swap.next_free",
  "cache.file",
  "cache.index",
  "driver_page.file",
  "file.driver_pages",
]);
const BOOKKEEPING_TABLES: ReadonlySet<string> = new Set(["rows", "machine", "table", "free_area", "mm_ida"]);
// What the kernel counts of the machine as a whole.
const COUNTED: ReadonlySet<string> = new Set([
  "machine.huge_zero_folio",
  "machine.huge_zero_refcount",
  "machine.nr_huge_pages",
  "machine.free_huge_pages",
  "machine.resv_huge_pages",
]);

export function isBookkeeping({ table, field }: Pick<Event, "table" | "field">): boolean {
  const column = `${table}.${field}`;
  return BOOKKEEPING.has(column) || (BOOKKEEPING_TABLES.has(table) && !COUNTED.has(column));
}
