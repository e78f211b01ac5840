// Where a name comes from: the fork that made a process, the mmap that made an address.

import type { Range } from "../lang/text.ts";
import type { Analysis } from "./analysis.ts";
import type { Position } from "./position.ts";
import { symbolAt } from "./symbol_at.ts";

export interface Definition {
  // The name under the cursor.
  readonly origin: Range;
  // The name where it is bound, and the whole statement that binds it.
  readonly name: Range;
  readonly statement: Range;
}

// Undefined for `main`, which no line makes, and for names that nothing binds.
export function definition(analysis: Analysis, at: Position): Definition | undefined {
  const found = symbolAt(analysis, at);
  const name = found?.symbol.declaration;
  if (!found || !name) return undefined;
  const { line, start, end } = analysis.program.statements[found.symbol.statement] ?? name;
  return { origin: found.range, name, statement: { line, start, end } };
}
