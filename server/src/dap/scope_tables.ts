// The Page tables scope: the tree of the frame's process, level by level, with the slots that are not empty.

import { mmOf } from "../mm/observe.ts";
import { address } from "../run/show.ts";
import { type EntryRow, entryRows, topTableOf } from "../run/views.ts";
import { type Children, type Entry, indexed, named } from "./entry.ts";
import { READ_ONLY, type ScopeSpec, taskName, type View, worldOf } from "./scope.ts";
import { fieldEntries } from "./values.ts";

export const tablesScope: ScopeSpec = {
  name: "Page tables",
  expensive: false,
  children: (view) => {
    const k = worldOf(view);
    const top = topTableOf(k, mmOf(k, view.task));
    return top < 0 ? undefined : slots(view, top);
  },
};

function slots(view: View, table: number): Children | undefined {
  return indexed(entryRows(worldOf(view), table), (row) =>
    row.table === undefined ? leaf(view, row) : inner(view, row, row.table),
  );
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
    value: row.present ? [`pfn ${row.pfn}`, ...row.flags].join(" ") : `not present: ${row.text}`,
    type: row.level,
    hint: READ_ONLY,
    memoryReference: `virt:${taskName(k, view.task)}:${address(k, row.vpn)}`,
    watched: () => [entryCell(row)],
    children: named(() => fieldEntries(worldOf(view), "pte", pte, view.style)),
  };
}

function entryCell({ row, name }: EntryRow) {
  return { kind: "cell", table: "pte", field: "entry", row, mask: undefined, name } as const;
}
