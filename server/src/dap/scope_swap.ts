// The Swap scope: the slots of the swap device that are in use, with what they hold and which entries name them.

import { usedSlots } from "../mm/observe.ts";
import { type SwapRow, type SwapUserRow, swapRow, swapUserRows } from "../run/swap_view.ts";
import { type Entry, indexed, named } from "./entry.ts";
import { READ_ONLY, type ScopeSpec, type View, worldOf } from "./scope.ts";
import { fieldEntries, pageText } from "./values.ts";

export const swapScope: ScopeSpec = {
  name: "Swap",
  expensive: false,
  children: (view) => indexed(usedSlots(worldOf(view)), (slot) => slotEntry(view, slot)),
};

function slotEntry(view: View, slot: number): Entry {
  const row = swapRow(worldOf(view), slot);
  return {
    name: row.name,
    value: summary(row),
    type: "swap slot",
    hint: READ_ONLY,
    watched: () => [cell(row, "count"), cell(row, "cache"), cell(row, "content")],
    children: named(() => [
      { name: "count", value: `${row.count}`, type: "counter", hint: READ_ONLY, watched: () => [cell(row, "count")] },
      entries(view, row),
      { name: "content", value: row.content, type: "bytes", hint: READ_ONLY, watched: () => [cell(row, "content")] },
      cacheEntry(view, row),
    ]),
  };
}

function summary({ count, cache, content }: SwapRow): string {
  const names = count === 0 ? "no entry" : count === 1 ? "1 entry" : `${count} entries`;
  return `${names} ${content}${cache === undefined ? "" : `, in the swap cache as pfn ${cache}`}`;
}

// Who names the slot is found when somebody opens it: that walks over all page tables.
function entries(view: View, { slot, count }: SwapRow): Entry {
  return {
    name: "entries",
    value: `${count}`,
    hint: READ_ONLY,
    children: count === 0 ? undefined : users(view, slot, count),
  };
}

function users(view: View, slot: number, count: number): Entry["children"] {
  return {
    kind: "indexed",
    count,
    page: (start, length) =>
      swapUserRows(worldOf(view), slot)
        .slice(start, start + length)
        .map(userEntry),
  };
}

function userEntry({ name, kind, text, row }: SwapUserRow): Entry {
  const column =
    kind === "pte" ? ({ table: "pte", field: "entry" } as const) : ({ table: "cache", field: "swap" } as const);
  return {
    name,
    value: text,
    type: kind,
    hint: READ_ONLY,
    watched: () => [{ kind: "cell", ...column, row, mask: undefined, name }],
  };
}

// The page that is in memory for the slot.
function cacheEntry(view: View, row: SwapRow): Entry {
  const { cache } = row;
  const entry = { name: "cache", type: "page", hint: READ_ONLY, watched: () => [cell(row, "cache")] };
  if (cache === undefined) return { ...entry, value: "none" };
  return {
    ...entry,
    value: pageText(worldOf(view), cache),
    memoryReference: `phys:${cache}`,
    children: named(() => fieldEntries(worldOf(view), "page", { kind: "page", pfn: cache }, view.style)),
  };
}

function cell({ name, slot }: SwapRow, field: "count" | "cache" | "content") {
  return { kind: "cell", table: "swap", field, row: slot, mask: undefined, name: `swap ${name} ${field}` } as const;
}
