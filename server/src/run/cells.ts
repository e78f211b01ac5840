// Which cells of the world a value is read from: what has to be watched to see it change.

import { type Environment, evaluate } from "../lang/evaluate.ts";
import { type Call, type Expr, type Fault, isFault } from "../lang/program.ts";
import type { Address, Process, Value } from "../lang/value.ts";
import type { Kernel } from "../mm/kernel.ts";
import { pteAt } from "../mm/observe.ts";
import { PTE_FLAG_NAMES, PTE_PRESENT, pmd_offset, pte_offset, pte_pfn } from "../mm/pgtable.ts";
import { is_migration_entry, is_swap_entry, migration_entry_pfn, SWP_FLAG_NAMES, swp_offset } from "../mm/swapops.ts";
import type { Field } from "../mm/world.ts";
import { subject } from "./describe.ts";
import { type FieldCell, folioCells, pageCells } from "./folio_cells.ts";
import { address, show } from "./show.ts";
import type { Cell } from "./writes.ts";

// A cell with what it is called; `mask` picks the flag bits that matter, where the cell holds flags.
export interface Source extends Cell {
  readonly name: string;
  readonly mask: number | undefined;
  // The cell is the entry that translates this address now: another one may take its place, as when a PMD is split.
  readonly entry?: { readonly task: number; readonly vpn: number };
}

// The cells behind an expression where the kernel stands now. An expression of written numbers alone has none.
export function sourcesOf(expr: Expr, env: Environment): Source[] {
  switch (expr.kind) {
    case "field": {
      const object = evaluate(expr.object, env);
      if (isFault(object)) return [];
      const own = fieldSources(env.k, object, expr.name);
      return own.length > 0 ? own : sourcesOf(expr.object, env);
    }
    case "unary":
      return sourcesOf(expr.operand, env);
    case "binary":
      return distinct([...sourcesOf(expr.left, env), ...sourcesOf(expr.right, env)]);
    case "index":
      return sourcesOf(expr.index, env);
    case "call":
      return distinct(callSources(expr, env));
    default:
      return [];
  }
}

function callSources(call: Call, env: Environment): Source[] {
  const { k } = env;
  const values = call.args.map((arg) => evaluate(arg, env));
  const at = values.find(isAddress);
  const who = values.find(isProcess);
  const task = who === undefined ? env.task : who.task;
  const bytes = at === undefined ? undefined : bytesOf(at);
  switch (call.name) {
    case "page":
    case "pte":
      return bytes === undefined ? [] : entrySources(k, task, bytes, undefined);
    case "data":
    case "byte":
      return bytes === undefined ? [] : [...entrySources(k, task, bytes, undefined), ...bytesAt(k, task, bytes)];
    case "vma": {
      const value = evaluate(call, env);
      return isFault(value) || value === null
        ? []
        : fieldSources(k, value, "start").concat(fieldSources(k, value, "end"));
    }
    case "sum":
    case "count":
      return rangeSources(k, env.task, values, call.field ?? "");
    default:
      return call.args.flatMap((arg) => sourcesOf(arg, env));
  }
}

// The cells that a field of a value is read from.
export function fieldSources(k: Kernel, value: Value, field: string): Source[] {
  if (value === null || typeof value !== "object") return [];
  const { w } = k;
  const source = (column: Field, row: number, mask?: number): Source => ({
    field: column,
    row,
    mask,
    name: `${show(value, k)} ${field}`,
  });
  // A field that is made of several cells says which of them is meant.
  const named = (cells: readonly FieldCell[]) =>
    cells.map(({ field: column, row, mask }) => {
      const one = source(column, row, mask);
      return cells.length === 1
        ? one
        : { ...one, name: `${one.name} (${subject(k, { table: column.table, row })} ${column.name})` };
    });
  switch (value.kind) {
    case "page":
      return named(pageCells(k, value.pfn, field));
    case "folio":
      return named(folioCells(k, value.pfn, field));
    case "pte": {
      const mask = [...PTE_FLAG_NAMES, ...SWP_FLAG_NAMES].find(([, name]) => name === field)?.[0];
      const row = entryRow(k, w.task.mm.data[value.task] - 1, value.vpn);
      return row < 0 ? [] : [{ ...source(w.pte.entry, row, mask), entry: { task: value.task, vpn: value.vpn } }];
    }
    case "vma": {
      const column = {
        start: w.vma.start,
        end: w.vma.end,
        flags: w.vma.flags,
        prot: w.vma.flags,
        offset: w.vma.pgoff,
        file: w.vma.file,
        anon_vma: w.vma.anon_vma,
      }[field];
      return column ? [source(column, value.vma)] : [];
    }
    case "process": {
      const columns = processColumns(k)[field];
      const mm = w.task.mm.data[value.task] - 1;
      if (!columns) return [];
      return columns
        .map((column) => source(column, column.table === "task" ? value.task : mm))
        .filter(({ row }) => row >= 0);
    }
    case "pin":
      return field === "data" ? [...(k.side.pinPages[value.pin] ?? [])].map((pfn) => source(w.page.content, pfn)) : [];
    case "file":
      return field === "size" ? [source(w.file.size, value.file)] : [];
    case "machine":
      return field === "free"
        ? [source(w.machine.free_pages, 0)]
        : field === "swap_used"
          ? [source(w.machine.swap_used, 0)]
          : [];
    default:
      return [];
  }
}

function processColumns(k: Kernel): Readonly<Record<string, readonly Field[] | undefined>> {
  const { mm, task } = k.w;
  return {
    alive: [task.alive],
    rss: [mm.rss_anon, mm.rss_file, mm.rss_shmem],
    rss_anon: [mm.rss_anon],
    rss_file: [mm.rss_file],
    rss_shmem: [mm.rss_shmem],
    swap: [mm.rss_swap],
    vmas: [mm.map_count],
    minor_faults: [task.min_flt],
    major_faults: [task.maj_flt],
    page_tables: [mm.pgtables_bytes],
    has_pinned: [mm.has_pinned],
    hugetlb: [mm.hugetlb_usage],
  };
}

// The slot that translates the page, or would: that of its PTE, or of the PMD where no table of PTEs is; -1 without either.
function entryRow(k: Kernel, mm: number, vpn: number): number {
  if (mm < 0 || vpn >= k.geometry.taskPages) return -1;
  const row = pte_offset(k, mm, vpn);
  return row >= 0 ? row : pmd_offset(k, mm, vpn);
}

// The entry of an address, at the lowest table that exists for it.
function entrySources(k: Kernel, task: number, bytes: bigint, mask: number | undefined): Source[] {
  const mm = k.w.task.mm.data[task] - 1;
  const vpn = Number(bytes / BigInt(k.pageSize));
  const row = entryRow(k, mm, vpn);
  const entry = { task, vpn };
  return row < 0 ? [] : [{ field: k.w.pte.entry, row, mask, name: `the entry of ${address(k, vpn)}`, entry }];
}

// The frame that an entry maps, or that its migration entry stands for; 0 for none.
function framedBy(entry: number): number {
  if (is_migration_entry(entry)) return migration_entry_pfn(entry);
  return entry & PTE_PRESENT ? pte_pfn(entry) : 0;
}

function bytesAt(k: Kernel, task: number, bytes: bigint): Source[] {
  const value = pteAt(k, k.w.task.mm.data[task] - 1, Number(bytes / BigInt(k.pageSize)));
  const slot = is_swap_entry(value) ? swp_offset(value) : 0;
  if (slot !== 0 && k.w.swap.cache.data[slot] === 0) {
    return [{ field: k.w.swap.content, row: slot, mask: undefined, name: `the bytes of swap slot ${slot}` }];
  }
  const pfn = slot !== 0 ? k.w.swap.cache.data[slot] - 1 : framedBy(value);
  return pfn <= 0 ? [] : [{ field: k.w.page.content, row: pfn, mask: undefined, name: `the bytes of pfn ${pfn}` }];
}

// More pages than this are not watched one by one.
const MOST_PAGES = 512;

function rangeSources(k: Kernel, task: number, values: readonly (Value | Fault)[], field: string): Source[] {
  const at = values.find(isAddress);
  const pages = values.findLast((value) => typeof value === "bigint");
  if (at === undefined || typeof pages !== "bigint") return [];
  const mm = k.w.task.mm.data[task] - 1;
  const first = bytesOf(at);
  const sources: Source[] = [];
  for (let i = 0n; i < pages && i < MOST_PAGES; i++) {
    const bytes = first + i * BigInt(k.pageSize);
    const entry = pteAt(k, mm, Number(bytes / BigInt(k.pageSize)));
    const pfn = entry & PTE_PRESENT ? pte_pfn(entry) : 0;
    sources.push(
      ...(pfn > 0 ? fieldSources(k, { kind: "page", pfn }, field) : entrySources(k, task, bytes, undefined)),
    );
  }
  return distinct(sources);
}

type Located = bigint | Address;

function isAddress(value: Value | Fault): value is Located {
  return (
    typeof value === "bigint" ||
    (typeof value === "object" && value !== null && !isFault(value) && value.kind === "address")
  );
}

function bytesOf(at: Located): bigint {
  return typeof at === "bigint" ? at : at.at;
}

function isProcess(value: Value | Fault): value is Process {
  return typeof value === "object" && value !== null && !isFault(value) && value.kind === "process";
}

function distinct(sources: readonly Source[]): Source[] {
  return [
    ...new Map(sources.map((source) => [`${source.field.id} ${source.row} ${source.mask ?? ""}`, source])).values(),
  ];
}
