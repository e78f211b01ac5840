// What an expression is worth in the world at the kernel's cursor. Pure: looking changes nothing and never faults.
//
// LANGUAGE.md, section 5. Numbers are unsigned and wrap at 64 bits; a counter that the kernel prints signed may be
// negative, and is then compared as a signed number. `none` makes every comparison false but `== none` and `!= none`.

import type { Kernel } from "../mm/kernel.ts";
import { contentOf, mmOf, pageAt, vmaAt } from "../mm/observe.ts";
import { NO_PAGE } from "../mm/page_alloc.ts";
import { type FieldOwner, type FieldSpec, fieldOf, hasField } from "./fields.ts";
import { type Call, type Expr, type Fault, isFault, type SymbolId } from "./program.ts";
import { joined, number, pageNumber, textOf, truth } from "./read.ts";
import type { Span } from "./text.ts";
import { type Address, kindOf, type Outcomes, type Process, type Value, type ValueKind } from "./value.ts";
import type { Words } from "./words.ts";

// What was not to be seen, and why.
export interface Unseen {
  readonly unseen: string;
}

export type LookName = "page" | "pte" | "vma" | "data" | "byte";

export interface Place {
  readonly task: number;
  readonly at: bigint;
}

// Where expressions look when it is not the simulated world: what was seen of a real machine.
export interface Sight {
  look(name: LookName, place: Place): Value | Unseen;
  // A field that the model has.
  field(spec: FieldSpec, object: Value): Value | Unseen;
  pinPage(pin: number, index: bigint): Value | Unseen;
  // The pages of [first, end) that lie in a mapping.
  mapped(task: number, first: number, end: number): Iterable<number>;
}

export interface Environment {
  readonly k: Kernel;
  // Undefined is the simulated world of `k`.
  readonly sight?: Sight;
  // Whose address space `page(addr)` means: main's, or in the debugger the selected frame's.
  readonly task: number;
  // What the last operation came to.
  readonly last: Outcomes;
  // What a name is bound to; null when it is bound to none, or not yet.
  lookup(symbol: SymbolId): Value;
}

export function evaluate(expr: Expr, env: Environment): Value | Fault {
  switch (expr.kind) {
    case "literal":
      return expr.value;
    case "name":
      return env.lookup(expr.symbol);
    case "last":
      return env.last;
    case "unary":
      return unary(expr, env);
    case "binary":
      return binary(expr, env);
    case "field":
      return field(expr, env);
    case "index":
      return index(expr, env);
    case "call":
      return call(expr, env);
  }
}

// Whether a value holds as a condition: none, 0, "" and the empty set do not.
export function isTrue(value: Value): boolean {
  if (typeof value === "bigint") return value !== 0n;
  if (typeof value === "string") return value !== "";
  return value !== null && !(value.kind === "words" && value.words.length === 0);
}

type Of<K extends Expr["kind"]> = Expr & { readonly kind: K };

function fault(span: Span, code: Fault["code"], message: string): Fault {
  return { fault: true, code, message, start: span.start, end: span.end };
}

function unary(expr: Of<"unary">, env: Environment): Value | Fault {
  const operand = evaluate(expr.operand, env);
  if (isFault(operand)) return operand;
  if (expr.operator === "!") return truth(!isTrue(operand));
  if (operand === null) return null;
  if (typeof operand !== "bigint") return wrongKind(expr.operand, "a number", operand);
  return BigInt.asUintN(64, -operand);
}

function binary(expr: Of<"binary">, env: Environment): Value | Fault {
  const left = evaluate(expr.left, env);
  if (isFault(left)) return left;
  if (expr.operator === "&&" && !isTrue(left)) return 0n;
  if (expr.operator === "||" && isTrue(left)) return 1n;
  const right = evaluate(expr.right, env);
  if (isFault(right)) return right;
  switch (expr.operator) {
    case "&&":
    case "||":
      return truth(isTrue(right));
    case "==":
      return truth(equal(expr, left, right) ?? false);
    case "!=":
      return truth(equal(expr, left, right) === false);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return order(expr, left, right);
    default:
      return arithmetic(expr, left, right);
  }
}

// Undefined where the comparison has no answer: one side is none, and the other is not the literal.
function equal(expr: Of<"binary">, left: Value, right: Value): boolean | undefined {
  if (isNone(expr.left) || isNone(expr.right)) return left === right;
  if (left === null || right === null) return undefined;
  return same(left, right);
}

function isNone(expr: Expr): boolean {
  return expr.kind === "literal" && expr.value === null;
}

// Whether two values are the same thing: numbers modulo 2^64, pages by their frame, flag sets by their members.
export function same(left: Value, right: Value): boolean {
  const a = numeric(left);
  const b = numeric(right);
  if (a !== undefined && b !== undefined) return BigInt.asUintN(64, a) === BigInt.asUintN(64, b);
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return left === right;
  switch (left.kind) {
    case "page":
    case "folio":
      return right.kind === left.kind && right.pfn === left.pfn;
    case "process":
      return right.kind === "process" && right.task === left.task;
    case "file":
      return right.kind === "file" && right.file === left.file;
    case "pin":
      return right.kind === "pin" && right.pin === left.pin;
    case "vma":
      return right.kind === "vma" && right.vma === left.vma;
    case "pte":
      return right.kind === "pte" && right.task === left.task && right.vpn === left.vpn;
    case "words":
      return right.kind === "words" && sameSet(left, right);
    default:
      return left === right;
  }
}

function sameSet(a: Words, b: Words): boolean {
  return a.words.length === b.words.length && a.words.every((word) => b.words.includes(word));
}

function numeric(value: Value): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "object" && value?.kind === "address" ? value.at : undefined;
}

function order(expr: Of<"binary">, left: Value, right: Value): Value | Fault {
  if (left === null || right === null) return 0n;
  let apart: number;
  if (typeof left === "string" && typeof right === "string") {
    apart = left < right ? -1 : left > right ? 1 : 0;
  } else {
    let a = numeric(left);
    let b = numeric(right);
    if (a === undefined) return wrongKind(expr.left, "a number", left);
    if (b === undefined) return wrongKind(expr.right, "a number", right);
    if (a < 0n || b < 0n) {
      a = BigInt.asIntN(64, a);
      b = BigInt.asIntN(64, b);
    }
    apart = a < b ? -1 : a > b ? 1 : 0;
  }
  switch (expr.operator) {
    case "<":
      return truth(apart < 0);
    case "<=":
      return truth(apart <= 0);
    case ">":
      return truth(apart > 0);
    default:
      return truth(apart >= 0);
  }
}

function arithmetic(expr: Of<"binary">, left: Value, right: Value): Value | Fault {
  if (left === null || right === null) return null;
  if (typeof left === "object" && typeof right === "object" && left.kind === "words" && right.kind === "words") {
    return setOperation(expr, left, right);
  }
  const a = numeric(left);
  const b = numeric(right);
  if (a === undefined) return wrongKind(expr.left, "a number", left);
  if (b === undefined) return wrongKind(expr.right, "a number", right);
  if ((expr.operator === "/" || expr.operator === "%") && b === 0n) {
    return fault(expr.right, "division-by-zero", "division by zero");
  }
  const result = calculate(expr.operator, a, b);
  // An address that is moved keeps its mapping; the distance of two addresses is a number.
  const moves = expr.operator === "+" || expr.operator === "-";
  if (moves && isAddress(left) && !isAddress(right)) return { ...left, at: result };
  if (expr.operator === "+" && isAddress(right) && !isAddress(left)) return { ...right, at: result };
  return result;
}

function isAddress(value: Value): value is Address {
  return typeof value === "object" && value?.kind === "address";
}

function calculate(operator: Of<"binary">["operator"], a: bigint, b: bigint): bigint {
  switch (operator) {
    case "+":
      return BigInt.asUintN(64, a + b);
    case "-":
      return BigInt.asUintN(64, a - b);
    case "*":
      return BigInt.asUintN(64, a * b);
    case "/":
      return BigInt.asUintN(64, a) / BigInt.asUintN(64, b);
    case "%":
      return BigInt.asUintN(64, a) % BigInt.asUintN(64, b);
    case "&":
      return BigInt.asUintN(64, a & b);
    default:
      return BigInt.asUintN(64, a | b);
  }
}

// `vma(p).flags & locked` is the set of what both have.
function setOperation(expr: Of<"binary">, left: Words, right: Words): Value | Fault {
  if (expr.operator !== "&" && expr.operator !== "|") return wrongKind(expr.left, "a number", left);
  const both = left.words.filter((word) => right.words.includes(word));
  const words = expr.operator === "&" ? both : [...new Set([...left.words, ...right.words])];
  return {
    kind: "words",
    words,
    bits: expr.operator === "&" ? left.bits & right.bits : left.bits | right.bits,
    special: [],
  };
}

// Kinds of values that have fields, by the owner that the table of fields knows them as.
const OWNER: Readonly<Partial<Record<ValueKind, FieldOwner>>> = {
  page: "page",
  folio: "folio",
  pte: "pte",
  vma: "vma",
  process: "process",
  pin: "pin",
  file: "file",
  outcomes: "last",
  machine: "machine",
  model: "model",
};

function field(expr: Of<"field">, env: Environment): Value | Fault {
  const object = evaluate(expr.object, env);
  if (object === null || isFault(object)) return object;
  const owner = OWNER[kindOf(object)];
  const spec = owner && fieldOf(owner, expr.name);
  if (spec === undefined) return fault(expr, "unknown-field", `a ${kindOf(object)} has no field \`${expr.name}\``);
  return hasField(env.k.model.name, spec) ? seen(expr, read(env, spec, object)) : null;
}

function read({ k, sight }: Environment, spec: FieldSpec, object: Value): Value | Unseen {
  return sight ? sight.field(spec, object) : spec.read(k, object);
}

function seen(span: Span, value: Value | Unseen): Value | Fault {
  return typeof value === "object" && value !== null && "unseen" in value
    ? fault(span, "not-visible", value.unseen)
    : value;
}

// `addr[i]` is the address i pages further.
function index(expr: Of<"index">, env: Environment): Value | Fault {
  const object = evaluate(expr.object, env);
  if (isFault(object)) return object;
  const at = evaluate(expr.index, env);
  if (isFault(at)) return at;
  if (object === null || at === null) return null;
  if (typeof at !== "bigint") return wrongKind(expr.index, "a number", at);
  const from = numeric(object);
  if (from === undefined) return wrongKind(expr.object, "an address", object);
  const to = BigInt.asUintN(64, from + (at << BigInt(env.k.geometry.pageShift)));
  return isAddress(object) ? { kind: "address", at: to, start: object.start, end: object.end } : to;
}

function call(expr: Call, env: Environment): Value | Fault {
  switch (expr.name) {
    case "page":
    case "pte":
    case "vma":
    case "data":
    case "byte": {
      const place = placeOf(expr, env);
      if (place === null || isFault(place)) return place;
      return seen(expr, env.sight ? env.sight.look(expr.name, place) : look(expr.name, place, env.k));
    }
    case "pin.page":
      return pinPage(expr, env);
    case "sum":
    case "count":
      return overPages(expr, env);
    default:
      return extreme(expr, env);
  }
}

// [PROC,] addr
function placeOf({ args }: Call, env: Environment): Place | null | Fault {
  let { task } = env;
  if (args.length > 1) {
    const process = evaluate(args[0], env);
    if (process === null || isFault(process)) return process;
    if (typeof process !== "object" || process.kind !== "process") return wrongKind(args[0], "a process", process);
    task = (process as Process).task;
  }
  const last = args[args.length - 1];
  const address = evaluate(last, env);
  if (address === null || isFault(address)) return address;
  const at = numeric(address);
  return at === undefined ? wrongKind(last, "an address", address) : { task, at };
}

function look(name: LookName, { task, at }: Place, k: Kernel): Value {
  const mm = mmOf(k, task);
  const vpn = pageNumber(k, at);
  if (mm < 0 || vpn < 0) return null;
  if (name === "pte") return { kind: "pte", task, vpn };
  if (name === "vma") {
    const vma = vmaAt(k, mm, vpn);
    return vma < 0 ? null : { kind: "vma", vma };
  }
  if (name === "page") {
    const pfn = pageAt(k, mm, vpn);
    return pfn < 0 ? null : { kind: "page", pfn };
  }
  const content = contentOf(k, mm, vpn);
  if (content < 0) return null;
  const offset = Number(at & BigInt(k.pageSize - 1));
  if (name === "byte") return number(k.contents.byte(content, offset));
  return joined(pieces(k, mm, vpn, offset));
}

// What an address space holds from an offset in a page on, page after page, as far as pages are mapped or in swap.
function* pieces(k: Kernel, mm: number, vpn: number, offset: number): Generator<{ bytes: Uint8Array; ended: boolean }> {
  for (let page = vpn, from = offset; ; page++, from = 0) {
    const content = page < k.geometry.taskPages ? contentOf(k, mm, page) : -1;
    if (content < 0) return;
    yield textOf(k, content, from);
  }
}

function pinPage(expr: Call, env: Environment): Value | Fault {
  const { args } = expr;
  const pin = evaluate(args[0], env);
  if (pin === null || isFault(pin)) return pin;
  if (typeof pin !== "object" || pin.kind !== "pin") return wrongKind(args[0], "a pin", pin);
  const index = evaluate(args[1], env);
  if (index === null || isFault(index)) return index;
  if (typeof index !== "bigint") return wrongKind(args[1], "a number", index);
  if (env.sight) return seen(expr, env.sight.pinPage(pin.pin, index));
  const pages = env.k.side.pinPages[pin.pin];
  const pfn = index < BigInt(pages.length) ? pages[Number(index)] : NO_PAGE;
  return pfn === NO_PAGE ? null : { kind: "page", pfn };
}

// sum() and count() look at one page after the other, at most at as many as user space has.
function overPages(expr: Call, env: Environment): Value | Fault {
  const { k, sight, task } = env;
  const address = evaluate(expr.args[0], env);
  if (address === null || isFault(address)) return address;
  const at = numeric(address);
  if (at === undefined) return wrongKind(expr.args[0], "an address", address);
  const pages = evaluate(expr.args[1], env);
  if (pages === null || isFault(pages)) return pages;
  if (typeof pages !== "bigint") return wrongKind(expr.args[1], "a number", pages);
  const of = fieldOf("page", expr.field ?? "");
  const spec = of ?? fieldOf("pte", expr.field ?? "");
  if (spec === undefined || !hasField(k.model.name, spec)) return 0n;
  const first = pageNumber(k, at);
  const mm = mmOf(k, task);
  if (first < 0 || (mm < 0 && !sight)) return 0n;
  const most = BigInt(k.geometry.taskPages - first);
  const end = first + Number(pages < most ? pages : most);
  let total = 0n;
  for (const vpn of sight ? sight.mapped(task, first, end) : mappedPages(k, mm, first, end)) {
    const object = of ? seen(expr, pageOf(env, mm, vpn)) : ({ kind: "pte", task, vpn } as const);
    if (isFault(object)) return object;
    if (object === null) continue;
    const value = seen(expr, read(env, spec, object));
    if (isFault(value)) return value;
    if (typeof value === "bigint") total += expr.name === "sum" ? value : truth(value !== 0n);
  }
  return BigInt.asUintN(64, total);
}

function pageOf({ k, sight, task }: Environment, mm: number, vpn: number): Value | Unseen {
  if (sight) return sight.look("page", { task, at: BigInt(vpn) << BigInt(k.geometry.pageShift) });
  const pfn = pageAt(k, mm, vpn);
  return pfn < 0 ? null : { kind: "page", pfn };
}

// The pages of [first, end) that lie in a mapping: outside of all there is nothing to add up.
function* mappedPages(k: Kernel, mm: number, first: number, end: number): Generator<number> {
  const { vma } = k.w;
  for (const row of k.vmas.of(mm)) {
    const stop = Math.min(end, vma.end.data[row]);
    for (let vpn = Math.max(first, vma.start.data[row]); vpn < stop; vpn++) yield vpn;
  }
}

function extreme(expr: Call, env: Environment): Value | Fault {
  const numbers: bigint[] = [];
  for (const arg of expr.args) {
    const value = evaluate(arg, env);
    if (value === null || isFault(value)) return value;
    const n = numeric(value);
    if (n === undefined) return wrongKind(arg, "a number", value);
    numbers.push(n);
  }
  const [a, b] = numbers;
  if (expr.name === "abs") return BigInt.asIntN(64, a) < 0n ? -BigInt.asIntN(64, a) : a;
  return (expr.name === "min") === a < b ? a : b;
}

function wrongKind(span: Span, wanted: string, value: Value): Fault {
  return fault(span, "wrong-kind", `${wanted} is wanted here, not ${value === null ? "none" : `a ${kindOf(value)}`}`);
}
