// Giving a name of the trace another name, everywhere at once.

import { MAIN } from "../lang/program.ts";
import type { Range } from "../lang/text.ts";
import { RESERVED } from "../lang/words.ts";
import type { Analysis } from "./analysis.ts";
import type { Position } from "./position.ts";
import { symbolAt } from "./symbol_at.ts";

export interface Refused {
  readonly refused: string;
}

export interface Renamable {
  readonly range: Range;
  readonly name: string;
}

// What an editor asks before it lets the person type.
export function prepareRename(analysis: Analysis, at: Position): Renamable | Refused | undefined {
  const found = symbolAt(analysis, at);
  if (!found) return undefined;
  const { symbol, range } = found;
  if (symbol.id === MAIN) return { refused: "`main` is the name of the first process and cannot be changed" };
  if (!symbol.declaration) return { refused: `Nothing binds \`${symbol.name}\`` };
  return { range, name: symbol.name };
}

// The ranges in which the new name is to stand.
export function rename(analysis: Analysis, at: Position, to: string): Range[] | Refused | undefined {
  const prepared = prepareRename(analysis, at);
  if (!prepared || "refused" in prepared) return prepared;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(to)) {
    return { refused: `\`${to}\` is no name: letters, digits and \`_\`, and no digit first` };
  }
  if (RESERVED.has(to)) return { refused: `\`${to}\` is a reserved word` };
  const other = analysis.program.symbol(to);
  if (other && to !== prepared.name) {
    const where = other.declaration ? ` in line ${other.declaration.line + 1}` : "";
    return { refused: `\`${to}\` is bound already${where}; names are bound once` };
  }
  const symbol = analysis.program.symbol(prepared.name);
  return symbol && analysis.program.references(symbol.id);
}
