// Every place that names what the cursor is on.

import type { Range } from "../lang/text.ts";
import type { Analysis } from "./analysis.ts";
import type { Position } from "./position.ts";
import { symbolAt } from "./symbol_at.ts";

export function references(analysis: Analysis, at: Position, withDeclaration: boolean): Range[] {
  const found = symbolAt(analysis, at);
  if (!found) return [];
  const { id, declaration } = found.symbol;
  const all = analysis.program.references(id);
  return withDeclaration ? all : all.filter((range) => !(declaration && same(range, declaration)));
}

function same(a: Range, b: Range): boolean {
  return a.line === b.line && a.start === b.start && a.end === b.end;
}
