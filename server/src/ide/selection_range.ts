// What "expand selection" selects next: the word, the expressions around it, the statement, its blocks, the whole text.

import type { Span } from "../lang/text.ts";
import type { Analysis } from "./analysis.ts";
import { blocksOf } from "./blocks.ts";
import { expressionsOf } from "./expressions.ts";
import { markAt } from "./marks.ts";
import type { Position, Stretch } from "./position.ts";
import { stretch } from "./position.ts";

// From the innermost outwards; each holds the one before it.
export function selectionRanges(analysis: Analysis, at: Position): Stretch[] {
  const { document } = analysis;
  const { line, column } = at;
  const text = document.line(line);
  const tree = document.tree(line);
  const spans: Span[] = [];
  const mark = markAt(analysis.marks(line), column);
  if (mark) spans.push(mark);
  spans.push(...expressionsOf(tree));
  if (column <= tree.node.end) spans.push(tree.node);
  const written = { start: text.length - text.trimStart().length, end: text.trimEnd().length };
  spans.push(written, { start: 0, end: text.length });
  const stretches = spans
    .filter(({ start, end }) => start <= column && column <= end)
    .sort((a, b) => a.end - a.start - (b.end - b.start))
    .map(({ start, end }) => stretch({ line, start, end }));
  const blocks = blocksOf(analysis).filter(({ from, to }) => from <= line && line <= to);
  for (const { from, to } of blocks.sort((a, b) => a.to - a.from - (b.to - b.from))) {
    stretches.push({ from: { line: from, column: 0 }, to: { line: to, column: document.line(to).length } });
  }
  const last = document.lineCount - 1;
  stretches.push({ from: { line: 0, column: 0 }, to: { line: last, column: document.line(last).length } });
  return stretches.filter((found, i) => i === 0 || isWider(found, stretches[i - 1]));
}

function isWider(a: Stretch, than: Stretch): boolean {
  const before = (x: Position, y: Position) => x.line < y.line || (x.line === y.line && x.column <= y.column);
  const same = before(than.from, a.from) && before(a.to, than.to);
  return !same && before(a.from, than.from) && before(than.to, a.to);
}
