// Expressions: every name to its number, every function and field found in its table.

import { ANY_KIND, type Findings, KIND_BITS } from "./facts.ts";
import { type FieldOwner, type FieldSpec, fieldOf, fieldsOf } from "./fields.ts";
import type { NameIds } from "./names.ts";
import { nearest } from "./nearest.ts";
import type { Expr, FunctionName } from "./program.ts";
import type { Span } from "./text.ts";
import type { ExprNode, NameNode } from "./tree.ts";
import { FALSE, kindOf, MACHINE, MODEL, TRUE, type Value, type ValueKind } from "./value.ts";
import { protection, type Words, word } from "./words.ts";

const ADDRESS = KIND_BITS.address | KIND_BITS.number;
const NUMBER = KIND_BITS.number;

interface FunctionSpec {
  readonly name: Exclude<FunctionName, "pin.page">;
  readonly synopsis: string;
  readonly doc: string;
  // Kinds of names that each argument accepts; a place (`[PROC,] addr`) is one or two of them.
  readonly place?: boolean;
  readonly args: readonly number[];
}

// The functions of expressions. LANGUAGE.md, section 5.
export const FUNCTIONS: readonly FunctionSpec[] = [
  {
    name: "page",
    synopsis: "page([PROC,] addr)",
    place: true,
    args: [],
    doc: "The page that the address maps now, special or not; `none` when it maps none. Looking never faults. Two pages are equal when they are the same frame.",
  },
  {
    name: "pte",
    synopsis: "pte([PROC,] addr)",
    place: true,
    args: [],
    doc: "The page-table entry of the address, empty or not.",
  },
  {
    name: "vma",
    synopsis: "vma([PROC,] addr)",
    place: true,
    args: [],
    doc: "The mapping that holds the address; `none` without one.",
  },
  {
    name: "data",
    synopsis: "data([PROC,] addr)",
    place: true,
    args: [],
    doc: "The bytes from the address on up to a zero byte, as a string; `none` when the address maps no page. Looking never faults.",
  },
  {
    name: "byte",
    synopsis: "byte([PROC,] addr)",
    place: true,
    args: [],
    doc: "One byte; `none` when the address maps no page.",
  },
  { name: "min", synopsis: "min(a, b)", args: [ADDRESS, ADDRESS], doc: "The smaller of two numbers." },
  { name: "max", synopsis: "max(a, b)", args: [ADDRESS, ADDRESS], doc: "The larger of two numbers." },
  { name: "abs", synopsis: "abs(a)", args: [NUMBER], doc: "A signed number without its sign." },
  {
    name: "sum",
    synopsis: "sum(addr, pages, field)",
    args: [ADDRESS, NUMBER, 0],
    doc: "The field's sum over consecutive pages; `none` counts as 0. The field is `page()`'s, or `pte()`'s where `page()` has none of that name.",
  },
  {
    name: "count",
    synopsis: "count(addr, pages, field)",
    args: [ADDRESS, NUMBER, 0],
    doc: "On how many of consecutive pages the field holds: `count(p, 512, exclusive) == 512`.",
  },
];
const FUNCTION = new Map<string, FunctionSpec>(FUNCTIONS.map((spec) => [spec.name, spec]));

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["none", null],
  ["true", TRUE],
  ["false", FALSE],
  ["machine", MACHINE],
  ["model", MODEL],
]);

// What a name may be that has fields.
const NAMED_OWNERS: readonly FieldOwner[] = ["process", "pin", "file"];

// `wants` are the kinds of names that may stand here by themselves.
export function bindNode(node: ExprNode, names: NameIds, found: Findings, wants = ANY_KIND): Expr {
  const { start, end } = node;
  switch (node.kind) {
    case "number":
    case "string":
      return { kind: "literal", value: node.value, start, end };
    case "missing":
      found.failed = true;
      return nothing(node);
    case "group":
      return bindNode(node.inner, names, found, wants);
    case "name":
      return bindName(node, names, found, wants);
    case "unary": {
      const operand = bindNode(node.operand, names, found, node.operator === "-" ? NUMBER : ANY_KIND);
      return { kind: "unary", operator: node.operator, operand, start, end };
    }
    case "binary":
      return bindBinary(node, names, found);
    case "field":
      return bindField(node, names, found);
    case "index": {
      const object = bindNode(node.object, names, found, ADDRESS);
      const index = bindNode(node.index, names, found, NUMBER);
      return { kind: "index", object, index, start, end };
    }
    case "call":
      return bindCall(node, names, found);
  }
}

function nothing(span: Span): Expr {
  return { kind: "literal", value: null, start: span.start, end: span.end };
}

function bindName(node: ExprNode & { kind: "name" }, names: NameIds, found: Findings, wants: number): Expr {
  const { start, end, text } = node;
  if (text === "last") return { kind: "last", start, end };
  const constant = CONSTANTS.get(text);
  if (constant !== undefined) return { kind: "literal", value: constant, start, end };
  const symbol = names.id(text);
  found.use(node, symbol, wants);
  return { kind: "name", symbol, text, start, end };
}

function bindBinary(node: ExprNode & { kind: "binary" }, names: NameIds, found: Findings): Expr {
  const { operator, start, end } = node;
  const compares = operator === "==" || operator === "!=" || operator === "&" || operator === "|";
  const named = compares ? (namedField(node.left) ?? namedField(node.right)) : undefined;
  const logical = compares || operator === "&&" || operator === "||";
  const wants = logical ? ANY_KIND : ADDRESS;
  const side = (part: ExprNode): Expr => {
    const chosen = named && namedField(part) === undefined ? bindWords(part, named, found) : undefined;
    return chosen ?? bindNode(part, names, found, wants);
  };
  const left = side(node.left);
  const right = side(node.right);
  if ((operator === "/" || operator === "%") && right.kind === "literal" && right.value === 0n) {
    found.problem(node.right, "division-by-zero", "division by zero");
  }
  return { kind: "binary", operator, left, right, start, end };
}

// The field with named values that an expression is, as far as its form tells.
function namedField(node: ExprNode): FieldSpec | undefined {
  if (node.kind === "group") return namedField(node.inner);
  // `vma(p).flags & locked` is compared with words as well.
  if (node.kind === "binary" && (node.operator === "&" || node.operator === "|")) return namedField(node.left);
  if (node.kind !== "field") return undefined;
  const { object, name } = node;
  let owner: FieldOwner | undefined;
  if (object.kind === "name" && object.text === "last") owner = "last";
  else if (object.kind === "call" && object.callee.kind === "name") {
    const { text } = object.callee;
    if (text === "pte" || text === "vma") owner = text;
  }
  const spec = owner && fieldOf(owner, name.text);
  return spec?.words === undefined ? undefined : spec;
}

// The words opposite a field with named values; undefined when something else stands there.
function bindWords(node: ExprNode, field: FieldSpec, found: Findings): Expr | undefined {
  const parts = joinedNames(node);
  if (parts === undefined) return undefined;
  const known = field.words ?? [];
  const chosen: Words[] = [];
  for (const part of parts) {
    const value =
      field.name === "prot" ? protection(part.text) : known.includes(part.text) ? word(part.text) : undefined;
    // `pte(p).level == none` asks whether there is a value at all.
    if (value === undefined && part.text === "none") return undefined;
    if (value === undefined) {
      const message = `\`${part.text}\` is no value of \`${field.name}\``;
      found.unknown(part, "unknown-word", message, nearest(part.text, known));
      return nothing(node);
    }
    chosen.push(value);
  }
  const value: Words =
    chosen.length === 1
      ? chosen[0]
      : { kind: "words", words: chosen.flatMap((words) => words.words), bits: 0, special: [] };
  return { kind: "literal", value, start: node.start, end: node.end };
}

// `a|b|c` as names; undefined for anything else.
export function joinedNames(node: ExprNode): NameNode[] | undefined {
  if (node.kind === "name") return [node];
  if (node.kind === "group") return joinedNames(node.inner);
  if (node.kind !== "binary" || node.operator !== "|") return undefined;
  const left = joinedNames(node.left);
  const right = joinedNames(node.right);
  return left && right ? [...left, ...right] : undefined;
}

function bindField(node: ExprNode & { kind: "field" }, names: NameIds, found: Findings): Expr {
  const { name, start, end } = node;
  const { object: inner } = node;
  if (inner.kind === "name" && inner.text !== "last" && !CONSTANTS.has(inner.text)) {
    const symbol = names.id(inner.text);
    found.use(inner, symbol, ANY_KIND, name);
    for (const owner of NAMED_OWNERS) needField(fieldOf(owner, name.text), name, found);
    const object: Expr = { kind: "name", symbol, text: inner.text, start: inner.start, end: inner.end };
    return { kind: "field", object, name: name.text, start, end };
  }
  const object = bindNode(inner, names, found);
  const owner = ownerOf(object);
  if (owner === undefined) {
    if (name.text !== "" && !found.failed) found.problem(name, "unknown-field", `${describe(object)} has no fields`);
  } else {
    const spec = fieldOf(owner, name.text);
    if (spec === undefined) unknownField(owner, name, found, ofItsFolio(owner, name.text));
    else needField(spec, name, found);
  }
  return { kind: "field", object, name: name.text, start, end };
}

function needField(spec: FieldSpec | undefined, name: NameNode, found: Findings): void {
  if (spec && (spec.since !== undefined || spec.until !== undefined || !spec.simulated))
    found.need(name, { field: spec });
}

// What a page is asked for may be a field of its folio.
function ofItsFolio(owner: FieldOwner, text: string): string | undefined {
  return owner === "page" && fieldOf("folio", text) ? `folio.${text}` : undefined;
}

export function unknownField(
  owner: FieldOwner,
  name: NameNode,
  found: Pick<Findings, "unknown">,
  near = nearField(owner, name.text),
): void {
  if (name.text === "") return;
  found.unknown(name, "unknown-field", `${OWNERS[owner]} has no field \`${name.text}\``, near);
}

function nearField(owner: FieldOwner, text: string): string | undefined {
  // Its name before 5.18.
  if (owner === "folio" && text === "compound_mapcount") return "entire_mapcount";
  return nearest(
    text,
    fieldsOf(owner).map((spec) => spec.name),
  );
}

export const OWNERS: Readonly<Record<FieldOwner, string>> = {
  page: "a page",
  folio: "a folio",
  pte: "a page-table entry",
  vma: "a mapping",
  process: "a process",
  pin: "a pin",
  file: "a file",
  last: "`last`",
  machine: "`machine`",
  model: "`model`",
};

// What an expression is a value of, where its form tells.
function ownerOf(expr: Expr): FieldOwner | undefined {
  switch (expr.kind) {
    case "last":
      return "last";
    case "literal":
      return expr.value === MACHINE ? "machine" : expr.value === MODEL ? "model" : undefined;
    case "call":
      if (expr.name === "page" || expr.name === "pin.page") return "page";
      return expr.name === "pte" || expr.name === "vma" ? expr.name : undefined;
    case "field": {
      const owner = ownerOf(expr.object);
      const type = owner && fieldOf(owner, expr.name)?.type;
      return type === "folio" || type === "page" || type === "file" ? type : undefined;
    }
    default:
      return undefined;
  }
}

function describe(expr: Expr): string {
  const kind = staticKind(expr);
  return kind === undefined ? "this" : kind === "address" ? "an address" : kind === "none" ? "`none`" : `a ${kind}`;
}

// The kind of value that an expression gives (or none), where its form tells.
export function staticKind(expr: Expr): ValueKind | undefined {
  switch (expr.kind) {
    case "literal":
      return kindOf(expr.value);
    case "name":
      return undefined;
    case "last":
      return "outcomes";
    case "unary":
      return "number";
    case "index":
      return "address";
    case "binary":
      if (expr.operator !== "+" && expr.operator !== "-") return "number";
      return staticKind(expr.left) === "number" && staticKind(expr.right) === "number" ? "number" : undefined;
    case "call":
      if (expr.name === "pin.page") return "page";
      if (expr.name === "page" || expr.name === "pte" || expr.name === "vma") return expr.name;
      if (expr.name === "data") return "string";
      return expr.name === "min" || expr.name === "max" ? undefined : "number";
    case "field": {
      const owner = ownerOf(expr.object);
      const type = owner && fieldOf(owner, expr.name)?.type;
      switch (type) {
        case "truth":
        case "counter":
        case "number":
          return "number";
        case "bytes":
        case "string":
          return "string";
        case "word":
        case "words":
          return "words";
        default:
          return type;
      }
    }
  }
}

function bindCall(node: ExprNode & { kind: "call" }, names: NameIds, found: Findings): Expr {
  const { callee } = node;
  if (callee.kind === "field" && callee.name.text === "page") return bindPinPage(node, callee, names, found);
  const name = callee.kind === "name" ? callee.text : "";
  const spec = FUNCTION.get(name);
  if (spec === undefined) {
    const message = name === "" ? "only functions can be called" : `there is no function \`${name}\``;
    found.unknown(callee, "unknown-function", message, nearest(name, FUNCTION.keys()));
    return nothing(node);
  }
  const wanted = spec.place ? (node.args.length > 1 ? [KIND_BITS.process, ADDRESS] : [ADDRESS]) : spec.args;
  checkCount(node, spec.synopsis, wanted.length, found);
  const overPages = name === "sum" || name === "count";
  const field = overPages ? bindPagesField(node.args[2], found) : undefined;
  const own = overPages ? node.args.slice(0, 2) : node.args.slice(0, wanted.length);
  const args = own.map((arg, i) => argument(arg, wanted[i], names, found));
  return { kind: "call", name: spec.name, args, field, start: node.start, end: node.end };
}

function argument(node: ExprNode, wants: number, names: NameIds, found: Findings): Expr {
  const bound = bindNode(node, names, found, wants);
  const kind = staticKind(bound);
  const fits =
    kind === undefined ||
    kind === "none" ||
    (kind === "process" && (wants & KIND_BITS.process) !== 0) ||
    ((kind === "number" || kind === "address") && (wants & ADDRESS) !== 0);
  if (!fits) {
    const wanted = wants === KIND_BITS.process ? "a process" : wants === NUMBER ? "a number" : "an address";
    found.problem(node, "wrong-kind", `${wanted} is wanted here, not ${describe(bound)}`);
  }
  return bound;
}

function bindPinPage(
  node: ExprNode & { kind: "call" },
  callee: ExprNode & { kind: "field" },
  names: NameIds,
  found: Findings,
): Expr {
  checkCount(node, "pin.page(i)", 1, found);
  const args = [
    bindNode(callee.object, names, found, KIND_BITS.pin),
    ...node.args.slice(0, 1).map((arg) => argument(arg, NUMBER, names, found)),
  ];
  return { kind: "call", name: "pin.page", args, field: undefined, start: node.start, end: node.end };
}

function checkCount(node: ExprNode & { kind: "call" }, synopsis: string, wanted: number, found: Findings): void {
  if (node.args.length === wanted || node.close < 0) return;
  if (node.args.length < wanted) {
    found.problem(node, "missing-argument", `an argument is missing: \`${synopsis}\``);
  } else {
    const extra = { start: node.args[wanted].start, end: node.args[node.args.length - 1].end };
    found.problem(extra, "too-many-arguments", `too many arguments: \`${synopsis}\``);
  }
}

// The field of sum() and count(): one of page()'s, or of pte()'s where page() has none of that name.
function bindPagesField(node: ExprNode | undefined, found: Findings): string | undefined {
  if (node === undefined) return undefined;
  if (node.kind !== "name") {
    found.problem(node, "wrong-kind", "the name of a field is wanted here");
    return undefined;
  }
  const spec = fieldOf("page", node.text) ?? fieldOf("pte", node.text);
  if (spec === undefined) unknownField("page", node, found);
  else if (spec.type !== "truth" && spec.type !== "counter" && spec.type !== "number") {
    found.problem(node, "wrong-kind", `\`${node.text}\` is no number that could be added up`);
  } else needField(spec, node, found);
  return node.text;
}
