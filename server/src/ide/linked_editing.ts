// Places that change together while the person types: the uses of a process's name.

import { MAIN } from "../lang/program.ts";
import type { Range } from "../lang/text.ts";
import type { Analysis } from "./analysis.ts";
import type { Position } from "./position.ts";
import { symbolAt } from "./symbol_at.ts";

export function linkedRanges(analysis: Analysis, at: Position): Range[] | undefined {
  const symbol = symbolAt(analysis, at)?.symbol;
  if (!symbol || symbol.id === MAIN || symbol.kind !== "process" || !symbol.declaration) return undefined;
  return analysis.program.references(symbol.id);
}
