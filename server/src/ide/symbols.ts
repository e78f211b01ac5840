// The outline of a trace: sections, repeats, and the names that its lines bind; and the names of all open traces.

import type { SymbolKind } from "../lang/program.ts";
import type { Range } from "../lang/text.ts";
import type { Analysis } from "./analysis.ts";
import { type Block, blocksOf } from "./blocks.ts";
import type { Stretch } from "./position.ts";
import { stretch } from "./position.ts";

export interface OutlineItem {
  readonly name: string;
  // How it came to be: `mmap(16K, rw)`.
  readonly detail: string;
  readonly kind: SymbolKind | "section" | "repeat";
  readonly whole: Stretch;
  readonly selection: Range;
  readonly children: readonly OutlineItem[];
}

export function outline(analysis: Analysis): OutlineItem[] {
  const names: Open[] = analysis.program.symbols.flatMap((symbol) => {
    const { declaration, name, kind } = symbol;
    if (!declaration) return [];
    const statement = analysis.program.statements[symbol.statement];
    if (statement?.kind === "repeat") return [];
    const whole = stretch(statement ?? declaration);
    return [
      { name, detail: detailOf(analysis, statement ?? declaration), kind, whole, selection: declaration, children: [] },
    ];
  });
  const blocks: Open[] = blocksOf(analysis).flatMap((block) =>
    block.kind === "comment" ? [] : [open(analysis, block)],
  );
  return nest([...blocks, ...names]);
}

export interface NamedPlace {
  readonly name: string;
  readonly kind: SymbolKind;
  readonly range: Range;
}

// The names whose letters hold the query's in order, as editors match them.
export function matchingSymbols(analysis: Analysis, query: string): NamedPlace[] {
  const wanted = query.toLowerCase();
  return analysis.program.symbols.flatMap(({ name, kind, declaration }) =>
    declaration && isSubsequence(wanted, name.toLowerCase()) ? [{ name, kind, range: declaration }] : [],
  );
}

interface Open extends OutlineItem {
  readonly children: Open[];
}

function open(analysis: Analysis, block: Block): Open {
  const text = analysis.document.line(block.from);
  const start = text.length - text.trimStart().length;
  const selection = { line: block.from, start, end: text.trimEnd().length };
  const to = { line: block.to, column: analysis.document.line(block.to).length };
  const kind = block.kind === "section" ? "section" : "repeat";
  return {
    name: block.title,
    detail: "",
    kind,
    whole: { from: { line: block.from, column: start }, to },
    selection,
    children: [],
  };
}

// Puts each item into the last one that encloses it.
function nest(items: Open[]): OutlineItem[] {
  items.sort(
    (a, b) =>
      a.whole.from.line - b.whole.from.line ||
      b.whole.to.line - a.whole.to.line ||
      a.whole.from.column - b.whole.from.column,
  );
  const roots: Open[] = [];
  const path: Open[] = [];
  for (const item of items) {
    while (path.length > 0 && path[path.length - 1].whole.to.line < item.whole.to.line) path.pop();
    (path.at(-1)?.children ?? roots).push(item);
    path.push(item);
  }
  return roots;
}

function detailOf(analysis: Analysis, { line, start, end }: Range): string {
  const text = analysis.document.line(line).slice(start, end);
  const equals = text.indexOf("=");
  const bracket = text.indexOf("(");
  const made = equals >= 0 && equals < bracket ? text.slice(equals + 1) : text;
  return made.replace(/\s*->.*$/, "").trim();
}

function isSubsequence(letters: string, of: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = of.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
