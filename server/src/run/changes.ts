// What changed in the world between two positions: each cell once, with its value before and after.

import type { Event } from "../mm/journal.ts";
import { describe, isBookkeeping, subject } from "./describe.ts";
import type { Recording } from "./recording.ts";

export interface ChangeRow {
  // What changed, without its value: `pfn 7 _refcount`. Unique.
  readonly name: string;
  // In the kernel's words: `pfn 7 refcount 1 → 2`.
  readonly text: string;
  readonly table: string;
  readonly row: number;
  readonly field: string;
  readonly from: number;
  readonly to: number;
  // The last event that wrote it.
  readonly event: number;
}

export interface Changes {
  readonly rows: readonly ChangeRow[];
  // More cells changed than were asked for.
  readonly more: boolean;
}

// A search through more events than this is cut: the newest ones count.
const MOST_EVENTS = 200_000;

// Between `from` and `to`, whichever is later; at most `most` cells, in the order of their first change. The kernel's
// cursor is left at `to`.
export function changes(recording: Recording, from: number, to: number, most: number): Changes {
  const { kernel } = recording;
  const low = Math.max(Math.min(from, to), Math.max(from, to) - MOST_EVENTS);
  const high = Math.max(from, to);
  const cells = new Map<string, { first: number; last: number }>();
  let more = low > Math.min(from, to);
  for (let at = low; at < high; at++) {
    const info = kernel.journal.info(at);
    if (info.kind !== "set" || isBookkeeping({ table: info.table, field: info.name })) continue;
    const key = `${info.id} ${kernel.journal.row(at)}`;
    const cell = cells.get(key);
    if (cell) cell.last = at;
    else if (cells.size < most) cells.set(key, { first: at, last: at });
    else more = true;
  }
  const rows: ChangeRow[] = [];
  for (const { first, last } of cells.values()) {
    const before = kernel.journal.from(first);
    const after = kernel.journal.to(last);
    if (before === after) continue;
    const [was, is] = from <= to ? [before, after] : [after, before];
    rows.push(changeRow(recording, { ...kernel.journal.at(last), from: was, to: is }, high));
  }
  kernel.seek(to);
  return { rows, more };
}

function changeRow(recording: Recording, event: Event, high: number): ChangeRow {
  const { kernel } = recording;
  // Rows are called as they are once everything has happened.
  kernel.seek(high);
  const { table, row, field, from, to, index } = event;
  return {
    name: `${subject(kernel, event)} ${field}`,
    text: describe(kernel, event),
    table,
    row,
    field,
    from,
    to,
    event: index,
  };
}
