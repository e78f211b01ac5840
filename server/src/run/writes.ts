// Who wrote a value, and when: one search over the events, in either direction.
//
// A cell is one field of one row of the world. Data breakpoints, "who changed this counter?" and `why` all come here.

import { type Journal, MOST_FIELDS } from "../mm/journal.ts";
import type { Kernel } from "../mm/kernel.ts";
import type { Field } from "../mm/world.ts";

export interface Cell {
  readonly field: Field;
  readonly row: number;
}

// The last event before `position` that wrote the cell, -1 without one.
export function writeBefore(journal: Journal, cell: Cell, position: number): number {
  const { id } = cell.field;
  for (let at = Math.min(position, journal.length) - 1; at >= 0; at--) {
    if (journal.field(at) === id && journal.covers(at, cell.row)) return at;
  }
  return -1;
}

// The first event at or after `position` that writes the cell, -1 without one.
export function writeFrom(journal: Journal, cell: Cell, position: number): number {
  const { id } = cell.field;
  for (let at = position; at < journal.length; at++) {
    if (journal.field(at) === id && journal.covers(at, cell.row)) return at;
  }
  return -1;
}

// All events before `position` that wrote the cell, newest first, at most `most`; it stops after the one that
// `enough` says yes to.
export function writesBefore(
  journal: Journal,
  cell: Cell,
  position: number,
  most: number,
  enough: (event: number) => boolean = () => false,
): number[] {
  const found: number[] = [];
  for (let at = writeBefore(journal, cell, position); at >= 0 && found.length < most; ) {
    found.push(at);
    if (enough(at)) break;
    at = writeBefore(journal, cell, at);
  }
  return found;
}

// The nearest event that writes any of the cells: forwards from `position`, or backwards from before it; -1 at the end.
export function nextWrite(
  journal: Journal,
  cells: readonly Cell[],
  position: number,
  direction: "forwards" | "backwards",
): number {
  if (cells.length === 0) return -1;
  const keys = new Set(cells.map((cell) => key(cell.field.id, cell.row)));
  const fields = new Set(cells.map((cell) => cell.field.id));
  const step = direction === "forwards" ? 1 : -1;
  for (let at = direction === "forwards" ? position : position - 1; at >= 0 && at < journal.length; at += step) {
    const field = journal.field(at);
    if (fields.has(field) && journal.some(at, (row) => keys.has(key(field, row)))) return at;
  }
  return -1;
}

// What the cell held when `position` events had happened, without moving the kernel's cursor.
export function valueAt(k: Kernel, cell: Cell, position: number): number {
  if (position >= k.position) {
    const next = writeBefore(k.journal, cell, position);
    return next >= k.position ? k.journal.toAt(next, cell.row) : cell.field.data[cell.row];
  }
  const next = writeFrom(k.journal, cell, position);
  return next >= 0 && next < k.position ? k.journal.fromAt(next, cell.row) : cell.field.data[cell.row];
}

function key(field: number, row: number): number {
  return row * MOST_FIELDS + field;
}
