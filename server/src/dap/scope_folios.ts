// The Folios scope: every frame in use that is no page table, with its counters and with who holds it.

import { usedFolios } from "../mm/observe.ts";
import { folioRow, type HolderRow, holderRowsOf } from "../run/views.ts";
import { type Entry, indexed, named } from "./entry.ts";
import { pinName, READ_ONLY, type ScopeSpec, type View, worldOf } from "./scope.ts";
import { fieldEntries, pageSummary } from "./values.ts";

export const foliosScope: ScopeSpec = {
  name: "Folios",
  expensive: false,
  children: (view) => indexed(usedFolios(worldOf(view)), (pfn) => folio(view, pfn)),
};

function folio(view: View, pfn: number): Entry {
  const k = worldOf(view);
  return {
    name: folioRow(k, pfn).name,
    value: pageSummary(k, pfn),
    type: "folio",
    memoryReference: `phys:${pfn}`,
    hint: READ_ONLY,
    children: named(() => [
      holders(view, pfn),
      ...fieldEntries(worldOf(view), "page", { kind: "page", pfn }, view.style),
    ]),
  };
}

// The references that add up to the refcount.
export function holders(view: View, pfn: number): Entry {
  const rows = holderRowsOf(worldOf(view), pfn);
  const names = rows.slice(0, 3).map((row) => holderName(view, row));
  return {
    name: "holders",
    value: rows.length > 3 ? `${names.join(", ")} and ${rows.length - 3} more` : names.join(", "),
    hint: READ_ONLY,
    children: indexed(rows, (row) => ({
      name: holderName(view, row),
      value: `${row.count}`,
      type: row.kind,
      hint: READ_ONLY,
    })),
  };
}

// A pin goes by the name that the trace gave it.
export function holderName(view: View, row: HolderRow): string {
  return (row.pin === undefined ? undefined : pinName(view, row.pin)) ?? row.name;
}
