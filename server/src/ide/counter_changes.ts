// What a step changed, net: `pfn 7 ref 2 → 1 map 2 → 1`, `main rss_anon 1 → 2`, `pte main 0x200000000000 → guard`.

import {
  flagNames,
  PAGE_FLAG_NAMES,
  PG_anon,
  PG_anon_exclusive,
  PG_dirty,
  PG_ksm,
  PG_swapcache,
  PG_table,
} from "../mm/flags.ts";
import type { Kernel } from "../mm/kernel.ts";
import { is_swap_pte } from "../mm/swapops.ts";
import { entryText, mmName, subject } from "../run/describe.ts";
import type { Recording } from "../run/recording.ts";

// So many objects are told one by one; of the rest there is a count.
const TOLD = 4;
// Of a step of more events than this only their number is told.
const READ = 50_000;
// The flags that decide what a write does.
const FLAGS = PG_anon | PG_anon_exclusive | PG_dirty | PG_ksm | PG_swapcache;

interface Change {
  readonly row: number;
  readonly from: number;
  to: number;
}

export function counterChanges(recording: Recording, step: number): string[] {
  const { steps, kernel: k } = recording;
  const [start, end] = [steps.start(step), steps.end(step)];
  if (end - start > READ) return [`${(end - start).toLocaleString("en-US")} events`];
  const changes = netChanges(k, start, end);
  const { _refcount, _mapcount, flags } = k.w.page;
  const { rss_anon, rss_file, rss_shmem, rss_swap } = k.w.mm;
  const of = (field: { readonly id: number }) => changes.get(field.id) ?? new Map<number, Change>();
  const pageFlags = of(flags);
  const isTable = (pfn: number) => {
    const change = pageFlags.get(pfn);
    return change !== undefined && ((change.from | change.to) & PG_table) !== 0;
  };
  const touched = [...new Set([_refcount, _mapcount, flags].flatMap((field) => [...of(field).keys()]))];
  const pages = touched
    .filter((pfn) => !isTable(pfn))
    .map((pfn) => ({
      pfn,
      parts: [
        counter("ref", of(_refcount).get(pfn)),
        counter("map", of(_mapcount).get(pfn)),
        flagChange(pageFlags.get(pfn)),
      ].filter((part) => part !== ""),
    }))
    .filter(({ parts }) => parts.length > 0)
    .map(({ pfn, parts }) => `pfn ${pfn} ${parts.join(" ")}`);
  const cursor = k.position;
  k.seek(end);
  const spaces = [rss_anon, rss_file, rss_shmem, rss_swap].flatMap((field) =>
    [...of(field).values()].map((change) => `${mmName(k, change.row)} ${counter(field.name, change)}`),
  );
  const entries = [...of(k.w.pte.entry).values()]
    .filter(({ to }) => is_swap_pte(to))
    .map(({ row, to }) => `${subject(k, { table: "pte", row })} → ${entryText(to)}`);
  k.seek(cursor);
  return [
    ...pages.slice(0, TOLD),
    ...more(pages.length - TOLD, "page"),
    ...entries.slice(0, TOLD),
    ...more(entries.length - TOLD, "entry"),
    ...spaces,
    ...tables(of(flags)),
  ];
}

// The first and last value of each field and row that [start, end) changed, by field and row.
function netChanges(k: Kernel, start: number, end: number): Map<number, Map<number, Change>> {
  const { page, mm, pte } = k.w;
  const pages = [page._refcount, page._mapcount, page.flags];
  const fields = [...pages, pte.entry, mm.rss_anon, mm.rss_file, mm.rss_shmem, mm.rss_swap];
  const changes = new Map(fields.map(({ id }) => [id, new Map<number, Change>()]));
  for (let at = start; at < end; at++) {
    const rows = changes.get(k.journal.field(at));
    if (!rows) continue;
    const row = k.journal.row(at);
    const known = rows.get(row);
    if (known) known.to = k.journal.to(at);
    else rows.set(row, { row, from: k.journal.from(at), to: k.journal.to(at) });
  }
  for (const rows of changes.values()) {
    for (const [row, { from, to }] of rows) if (from === to) rows.delete(row);
  }
  return changes;
}

function counter(name: string, change: Change | undefined): string {
  return change ? `${name} ${change.from} → ${change.to}` : "";
}

function flagChange(change: Change | undefined): string {
  if (!change) return "";
  const came = flagNames(PAGE_FLAG_NAMES, change.to & ~change.from & FLAGS).map((name) => `+${name}`);
  const went = flagNames(PAGE_FLAG_NAMES, change.from & ~change.to & FLAGS).map((name) => `−${name}`);
  return [...came, ...went].join(" ");
}

// Pages that became page tables, and such that were freed.
function tables(flags: ReadonlyMap<number, Change>): string[] {
  const changed = [...flags.values()].filter(({ from, to }) => (from ^ to) & PG_table);
  const made = changed.filter(({ to }) => to & PG_table).length;
  const gone = changed.length - made;
  return [made > 0 ? `+${plural(made, "page table")}` : "", gone > 0 ? `−${plural(gone, "page table")}` : ""].filter(
    (text) => text !== "",
  );
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`${plural(count, `more ${what}`)}`] : [];
}

function plural(count: number, what: string): string {
  if (count === 1) return `1 ${what}`;
  return `${count} ${what.endsWith("y") ? `${what.slice(0, -1)}ies` : `${what}s`}`;
}
