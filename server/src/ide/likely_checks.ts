// Checks that hold: the values that the run really has where the cursor is, ready to be expected.

import { fieldOf, hasField } from "../lang/fields.ts";
import type { Operation } from "../lang/program.ts";
import type { ModelName } from "../mm/releases.ts";
import { source } from "../run/show.ts";
import type { Analysis } from "./analysis.ts";
import type { Proposal } from "./completion.ts";
import { valueHere } from "./value_here.ts";

const COUNTERS = ["refcount", "mapcount", "exclusive"];
// What is looked at first of a large folio, by whichever release has it.
const FOLIO_COUNTERS = [
  "order",
  "entire_mapcount",
  "large_mapcount",
  "nr_pages_mapped",
  "mm_id0_mapcount",
  "maybe_mapped_shared",
  "partially_mapped",
  "double_map",
  "total_mapcount",
];

// What `compared` is here, as the other side of a comparison.
export function actualValue(analysis: Analysis, line: number, compared: string): Proposal[] {
  const value = valueHere(analysis, line, compared);
  const text = value === undefined ? undefined : source(value);
  return text === undefined ? [] : [proposal(text, analysis, text)];
}

// Whole checks about what the last operation above touched, or made.
export function likelyChecks(analysis: Analysis, line: number): Proposal[] {
  const operation = lastOperation(analysis, line);
  if (!operation) return [];
  return expressionsAbout(analysis, operation, line).flatMap((text) => {
    const value = valueHere(analysis, line, text);
    const shown = value === undefined ? undefined : source(value);
    return shown === undefined || value === null ? [] : [proposal(`${text} == ${shown}`, analysis, text)];
  });
}

function proposal(label: string, { models }: Analysis, filter: string): Proposal {
  return { label, kind: "value", detail: `the value under ${models[0]}`, filter };
}

function lastOperation({ program }: Analysis, line: number): Operation | undefined {
  for (let i = program.statements.length - 1; i >= 0; i--) {
    const statement = program.statements[i];
    if (statement.line < line && statement.kind === "operation") return statement;
  }
  return undefined;
}

// Whether the page that is mapped there is of a large folio, behind the operation.
function isLarge(analysis: Analysis, line: number, place: string): boolean {
  const order = valueHere(analysis, line, `page(${place}).folio.order`);
  return typeof order === "bigint" && order > 0n;
}

// The counters of a large folio that the trace's first model has.
function ofFolio({ models }: Analysis, folio: string): string[] {
  return FOLIO_COUNTERS.flatMap((name) => {
    const spec = fieldOf("folio", name);
    return spec && hasField(models[0] as ModelName, spec) ? [`${folio}.${name}`] : [];
  });
}

function expressionsAbout(analysis: Analysis, operation: Operation, next: number): string[] {
  const { program, document } = analysis;
  const { op, args, line, target, process } = operation;
  const found: string[] = [];
  const made = target === undefined ? undefined : program.symbols[target];
  if (made?.kind === "process") found.push(`${made.name}.rss_anon`, `${made.name}.rss`);
  if (made?.kind === "pin") found.push(`${made.name}.data`);
  const position = op.params.findIndex((param) => param.of.kind === "address");
  const at = args[position];
  const pin = args[op.params.findIndex((param) => param.of.kind === "pin")];
  if (pin) found.push(`${document.line(line).slice(pin.start, pin.end)}.data`);
  const address = at ? document.line(line).slice(at.start, at.end) : made?.kind === "address" ? made.name : undefined;
  const owner = process === undefined ? undefined : program.symbols[process].name;
  if (address !== undefined) {
    const place = owner === undefined || owner === "main" ? address : `${owner}, ${address}`;
    found.push(...COUNTERS.map((counter) => `page(${place}).${counter}`), `data(${place})`, `pte(${place}).writable`);
    if (isLarge(analysis, next, place)) found.push(`pte(${place}).level`, ...ofFolio(analysis, `page(${place}).folio`));
  }
  found.push(`${owner ?? "main"}.rss_anon`);
  return found;
}
