// What changed in the world between two positions: each cell once, with its value before and after. Neighbours that
// changed alike in the same events are one change.

import { type Event, eventOfRow } from "../mm/event.ts";
import { isBookkeeping } from "./bookkeeping.ts";
import { WrittenCells } from "./changed_cells.ts";
import { describe, runSubject } from "./describe.ts";
import type { Recording } from "./recording.ts";

export interface ChangeRow {
  // What changed, without its value: `pfn 7 _refcount`, `pfn 512…1023 _mapcount`. Unique.
  readonly name: string;
  // In the kernel's words: `pfn 7 refcount 1 → 2`.
  readonly text: string;
  readonly table: string;
  // The first of `count` rows, and its values.
  readonly row: number;
  readonly count: number;
  readonly field: string;
  readonly from: number;
  readonly to: number;
  // The last event that wrote it.
  readonly event: number;
  // What changed in each of the rows, `most` of them from `start` on (0 is the first). Leaves the kernel's cursor alone.
  rows(start: number, most: number): ChangeRow[];
}

export interface Changes {
  readonly rows: readonly ChangeRow[];
  // More cells changed than were asked for.
  readonly more: boolean;
}

// A search through more events than this is cut: the newest ones count.
const MOST_EVENTS = 200_000;

// Between `from` and `to`, whichever is later; at most about `most` changes, in the order in which they first happened.
// The kernel's cursor is left at `to`.
export function changes(recording: Recording, from: number, to: number, most: number): Changes {
  const { kernel } = recording;
  const { journal } = kernel;
  const low = Math.max(Math.min(from, to), Math.max(from, to) - MOST_EVENTS);
  const high = Math.max(from, to);
  const columns = new Map<number, WrittenCells>();
  let more = low > Math.min(from, to);
  let known = 0;
  for (let at = low; at < high; at++) {
    const info = journal.info(at);
    if (info.kind !== "set" || isBookkeeping({ table: info.table, field: info.name })) continue;
    let cells = columns.get(info.id);
    if (cells === undefined) {
      cells = new WrittenCells();
      columns.set(info.id, cells);
    }
    const before = cells.all.length;
    if (cells.write(journal.row(at), journal.count(at), at, known < most)) more = true;
    known += cells.all.length - before;
  }
  const written = [...columns.values()].flatMap(({ all }) => all);
  written.sort((a, b) => a.first - b.first || a.row - b.row);
  const rows: ChangeRow[] = [];
  for (const { row, count, first, last } of written) {
    for (const [start, rest] of changing(row, count, (at) => journal.fromAt(first, at) !== journal.toAt(last, at))) {
      const ends = [start, start + Math.min(1, rest - 1)];
      const before = ends.map((at) => journal.fromAt(first, at));
      const after = ends.map((at) => journal.toAt(last, at));
      const [was, is] = from <= to ? [before, after] : [after, before];
      const steps = { fromStep: was[1] - was[0], toStep: is[1] - is[0] };
      const event = { ...journal.at(last), row: start, count: rest, from: was[0], to: is[0], ...steps };
      rows.push(changeRow(recording, event, high));
    }
  }
  kernel.seek(to);
  return { rows, more };
}

// The rows that are not after all what they were before, as first rows and how many follow.
function changing(row: number, count: number, changes: (row: number) => boolean): [row: number, count: number][] {
  const found: [number, number][] = [];
  for (let at = row; at < row + count; at++) {
    if (!changes(at)) continue;
    const last = found[found.length - 1];
    if (last && last[0] + last[1] === at) last[1]++;
    else found.push([at, 1]);
  }
  return found;
}

function changeRow(recording: Recording, event: Event, high: number): ChangeRow {
  const { kernel } = recording;
  // Rows are called as they are once everything has happened.
  kernel.seek(high);
  const { table, row, count, field, from, to, index } = event;
  return {
    name: `${runSubject(kernel, event)} ${field}`,
    text: describe(kernel, event),
    table,
    row,
    count,
    field,
    from,
    to,
    event: index,
    rows: (start, most) => {
      const back = kernel.position;
      const end = Math.min(count, start + most);
      const all: ChangeRow[] = [];
      for (let i = start; i < end; i++) all.push(changeRow(recording, eventOfRow(event, row + i), high));
      kernel.seek(back);
      return all;
    },
  };
}
