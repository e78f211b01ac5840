// The Changes scope: what is different now from where the debugger stood before it moved, forwards or backwards.

import { type ChangeRow, changes } from "../run/changes.ts";
import { type Entry, indexed } from "./entry.ts";
import { position } from "./moment.ts";
import { READ_ONLY, type ScopeSpec } from "./scope.ts";

export const changesScope: ScopeSpec = {
  name: "Changes",
  expensive: false,
  children: ({ timeline }) => {
    const from = position(timeline.recording, timeline.previous);
    const { rows } = changes(timeline.recording, from, timeline.position, MOST);
    const seen = new Map<string, number>();
    for (const { name } of rows) seen.set(name, (seen.get(name) ?? 0) + 1);
    return indexed(rows, (row) => changeEntry(row, (seen.get(row.name) ?? 0) > 1));
  },
};

// A jump over a whole trace changes more than a person reads.
const MOST = 5000;

// Two mappings that stood at one address, one after the other, are told apart by their rows. Rows that changed alike
// are opened to see each of them.
function changeEntry(change: ChangeRow, isAmbiguous: boolean): Entry {
  const { name, table, field, row, count } = change;
  const entry = { name: isAmbiguous ? `${name} #${row}` : name, value: changeValue(change), hint: READ_ONLY };
  if (count === 1) {
    return { ...entry, watched: () => [{ kind: "cell", table, field, row, mask: undefined, name }] };
  }
  return {
    ...entry,
    children: {
      kind: "indexed",
      count,
      page: (start, most) => change.rows(start, most).map((one) => changeEntry(one, isAmbiguous)),
    },
  };
}

// The line of the change without what the row's name says: of `pfn 7 refcount 1 → 2`, beside `pfn 7 _refcount`, `1 → 2`.
function changeValue({ name, field, text }: ChangeRow): string {
  const subject = name.slice(0, name.length - field.length);
  if (!text.startsWith(subject)) return text;
  const told = text.slice(subject.length);
  const called = `${field.replace(/^_/, "")} `;
  return told.startsWith(called) ? told.slice(called.length) : told;
}
