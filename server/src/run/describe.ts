// An event as one line of text, in the kernel's words: `pfn 7 refcount 1 → 2`.
//
// What rows are called (addresses of entries, owners of address spaces) depends on when: the kernel is to stand just
// before the event.

import { decode, quote } from "../lang/bytes.ts";
import { PIN_KINDS } from "../mm/abi.ts";
import { DEFAULT_STATE_NAMES } from "../mm/default_page.ts";
import { INSERT_MIXED_DEVICE, INSERT_PAGE_DEVICE, PFNMAP_DEVICE } from "../mm/device.ts";
import { bug } from "../mm/errors.ts";
import { type Event, eventOfRow } from "../mm/event.ts";
import { flagNames, PAGE_FLAG_NAMES, PG_anon, PG_ksm, VMA_FLAG_NAMES } from "../mm/flags.ts";
import { HPAGE_RESV_OWNER, HPAGE_RESV_UNMAPPED } from "../mm/hugetlb_reserve.ts";
import type { Kernel } from "../mm/kernel.ts";
import { BATCH_NAMES, batchNameOf } from "../mm/lru.ts";
import { PTE_FLAG_NAMES, PTE_PRESENT, PTE_TABLE, pte_flags, pte_pfn } from "../mm/pgtable.ts";
import { is_guard_marker, migration_entry_pfn, SWP_FLAG_NAMES, swp_offset } from "../mm/swapops.ts";
import { HUGETLB_FILE, REFPAGE_FILE, REGULAR_FILE, SHMEM_FILE } from "../mm/vm_ops.ts";
import { folioChange, folioName, pageFolioChange } from "./folio_text.ts";
import { inputText } from "./input_text.ts";
import { PIN_FLAG_NAMES } from "./pin_flags.ts";
import { address, fileName, flagChange, hexRange, mmName } from "./show.ts";
import { tracepointText } from "./tracepoint_text.ts";

export function describe(k: Kernel, event: Event): string {
  switch (event.kind) {
    case "decide":
      return decision(k, event);
    case "trace":
      return tracepointText(k, event);
    case "set":
      return event.count === 1 ? `${subject(k, event)} ${change(k, event)}` : runText(k, event);
  }
}

// `pfn 512…1023 mapcount 0 → 1 ×512`: the first and the last row, where they differ.
function runText(k: Kernel, event: Event): string {
  const { row, count } = event;
  const last = eventOfRow(event, row + count - 1);
  return `${runSubject(k, event)} ${span(change(k, eventOfRow(event, row)), change(k, last))} ×${count}`;
}

// What the event is about, all of its rows: `pfn 512…1023`.
export function runSubject(k: Kernel, event: Pick<Event, "table" | "row" | "count">): string {
  const { table, row, count } = event;
  return span(subject(k, { table, row }), subject(k, { table, row: row + count - 1 }));
}

// One row of the event: `pfn 517 mapcount 0 → 1 (one of pfn 512…1023 ×512)`.
export function describeRow(k: Kernel, event: Event, row: number): string {
  const text = describe(k, eventOfRow(event, row));
  return event.count === 1 ? text : `${text} (one of ${runSubject(k, event)} ×${event.count})`;
}

// Two texts as one, word by word: `pfn 512` and `pfn 1023` are `pfn 512…1023`.
export function span(first: string, last: string): string {
  const [from, to] = [first.split(" "), last.split(" ")];
  if (from.length !== to.length) return `${first} … ${last}`;
  return from.map((word, i) => (word === to[i] ? word : `${word}…${to[i]}`)).join(" ");
}

function decision(k: Kernel, event: Event): string {
  const asked = k.conditionOf(event.index) ?? bug(`event ${event.index} is no decision`);
  if (asked.input === "") return `# ${asked.text}`;
  return `? ${asked.text}: ${event.to === 1 ? "yes" : "no"} (${inputText(k, asked.input, event.from)})`;
}

// What the event is about.
export function subject(k: Kernel, event: Pick<Event, "table" | "row">): string {
  const { row } = event;
  switch (event.table) {
    case "page":
      return `pfn ${row}`;
    case "pte":
      return entryName(k, row);
    case "table":
      return `table ${row}`;
    case "vma": {
      const { mm, start, end } = k.w.vma;
      const owner = mm.data[row] > 0 ? `${mmName(k, mm.data[row] - 1)} ` : "";
      return end.data[row] > 0 ? `vma ${owner}${hexRange(k, start.data[row], end.data[row])}` : `vma ${owner}#${row}`;
    }
    case "folio":
      return folioName(k, row);
    case "mm":
      return mmName(k, row);
    case "task":
      return `task ${k.side.taskNames[row] ?? row}`;
    case "file":
      return fileName(k, row);
    case "cache": {
      const { file, index } = k.w.cache;
      return `page cache of ${fileName(k, file.data[row] - 1)} page ${index.data[row]}`;
    }
    case "swap":
      return `swap slot ${row}`;
    case "ksm_rmap_item": {
      const { mm, vpn } = k.w.ksm_rmap_item;
      // Before it has an address it goes by its number, as a VMA does.
      return mm.data[row] > 0 && vpn.data[row] > 0
        ? `rmap item ${mmName(k, mm.data[row] - 1)} ${address(k, vpn.data[row])}`
        : `rmap item #${row}`;
    }
    case "ksm_stable_node":
      return `stable node ${row}`;
    case "driver_page":
      return driverPageName(k, row);
    case "batch":
      return `LRU batch ${BATCH_NAMES[row]}`;
    case "batch_page":
      return `LRU batch ${batchNameOf(row)}`;
    case "machine":
      return "machine";
    default:
      return `${event.table} ${row}`;
  }
}

// `driver page 0 of d`: the page of the device's memory, as its driver counts them.
function driverPageName(k: Kernel, row: number): string {
  const file = k.w.driver_page.file.data[row] - 1;
  return `driver page ${row - (k.w.file.driver_pages.data[file] - 1)} of ${fileName(k, file)}`;
}

// `pte main 0x200000000000`, `pmd main 0x200000000000`.
function entryName(k: Kernel, row: number): string {
  const { table } = k.w;
  const { stride, names } = k.geometry;
  const at = Math.floor(row / stride);
  const level = table.level.data[at];
  const vpn = table.first.data[at] + (row - at * stride) * k.scales[level];
  const owner = table.mm.data[at] > 0 ? mmName(k, table.mm.data[at] - 1) : "";
  return `${names[level]} ${owner} ${address(k, vpn)}`;
}

function change(k: Kernel, event: Event): string {
  const { table, field, from, to, row } = event;
  if (table === "folio") return folioChange(k, event);
  switch (`${table}.${field}`) {
    case "page._refcount":
      return `refcount ${from} → ${to}`;
    case "page._mapcount":
      return `mapcount ${from} → ${to}`;
    case "page.flags":
      return flagChange(PAGE_FLAG_NAMES, from, to);
    case "page.mapping":
      // The flags that told what the old mapping was are gone by now.
      return to === 0 ? "mapping → none" : `mapping → ${mappingName(k, row, to)}`;
    case "page.folio":
      return pageFolioChange(k, to);
    case "machine.huge_zero_folio":
      return `${field} ${from || "none"} → ${to || "none"}`;
    case "mm.mm_id":
      return `mm_id ${from || "none"} → ${to || "none"}`;
    case "batch_page.pfn":
      return to === 0 ? `lets go of pfn ${from}` : `holds pfn ${to}`;
    case "mm.ksm_slot":
      return `ksm_slot ${from || "none"} → ${to || "none"}`;
    case "cache.pfn":
    case "driver_page.pfn":
      return `pfn ${from || "none"} → ${to || "none"}`;
    case "page.content":
      return `content ${contentText(k, from)} → ${contentText(k, to)}`;
    case "page.swap":
    case "cache.swap":
      return `swap slot ${from || "none"} → ${to || "none"}`;
    case "swap.cache":
      return `cached pfn ${optional(from, String)} → ${optional(to, String)}`;
    case "swap.content":
      return `content ${contentText(k, from)} → ${contentText(k, to)}`;
    case "pte.entry":
      return `${entryText(from)} → ${entryText(to)}`;
    case "vma.flags":
      return flagChange(VMA_FLAG_NAMES, from, to);
    case "vma.resv_flags":
      return flagChange(RESERVE_FLAG_NAMES, from, to);
    case "vma.start":
    case "vma.end":
      return `${field} ${from === 0 ? "none" : address(k, from)} → ${address(k, to)}`;
    case "vma.pgoff":
    case "page.index":
      return `${field} 0x${from.toString(16)} → 0x${to.toString(16)}`;
    case "ksm_rmap_item.vpn":
      return `address → ${address(k, to)}`;
    case "ksm_rmap_item.oldchecksum":
      return `oldchecksum ${optional(from, (id) => contentText(k, id))} → ${optional(to, (id) => contentText(k, id))}`;
    case "ksm_stable_node.kpfn":
      return `pfn ${from === 0 ? "none" : from} → ${to === 0 ? "none" : to}`;
    case "ksm_rmap_item.mm":
    case "vma.mm":
      return to === 0 ? "is gone" : `belongs to ${mmName(k, to - 1)}`;
    case "vma.file":
      return `file ${optional(from, (file) => fileName(k, file))} → ${optional(to, (file) => fileName(k, file))}`;
    case "task.alive":
      return to === 1 ? "is alive" : "is dead";
    case "task.mm":
      return `address space ${optional(from, String)} → ${optional(to, String)}`;
    case "task.parent":
      return `parent ${optional(to, (task) => k.side.taskNames[task])}`;
    case "file.refpage":
      return `reference page ${from === 0 ? "none" : `pfn ${from}`} → ${to === 0 ? "none" : `pfn ${to}`}`;
    case "vma.refpage":
      return `shows the page at ${to === 0 ? "none" : address(k, to - 1)}`;
    case "vma.default_page":
      return `default page ${optional(from, (pfn) => `pfn ${pfn}`)} → ${optional(to, (pfn) => `pfn ${pfn}`)}`;
    case "vma.default_state":
      return flagChange(DEFAULT_STATE_NAMES, from, to);
    case "file.kind":
      return `is ${FILE_KINDS[to] ?? `of kind ${to}`}`;
    case "pin.flags":
      return `flags ${flagNames(PIN_FLAG_NAMES, to).join("|")}`;
    case "vma.swap_ra_addr":
      return `${field} ${from === 0 ? "none" : address(k, from)} → ${address(k, to)}`;
    case "pin.kind":
      return `is of ${PIN_KINDS[to]}`;
    case "mm.brk":
    case "mm.start_brk":
      return `${field} 0x${from.toString(16)} → 0x${to.toString(16)}`;
    default:
      return ROWS.has(`${table}.${field}`)
        ? `${field} ${optional(from, String)} → ${optional(to, String)}`
        : `${field} ${from} → ${to}`;
  }
}

const FILE_KINDS: Readonly<Record<number, string>> = {
  [REGULAR_FILE]: "a regular file",
  [SHMEM_FILE]: "a file of shared memory",
  [HUGETLB_FILE]: "a hugetlb file",
  [REFPAGE_FILE]: "a file of a reference page",
  [PFNMAP_DEVICE]: "a pfnmap device",
  [INSERT_PAGE_DEVICE]: "an insert_page device",
  [INSERT_MIXED_DEVICE]: "an insert_mixed device",
};

const RESERVE_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [HPAGE_RESV_OWNER, "HPAGE_RESV_OWNER"],
  [HPAGE_RESV_UNMAPPED, "HPAGE_RESV_UNMAPPED"],
];

// Columns that hold another table's row + 1, with 0 for none.
const ROWS: ReadonlySet<string> = new Set([
  "vma.anon_vma",
  "vma.anon_vma_chain",
  "vma.resv_map",
  "file.resv_map",
  "resv_map.first",
  "file_region.next",
  "anon_vma.root",
  "anon_vma.parent",
  "anon_vma.older",
  "mm.pgd",
  "table.mm",
  "table.up",
  "pin.owner",
  "cache.file",
  "ksm_rmap_item.head",
  "ksm_rmap_item.anon_vma",
  "ksm_rmap_item.next",
  "ksm_stable_node.hlist",
]);

function optional(value: number, name: (row: number) => string): string {
  return value === 0 ? "none" : name(value - 1);
}

function mappingName(k: Kernel, pfn: number, mapping: number): string {
  if (k.w.page.flags.data[pfn] & PG_ksm) return `stable node ${mapping - 1}`;
  return k.w.page.flags.data[pfn] & PG_anon ? `anon_vma ${mapping - 1}` : fileName(k, mapping - 1);
}

export function contentText(k: Kernel, content: number): string {
  const bytes = k.contents.get(content);
  if (bytes.length === 0) return "zeroes";
  const end = bytes.indexOf(0);
  const shown = bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, 32));
  return quote(decode(shown)) + (shown.length < bytes.length ? "…" : "");
}

// `swap slot 3 exclusive`, `migration pfn 7 write`, `guard`.
function nonpresentText(entry: number): string {
  const [kind, ...rest] = flagNames(SWP_FLAG_NAMES, pte_flags(entry));
  if (kind === "marker") return is_guard_marker(entry) ? "guard" : "poison";
  return [
    kind === "swap" ? `swap slot ${swp_offset(entry)}` : `migration pfn ${migration_entry_pfn(entry)}`,
    ...rest,
  ].join(" ");
}

export function entryText(entry: number): string {
  if (entry === 0) return "none";
  const flags = pte_flags(entry);
  if (flags & PTE_TABLE) return `table ${pte_pfn(entry)}`;
  const names = flagNames(PTE_FLAG_NAMES, flags).filter((name) => name !== "present");
  return flags & PTE_PRESENT ? [`pfn ${pte_pfn(entry)}`, ...names].join(" ") : nonpresentText(entry);
}
