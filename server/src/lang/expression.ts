// An expression by itself, as a debugger's console or a command line gives it: read and bound against a program's names.

import { bindNode } from "./bind_expression.ts";
import { cursorOn } from "./cursor.ts";
import { Findings } from "./facts.ts";
import { parseExpression } from "./parse_expression.ts";
import { onLine, type Problem, readable } from "./problem.ts";
import type { Expr, Program } from "./program.ts";
import { scan, T, Tokens } from "./token.ts";
import { misuse, unbound } from "./uses.ts";

export interface BoundExpression {
  // Undefined when there are errors.
  readonly expr: Expr | undefined;
  // Ranges are on line 0.
  readonly problems: readonly Problem[];
}

const UNBOUND = -1;

export function bindExpression(program: Program, text: string): BoundExpression {
  const line = text.replace(/[\r\n]+/g, " ");
  const tokens = new Tokens();
  scan(line, 0, line.length, tokens);
  const cursor = cursorOn(line, tokens, 0, tokens.length - 1, 0);
  const node = parseExpression(cursor);
  if (!cursor.is(T.newline))
    cursor.syntax(cursor.start, cursor.end, `\`${cursor.text.slice(0, 30)}\` does not belong here`);
  const found = new Findings(cursor.problems);
  const strangers: string[] = [];
  const ids = {
    id(name: string): number {
      const symbol = program.symbol(name);
      if (symbol) return symbol.id;
      strangers.push(name);
      return UNBOUND - strangers.length;
    },
  };
  const expr = bindNode(node, ids, found);
  const problems: Problem[] = found.problems.map((problem) => onLine(0, problem));
  for (const use of found.uses) {
    const symbol = program.symbols[use.symbol];
    if (symbol === undefined)
      problems.push(unbound(use, strangers[UNBOUND - 1 - use.symbol], program.symbols, 0, true));
    else {
      const problem = misuse(use, symbol, 0);
      if (problem) problems.push(problem);
    }
  }
  return {
    expr: problems.some((problem) => problem.severity === "error") ? undefined : expr,
    problems: problems.map(readable),
  };
}
