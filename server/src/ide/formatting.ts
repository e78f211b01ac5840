// The text as the formatter writes it: columns of `->` and comments aligned.

import { format, type Replacement } from "../lang/format.ts";
import type { Analysis } from "./analysis.ts";

export type { Replacement };

// Edits of the lines [from, to). Alignment looks at their neighbours, so that a part comes out as it would in the whole.
export function formatting(analysis: Analysis, from = 0, to = analysis.document.lineCount): Replacement[] {
  return format(analysis.document).filter(({ range }) => range.line >= from && range.line < to);
}
