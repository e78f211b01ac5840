// Where the cursor is, and stretches of text that cross lines.

import type { Range } from "../lang/text.ts";

// Line and UTF-16 column, both from 0.
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Stretch {
  readonly from: Position;
  readonly to: Position;
}

export function stretch({ line, start, end }: Range): Stretch {
  return { from: { line, column: start }, to: { line, column: end } };
}
