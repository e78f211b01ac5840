// Arguments and addresses as expressions of C.

import type { Expr, Operation, SymbolId } from "../../lang/program.ts";
import type { Frame } from "./frame.ts";
import { refuse } from "./refusal.ts";
import { bare, number } from "./text.ts";

const WRAP = 1n << 64n;

// The number that an expression always is, or undefined when it depends on the run.
export function constant(expr: Expr): bigint | undefined {
  if (expr.kind === "literal") {
    if (typeof expr.value === "bigint") return expr.value;
    return typeof expr.value === "object" && expr.value?.kind === "address" ? expr.value.at : undefined;
  }
  if (expr.kind === "unary") {
    const value = constant(expr.operand);
    if (value === undefined) return undefined;
    return expr.operator === "-" ? BigInt.asUintN(64, -value) : value === 0n ? 1n : 0n;
  }
  if (expr.kind === "index") {
    const from = constant(expr.object);
    const by = constant(expr.index);
    return from === undefined || by === undefined ? undefined : (from + by * 4096n) % WRAP;
  }
  if (expr.kind !== "binary") return undefined;
  const a = constant(expr.left);
  const b = constant(expr.right);
  return a === undefined || b === undefined ? undefined : calculated(expr.operator, a, b);
}

function calculated(operator: string, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case "+":
      return BigInt.asUintN(64, a + b);
    case "-":
      return BigInt.asUintN(64, a - b);
    case "*":
      return BigInt.asUintN(64, a * b);
    case "/":
      return b === 0n ? refuse("division by zero") : a / b;
    case "%":
      return b === 0n ? refuse("division by zero") : a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    default:
      return undefined;
  }
}

// An unsigned number.
export function numeric(expr: Expr, frame: Frame, by: SymbolId): string {
  const value = constant(expr);
  if (value !== undefined) return number(value);
  if (expr.kind === "name") {
    const { kind } = frame.program.symbols[expr.symbol];
    if (kind === "number" || frame.scopes.counters.has(expr.symbol)) return frame.variable(expr.symbol, by);
    if (kind === "address") return `(unsigned long)${frame.variable(expr.symbol, by)}`;
  }
  if (expr.kind === "index") return `(unsigned long)${pointer(expr, frame, by)}`;
  if (expr.kind === "unary" && expr.operator === "-") return `(-${numeric(expr.operand, frame, by)})`;
  if (expr.kind === "binary" && "+-*/%&|".includes(expr.operator)) {
    if ((expr.operator === "/" || expr.operator === "%") && !constant(expr.right))
      refuse("the divisor must be a number other than 0");
    return `(${numeric(expr.left, frame, by)} ${expr.operator} ${numeric(expr.right, frame, by)})`;
  }
  return refuse("its value is known only while the trace runs");
}

// An address, as a pointer to char.
export function pointer(expr: Expr, frame: Frame, by: SymbolId): string {
  const value = constant(expr);
  if (value !== undefined) return `(char *)0x${value.toString(16)}`;
  if (expr.kind === "name" && frame.program.symbols[expr.symbol].kind === "address")
    return frame.variable(expr.symbol, by);
  if (expr.kind === "index") {
    const pages = constant(expr.index);
    const from = pointer(expr.object, frame, by);
    if (pages === 0n) return from;
    if (pages === 1n) return `(${bare(from)} + PAGE)`;
    const index = pages === undefined ? numeric(expr.index, frame, by) : String(pages);
    return `(${bare(from)} + ${index} * PAGE)`;
  }
  if (expr.kind === "binary" && (expr.operator === "+" || expr.operator === "-") && isAddress(expr.left, frame))
    return `(${bare(pointer(expr.left, frame, by))} ${expr.operator} ${numeric(expr.right, frame, by)})`;
  if (expr.kind === "binary" && expr.operator === "+" && isAddress(expr.right, frame))
    return `(${bare(pointer(expr.right, frame, by))} + ${numeric(expr.left, frame, by)})`;
  return `(char *)${numeric(expr, frame, by)}`;
}

export function isAddress(expr: Expr, frame: Frame): boolean {
  if (expr.kind === "name") return frame.program.symbols[expr.symbol].kind === "address";
  if (expr.kind === "index") return isAddress(expr.object, frame);
  return (
    expr.kind === "binary" &&
    (expr.operator === "+" || expr.operator === "-") &&
    isAddress(expr.left, frame) !== isAddress(expr.right, frame)
  );
}

// The rest of the mapping that an address came from, from there to the end as it was mapped.
export function rest(expr: Expr, frame: Frame, by: SymbolId): string {
  const name = root(expr);
  const binding = name === undefined ? undefined : frame.scopes.bindings.get(name);
  const statement = binding && frame.program.statements[binding.at];
  if (name === undefined || statement?.kind !== "operation") return refuse("the length must be given");
  const length = statement.args[statement.op.name === "mremap" ? 2 : 0];
  const bytes = length && constant(length);
  if (bytes === undefined) return refuse("the length must be given");
  const unit = isHugetlb(statement) ? 2n << 20n : 4096n;
  const whole = ((bytes + unit - 1n) / unit) * unit;
  if (expr.kind === "name") return number(whole);
  const from = distance(expr, name);
  if (from !== undefined && from <= whole) return number(whole - from);
  return `(size_t)(${frame.variable(name, by)} + ${number(whole)} - ${pointer(expr, frame, by)})`;
}

// Whether it maps pages of the pool, a whole number of them.
function isHugetlb({ op, args }: Operation): boolean {
  const flags = op.name === "mmap" && args[2]?.kind === "literal" ? args[2].value : undefined;
  return typeof flags === "object" && flags?.kind === "words" && flags.words.includes("hugetlb");
}

function root(expr: Expr): SymbolId | undefined {
  if (expr.kind === "name") return expr.symbol;
  if (expr.kind === "index") return root(expr.object);
  return expr.kind === "binary" ? (root(expr.left) ?? root(expr.right)) : undefined;
}

// How far an address is from the start of its mapping, where that is a number.
function distance(expr: Expr, name: SymbolId): bigint | undefined {
  if (expr.kind === "name") return expr.symbol === name ? 0n : undefined;
  if (expr.kind === "index") {
    const from = distance(expr.object, name);
    const by = constant(expr.index);
    return from === undefined || by === undefined ? undefined : from + by * 4096n;
  }
  if (expr.kind !== "binary" || expr.operator !== "+") return undefined;
  const from = distance(expr.left, name);
  const by = constant(expr.right);
  return from === undefined || by === undefined ? undefined : from + by;
}
