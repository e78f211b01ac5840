// The Process scope: the counters and the VMAs of the frame's process.

import { mmOf, vmasOf } from "../mm/observe.ts";
import { hexRange } from "../run/show.ts";
import { hugeMappings } from "../run/table_view.ts";
import { vmaRow } from "../run/views.ts";
import { type Entry, indexed, named } from "./entry.ts";
import { READ_ONLY, type ScopeSpec, taskName, type View, worldOf } from "./scope.ts";
import { fieldEntries } from "./values.ts";

export const processScope: ScopeSpec = {
  name: "Process",
  expensive: false,
  children: (view) =>
    named(() => {
      const k = worldOf(view);
      const process = { kind: "process", task: view.task } as const;
      return [mappings(view), huge(view), ...fieldEntries(k, "process", process, view.style, taskName(k, view.task))];
    }),
};

function mappings(view: View): Entry {
  const k = worldOf(view);
  const vmas = vmasOf(k, mmOf(k, view.task));
  return {
    name: "mappings",
    value: `${vmas.length} VMAs`,
    hint: READ_ONLY,
    children: indexed(vmas, (vma) => mapping(view, vma)),
  };
}

// What smaps tells of huge mappings.
function huge(view: View): Entry {
  const k = worldOf(view);
  const sums = Object.entries(hugeMappings(k, mmOf(k, view.task)));
  const told = sums.filter(([, bytes]) => bytes > 0).map(([name, bytes]) => `${name} ${bytes / 1024} kB`);
  return {
    name: "huge mappings",
    value: told.join(", ") || "none",
    hint: READ_ONLY,
    children: named(() =>
      sums.map(([name, bytes]) => ({ name, value: `${bytes / 1024} kB`, type: "number, kB", hint: READ_ONLY })),
    ),
  };
}

// Named by where it starts, as a line of /proc/PID/maps begins.
function mapping(view: View, vma: number): Entry {
  const k = worldOf(view);
  const row = vmaRow(k, vma);
  const marks = row.flags.filter((flag) => NOTABLE.includes(flag));
  return {
    name: row.name,
    value: [`${hexRange(k, row.start, row.end)} ${row.prot}`, row.what, ...marks].join(" "),
    type: "vma",
    hint: READ_ONLY,
    memoryReference: `virt:${taskName(k, view.task)}:${row.name}`,
    watched: () =>
      (["start", "end", "flags", "mm"] as const).map((field) => ({
        kind: "cell",
        table: "vma",
        field,
        row: vma,
        mask: undefined,
        name: `the mapping at ${row.name}`,
      })),
    children: named(() => fieldEntries(worldOf(view), "vma", { kind: "vma", vma }, view.style)),
  };
}

// Flags that the protection's letters do not say.
const NOTABLE = [
  "growsdown",
  "pfnmap",
  "locked",
  "io",
  "dontfork",
  "dontexpand",
  "noreserve",
  "hugetlb",
  "wipeonfork",
  "mixedmap",
];
