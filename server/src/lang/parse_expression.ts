// Expressions: a small Pratt parser over the cursor of a line.
//
// The tree's height is bounded, so that whoever walks it may recurse: brackets deeper than LIMIT are a problem, and so
// are more operators and brackets in one line than the cursor's budget.

import { unquote } from "./bytes.ts";
import type { Cursor } from "./cursor.ts";
import { parseNumber } from "./number.ts";
import { T } from "./token.ts";
import type { BinaryOperator, ExprNode, NameNode } from "./tree.ts";

export const LIMIT = 100;

// By token kind from T.orOr on: loosest first, as LANGUAGE.md §1 lists them.
const OPERATORS: readonly BinaryOperator[] = [
  "||",
  "&&",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "|",
  "&",
  "+",
  "-",
  "*",
  "/",
  "%",
];
const POWERS = [1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 6, 6, 7, 7, 7];

// `missing` is said when there is no expression here at all.
export function parseExpression(c: Cursor, missing = "an expression is missing"): ExprNode {
  return binary(c, 0, 0, missing);
}

// Operators that bind tighter than `power`, left to right.
function binary(c: Cursor, power: number, depth: number, missing: string): ExprNode {
  let left = unary(c, depth, missing);
  for (;;) {
    const index = c.kind - T.orOr;
    if (index < 0 || POWERS[index] <= power) return left;
    if (depth >= LIMIT || --c.budget < 0) return tooDeep(c, left);
    c.next();
    const right = binary(c, POWERS[index], depth + 1, `the right side of \`${OPERATORS[index]}\` is missing`);
    left = { kind: "binary", operator: OPERATORS[index], left, right, start: left.start, end: right.end };
  }
}

function unary(c: Cursor, depth: number, missing: string): ExprNode {
  const kind = c.kind;
  if (kind !== T.bang && kind !== T.minus) return postfix(c, depth, missing);
  if (depth >= LIMIT || --c.budget < 0) return tooDeep(c, nothing(c));
  const start = c.start;
  c.next();
  const operator = kind === T.bang ? "!" : "-";
  const operand = unary(c, depth + 1, `what \`${operator}\` stands before is missing`);
  return { kind: "unary", operator, operand, start, end: operand.end };
}

// .field, [index], (…)
function postfix(c: Cursor, depth: number, missing: string): ExprNode {
  let node = primary(c, depth, missing);
  for (;;) {
    const kind = c.kind;
    if (kind !== T.dot && kind !== T.leftBracket && kind !== T.leftParen) return node;
    if (depth >= LIMIT || --c.budget < 0) return tooDeep(c, node);
    if (kind === T.dot) node = field(c, node);
    else if (kind === T.leftBracket) node = index(c, node, depth);
    else node = call(c, node, depth);
  }
}

function field(c: Cursor, object: ExprNode): ExprNode {
  c.next();
  let name: NameNode;
  if (c.is(T.name)) {
    name = c.name();
  } else {
    name = { text: "", start: c.behind, end: c.behind };
    c.syntax(c.behind - 1, c.behind, "the field behind `.` is missing");
  }
  return { kind: "field", object, name, start: object.start, end: name.end };
}

function index(c: Cursor, object: ExprNode, depth: number): ExprNode {
  c.next();
  const inner = binary(c, 0, depth + 1, "the index is missing");
  if (c.is(T.rightBracket)) c.next();
  else c.syntax(c.start, c.end, "the closing `]` is missing");
  return { kind: "index", object, index: inner, start: object.start, end: c.behind };
}

function call(c: Cursor, callee: ExprNode, depth: number): ExprNode {
  const open = c.start;
  c.next();
  const args: ExprNode[] = [];
  let close = -1;
  while (!c.stopped) {
    if (c.is(T.rightParen)) {
      close = c.start;
      c.next();
      break;
    }
    args.push(binary(c, 0, depth + 1, "an argument is missing"));
    if (c.is(T.comma)) c.next();
    else if (!c.is(T.rightParen)) c.syntax(c.start, c.end, "the closing `)` is missing");
  }
  return { kind: "call", callee, args, open, close, start: callee.start, end: c.behind };
}

function primary(c: Cursor, depth: number, missing: string): ExprNode {
  const { start, end } = c;
  switch (c.kind) {
    case T.name: {
      const text = c.text;
      c.next();
      return { kind: "name", text, start, end };
    }
    case T.number: {
      const value = parseNumber(c.text);
      c.next();
      if (typeof value === "bigint") return { kind: "number", value, start, end };
      c.problem(start, end, "bad-number", value);
      return { kind: "missing", start, end };
    }
    case T.string:
      return string(c);
    case T.openString:
      c.syntax(start, end, "the string's closing quote is missing", "unterminated-string");
      return { kind: "missing", start, end };
    case T.leftParen: {
      if (depth >= LIMIT || --c.budget < 0) return tooDeep(c, nothing(c));
      c.next();
      const inner = binary(c, 0, depth + 1, missing);
      if (c.is(T.rightParen)) c.next();
      else c.syntax(c.start, c.end, "the closing `)` is missing");
      return { kind: "group", inner, start, end: c.behind };
    }
    default: {
      const node = nothing(c);
      if (c.is(T.newline) || c.is(T.rightParen) || c.is(T.comma)) c.syntax(start, end, missing);
      else c.syntax(start, end, `\`${c.text.slice(0, 30)}\` does not belong here: ${missing}`);
      return node;
    }
  }
}

function string(c: Cursor): ExprNode {
  const { start, end } = c;
  const { value, bad } = unquote(c.text.slice(1, -1));
  c.next();
  if (bad >= 0) {
    const at = start + 1 + bad;
    c.problem(at, Math.min(at + 2, end - 1), "bad-escape", 'the escapes are `\\n \\t \\\\ \\" \\xNN`');
  }
  return { kind: "string", value, start, end };
}

function nothing(c: Cursor): ExprNode {
  return { kind: "missing", start: c.behind, end: Math.max(c.behind, c.start) };
}

function tooDeep(c: Cursor, node: ExprNode): ExprNode {
  c.syntax(c.start, c.end, `nested deeper than ${LIMIT} levels, or too many operators in one line`, "too-deep");
  return node;
}
