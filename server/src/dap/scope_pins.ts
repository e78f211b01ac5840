// The Pins scope: the references that pipes, rings and devices hold, with what they see.

import { type PinRow, pinRows } from "../run/views.ts";
import { type Entry, indexed, named } from "./entry.ts";
import { differs } from "./pinned_data.ts";
import { pinName, READ_ONLY, type ScopeSpec, type View, worldOf } from "./scope.ts";
import { fieldEntries, pageText, valueEntry } from "./values.ts";

export const pinsScope: ScopeSpec = {
  name: "Pins",
  expensive: false,
  children: (view) => indexed(pinRows(worldOf(view)), (row) => pinEntry(view, row)),
};

function pinEntry(view: View, row: PinRow): Entry {
  const name = pinName(view, row.pin);
  const apart = differs(worldOf(view), row.pin);
  return {
    name: name ?? row.name,
    value: `${row.kind} by ${row.owner}, ${row.flags.join("|")}${apart ? ", sees other bytes than its owner" : ""}`,
    type: "pin",
    hint: READ_ONLY,
    children: named(() => {
      const fields = fieldEntries(worldOf(view), "pin", { kind: "pin", pin: row.pin }, view.style, name);
      const differing = { name: "differs", value: apart ? "1" : "0", type: "truth", hint: READ_ONLY };
      return [pages(view, row), ...folios(view, row), ...fields.filter((field) => field.name !== "pages"), differing];
    }),
  };
}

// The large folios among them, each with the references that it has of the pin: `folio 512` ×8.
function folios(view: View, { folios: held }: PinRow): Entry[] {
  if (held.length === 0) return [];
  return [
    {
      name: "folios",
      value: held.map(({ head, refs }) => `folio ${head} ×${refs}`).join(", "),
      hint: READ_ONLY,
      children: indexed(held, ({ head, refs }) => {
        const entry = valueEntry(worldOf(view), `folio ${head}`, { kind: "folio", pfn: head }, view.style);
        return { ...entry, value: `×${refs}, ${entry.value}` };
      }),
    },
  ];
}

function pages(view: View, { pages: held }: PinRow): Entry {
  return {
    name: "pages",
    value: `${held.length}`,
    hint: READ_ONLY,
    children: indexed(held, (pfn, i) => ({
      name: `[${i}]`,
      value: pageText(worldOf(view), pfn),
      type: "page",
      memoryReference: `phys:${pfn}`,
      hint: READ_ONLY,
      children: named(() => fieldEntries(worldOf(view), "page", { kind: "page", pfn }, view.style)),
    })),
  };
}
