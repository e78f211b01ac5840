// Values of the language as entries of the tree: a page with its fields, a process with its counters, a pin with its data.
// The fields are those of the language's table, so that what is seen here can be written in an `expect`.

import { type FieldOwner, type FieldSpec, fieldsOf, hasField } from "../lang/fields.ts";
import { kindOf, type Value } from "../lang/value.ts";
import { folio_test_large } from "../mm/folio.ts";
import type { Kernel } from "../mm/kernel.ts";
import { mmOf, pteAt } from "../mm/observe.ts";
import { NO_PAGE } from "../mm/page_alloc.ts";
import { refcount_wraps } from "../mm/page_ref.ts";
import type { ModelName } from "../mm/releases.ts";
import type { Poke } from "../run/branch.ts";
import { fieldSources, type Source } from "../run/cells.ts";
import { entryText } from "../run/describe.ts";
import { folioSummary, pageSummary } from "../run/folio_view.ts";
import { hex, show } from "../run/show.ts";
import { refpageText } from "../run/views.ts";
import type { WatchedPlace } from "./data_breakpoints.ts";
import { type Entry, named } from "./entry.ts";
import { largeFolioEntries } from "./folio_tree.ts";
import { RequestError } from "./reply.ts";

export interface Style {
  readonly hex: boolean;
}

// One value under a name. `evaluateName` is the expression that gives it, when there is one.
export function valueEntry(k: Kernel, name: string, value: Value, style: Style, evaluateName?: string): Entry {
  const owner = ownerOf(value);
  return {
    name,
    value: valueText(k, value, style),
    type: kindOf(value),
    evaluateName,
    memoryReference: memoryOf(k, value),
    children: owner && named(() => partsOf(k, owner, value, style, evaluateName)),
  };
}

// The fields of a value; of a large folio its pages and its holders, too, of refpage_create()'s file its page.
function partsOf(k: Kernel, owner: FieldOwner, value: Value, style: Style, evaluateName?: string): Entry[] {
  if (typeof value === "object" && value?.kind === "file" && k.w.file.refpage.data[value.file] !== 0) {
    const page: Value = { kind: "page", pfn: k.w.file.refpage.data[value.file] };
    return [...fieldEntries(k, owner, value, style, evaluateName), valueEntry(k, "reference page", page, style)];
  }
  if (typeof value !== "object" || value?.kind !== "folio" || !folio_test_large(k, value.pfn)) {
    return fieldEntries(k, owner, value, style, evaluateName);
  }
  return largeFolioEntries(k, value.pfn, {
    fields: (of, part) => fieldEntries(k, of, part, style, of === "folio" ? evaluateName : undefined),
    holderName: (row) => row.name,
  });
}

export function valueText(k: Kernel, value: Value, style: Style): string {
  if (typeof value === "bigint") return style.hex ? (value < 0n ? `-${hex(-value)}` : hex(value)) : value.toString();
  if (typeof value !== "object" || value === null) return show(value, k);
  switch (value.kind) {
    case "page":
      return pageText(k, value.pfn);
    case "folio":
      return `pfn ${value.pfn}: ${folioSummary(k, value.pfn)}`;
    case "process":
      return processText(k, value.task);
    case "pte":
      return `${show(value, k)}: ${entryText(pteAt(k, mmOf(k, value.task), value.vpn))}`;
    case "pin":
      return `${k.w.pin.live.data[value.pin] === 1 ? "" : "released, "}pfn ${Array.from(
        k.side.pinPages[value.pin] ?? [],
      )
        .filter((pfn) => pfn !== NO_PAGE)
        .slice(0, 8)
        .join(" ")}`;
    case "file":
      return [show(value, k), refpageText(k, value.file)].filter((text) => text !== undefined).join(": ");
    default:
      return show(value, k);
  }
}

// `pfn 7: ref 2 map 1 anon excl "hunter2"`.
export function pageText(k: Kernel, pfn: number): string {
  return `pfn ${pfn}: ${pageSummary(k, pfn)}`;
}

function processText(k: Kernel, task: number): string {
  if (k.w.task.alive.data[task] !== 1) return "dead";
  const mm = k.w.task.mm.data[task] - 1;
  const { rss_anon, rss_file, rss_shmem, map_count } = k.w.mm;
  return `rss ${rss_anon.data[mm] + rss_file.data[mm] + rss_shmem.data[mm]} pages, ${map_count.data[mm]} VMAs`;
}

export function fieldEntries(k: Kernel, owner: FieldOwner, value: Value, style: Style, evaluateName?: string): Entry[] {
  const model = k.model.name as ModelName;
  return fieldsOf(owner)
    .filter((spec) => spec.simulated && hasField(model, spec))
    .map((spec) => fieldEntry(k, spec, value, style, evaluateName));
}

export function fieldEntryNamed(k: Kernel, value: Value, field: string, style: Style): Entry | undefined {
  const owner = ownerOf(value);
  return owner && fieldEntries(k, owner, value, style).find((entry) => entry.name === field);
}

function fieldEntry(k: Kernel, spec: FieldSpec, object: Value, style: Style, evaluateName?: string): Entry {
  const expression = evaluateName === undefined ? undefined : `${evaluateName}.${spec.name}`;
  const sources = fieldSources(k, object, spec.name);
  const settable = sources.length === 1 && isSettable(spec, sources[0]);
  const rest = {
    type: spec.unit ? `${spec.type}, ${spec.unit}` : spec.type,
    hint: { kind: "property", attributes: settable ? [] : ["readOnly"] },
    watched: sources.length > 0 ? () => sources.map(cellOf) : undefined,
    set: settable ? (text: string) => [pokeOf(k, spec, sources[0], text)] : undefined,
  };
  if (isCostly(k, spec, object)) {
    const lazy = () => valueText(k, spec.read(k, object), style);
    return { name: spec.name, value: "", evaluateName: expression, ...rest, hint: { ...rest.hint, lazy: true }, lazy };
  }
  return { ...valueEntry(k, spec.name, spec.read(k, object), style, expression), ...rest };
}

// Fields that walk a whole address space, or the whole world.
const WALKS = ["process.uss", "process.pss", "process.pss_precise", "folio.holders"];
const MANY_PAGES = 4096;

function isCostly(k: Kernel, spec: FieldSpec, object: Value): boolean {
  if (!WALKS.includes(`${spec.of}.${spec.name}`)) return false;
  if (typeof object === "object" && object?.kind === "process") {
    const mm = k.w.task.mm.data[object.task] - 1;
    return mm >= 0 && k.w.mm.rss_anon.data[mm] + k.w.mm.rss_file.data[mm] + k.w.mm.rss_shmem.data[mm] > MANY_PAGES;
  }
  return usedFrames(k) > MANY_PAGES;
}

function usedFrames(k: Kernel): number {
  return k.w.machine.next_pfn.data[0] - k.w.machine.free_pages.data[0];
}

export function cellOf({ field, row, mask, name, entry }: Source): WatchedPlace {
  if (entry !== undefined) return { kind: "entry", ...entry, mask, name };
  return { kind: "cell", table: field.table, field: field.name, row, mask, name };
}

// Counters and flags that the world keeps as they are shown.
function isSettable(spec: FieldSpec, source: Source): boolean {
  if (spec.type === "truth") return source.mask !== undefined;
  return spec.type === "counter" && source.mask === undefined;
}

function pokeOf(k: Kernel, spec: FieldSpec, source: Source, text: string): Poke {
  const { field, row, mask } = source;
  const now = field.data[row];
  if (mask !== undefined) {
    const on = { true: true, "1": true, false: false, "0": false }[text.trim()];
    if (on === undefined) throw new RequestError("bad-expression", `${spec.name} is 1 or 0, not ${text}`);
    return { table: field.table, field: field.name, row, to: on ? now + (now & mask ? 0 : mask) : now - (now & mask) };
  }
  const to = Number(text.trim());
  const bits = field.name.includes("mapcount") ? k.machine.mapcount_bits : k.machine.refcount_bits;
  const wide = field.id === k.w.page._refcount.id && !refcount_wraps(k, row);
  const most = wide ? Number.MAX_SAFE_INTEGER : 2 ** (bits - 1) - 1;
  if (text.trim() === "" || !Number.isInteger(to) || to < 0 || to > most) {
    throw new RequestError("bad-expression", `${spec.name} is a whole number from 0 to ${most}, not ${text}`);
  }
  return { table: field.table, field: field.name, row, to };
}

function ownerOf(value: Value): FieldOwner | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  switch (value.kind) {
    case "page":
    case "folio":
    case "pte":
    case "vma":
    case "process":
    case "pin":
    case "file":
    case "machine":
    case "model":
      return value.kind;
    case "outcomes":
      return "last";
    default:
      return undefined;
  }
}

function memoryOf(k: Kernel, value: Value): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (value.kind === "page" || value.kind === "folio") return `phys:${value.pfn}`;
  if (value.kind === "pin") {
    const [first] = k.side.pinPages[value.pin] ?? [];
    return first === undefined || first === NO_PAGE ? undefined : `phys:${first}`;
  }
  return undefined;
}
