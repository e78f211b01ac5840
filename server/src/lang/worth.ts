// What an expression is worth that asks for nothing but the model: known before anything runs.
//
//   repeat model.name == "refpage-v2"     one round under that model, none under the others, so that one trace can say what
//     r = refpage_create("\xaa")          each model has calls for
//   end

import { baseRelease, type ModelName } from "../mm/releases.ts";
import type { Expr, Program, Repeat } from "./program.ts";

type Known = string | bigint | undefined;

// Whether a run under the model can come to the line, as far as the model alone decides it: not to what stands in a `repeat` of no
// rounds. To be asked for ascending lines.
export function asksUnder(program: Program, model: ModelName): (line: number) => boolean {
  const { statements } = program;
  const empty = statements.filter((one) => one.kind === "repeat" && worth(one.count, model) === 0n) as Repeat[];
  let next = 0;
  let end = -1;
  return (line) => {
    for (; next < empty.length && empty[next].line <= line; next++) {
      end = Math.max(end, statements[empty[next].close]?.line ?? Number.POSITIVE_INFINITY);
    }
    return line > end;
  };
}

// Undefined where more than the model decides.
export function worth(expr: Expr, model: ModelName): Known {
  switch (expr.kind) {
    case "literal":
      return typeof expr.value === "bigint" || typeof expr.value === "string" ? expr.value : undefined;
    case "field": {
      if (expr.object.kind !== "literal" || typeof expr.object.value !== "object") return undefined;
      if (expr.object.value?.kind !== "model") return undefined;
      return expr.name === "name" ? model : expr.name === "release" ? baseRelease(model) : undefined;
    }
    case "unary": {
      const operand = worth(expr.operand, model);
      return expr.operator !== "!" || operand === undefined ? undefined : truth(!holds(operand));
    }
    case "binary":
      return joined(expr.operator, worth(expr.left, model), worth(expr.right, model));
    default:
      return undefined;
  }
}

function joined(operator: string, left: Known, right: Known): Known {
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case "==":
      return truth(left === right);
    case "!=":
      return truth(left !== right);
    case "*":
      return typeof left === "bigint" && typeof right === "bigint" ? BigInt.asUintN(64, left * right) : undefined;
    case "&&":
      return truth(holds(left) && holds(right));
    case "||":
      return truth(holds(left) || holds(right));
    default:
      return undefined;
  }
}

function holds(value: string | bigint): boolean {
  return value !== 0n && value !== "";
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n;
}
