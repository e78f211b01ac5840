// A large folio as a tree: who holds which part of it, its pages in runs of equal ones, its counters, its head.

import type { FieldOwner } from "../lang/fields.ts";
import type { Value } from "../lang/value.ts";
import { deferred_split_queue } from "../mm/deferred_split.ts";
import { FOLIO_FLAG_NAMES, flagNames } from "../mm/flags.ts";
import { folio_nr_pages, large_folio, page_folio } from "../mm/folio.ts";
import { places } from "../mm/holder_groups.ts";
import type { Kernel } from "../mm/kernel.ts";
import { mmIdText, nrPagesMapped } from "../run/folio_text.ts";
import { ownSummary, type PageRun, pageRuns, pageSummary } from "../run/folio_view.ts";
import { type HolderRow, holderRowsOf } from "../run/views.ts";
import { type Entry, indexed, named } from "./entry.ts";
import { READ_ONLY } from "./scope.ts";

// How the tree around it shows fields of a value, and calls a holder.
export interface Shown {
  fields(owner: FieldOwner, value: Value): Entry[];
  holderName(row: HolderRow): string;
}

// Fields that stand in the tree as branches.
const OPENED = ["holders", "pages"];

export function largeFolioEntries(k: Kernel, pfn: number, shown: Shown): Entry[] {
  const head = page_folio(k, pfn);
  const row = large_folio(k, head);
  return [
    holdersEntry(k, head, shown),
    pagesEntry(k, head, shown),
    ...shown
      .fields("folio", { kind: "folio", pfn: head })
      .filter(({ name }) => !OPENED.includes(name))
      .map((entry) => explained(k, row, entry)),
    flagsEntry(k, row),
    queueEntry(k, row),
    pageEntry("head", head, pageSummary(k, head), shown),
  ];
}

// The references that add up to the refcount.
export function holdersEntry(k: Kernel, pfn: number, { holderName }: Pick<Shown, "holderName">): Entry {
  const rows = holderRowsOf(k, pfn);
  const names = rows.slice(0, 3).map(holderName);
  return {
    name: "holders",
    value: rows.length > 3 ? `${names.join(", ")} and ${rows.length - 3} more` : names.join(", "),
    hint: READ_ONLY,
    children: indexed(rows, (row) => ({
      name: holderName(row),
      value: `${row.count}`,
      type: row.kind,
      hint: READ_ONLY,
    })),
  };
}

// The runs are made when somebody opens them.
function pagesEntry(k: Kernel, head: number, shown: Shown): Entry {
  const runs = pageRuns(k, head);
  return {
    name: "pages",
    value: `${folio_nr_pages(k, head)}, ${runs.length === 1 ? "all alike" : `${runs.length} runs of equal ones`}`,
    hint: READ_ONLY,
    children: indexed(runs, (run) => runEntry(k, head, run, shown)),
  };
}

function runEntry(k: Kernel, head: number, { first, count }: PageRun, shown: Shown): Entry {
  const name = places("page", first, count);
  if (count === 1) return onePage(k, head, first, shown);
  return {
    name,
    value: ownSummary(k, head + first),
    type: "pages",
    memoryReference: `phys:${head + first}`,
    hint: READ_ONLY,
    children: {
      kind: "indexed",
      count,
      page: (start, length) =>
        Array.from({ length: Math.max(0, Math.min(length, count - start)) }, (_, i) =>
          onePage(k, head, first + start + i, shown),
        ),
    },
  };
}

function onePage(k: Kernel, head: number, index: number, shown: Shown): Entry {
  const pfn = head + index;
  return pageEntry(`page ${index}`, pfn, `pfn ${pfn} ${ownSummary(k, pfn)}`, shown);
}

function pageEntry(name: string, pfn: number, value: string, shown: Shown): Entry {
  const ofPage = () => shown.fields("page", { kind: "page", pfn }).filter((entry) => entry.name !== "folio");
  return {
    name,
    value,
    type: "page",
    memoryReference: `phys:${pfn}`,
    hint: READ_ONLY,
    watched: () => [cell("page", "_mapcount", pfn, `pfn ${pfn} mapcount`)],
    children: named(ofPage),
  };
}

// Numbers that stand for something, with what they stand for.
function explained(k: Kernel, row: number, entry: Entry): Entry {
  const { folio } = k.w;
  const note = {
    mm_id0: () => mmIdText(k, folio._mm_id0.data[row]),
    mm_id1: () => mmIdText(k, folio._mm_id1.data[row]),
    nr_pages_mapped: () => nrPagesMapped(folio._nr_pages_mapped.data[row]),
  }[entry.name];
  const text = entry.value === "none" ? undefined : note?.();
  if (text === undefined || text === entry.value) return entry;
  return { ...entry, value: text.startsWith(entry.value) ? text : `${entry.value} (${text})` };
}

function flagsEntry(k: Kernel, row: number): Entry {
  return {
    name: "flags",
    value: flagNames(FOLIO_FLAG_NAMES, k.w.folio.flags.data[row]).join("|") || "none",
    type: "words",
    hint: READ_ONLY,
    watched: () => [cell("folio", "flags", row, "flags of the folio")],
  };
}

function queueEntry(k: Kernel, row: number): Entry {
  const queue = deferred_split_queue(k);
  const place = queue.indexOf(k.w.folio.head.data[row]);
  return {
    name: "deferred_split",
    value: place < 0 ? "not queued" : `place ${place + 1} of ${queue.length}`,
    type: "string",
    hint: READ_ONLY,
    watched: () => [cell("folio", "deferred", row, "place in the deferred split queue")],
  };
}

function cell(table: string, field: string, row: number, name: string) {
  return { kind: "cell", table, field, row, mask: undefined, name } as const;
}
