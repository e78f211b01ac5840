// The other uses of the name under the cursor, those that bind it marked as writes.

import type { Range } from "../lang/text.ts";
import type { Analysis } from "./analysis.ts";
import type { Position } from "./position.ts";
import { symbolAt } from "./symbol_at.ts";

export interface Highlight {
  readonly range: Range;
  readonly kind: "read" | "write";
}

export function highlights(analysis: Analysis, at: Position): Highlight[] {
  const found = symbolAt(analysis, at);
  if (!found) return [];
  return analysis.program.references(found.symbol.id).map((range) => ({
    range,
    kind: binds(analysis, range) ? "write" : "read",
  }));
}

function binds(analysis: Analysis, range: Range): boolean {
  return analysis.marks(range.line).some((m) => m.kind === "symbol" && m.declares && m.start === range.start);
}
