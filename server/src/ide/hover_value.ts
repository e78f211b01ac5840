// A hover on a name or a field: what it is worth behind this line, under the trace's first model.

import { fieldOf, hasField } from "../lang/fields.ts";
import type { SymbolKind, TraceSymbol } from "../lang/program.ts";
import type { Address, Value } from "../lang/value.ts";
import { folio_nr_pages, folio_page_idx, folio_test_large, page_folio } from "../mm/folio.ts";
import { places } from "../mm/holder_groups.ts";
import type { Kernel } from "../mm/kernel.ts";
import { contentOf, mmOf, pageAt, pteAt, vmaAt } from "../mm/observe.ts";
import { is_swap_pte } from "../mm/swapops.ts";
import { contentText, entryText } from "../run/describe.ts";
import { mmIdText, nrPagesMapped } from "../run/folio_text.ts";
import { folioSummary } from "../run/folio_view.ts";
import type { Recording } from "../run/recording.ts";
import { show } from "../run/show.ts";
import { holderRowsOf, refpageText } from "../run/views.ts";
import type { Analysis } from "./analysis.ts";
import { sections } from "./docs.ts";
import { expressionsOf } from "./expressions.ts";
import type { Mark } from "./marks.ts";
import { statementOn, stepsBefore } from "./steps_of.ts";
import { here, valueHere } from "./value_here.ts";

// Pages of a mapping that a hover lists.
const LISTED = 8;

const KINDS: Readonly<Record<SymbolKind, string>> = {
  process: "process",
  address: "address",
  file: "file",
  pin: "pin",
  number: "number",
  unknown: "name",
};

export function symbolHover(analysis: Analysis, line: number, name: string): string | undefined {
  const symbol = analysis.program.symbol(name);
  if (!symbol) return undefined;
  return sections(heading(symbol), worth(analysis, line, symbol));
}

// `page(p).refcount` under the cursor's field, with its value.
export function expressionHover(analysis: Analysis, line: number, mark: Mark): string | undefined {
  const node = expressionsOf(analysis.document.tree(line)).find(
    (found) => found.kind === "field" && found.name.start === mark.start,
  );
  if (!node) return undefined;
  const text = analysis.document.line(line).slice(node.start, node.end);
  const value = valueHere(analysis, line, text);
  const recording = analysis.recording();
  if (value === undefined || !recording) return undefined;
  const told = here(recording, line, () => meaning(recording, text.slice(mark.start - node.start), value));
  const is = `\`${text}\` is **${show(value, recording.kernel)}** here, under ${recording.model.name}.`;
  return sections(is, told);
}

// What a value stands for, where that is more than its number: a folio with its holders, an owner, bits of a counter.
function meaning(recording: Recording, field: string, value: Value): string | undefined {
  const { kernel: k } = recording;
  if (typeof value === "object") return value?.kind === "folio" ? folioText(recording, value.pfn) : undefined;
  if (typeof value !== "bigint" || value === 0n) return undefined;
  if (field === "mm_id0" || field === "mm_id1") return `The address space ${mmIdText(k, Number(value))}.`;
  return field === "nr_pages_mapped" ? `${nrPagesMapped(Number(value))}.` : undefined;
}

function heading({ name, kind, declaration }: TraceSymbol): string {
  const where = declaration ? ` of line ${declaration.line + 1}` : "";
  return `**${name}** — ${KINDS[kind]}${where}`;
}

function worth(analysis: Analysis, line: number, symbol: TraceSymbol): string | undefined {
  const recording = analysis.recording();
  if (!recording) return undefined;
  // Behind the line, so that what it binds is bound.
  const after = stepsBefore(recording, line + 1);
  const value = recording.nameAtStep(symbol.id, after);
  if (value === undefined) return undefined;
  const { kernel: k, steps, model } = recording;
  const cursor = k.position;
  k.seek(after === 0 ? steps.boot : steps.end(after - 1));
  const told = describeValue(recording, value, taskAt(recording, line, after));
  k.seek(cursor);
  return sections(`\`${show(value, k)}\` behind this line, under ${model.name}:`, told);
}

// Whose line it is: addresses are looked up in that process.
function taskAt(recording: Recording, line: number, steps: number): number {
  const index = statementOn(recording.program, line);
  const statement = index === undefined ? undefined : recording.program.statements[index];
  const symbol = statement?.kind === "operation" ? statement.process : undefined;
  const process = symbol === undefined ? undefined : recording.nameAtStep(symbol, steps);
  return typeof process === "object" && process?.kind === "process" ? process.task : 0;
}

function describeValue(recording: Recording, value: Value, task: number): string | undefined {
  if (value === null) return "The call that binds it failed.";
  if (typeof value !== "object") return undefined;
  switch (value.kind) {
    case "address":
      return addressText(recording, value, task);
    case "process":
      return fieldList(recording, value, [
        "alive",
        "rss_anon",
        "rss_file",
        "rss_shmem",
        "swap",
        "vmas",
        "minor_faults",
        "major_faults",
        "page_tables",
      ]);
    case "pin":
      return fieldList(recording, value, ["pages", "data"]);
    case "file":
      return refpageText(recording.kernel, value.file) ?? fieldList(recording, value, ["size", "cached"]);
    default:
      return undefined;
  }
}

// The VMA and the pages of the mapping that the address came from.
function addressText(recording: Recording, { start, end }: Address, task: number): string {
  const { kernel: k } = recording;
  const size = BigInt(k.pageSize);
  const first = Number(start / size);
  const pages = Number((end - start + size - 1n) / size);
  const mm = mmOf(k, task);
  const row = vmaAt(k, mm, first);
  const vma =
    row < 0
      ? `No VMA of ${k.side.taskNames[task]} holds it.`
      : fieldList(recording, { kind: "vma", vma: row }, ["start", "end", "prot", "flags", "file"]);
  const { rows, folios, looked } = pageRows(recording, mm, first, pages);
  const more = pages > looked ? `\n\n… ${pages - looked} more pages` : "";
  if (rows.length === 0) {
    return sections(vma, pages > looked ? `None of the first ${looked} pages is mapped.` : "No page is mapped.");
  }
  const table = ["| page | pfn | refcount | mapcount | exclusive | data |", "|---|---|---|---|---|---|", ...rows];
  return sections(vma, table.join("\n") + more, ...folios.map((head) => folioText(recording, head)));
}

interface PageRows {
  readonly rows: readonly string[];
  // The heads of the large folios among them.
  readonly folios: readonly number[];
  // How many pages the rows speak of, unmapped ones included.
  readonly looked: number;
}

// So many rows, each of a page, or of pages of one large folio that are alike.
function pageRows(recording: Recording, mm: number, first: number, pages: number): PageRows {
  const { kernel: k } = recording;
  const rows: string[] = [];
  const folios = new Set<number>();
  let at = 0;
  for (let listed = 0; listed < LISTED && at < pages; listed++) {
    const entry = pteAt(k, mm, first + at);
    const pfn = pageAt(k, mm, first + at);
    const run = pfn >= 0 && folio_test_large(k, pfn) ? alike(recording, mm, first + at, pages - at) : 1;
    if (is_swap_pte(entry)) {
      const content = contentOf(k, mm, first + at);
      const data = content < 0 ? "" : cell(contentText(k, content));
      rows.push(`| [${at}] | ${entryText(entry)} | | | | ${data} |`);
    } else if (pfn >= 0) {
      const page = run === 1 ? `${at}` : `${at}…${at + run - 1}`;
      rows.push(`| [${page}] | ${frames(k, pfn, run)} | ${countersOf(recording, pfn)} |`);
      if (folio_test_large(k, pfn)) folios.add(page_folio(k, pfn));
    }
    at += run;
  }
  return { rows, folios: [...folios], looked: at };
}

// `7`, of a large folio `517…1023 (pages 5…511 of folio 512)`.
function frames(k: Kernel, pfn: number, run: number): string {
  if (!folio_test_large(k, pfn)) return `${pfn}`;
  const which = places("page", folio_page_idx(k, pfn), run);
  return `${run === 1 ? pfn : `${pfn}…${pfn + run - 1}`} (${which} of folio ${page_folio(k, pfn)})`;
}

// How many pages from this one on are of the same large folio, one after the other, with the same counters.
function alike(recording: Recording, mm: number, vpn: number, most: number): number {
  const { kernel: k } = recording;
  const pfn = pageAt(k, mm, vpn);
  const last = page_folio(k, pfn) + folio_nr_pages(k, page_folio(k, pfn));
  const counters = countersOf(recording, pfn);
  let count = 1;
  while (
    count < most &&
    pfn + count < last &&
    pageAt(k, mm, vpn + count) === pfn + count &&
    countersOf(recording, pfn + count) === counters
  ) {
    count++;
  }
  return count;
}

function countersOf(recording: Recording, pfn: number): string {
  const field = (name: string) => readField(recording, { kind: "page", pfn }, name);
  return `${field("refcount")} | ${field("mapcount")} | ${field("exclusive")} | ${cell(field("data"))}`;
}

// A large folio in a line, and who holds which part of it.
function folioText({ kernel: k }: Recording, head: number): string {
  const rows = holderRowsOf(k, head);
  const names = rows.slice(0, LISTED).map(({ name, count }) => (count === 1 ? name : `${name} ×${count}`));
  const more = rows.length > LISTED ? ` and ${rows.length - LISTED} more` : "";
  return `folio ${head}, ${folioSummary(k, head)} — held by ${names.join(", ")}${more}`;
}

function fieldList(recording: Recording, value: Value & object, names: readonly string[]): string {
  return names
    .map((name) => ({ name, value: readField(recording, value, name) }))
    .filter((field) => field.value !== "none")
    .map((field) => `${field.name} \`${field.value}\``)
    .join(" · ");
}

function readField({ kernel: k, model }: Recording, value: Value & object, name: string): string {
  const owner = value.kind;
  if (owner !== "page" && owner !== "vma" && owner !== "process" && owner !== "pin" && owner !== "file") return "none";
  const spec = fieldOf(owner, name);
  return spec?.simulated && hasField(model.name, spec) ? show(spec.read(k, value), k) : "none";
}

function cell(text: string): string {
  const short = text.length > 24 ? `${text.slice(0, 24)}…` : text;
  return short.replaceAll("|", "\\|");
}
