// Simpler forms of a whole trace that no change of one line leads to: a mapping used from its beginning on, one mapping or
// process in the place of two.

import { analyse } from "../../lang/document.ts";
import { MAIN, type Program, type TraceSymbol } from "../../lang/program.ts";

// The simplest first.
export function simplerTraces(body: readonly string[]): string[][] {
  const { program } = analyse(body.join("\n"));
  const bound = program.symbols.filter(({ id, statement }) => id !== MAIN && statement >= 0);
  const found: string[][] = [];
  for (const symbol of bound) {
    const earlier = bound.filter(({ kind, statement }) => kind === symbol.kind && statement < symbol.statement);
    if (symbol.kind === "process") found.push(inPlaceOf(program, body, symbol, "main"));
    for (const other of earlier) found.push(inPlaceOf(program, body, symbol, other.name));
  }
  for (const symbol of bound.filter(({ kind }) => kind === "address")) {
    const pages = placesOf(program, body, symbol).map(({ page }) => page);
    const least = Math.min(...pages);
    if (Math.max(...pages) > 0) found.push(moved(program, body, symbol, () => 0));
    if (least > 0) found.push(moved(program, body, symbol, (page) => page - least));
  }
  return found;
}

// Without the line that binds the name; the other name stands in all of its places.
function inPlaceOf(program: Program, body: readonly string[], symbol: TraceSymbol, by: string): string[] {
  const lines = [...body];
  for (const { line, start, end } of backwards(program, symbol)) {
    lines[line] = lines[line].slice(0, start) + by + lines[line].slice(end);
  }
  const binding = program.statements[symbol.statement].line;
  return lines.filter((_, line) => line !== binding);
}

interface Place {
  readonly line: number;
  readonly end: number;
  // Behind the page number, if there is one.
  readonly behind: number;
  readonly page: number;
}

// Where the name stands as an address, last first.
function placesOf(program: Program, body: readonly string[], symbol: TraceSymbol): Place[] {
  return backwards(program, symbol)
    .filter(({ line }) => line !== program.statements[symbol.statement].line)
    .map(({ line, end }) => {
      const index = /^\[(\d+)\]/.exec(body[line].slice(end));
      return { line, end, behind: end + (index?.[0].length ?? 0), page: Number(index?.[1] ?? 0) };
    });
}

function moved(program: Program, body: readonly string[], symbol: TraceSymbol, to: (page: number) => number): string[] {
  const lines = [...body];
  for (const { line, end, behind, page } of placesOf(program, body, symbol)) {
    const index = to(page) === 0 ? "" : `[${to(page)}]`;
    lines[line] = lines[line].slice(0, end) + index + lines[line].slice(behind);
  }
  return lines;
}

function backwards(program: Program, symbol: TraceSymbol): { line: number; start: number; end: number }[] {
  return program.references(symbol.id).toSorted((a, b) => b.line - a.line || b.start - a.start);
}
