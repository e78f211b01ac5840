// The Machine scope: what there is once for all processes: free memory, swap, huge pages, the queue of folios to split.

import { deferred_split_queue } from "../mm/deferred_split.ts";
import { folioSummary } from "../run/folio_view.ts";
import { type Entry, indexed, named } from "./entry.ts";
import { READ_ONLY, type ScopeSpec, type View, worldOf } from "./scope.ts";
import { fieldEntries, valueEntry } from "./values.ts";

export const machineScope: ScopeSpec = {
  name: "Machine",
  expensive: false,
  children: (view) =>
    named(() => [
      ...fieldEntries(worldOf(view), "machine", { kind: "machine" }, view.style, "machine"),
      hugetlbPool(view),
      hugeZero(view),
      queue(view),
    ]),
};

// What /proc/meminfo tells of the pool, under the names of struct hstate.
function hugetlbPool(view: View): Entry {
  const { machine } = worldOf(view).w;
  const { nr_huge_pages, free_huge_pages, resv_huge_pages } = machine;
  const total = nr_huge_pages.data[0];
  const left = `${free_huge_pages.data[0]} free, ${resv_huge_pages.data[0]} of them reserved`;
  return {
    name: "hugetlb pool",
    value: total === 0 ? "none" : `${total === 1 ? "1 page" : `${total} pages`}, ${left}`,
    hint: READ_ONLY,
    children: named(() =>
      [nr_huge_pages, free_huge_pages, resv_huge_pages].map(({ name, data }) => ({
        name,
        value: `${data[0]}`,
        type: "counter, huge pages",
        hint: READ_ONLY,
        watched: () => [cell(name)],
      })),
    ),
  };
}

// Counted are the address spaces that hold on to it, and the shrinker.
function hugeZero(view: View): Entry {
  const k = worldOf(view);
  const { huge_zero_folio, huge_zero_refcount } = k.w.machine;
  const head = huge_zero_folio.data[0];
  const watched = () => [cell("huge_zero_folio"), cell("huge_zero_refcount")];
  const entry = { name: "huge_zero_refcount", type: "counter", hint: READ_ONLY, watched };
  if (head === 0) return { ...entry, value: "none: there is no huge zero folio" };
  return {
    ...entry,
    value: `${huge_zero_refcount.data[0]}`,
    children: named(() => [valueEntry(k, "folio", { kind: "folio", pfn: head }, view.style)]),
  };
}

// The oldest is split first.
function queue(view: View): Entry {
  const heads = deferred_split_queue(worldOf(view));
  return {
    name: "deferred_split_queue",
    value: heads.length === 1 ? "1 folio" : `${heads.length} folios`,
    hint: READ_ONLY,
    children: indexed(heads, (head) => {
      const k = worldOf(view);
      const entry = valueEntry(k, `folio ${head}`, { kind: "folio", pfn: head }, view.style);
      return { ...entry, value: folioSummary(k, head) };
    }),
  };
}

function cell(field: string) {
  return { kind: "cell", table: "machine", field, row: 0, mask: undefined, name: `machine ${field}` } as const;
}
