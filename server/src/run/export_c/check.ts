// A check of the trace as a test in C.

import type { Expect, Expr } from "../../lang/program.ts";
import type { Frame } from "./frame.ts";
import { bytesOf, step, tested } from "./line.ts";
import { Observer, placeOf, scalar, whoAndWhere } from "./look.ts";
import type { Emitted } from "./operation.ts";
import { Refusal, Unseen, unseen } from "./refusal.ts";
import { bare, bytesLiteral } from "./text.ts";
import { constant, numeric, pointer } from "./value.ts";

const COMPARISONS: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];
// Of a string that a pipe is compared with.
const MOST_BYTES = 4000;

type Comparison = Expr & { kind: "binary" };

// One test for each part of the check that another process has to look at; what cannot be seen is told, and the rest
// is tested all the same.
export function check(
  statement: Expect,
  frame: Frame,
  line: { readonly number: number; readonly text: string },
): Emitted {
  const parts = conjuncts(statement.condition).map((part) => attempt(part, frame));
  const reasons = parts.flatMap((part) => (part.unseen === undefined ? [] : [part.unseen]));
  const groups = new Map<string, Part[]>();
  for (const part of parts) {
    if (part.unseen === undefined) groups.set(part.who, [...(groups.get(part.who) ?? []), part]);
  }
  const lines: string[] = [];
  let number = 0;
  for (const [who, group] of groups) {
    number++;
    const several = groups.size > 1 || reasons.length > 0;
    const text = several ? `${line.text} (part ${number})` : line.text;
    const start = group.length === 1 ? group[0].test : undefined;
    const code = start ?? `expect(${group.map((part) => inner(part.code)).join(" && ")},`;
    lines.push(...step(who, tested(code, { ...line, text })));
  }
  const unseenPart = reasons.length > 0 ? [...new Set(reasons)].join("; ") : undefined;
  return { lines, tests: groups.size, unseen: unseenPart };
}

interface Part {
  readonly who: string;
  readonly code: string;
  // The call that tests it alone, up to the name of the test.
  readonly test: string;
  readonly unseen?: string;
}

function attempt(part: Expr, frame: Frame): Part {
  const { shared } = frame;
  try {
    const observer = new Observer(frame);
    // Who has to look may come to light late in the expression; names are read as that process knows them.
    condition(part, observer);
    frame.shared = shared;
    const code = condition(part, observer);
    const who = frame.process(observer.by);
    const equal = equality(part, observer);
    const test = equal ?? `expect(${bare(code)},`;
    return { who, code, test };
  } catch (error) {
    if (!(error instanceof Unseen) && !(error instanceof Refusal)) throw error;
    frame.shared = shared;
    return { who: "", code: "", test: "", unseen: error.message };
  }
}

function inner(code: string): string {
  return code.includes("||") && !code.startsWith("(") ? `(${code})` : code;
}

function conjuncts(expr: Expr): Expr[] {
  if (expr.kind !== "binary" || expr.operator !== "&&") return [expr];
  return [...conjuncts(expr.left), ...conjuncts(expr.right)];
}

// `expect_eq(page_mapcount(…), 2,`: shows both values when it fails.
function equality(expr: Expr, observer: Observer): string | undefined {
  if (!isComparison(expr) || expr.operator !== "==" || special(expr, observer) !== undefined) return undefined;
  if (constant(expr.right) === undefined && constant(expr.left) === undefined) return undefined;
  const [seen, wanted] = constant(expr.right) === undefined ? [expr.right, expr.left] : [expr.left, expr.right];
  const { code, truth } = scalar(seen, observer);
  if (truth) return undefined;
  return `expect_eq(${bare(code)}, ${signed(wanted, observer)},`;
}

function signed(expr: Expr, observer: Observer): string {
  const value = constant(expr) ?? 0n;
  if (value >= 1n << 63n) return `-${(1n << 64n) - value}L`;
  return bare(numeric(expr, observer.frame, observer.by));
}

function isComparison(expr: Expr): expr is Comparison {
  return expr.kind === "binary" && COMPARISONS.includes(expr.operator);
}

// A truth in C.
function condition(expr: Expr, observer: Observer): string {
  if (expr.kind === "binary" && (expr.operator === "&&" || expr.operator === "||"))
    return `(${condition(expr.left, observer)} ${expr.operator} ${condition(expr.right, observer)})`;
  if (expr.kind === "unary" && expr.operator === "!") return `!${condition(expr.operand, observer)}`;
  if (isComparison(expr)) return special(expr, observer) ?? compare(expr, observer);
  if (isPage(expr)) return `page_mapped(${whoAndWhere(expr.args, observer)})`;
  const { code, none, truth } = scalar(expr, observer);
  if (truth) return code;
  return none ? `truth(${bare(code)})` : `(${code} != 0)`;
}

function compare(expr: Comparison, observer: Observer): string {
  const left = scalar(expr.left, observer);
  const right = scalar(expr.right, observer);
  const [a, b] = [bare(left.code), bare(right.code)];
  switch (expr.operator) {
    case "==":
      return left.none && right.none ? `eq(${a}, ${b})` : `((long)${left.code} == (long)${right.code})`;
    case "!=":
      return `ne(${a}, ${b})`;
    case "<":
      return `lt(${a}, ${b})`;
    case "<=":
      return `le(${a}, ${b})`;
    case ">":
      return `lt(${b}, ${a})`;
    default:
      return `le(${b}, ${a})`;
  }
}

// Comparisons of what is no number: frames, contents, and none.
function special(expr: Comparison, observer: Observer): string | undefined {
  const { left, right, operator } = expr;
  if (operator !== "==" && operator !== "!=") return undefined;
  return (
    comparedWithNone(left, right, operator, observer) ??
    comparedWithNone(right, left, operator, observer) ??
    level(left, right, operator, observer) ??
    pages(left, right, operator, observer) ??
    contents(left, right, operator, observer) ??
    contents(right, left, operator, observer)
  );
}

function comparedWithNone(value: Expr, none: Expr, operator: string, observer: Observer): string | undefined {
  if (none.kind !== "literal" || none.value !== null) return undefined;
  if (!isPage(value)) return unseen("user space sees none of pages alone");
  const mapped = `page_mapped(${whoAndWhere(value.args, observer)})`;
  return operator === "==" ? `!${mapped}` : mapped;
}

// `pte(p).level == pmd`, or `pte`.
function level(left: Expr, right: Expr, operator: string, observer: Observer): string | undefined {
  if (left.kind !== "field" || left.name !== "level" || left.object.kind !== "call") return undefined;
  const word = right.kind === "literal" && typeof right.value === "object" ? right.value : undefined;
  const name = word?.kind === "words" ? word.words[0] : undefined;
  if (name !== "pmd" && name !== "pte") return unseen("user space sees no other levels than PTEs and PMDs");
  const code = `pte_level_is_pmd(${whoAndWhere(left.object.args, observer)})`;
  return (name === "pmd") === (operator === "==") ? code : `!${code}`;
}

function pages(left: Expr, right: Expr, operator: string, observer: Observer): string | undefined {
  const [first, second] = [framed(left), framed(right)];
  if (first === undefined || second === undefined) return undefined;
  if (first.name === "pin.page" || second.name === "pin.page")
    return unseen("user space does not see which frame a pipe or a device holds");
  const which = operator === "==" ? "same_page" : "other_page";
  const there = [whoAndWhere(first.args, observer), whoAndWhere(second.args, observer)];
  return `${which}(${there.join(", ")})`;
}

// `page(p)` and `page(p).pfn` are compared alike.
function framed(expr: Expr): (Expr & { kind: "call" }) | undefined {
  const page = expr.kind === "field" && expr.name === "pfn" ? expr.object : expr;
  return page.kind === "call" && (page.name === "page" || page.name === "pin.page") ? page : undefined;
}

function isPage(expr: Expr): expr is Expr & { kind: "call" } {
  return expr.kind === "call" && expr.name === "page";
}

function contents(value: Expr, written: Expr, operator: string, observer: Observer): string | undefined {
  const bytes = bytesOf(written);
  if (bytes === undefined) return undefined;
  if (bytes.includes(0) || bytes.length > MOST_BYTES) return unseen("no data reads so");
  const { frame } = observer;
  const text = `${bytesLiteral(bytes)}, ${bytes.length}`;
  if (value.kind === "call" && value.name === "data") {
    const { process, address } = placeOf(value.args, frame);
    const by = observer.require(process);
    const which = operator === "==" ? "data_is" : "data_differs";
    return `${which}(${bare(pointer(address, frame, by))}, ${text})`;
  }
  if (value.kind !== "field" || value.name !== "data" || value.object.kind !== "name") return undefined;
  const pin = frame.pins.get(value.object.symbol);
  if (pin === undefined) return unseen("the pin is released");
  const not = operator === "==" ? "" : "!";
  if (pin.kind === "pipe") return `${not}pipe_is(${frame.variable(value.object.symbol, observer.by)}, ${text})`;
  observer.require(pin.owner);
  return `${not}ring_is(&${frame.variable(value.object.symbol, pin.owner)}, ${text})`;
}
