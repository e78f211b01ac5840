// Why a check does not hold: both sides' values, and the text that would make it hold.

import { type Environment, evaluate, isTrue } from "../lang/evaluate.ts";
import { type Expect, type Expr, isFault } from "../lang/program.ts";
import { kindOf, type Value } from "../lang/value.ts";
import type { Fact } from "./failures.ts";
import { show, source } from "./show.ts";

const COMPARISONS: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];

type Comparison = Expr & { kind: "binary" };

export function checkMessage(statement: Expect, env: Environment): string {
  const culprit = failingPart(statement.condition, env);
  const sides = isComparison(culprit) ? bothSides(culprit, env) : undefined;
  if (sides !== undefined) return `expect fails: ${sides}`;
  const value = evaluate(culprit, env);
  return `expect fails: ${statement.text} is ${isFault(value) ? value.message : show(value, env.k)}`;
}

// Puts the actual value in the place of the one that was written, where one side is a written value.
export function acceptedValue(condition: Expr, env: Environment): Fact["fix"] {
  const culprit = failingPart(condition, env);
  if (!isComparison(culprit) || culprit.operator !== "==") return undefined;
  const { left, right } = culprit;
  const [written, computed] = isWritten(right) ? [right, left] : [left, right];
  if (!isWritten(written)) return undefined;
  const actual = evaluate(computed, env);
  const text = isFault(actual) ? undefined : source(actual);
  if (text === undefined) return undefined;
  return { title: `Accept the actual value: ${text}`, span: { start: written.start, end: written.end }, text };
}

// The side of an `&&` that does not hold.
function failingPart(condition: Expr, env: Environment): Expr {
  if (condition.kind !== "binary" || condition.operator !== "&&") return condition;
  const left = evaluate(condition.left, env);
  return !isFault(left) && isTrue(left) ? failingPart(condition.right, env) : failingPart(condition.left, env);
}

function bothSides(comparison: Comparison, env: Environment): string | undefined {
  const left = evaluate(comparison.left, env);
  const right = evaluate(comparison.right, env);
  if (isFault(left) || isFault(right)) return undefined;
  const { operator } = comparison;
  return `${show(asWritten(comparison.left, left), env.k)} ${operator} ${show(asWritten(comparison.right, right), env.k)}`;
}

// Numbers are of 64 bits without a sign: one that was written with a minus sign is shown with it.
function asWritten(expr: Expr, value: Value): Value {
  const negative = expr.kind === "unary" && expr.operator === "-" && isWritten(expr);
  return negative && typeof value === "bigint" ? BigInt.asIntN(64, value) : value;
}

function isComparison(expr: Expr): expr is Comparison {
  return expr.kind === "binary" && COMPARISONS.includes(expr.operator);
}

function isWritten(expr: Expr): boolean {
  if (expr.kind === "literal") return kindOf(expr.value) !== "address";
  return expr.kind === "unary" && isWritten(expr.operand);
}
