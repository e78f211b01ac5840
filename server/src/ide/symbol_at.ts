// Which name of the trace the cursor is on.

import type { TraceSymbol } from "../lang/program.ts";
import type { Range } from "../lang/text.ts";
import type { Analysis } from "./analysis.ts";
import { markAt } from "./marks.ts";
import type { Position } from "./position.ts";

export function symbolAt(analysis: Analysis, at: Position): { symbol: TraceSymbol; range: Range } | undefined {
  const marks = analysis.marks(at.line);
  const mark = markAt(
    marks.filter(({ kind }) => kind === "symbol"),
    at.column,
  );
  if (mark?.kind !== "symbol") return undefined;
  const symbol = analysis.program.symbol(mark.name);
  return symbol && { symbol, range: { line: at.line, start: mark.start, end: mark.end } };
}
