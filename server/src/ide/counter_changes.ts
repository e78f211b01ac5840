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
import type { Field } from "../mm/world.ts";
import { entryText, runSubject, span } from "../run/describe.ts";
import { folioChange, folioName } from "../run/folio_text.ts";
import type { Recording } from "../run/recording.ts";
import { mmName } from "../run/show.ts";

// So many objects, or rows of equal neighbours, are told one by one; of the rest there is a count.
const TOLD = 4;
// Of a step that changes more rows than this only the number of its events is told.
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
  if (changedRows(k, start, end) > READ) return [`${(end - start).toLocaleString("en-US")} events`];
  const changes = netChanges(k, start, end);
  const { _refcount, _mapcount, flags } = k.w.page;
  const { rss_anon, rss_file, rss_shmem, rss_swap } = k.w.mm;
  const of = (field: Field) => changes.get(field.id) ?? new Map<number, Change>();
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
    .map(({ pfn, parts }) => ({ pfn, text: parts.join(" ") }));
  const folios = neighbours(pages, (page, next) => next.pfn === page.pfn + 1 && next.text === page.text);
  const cursor = k.position;
  k.seek(end);
  const large = folioChanges(k, of);
  const spaces = [rss_anon, rss_file, rss_shmem, rss_swap].flatMap((field) =>
    [...of(field).values()].map((change) => `${mmName(k, change.row)} ${counter(field.name, change)}`),
  );
  const entries = [...of(k.w.pte.entry).values()].filter(({ to }) => is_swap_pte(to));
  const entryRuns = neighbours(
    entries,
    (entry, next) => next.row === entry.row + 1 && sameKind(entryText(entry.to), entryText(next.to)),
  );
  const entryTexts = entryRuns.slice(0, TOLD).map((run) => {
    const row = run[0].row;
    const values = span(entryText(run[0].to), entryText(run[run.length - 1].to));
    return `${runSubject(k, { table: "pte", row, count: run.length })} → ${values}`;
  });
  k.seek(cursor);
  return [
    ...folios
      .slice(0, TOLD)
      .map((run) => `${span(`pfn ${run[0].pfn}`, `pfn ${run[run.length - 1].pfn}`)} ${run[0].text}`),
    ...more(folios.slice(TOLD).flat().length, "page"),
    ...large.slice(0, TOLD),
    ...more(large.length - TOLD, "large folio"),
    ...entryTexts,
    ...more(entryRuns.slice(TOLD).flat().length, "entry"),
    ...spaces,
    ...tables(of(flags)),
  ];
}

// What only large folios count: `folio 5 entire_mapcount 1 → 0 large_mapcount 1 → 512 +partially_mapped`. One that came
// or went says so, and nothing else.
function folioChanges(k: Kernel, of: (field: Field) => ReadonlyMap<number, Change>): string[] {
  const { folio } = k.w;
  const rows = new Set(folio.fields.flatMap((field) => [...of(field).keys()]));
  return [...rows].map((row) => {
    const head = of(folio.head).get(row);
    if (head)
      return head.to === 0 ? `folio ${head.from} is gone` : `+folio ${head.to} of order ${folio.order.data[row]}`;
    const parts = folio.fields.flatMap((field) => {
      const change = of(field).get(row);
      return change ? [folioChange(k, { field: field.name, from: change.from, to: change.to })] : [];
    });
    return `${folioName(k, row)} ${parts.join(" ")}`;
  });
}

// Rows that the events change, of each event anew.
function changedRows(k: Kernel, start: number, end: number): number {
  let rows = end - start;
  if (rows > READ) return rows;
  for (let at = start; at < end; at++) rows += k.journal.count(at) - 1;
  return rows;
}

// Items in runs in which each follows from the one before.
function neighbours<T>(items: readonly T[], follows: (item: T, next: T) => boolean): T[][] {
  const runs: T[][] = [];
  for (const item of items) {
    const run = runs[runs.length - 1];
    if (run && follows(run[run.length - 1], item)) run.push(item);
    else runs.push([item]);
  }
  return runs;
}

// The same but for the first number, which is the next one: `swap slot 3 exclusive`, `swap slot 4 exclusive`.
function sameKind(entry: string, next: string): boolean {
  const number = /\d+/.exec(entry)?.[0];
  return number === undefined ? entry === next : entry.replace(number, String(Number(number) + 1)) === next;
}

// The first and last value of each field and row that [start, end) changed, by field and row.
function netChanges(k: Kernel, start: number, end: number): Map<number, Map<number, Change>> {
  const { page, mm, pte } = k.w;
  const pages = [page._refcount, page._mapcount, page.flags];
  const fields = [...pages, ...k.w.folio.fields, pte.entry, mm.rss_anon, mm.rss_file, mm.rss_shmem, mm.rss_swap];
  const changes = new Map(fields.map(({ id }) => [id, new Map<number, Change>()]));
  for (let at = start; at < end; at++) {
    const rows = changes.get(k.journal.field(at));
    if (!rows) continue;
    k.journal.each(at, (row, from, to) => {
      const known = rows.get(row);
      if (known) known.to = to;
      else rows.set(row, { row, from, to });
    });
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
