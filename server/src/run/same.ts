// Whether two programs begin alike: which statements of an edited program a recording of the old one still answers for.

import type { Expected, Expr, Program, Statement } from "../lang/program.ts";
import type { Value } from "../lang/value.ts";
import type { When } from "../lang/when.ts";

// The index of the first statement that differs; undefined when the programs are the same. Lines may have moved.
export function firstDifference(before: Program, after: Program): number | undefined {
  let from = 0;
  for (const [i, old] of before.stretches.entries()) {
    const now = after.stretches[i];
    if (now === undefined || old.statements.length !== now.statements.length) break;
    const to = from + old.statements.length;
    const found = old.statements === now.statements && !old.jumps ? to : differs(before, after, from, to);
    if (found < to) return found;
    from = to;
  }
  const shorter = Math.min(before.statements.length, after.statements.length);
  const found = differs(before, after, from, shorter);
  if (found < shorter) return found;
  return before.statements.length === after.statements.length ? undefined : shorter;
}

// The first of the statements [from, to) that differs, or `to`.
function differs(before: Program, after: Program, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const a = before.statements[i];
    const b = after.statements[i];
    if (a === b) continue;
    if (!sameStatement(a, b) || !sameNames(a, b, before, after)) return i;
  }
  return to;
}

function sameStatement(a: Statement, b: Statement): boolean {
  // Failures keep columns, so a statement that moved within its line is another one.
  if (a.start !== b.start || a.end !== b.end) return false;
  switch (a.kind) {
    case "operation":
      return (
        b.kind === "operation" &&
        a.op === b.op &&
        a.process === b.process &&
        a.target === b.target &&
        a.args.length === b.args.length &&
        a.args.every((arg, i) => sameOptional(arg, b.args[i])) &&
        sameExpected(a.expected, b.expected)
      );
    case "repeat":
      // Where its end stands does not matter before control comes there.
      return b.kind === "repeat" && a.name === b.name && sameExpr(a.count, b.count);
    case "end":
      return b.kind === "end" && a.repeat === b.repeat;
    case "process":
      return b.kind === "process" && a.symbol === b.symbol;
    case "expect":
      return b.kind === "expect" && sameWhen(a.when, b.when) && sameExpr(a.condition, b.condition);
  }
}

// Symbols go by number; a number may mean another name in another text.
function sameNames(a: Statement, b: Statement, before: Program, after: Program): boolean {
  const name = (program: Program, symbol: number | undefined) =>
    symbol === undefined ? undefined : program.symbols[symbol]?.name;
  const symbols = (statement: Statement) => {
    switch (statement.kind) {
      case "operation":
        return [statement.process, statement.target];
      case "repeat":
        return [statement.name];
      case "process":
        return [statement.symbol];
      default:
        return [];
    }
  };
  const others = symbols(b);
  return symbols(a).every((symbol, i) => name(before, symbol) === name(after, others[i]));
}

function sameOptional(a: Expr | undefined, b: Expr | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameExpr(a, b);
}

function sameExpr(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  if (a.start !== b.start || a.end !== b.end) return false;
  switch (a.kind) {
    case "literal":
      return b.kind === "literal" && sameLiteral(a.value, b.value);
    case "name":
      return b.kind === "name" && a.symbol === b.symbol && a.text === b.text;
    case "unary":
      return b.kind === "unary" && a.operator === b.operator && sameExpr(a.operand, b.operand);
    case "binary":
      return b.kind === "binary" && a.operator === b.operator && sameExpr(a.left, b.left) && sameExpr(a.right, b.right);
    case "field":
      return b.kind === "field" && a.name === b.name && sameExpr(a.object, b.object);
    case "index":
      return b.kind === "index" && sameExpr(a.object, b.object) && sameExpr(a.index, b.index);
    case "last":
      return b.kind === "last";
    case "call":
      return (
        b.kind === "call" &&
        a.name === b.name &&
        a.field === b.field &&
        a.args.length === b.args.length &&
        a.args.every((arg, i) => sameExpr(arg, b.args[i]))
      );
  }
}

// Written values: numbers, strings, none, words. Anything else is not written, and equal only to itself.
function sameLiteral(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a.kind === "words" && b.kind === "words") return a.bits === b.bits && a.words.join() === b.words.join();
  return false;
}

function sameExpected(a: Expected | undefined, b: Expected | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.start === b.start && a.end === b.end && a.words.join() === b.words.join();
}

function sameWhen(a: When | undefined, b: When | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.start === b.start && a.text === b.text;
}
