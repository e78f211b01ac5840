// A hover on a name or a field: what it is worth behind this line, under the trace's first model.

import { fieldOf, hasField } from "../lang/fields.ts";
import type { SymbolKind, TraceSymbol } from "../lang/program.ts";
import type { Address, Value } from "../lang/value.ts";
import { contentOf, mmOf, pageAt, pteAt, vmaAt } from "../mm/observe.ts";
import { is_swap_pte } from "../mm/swapops.ts";
import { contentText, entryText } from "../run/describe.ts";
import type { Recording } from "../run/recording.ts";
import { show } from "../run/show.ts";
import type { Analysis } from "./analysis.ts";
import { sections } from "./docs.ts";
import { expressionsOf } from "./expressions.ts";
import type { Mark } from "./marks.ts";
import { statementOn, stepsBefore } from "./steps_of.ts";
import { valueHere } from "./value_here.ts";

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
  return `\`${text}\` is **${show(value, recording.kernel)}** here, under ${recording.model.name}.`;
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
      return fieldList(recording, value, ["size", "cached"]);
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
  const rows: string[] = [];
  for (let i = 0; i < Math.min(pages, LISTED); i++) {
    const entry = pteAt(k, mm, first + i);
    if (is_swap_pte(entry)) {
      const content = contentOf(k, mm, first + i);
      const data = content < 0 ? "" : cell(contentText(k, content));
      rows.push(`| [${i}] | ${entryText(entry)} | | | | ${data} |`);
      continue;
    }
    const pfn = pageAt(k, mm, first + i);
    if (pfn < 0) continue;
    const field = (name: string) => readField(recording, { kind: "page", pfn }, name);
    rows.push(
      `| [${i}] | ${pfn} | ${field("refcount")} | ${field("mapcount")} | ${field("exclusive")} | ${cell(field("data"))} |`,
    );
  }
  const more = pages > LISTED ? `\n\n… ${pages - LISTED} more pages` : "";
  if (rows.length === 0)
    return sections(vma, pages > LISTED ? `None of the first ${LISTED} pages is mapped.` : "No page is mapped.");
  return sections(
    vma,
    ["| page | pfn | refcount | mapcount | exclusive | data |", "|---|---|---|---|---|---|", ...rows].join("\n") + more,
  );
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
