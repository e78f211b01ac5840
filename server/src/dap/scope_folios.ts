// The Folios scope: every folio in use that is no page table, with its counters and with who holds it.

import { folio_test_large } from "../mm/folio.ts";
import { usedFolios } from "../mm/observe.ts";
import { folioSummary } from "../run/folio_view.ts";
import { folioRow, type HolderRow } from "../run/views.ts";
import { type Entry, indexed, named } from "./entry.ts";
import { holdersEntry, largeFolioEntries, type Shown } from "./folio_tree.ts";
import { pinName, READ_ONLY, type ScopeSpec, type View, worldOf } from "./scope.ts";
import { fieldEntries } from "./values.ts";

export const foliosScope: ScopeSpec = {
  name: "Folios",
  expensive: false,
  children: (view) => indexed(usedFolios(worldOf(view)), (pfn) => folio(view, pfn)),
};

function folio(view: View, pfn: number): Entry {
  const k = worldOf(view);
  return {
    name: folioRow(k, pfn).name,
    value: folioSummary(k, pfn),
    type: "folio",
    memoryReference: `phys:${pfn}`,
    hint: READ_ONLY,
    children: named(() => parts(view, pfn)),
  };
}

function parts(view: View, pfn: number): Entry[] {
  const k = worldOf(view);
  const shown: Shown = {
    fields: (owner, value) => fieldEntries(k, owner, value, view.style),
    holderName: (row) => holderName(view, row),
  };
  if (folio_test_large(k, pfn)) return largeFolioEntries(k, pfn, shown);
  return [holdersEntry(k, pfn, shown), ...shown.fields("page", { kind: "page", pfn })];
}

// A pin goes by the name that the trace gave it.
export function holderName(view: View, row: HolderRow): string {
  return (row.pin === undefined ? undefined : pinName(view, row.pin)) ?? row.name;
}
