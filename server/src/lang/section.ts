// What a chunk contributes to the program, as long as it stands at the same line: kept with the chunk, so that putting
// the program together again after an edit looks at one chunk's lines and at a few numbers of each other chunk.

import type { Chunk } from "./chunks.ts";
import { KIND_BITS, type LineFacts, type Use } from "./facts.ts";
import { fieldOf } from "./fields.ts";
import { onLine, type Problem } from "./problem.ts";
import type { Need, Statement, Stretch, SymbolId } from "./program.ts";
import type { Range } from "./text.ts";

// Its statements have their lines; jumps are set when the program is put together.
export interface Section extends Stretch {
  // The line of the chunk's first line.
  readonly first: number;
  // What is wrong in single lines.
  readonly problems: readonly Problem[];
  readonly needs: readonly Need[];
  // Where the first operation, check or repeat is.
  readonly begun: Range | undefined;
  // The lines whose order matters: those that bind names, and those that frame the trace.
  readonly landmarks: readonly Landmark[];
  // By symbol: the line of its first use, and the kinds that all of its uses accept.
  readonly used: ReadonlyMap<SymbolId, { readonly line: number; readonly wants: number }>;
}

export interface Landmark {
  readonly facts: LineFacts;
  readonly line: number;
  // Index of the line's statement among the section's, or where it would be.
  readonly statement: number;
}

export function sectionOf(chunk: Chunk, first: number): Section {
  if (chunk.section?.first !== first) chunk.section = makeSection(chunk.facts, first);
  return chunk.section;
}

function makeSection(lines: readonly LineFacts[], first: number): Section {
  const statements: Statement[] = [];
  const problems: Problem[] = [];
  const needs: Need[] = [];
  const landmarks: Landmark[] = [];
  const used = new Map<SymbolId, { line: number; wants: number }>();
  let begun: Range | undefined;
  let jumps = false;
  for (let i = 0; i < lines.length; i++) {
    const facts = lines[i];
    const { kind } = facts;
    if (kind === "blank" && facts.problems.length === 0) continue;
    const line = first + i;
    for (const problem of facts.problems) problems.push(onLine(line, problem));
    for (const { start, end, what, expected, when, after } of facts.needs) {
      needs.push({ line, start, end, what, expected, when, after });
    }
    for (const use of facts.uses) note(use, line, used);
    const begins =
      kind === "operation" || kind === "expect" || kind === "process" || kind === "repeat" || kind === "end";
    if (begins && begun === undefined) begun = { line, start: facts.span.start, end: facts.span.end };
    if (kind === "repeat" || kind === "end") jumps = true;
    const closes = kind === "repeat" || kind === "end" || facts.interleaves === true;
    const frames = closes || kind === "version" || kind === "kernel" || kind === "machine";
    if (frames || facts.binds !== undefined) landmarks.push({ facts, line, statement: statements.length });
    const { statement } = facts;
    if (statement === undefined) continue;
    if (statement.line !== line) facts.statement = onOtherLine(statement, line);
    statements.push(facts.statement!);
  }
  return { first, statements, jumps, problems, needs, begun, landmarks, used };
}

// The same statement on another line. Written out, since this is what a line inserted above costs for each line below.
function onOtherLine(statement: Statement, line: number): Statement {
  const { kind, start, end } = statement;
  if (kind === "operation") {
    const { process, target, op, args, expected } = statement;
    return { kind, process, target, op, args, expected, line, start, end };
  }
  if (kind === "expect") {
    const { when, condition, text } = statement;
    return { kind, when, condition, text, line, start, end };
  }
  return { ...statement, line };
}

function note(use: Use, line: number, used: Map<SymbolId, { line: number; wants: number }>): void {
  const wants = use.field === undefined ? use.wants : kindsWith(use.field.text);
  const known = used.get(use.symbol);
  if (known === undefined) used.set(use.symbol, { line, wants });
  else known.wants &= wants;
}

// The kinds of names that have the field.
function kindsWith(field: string): number {
  let kinds = 0;
  for (const kind of ["process", "pin", "file"] as const) {
    if (field === "" || fieldOf(kind, field) !== undefined) kinds |= KIND_BITS[kind];
  }
  return field === "" ? KIND_BITS.unknown : kinds;
}
