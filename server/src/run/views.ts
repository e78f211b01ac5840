// The world as rows for people: processes, mappings, page tables, folios with their holders, pins.
//
// Plain data for the debugger, hovers and pictures. A row's `name` is stable and unique among its siblings and holds no
// value that changes, so that trees keep their shape from step to step.

import { decode } from "../lang/bytes.ts";
import { default_page } from "../mm/default_page.ts";
import {
  flagNames,
  PAGE_FLAG_NAMES,
  VM_EXEC,
  VM_READ,
  VM_REFPAGE,
  VM_SHARED,
  VM_WRITE,
  VMA_FLAG_NAMES,
} from "../mm/flags.ts";
import { folio_test_large, page_folio } from "../mm/folio.ts";
import { type HolderGroup, holderGroups, places } from "../mm/holder_groups.ts";
import { forEachHolder, type Holder } from "../mm/holders.ts";
import type { Kernel } from "../mm/kernel.ts";
import { page_mapcount } from "../mm/mapcount.ts";
import { livePins, mmOf, pinKind, vmasOf } from "../mm/observe.ts";
import { NO_PAGE } from "../mm/page_alloc.ts";
import { folio_ref_count } from "../mm/page_ref.ts";
import { each_pinned_folio } from "../mm/pin_folios.ts";
import { smaps } from "../mm/smaps.ts";
import { PIN_FLAG_NAMES } from "./pin_flags.ts";
import { address, fileName, mmName } from "./show.ts";

export interface ProcessRow {
  readonly name: string;
  readonly task: number;
  readonly alive: boolean;
  // -1 when dead.
  readonly mm: number;
  readonly parent: string | undefined;
  // Pages.
  readonly rss: number;
  readonly rssAnon: number;
  readonly rssFile: number;
  readonly rssShmem: number;
  readonly swap: number;
  readonly vmas: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  // Bytes.
  readonly pageTables: number;
  readonly hasPinned: boolean;
}

function processRow(k: Kernel, task: number): ProcessRow {
  const { task: t, mm: m } = k.w;
  const mm = mmOf(k, task);
  const of = (column: { data: Float64Array }) => (mm < 0 ? 0 : column.data[mm]);
  const parent = t.parent.data[task] - 1;
  return {
    name: k.side.taskNames[task],
    task,
    alive: t.alive.data[task] === 1,
    mm,
    parent: parent < 0 ? undefined : k.side.taskNames[parent],
    rss: of(m.rss_anon) + of(m.rss_file) + of(m.rss_shmem),
    rssAnon: of(m.rss_anon),
    rssFile: of(m.rss_file),
    rssShmem: of(m.rss_shmem),
    swap: of(m.rss_swap),
    vmas: of(m.map_count),
    minorFaults: t.min_flt.data[task],
    majorFaults: t.maj_flt.data[task],
    pageTables: of(m.pgtables_bytes),
    hasPinned: of(m.has_pinned) !== 0,
  };
}

export function processRows(k: Kernel): ProcessRow[] {
  return Array.from({ length: k.rows(k.w.task) }, (_, task) => processRow(k, task));
}

// Proportional and unique set size, which walk the whole address space: asked for only when shown.
export function setSizes(k: Kernel, task: number): { readonly pss: number; readonly uss: number } {
  const mm = mmOf(k, task);
  return mm < 0 ? { pss: 0, uss: 0 } : smaps(k, mm);
}

export interface VmaRow {
  // Where it starts: `0x200000000000`.
  readonly name: string;
  readonly vma: number;
  // Virtual page numbers, end exclusive.
  readonly start: number;
  readonly end: number;
  // As /proc/PID/maps prints it: `rw-p`.
  readonly prot: string;
  readonly flags: readonly string[];
  // What is mapped: a file's name, or `anonymous`.
  readonly what: string;
  // Bytes.
  readonly offset: bigint;
  readonly anonVma: number | undefined;
}

export function vmaRow(k: Kernel, vma: number): VmaRow {
  const { start, end, flags, pgoff, anon_vma } = k.w.vma;
  const bits = flags.data[vma];
  const letters = [
    bits & VM_READ ? "r" : "-",
    bits & VM_WRITE ? "w" : "-",
    bits & VM_EXEC ? "x" : "-",
    bits & VM_SHARED ? "s" : "p",
  ];
  return {
    name: address(k, start.data[vma]),
    vma,
    start: start.data[vma],
    end: end.data[vma],
    prot: letters.join(""),
    flags: flagNames(VMA_FLAG_NAMES, bits),
    what: whatIsMapped(k, vma),
    offset: BigInt(pgoff.data[vma]) * BigInt(k.pageSize),
    anonVma: anon_vma.data[vma] === 0 ? undefined : anon_vma.data[vma] - 1,
  };
}

function whatIsMapped(k: Kernel, vma: number): string {
  const { file, flags, refpage } = k.w.vma;
  if (flags.data[vma] & VM_REFPAGE) return withDefaultPage(default_page(k, vma));
  if (refpage.data[vma] !== 0) return `the page at ${address(k, refpage.data[vma] - 1)}, where nothing was written`;
  return file.data[vma] === 0 ? "anonymous" : fileName(k, file.data[vma] - 1);
}

// refpage-in-mapping: -1 as long as nothing was touched.
function withDefaultPage(pfn: number): string {
  return pfn < 0
    ? "anonymous, with a default page from the first touch on"
    : `pfn ${pfn}, its default page, where nothing was written`;
}

export function vmaRows(k: Kernel, mm: number): VmaRow[] {
  return vmasOf(k, mm).map((vma) => vmaRow(k, vma));
}

// What stands behind a file of refpage_create(), and who keeps it: `reference page pfn 3, closed, mapped by 2 VMAs`. Undefined for
// any other file.
export function refpageText(k: Kernel, file: number): string | undefined {
  const { refpage, open, users } = k.w.file;
  if (refpage.data[file] === 0) return undefined;
  const vmas = users.data[file];
  return `reference page pfn ${refpage.data[file]}, ${open.data[file] === 0 ? "closed" : "open"}, mapped by ${vmas} VMA${vmas === 1 ? "" : "s"}`;
}

export interface HolderRow {
  // Who: `main 0x200000000000`, `page cache of f page 0`, `pin 0 (vmsplice by child)`. Unique among a folio's holders.
  readonly name: string;
  readonly kind: Holder["kind"] | "work";
  // References that it holds.
  readonly count: number;
  readonly mm: number | undefined;
  readonly vpn: number | undefined;
  readonly pin: number | undefined;
}

export interface FolioRow {
  readonly name: string;
  readonly pfn: number;
  readonly refcount: number;
  readonly mapcount: number;
  // undefined where the model has no such flag.
  readonly exclusive: boolean | undefined;
  readonly flags: readonly string[];
  // Its bytes up to the first zero byte.
  readonly data: string;
}

export function folioRow(k: Kernel, pfn: number): FolioRow {
  const { flags, content } = k.w.page;
  const names = flagNames(PAGE_FLAG_NAMES, flags.data[pfn]);
  const bytes = k.contents.get(content.data[pfn]);
  const end = bytes.indexOf(0);
  return {
    name: `pfn ${pfn}`,
    pfn,
    refcount: folio_ref_count(k, page_folio(k, pfn)),
    mapcount: page_mapcount(k, pfn),
    exclusive: k.model.anonExclusive ? names.includes("exclusive") : undefined,
    flags: names,
    data: decode(end < 0 ? bytes : bytes.subarray(0, end)),
  };
}

// Who holds each frame, for all frames in one walk over the world.
export function holdersByFrame(k: Kernel): Map<number, HolderRow[]> {
  const all = new Map<number, HolderRow[]>();
  forEachHolder(k, (pfn, holder) => {
    const row = holderRow(k, { holder, length: 1, count: holder.count, part: "" });
    const known = all.get(pfn);
    if (known) known.push(row);
    else all.set(pfn, [row]);
  });
  return all;
}

// Who holds one folio, up to its refcount; entries that map its pages one after the other are one row. Inside of the
// kernel a reference may have been taken for the work at hand: of a page that is isolated, copied or just allocated. It is
// nobody's entry and no list's.
export function holderRowsOf(k: Kernel, pfn: number): HolderRow[] {
  const rows = holderGroups(k, pfn).map((group) => holderRow(k, group));
  const count = k.w.page._refcount.data[page_folio(k, pfn)] - rows.reduce((sum, row) => sum + row.count, 0);
  if (count <= 0) return rows;
  return [...rows, { kind: "work", count, mm: undefined, vpn: undefined, pin: undefined, name: "the kernel at work" }];
}

function holderRow(k: Kernel, { holder, length, count, part }: HolderGroup): HolderRow {
  const row = { kind: holder.kind, count, mm: undefined, vpn: undefined, pin: undefined };
  switch (holder.kind) {
    case "pte": {
      const { mm, vpn } = holder;
      return { ...row, mm, vpn, name: `${mmName(k, mm)} ${address(k, vpn)}${part}` };
    }
    case "page cache":
      return { ...row, name: `page cache of ${fileName(k, holder.file)} ${places("page", holder.index, length)}` };
    case "swap cache":
      return { ...row, name: `swap cache ${places("slot", holder.slot, length)}` };
    case "driver":
      return { ...row, name: `driver of ${fileName(k, holder.file)} page ${holder.index}` };
    case "reference page":
      return { ...row, name: `reference page of ${fileName(k, holder.file)}` };
    case "pin":
      return { ...row, pin: holder.pin, name: pinName(k, holder.pin) };
    case "page table":
      return { ...row, mm: holder.mm, name: `${k.geometry.names[holder.level]} table of ${mmName(k, holder.mm)}` };
    case "LRU batch":
      return { ...row, name: `LRU batch ${holder.batch}` };
    case "mapping": {
      const { mm, vpn } = holder;
      return { ...row, mm, vpn, name: `the mapping ${mmName(k, mm)} ${address(k, vpn)} itself` };
    }
    case "reserved":
      return { ...row, name: "the kernel itself" };
  }
}

export interface PinRow {
  readonly name: string;
  readonly pin: number;
  readonly kind: string;
  readonly owner: string;
  // longterm, write, …
  readonly flags: readonly string[];
  readonly pages: readonly number[];
  // The large folios that it holds, with the references that each of them has of it.
  readonly folios: readonly { readonly head: number; readonly refs: number }[];
}

// The pins that are held.
export function pinRows(k: Kernel): PinRow[] {
  const { owner, flags } = k.w.pin;
  return livePins(k).map((pin) => ({
    name: pinName(k, pin),
    pin,
    kind: pinKind(k, pin),
    owner: k.side.taskNames[owner.data[pin] - 1],
    flags: flagNames(PIN_FLAG_NAMES, flags.data[pin]),
    pages: [...k.side.pinPages[pin]].filter((pfn) => pfn !== NO_PAGE),
    folios: pinnedFolios(k, pin),
  }));
}

function pinnedFolios(k: Kernel, pin: number): { readonly head: number; readonly refs: number }[] {
  const refsOf = new Map<number, number>();
  each_pinned_folio(k, k.side.pinPages[pin], k.w.pin.coalesced.data[pin] !== 0, (folio, refs) => {
    if (folio_test_large(k, folio)) refsOf.set(folio, (refsOf.get(folio) ?? 0) + refs);
  });
  return [...refsOf].map(([head, refs]) => ({ head, refs }));
}

function pinName(k: Kernel, pin: number): string {
  return `pin ${pin} (${pinKind(k, pin)} by ${k.side.taskNames[k.w.pin.owner.data[pin] - 1]})`;
}
