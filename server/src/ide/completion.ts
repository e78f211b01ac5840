// What could be typed at the cursor, the likeliest first.

import { FUNCTIONS } from "../lang/bind_expression.ts";
import type { FieldOwner } from "../lang/fields.ts";
import { fieldsOf, hasField } from "../lang/fields.ts";
import type { OpSpec, Param } from "../lang/ops.ts";
import { OPS } from "../lang/ops.ts";
import { ACCESS_OUTCOMES } from "../lang/outcomes.ts";
import type { SymbolKind, TraceSymbol } from "../lang/program.ts";
import type { Range } from "../lang/text.ts";
import type { Since } from "../lang/words.ts";
import { MACHINE_KEYS } from "../mm/machine.ts";
import { MODELS } from "../mm/models.ts";
import { MODEL_NAMES, type ModelName } from "../mm/releases.ts";
import type { Analysis } from "./analysis.ts";
import { type Argument, placeAt } from "./completion_context.ts";
import { actualValue, likelyChecks } from "./likely_checks.ts";
import type { Position } from "./position.ts";

export interface Proposal {
  readonly label: string;
  readonly kind:
    | "keyword"
    | "operation"
    | "function"
    | "name"
    | "process"
    | "parameter"
    | "word"
    | "field"
    | "model"
    | "setting"
    | "outcome"
    | "value"
    | "snippet";
  readonly detail?: string;
  // What is inserted when it is not the label; `snippet` with places to fill in, for editors that know how.
  readonly insert?: string;
  readonly snippet?: string;
  // What the typed word is matched against when it is not the label.
  readonly filter?: string;
  // Where documentation() finds what it means.
  readonly docKey?: string;
  // Something has to follow, so the editor should ask again.
  readonly asksAgain?: boolean;
}

export interface Completion {
  // What a proposal replaces.
  readonly place: Range;
  readonly proposals: readonly Proposal[];
}

export function completion(analysis: Analysis, at: Position): Completion {
  const { context, word } = placeAt(analysis.document.line(at.line), at.column, analysis.program);
  const place = { line: at.line, start: word.start, end: word.end };
  const names = namesAbove(analysis, at.line);
  const proposals = () => {
    switch (context.kind) {
      case "nothing":
        return [];
      case "statement":
        return [...processes(names, ": "), ...operations(analysis, names), ...statements(analysis)];
      case "operation":
        return operations(analysis, names).filter(
          ({ label }) => !context.binds || OPS.get(label)?.result !== undefined,
        );
      case "argument":
        return argument(analysis, context, names);
      case "model":
        return models().filter(({ label }) => !context.given.includes(label));
      case "when":
        return [...models(), ...comparisons()];
      case "setting":
        return settings().filter(({ label }) => !context.given.includes(label));
      case "setting value":
        return settingValues(context.key);
      case "outcome":
        return outcomes(context.op).filter(({ label }) => !context.given.includes(label));
      case "field":
        return fields(analysis, context.owner);
      case "expression": {
        const { check, compared } = context;
        const actual = compared === undefined ? [] : actualValue(analysis, at.line, compared);
        const checks = check && compared === undefined ? likelyChecks(analysis, at.line) : [];
        return [...actual, ...checks, ...functions(), ...expressionNames(names), ...constants()];
      }
    }
  };
  return { place, proposals: distinct(proposals()) };
}

// Names that lines above bind.
function namesAbove({ program }: Analysis, line: number): TraceSymbol[] {
  return program.symbols.filter(
    ({ id, declaration }) => id === 0 || (declaration !== undefined && declaration.line < line),
  );
}

function statements({ program }: Analysis): Proposal[] {
  const forms: Proposal[] = [
    { label: "expect", kind: "keyword", insert: "expect ", asksAgain: true },
    {
      label: "repeat",
      kind: "keyword",
      insert: "repeat ",
      snippet: `repeat ${hole(1, "8")} as ${hole(2, "i")}\n  $0\nend`,
    },
    { label: "end", kind: "keyword" },
    { label: "process", kind: "keyword", insert: "process " },
    { label: "machine", kind: "keyword", insert: "machine ", asksAgain: true },
  ];
  if (program.kernels.length === 0)
    forms.push({ label: "kernel", kind: "keyword", insert: "kernel ", asksAgain: true });
  return forms.map((form) => ({ ...form, docKey: `keyword:${form.label}` }));
}

// What a proposal alone has is offered where the trace runs under it.
function had({ models }: Analysis, { only }: Since): boolean {
  return only === undefined || models.some((model) => only.includes(model));
}

function operations(analysis: Analysis, names: readonly TraceSymbol[]): Proposal[] {
  return [...OPS.values()]
    .filter((op) => op.simulated && had(analysis, op))
    .map((op) => ({
      label: op.name,
      kind: "operation" as const,
      detail: op.synopsis,
      insert: `${op.name}(`,
      snippet: operationSnippet(op, names),
      docKey: `op:${op.name}`,
    }));
}

// The required arguments as places to fill in, with the newest fitting name in each.
function operationSnippet(op: OpSpec, names: readonly TraceSymbol[]): string {
  const required = op.params.filter((param) => param.required);
  const places = required.map((param, i) => hole(i + 1, suggested(param, names)));
  return `${op.name}(${places.join(", ")})$0`;
}

function suggested({ of, name, default: usual }: Param, names: readonly TraceSymbol[]): string {
  const kind = NAMED_KINDS[of.kind];
  const newest = kind && names.filter((symbol) => symbol.kind === kind && symbol.id !== 0).at(-1);
  if (newest) return newest.name;
  if (usual) return usual;
  return of.kind === "size" || of.kind === "length" ? "4K" : name;
}

const NAMED_KINDS: Readonly<Partial<Record<Param["of"]["kind"], SymbolKind>>> = {
  address: "address",
  file: "file",
  pin: "pin",
  process: "process",
};

// A place of a snippet to be filled in, with what stands there until then.
function hole(number: number, text: string): string {
  return `\${${number}:${text.replace(/[\\$}]/g, "\\$&")}}`;
}

function processes(names: readonly TraceSymbol[], suffix: string): Proposal[] {
  return names
    .filter(({ kind }) => kind === "process")
    .map(({ name }) => ({
      label: name,
      kind: "process" as const,
      insert: `${name}${suffix}`,
      asksAgain: suffix !== "",
    }));
}

function argument(analysis: Analysis, place: Argument, names: readonly TraceSymbol[]): Proposal[] {
  const { op, param, named, begun, words, given } = place;
  const known = (spec: Since) => had(analysis, spec);
  const values = param ? valuesFor(op, param, { given: words, known }, names) : [];
  if (named || begun) return values;
  const open = op.params.filter(({ name }) => name !== param?.name && !given.includes(name));
  const keys = [...(param ? [param] : []), ...open].map((one) => ({
    label: `${one.name}=`,
    kind: "parameter" as const,
    detail: one.default ? `default ${one.default}` : "",
    docKey: `param:${op.name}.${one.name}`,
    asksAgain: true,
  }));
  return [...values, ...keys];
}

const PROTECTIONS = ["rw", "r", "none", "rx", "rwx", "w", "x"];
const SIZES = ["4K", "8K", "16K", "64K", "2M"];

function valuesFor(
  op: OpSpec,
  { of, name }: Param,
  { given, known }: { readonly given: readonly string[]; known(spec: Since): boolean },
  names: readonly TraceSymbol[],
): Proposal[] {
  const kind = NAMED_KINDS[of.kind];
  switch (of.kind) {
    case "flags":
    case "word":
      return of.words
        .filter((word) => word.simulated && known(word) && !given.includes(word.name))
        .map((word) => ({
          label: word.name,
          kind: "word",
          docKey: `word:${op.name}.${word.name}`,
          detail: firstSentence(word.doc),
        }));
    case "prot":
      return PROTECTIONS.map((label) => ({ label, kind: "word", detail: name }));
    case "size":
    case "length":
    case "offset":
      return [...SIZES.map((label) => ({ label, kind: "value" as const })), ...named(names, ["number"])];
    case "number":
    case "value":
    case "string":
      return named(names, ["number"]);
    default:
      return named(names, kind === undefined ? [] : [kind, "unknown"]);
  }
}

function named(names: readonly TraceSymbol[], kinds: readonly SymbolKind[]): Proposal[] {
  return names
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ name, kind }) => ({ label: name, kind: kind === "process" ? "process" : "name", detail: kind }) as const)
    .reverse();
}

function models(): Proposal[] {
  return MODEL_NAMES.filter((model) => MODELS.has(model as ModelName))
    .map((model) => ({ label: model, kind: "model" as const, docKey: `model:${model}` }))
    .reverse();
}

function comparisons(): Proposal[] {
  return [">=", "<", "<=", ">"].map((label) => ({ label, kind: "keyword", detail: "releases", asksAgain: true }));
}

function settings(): Proposal[] {
  return MACHINE_KEYS.filter(({ simulated }) => simulated).map(({ key, doc }) => ({
    label: key,
    kind: "setting",
    insert: `${key}=`,
    detail: firstSentence(doc),
    docKey: `setting:${key}`,
    asksAgain: true,
  }));
}

function settingValues(key: string): Proposal[] {
  const setting = MACHINE_KEYS.find((candidate) => candidate.key === key);
  switch (setting?.value.kind) {
    case "word":
      return setting.value.words.map((label) => ({ label, kind: "word" }));
    case "switch":
      return ["off", "on"].map((label) => ({ label, kind: "word" }));
    case "size":
      return ["64K", "1M", "256M", "1G"].map((label) => ({ label, kind: "value" }));
    default:
      return [];
  }
}

function outcomes(op: OpSpec | undefined): Proposal[] {
  const outcome = (label: string): Proposal => ({ label, kind: "outcome", docKey: `outcome:${label}` });
  if (op?.access) return ACCESS_OUTCOMES.map(outcome);
  return [outcome("ok"), ...(op?.errnos ?? []).map(([errno, when]) => ({ ...outcome(errno), detail: when }))];
}

// Those that any of the trace's models has.
function fields({ models }: Analysis, owner: FieldOwner): Proposal[] {
  const own: Proposal[] = fieldsOf(owner)
    .filter((field) => field.simulated && models.some((model) => hasField(model as ModelName, field)))
    .map((field) => ({
      label: field.name,
      kind: "field",
      detail: field.unit ? `${field.type}, ${field.unit}` : field.type,
      docKey: `field:${owner}.${field.name}`,
      asksAgain: field.type === "folio",
    }));
  const page: Proposal = {
    label: "page",
    kind: "function",
    insert: "page(",
    snippet: `page(${hole(1, "0")})$0`,
    docKey: "function:page",
  };
  return owner === "pin" ? [...own, page] : own;
}

function functions(): Proposal[] {
  return FUNCTIONS.map(({ name, synopsis }) => ({
    label: name,
    kind: "function",
    detail: synopsis,
    insert: `${name}(`,
    docKey: `function:${name}`,
    asksAgain: true,
  }));
}

function expressionNames(names: readonly TraceSymbol[]): Proposal[] {
  return named(names, ["address", "process", "pin", "file", "number", "unknown"]);
}

function constants(): Proposal[] {
  return ["last", "machine", "model", "none", "true", "false"].map((label) => ({
    label,
    kind: "keyword",
    docKey: `keyword:${label}`,
  }));
}

function firstSentence(doc: string): string {
  const end = doc.search(/[.:;](\s|$)/);
  return end < 0 ? doc : doc.slice(0, end);
}

function distinct(proposals: readonly Proposal[]): Proposal[] {
  const seen = new Set<string>();
  return proposals.filter(({ label }) => !seen.has(label) && seen.add(label));
}
