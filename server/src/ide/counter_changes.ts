// Which counters a step changed, net: `pfn 7 ref 2 → 1 map 2 → 1`, `main rss_anon 1 → 2`.

import { flagNames, PAGE_FLAG_NAMES } from "../mm/flags.ts";
import { mmName } from "../run/describe.ts";
import type { Recording } from "../run/recording.ts";

// So many objects are told one by one; of the rest there is a count.
const TOLD = 4;
// A step of more events than this is summed up by its address space alone.
const READ = 50_000;

interface Change {
  readonly field: string;
  readonly row: number;
  readonly from: number;
  to: number;
}

export function counterChanges(recording: Recording, step: number): string[] {
  const { steps, kernel: k } = recording;
  const { _refcount, _mapcount, flags } = k.w.page;
  const { rss_anon, rss_file, rss_shmem } = k.w.mm;
  const names = new Map<number, string>([
    [_refcount.id, "ref"],
    [_mapcount.id, "map"],
    [flags.id, "flags"],
    [rss_anon.id, "rss_anon"],
    [rss_file.id, "rss_file"],
    [rss_shmem.id, "rss_shmem"],
  ]);
  const [start, end] = [steps.start(step), steps.end(step)];
  if (end - start > READ) return [`${(end - start).toLocaleString("en-US")} events`];
  const changes = new Map<string, Change>();
  for (let at = start; at < end; at++) {
    const field = names.get(k.journal.field(at));
    if (field === undefined) continue;
    const row = k.journal.row(at);
    const key = `${field.startsWith("rss") ? "mm" : "page"} ${row} ${field}`;
    const known = changes.get(key);
    if (known) known.to = k.journal.to(at);
    else changes.set(key, { field, row, from: k.journal.from(at), to: k.journal.to(at) });
  }
  const net = [...changes.values()].filter(({ from, to }) => from !== to);
  const cursor = k.position;
  k.seek(end);
  const pages = byRow(net.filter(({ field }) => !field.startsWith("rss"))).map(
    ([row, own]) => `pfn ${row} ${own.map(changeText).join(" ")}`,
  );
  const spaces = byRow(net.filter(({ field }) => field.startsWith("rss"))).map(
    ([row, own]) => `${mmName(k, row)} ${own.map(changeText).join(" ")}`,
  );
  k.seek(cursor);
  const more = pages.length > TOLD ? [`${pages.length - TOLD} more pages`] : [];
  return [...pages.slice(0, TOLD), ...more, ...spaces];
}

function byRow(changes: readonly Change[]): [number, Change[]][] {
  const rows = new Map<number, Change[]>();
  for (const change of changes) {
    const own = rows.get(change.row);
    if (own) own.push(change);
    else rows.set(change.row, [change]);
  }
  return [...rows];
}

function changeText({ field, from, to }: Change): string {
  if (field !== "flags") return `${field} ${from} → ${to}`;
  const came = flagNames(PAGE_FLAG_NAMES, to & ~from).map((name) => `+${name}`);
  const went = flagNames(PAGE_FLAG_NAMES, from & ~to).map((name) => `−${name}`);
  return [...came, ...went].join(" ");
}
