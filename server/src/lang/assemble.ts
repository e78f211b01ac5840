// The program out of what its lines say: statements in a row, repeats with their ends, names with the lines that bind
// them. What is wrong between lines is found here.

import type { Chunk } from "./chunks.ts";
import { KIND_BITS, type LineFacts, MOST, type Use } from "./facts.ts";
import { namedTwice } from "./models.ts";
import type { Names } from "./names.ts";
import { onLine, type Problem, type Related, readable } from "./problem.ts";
import {
  type End,
  type KernelRef,
  MAIN,
  type MachineSetting,
  type Need,
  type Program,
  type Repeat,
  type Statement,
  type SymbolId,
  type SymbolKind,
  type TraceSymbol,
} from "./program.ts";
import { type Landmark, type Section, sectionOf } from "./section.ts";
import type { Range } from "./text.ts";
import { KINDS, lineOf, misuse, spanOf, unbound } from "./uses.ts";
import { modelProblem } from "./when.ts";

export function assemble(chunks: readonly Chunk[], names: Names): Program {
  return new Assembly(chunks, names).program();
}

// Looking for the name that was meant takes time: a trace that is all unknown names gets so many answers.
const SUGGESTIONS = 100;

interface OpenRepeat {
  readonly facts: LineFacts;
  // Index of its statement.
  readonly statement: number;
  readonly range: Range;
  readonly counter: SymbolId | undefined;
}

class Assembly {
  private readonly chunks: readonly Chunk[];
  private readonly names: Names;
  private readonly problems: Problem[] = [];
  private statements: Statement[] = [];
  private readonly needs: Need[] = [];
  private readonly kernels: KernelRef[] = [];
  private readonly machine: MachineSetting[] = [];
  // By symbol: what binds it first.
  private readonly symbols: TraceSymbol[] = [];
  private readonly repeats: OpenRepeat[] = [];
  // What is open, outermost first: of each whether it is one of those repeats, or an interleave.
  private readonly blocks: boolean[] = [];
  // Uses of names that no line before them binds.
  private readonly unbound: { use: Use; line: number }[] = [];
  // The line that the kernel and machine lines have to come before.
  private begun: Range | undefined;
  private kernelLine: Range | undefined;

  constructor(chunks: readonly Chunk[], names: Names) {
    this.chunks = chunks;
    this.names = names;
    this.symbols[MAIN] = { id: MAIN, name: "main", kind: "process", declaration: undefined, statement: -1 };
  }

  program(): Program {
    let line = 0;
    const sections = this.chunks.map((chunk) => {
      const section = sectionOf(chunk, line);
      line += chunk.facts.length;
      return section;
    });
    // One copy of them all at once: in a long trace most of an edit's time is this.
    this.statements = this.statements.concat(...sections.map((section) => section.statements));
    let base = 0;
    for (const [i, section] of sections.entries()) {
      this.section(section, base, this.chunks[i].facts);
      base += section.statements.length;
    }
    this.closeRepeats();
    for (const [i, { use, line: at }] of this.unbound.entries()) {
      this.problems.push(unbound(use, this.names.text(use.symbol), this.symbols, at, i < SUGGESTIONS));
    }
    for (let id = 0; id < this.names.size; id++) {
      this.symbols[id] ??= { id, name: this.names.text(id), kind: "unknown", declaration: undefined, statement: -1 };
    }
    this.problems.sort((a, b) => a.range.line - b.range.line || a.range.start - b.range.start);
    const problems = this.problems.map(readable);
    const { kernels, machine, statements, symbols, needs, chunks, names } = this;
    return {
      problems,
      kernels,
      machine,
      statements,
      stretches: sections,
      symbols,
      needs,
      references: (symbol) => referencesIn(chunks, symbol),
      symbol: (name) => {
        const id = names.find(name);
        const symbol = id === undefined ? undefined : symbols[id];
        return symbol && (symbol.declaration !== undefined || symbol.id === MAIN) ? symbol : undefined;
      },
    };
  }

  // `base` is the index of the section's first statement.
  private section(section: Section, base: number, lines: readonly LineFacts[]): void {
    for (const problem of section.problems) this.problems.push(problem);
    for (const need of section.needs) this.needs.push(need);
    const begun = this.begun ?? section.begun;
    for (const landmark of section.landmarks) {
      this.begun ??= begun && begun.line < landmark.line ? begun : undefined;
      this.landmark(landmark, base + landmark.statement);
    }
    this.begun ??= begun;
    if (!this.allFit(section)) this.uses(lines, section.first);
  }

  // Whether every name that the section uses is bound before, and is what it is used for.
  private allFit(section: Section): boolean {
    for (const [id, { line, wants }] of section.used) {
      const symbol = this.symbols[id];
      if (!isBoundBefore(symbol, line)) return false;
      if (symbol.kind !== "unknown" && (KIND_BITS[symbol.kind] & wants) === 0) return false;
    }
    return true;
  }

  private uses(lines: readonly LineFacts[], first: number): void {
    for (const [i, { uses }] of lines.entries()) {
      const line = first + i;
      let told = 0;
      for (const use of uses) {
        const symbol = this.symbols[use.symbol];
        const bound = isBoundBefore(symbol, line);
        const problem = bound ? misuse(use, symbol, line) : undefined;
        if (problem) this.problems.push(problem);
        else if (!bound) this.unbound.push({ use, line });
        else continue;
        if (++told === MOST) break;
      }
    }
  }

  private landmark({ facts, line }: Landmark, index: number): void {
    const range = { line, ...spanOf(facts.span) };
    switch (facts.kind) {
      case "version":
        if (line > 0) this.problem(range, "misplaced", "`mmtrace` stands in the first line");
        break;
      case "kernel":
        this.kernel(facts, range);
        break;
      case "machine":
        this.settings(facts, range);
        break;
      case "repeat": {
        const { statement } = facts;
        if (statement?.kind === "repeat") {
          this.repeats.push({ facts, statement: index, range, counter: statement.name });
          this.blocks.push(true);
        }
        break;
      }
      case "reserved":
        if (facts.interleaves) this.blocks.push(false);
        break;
      case "end":
        this.end(facts, range, index);
        break;
    }
    if (facts.binds) this.bind(facts, line, facts.statement === undefined ? -1 : index);
  }

  private end(facts: LineFacts, range: Range, index: number): void {
    const block = this.blocks.pop();
    const open = block ? this.repeats.pop() : undefined;
    if (open === undefined) {
      if (block === undefined) this.problem(range, "stray-end", "there is no `repeat` that this `end` could close");
      // Whoever runs the trace in spite of the problem passes over a repeat of no rounds.
      const count = { kind: "literal" as const, value: 0n, start: range.start, end: range.end };
      this.statements[index] = { kind: "repeat", count, name: undefined, close: index, ...range };
      return;
    }
    this.jump(facts, index, open.statement);
    this.close(open, index);
  }

  // Jumps are kept with the line's facts, so that a statement that did not change stays the same object.
  private jump(facts: LineFacts, index: number, repeat: number): void {
    const statement = this.statements[index] as End;
    const kept = facts.statement as End;
    if (kept.repeat !== repeat || kept.line !== statement.line) facts.statement = { ...statement, repeat };
    this.statements[index] = facts.statement!;
  }

  private close(open: OpenRepeat, close: number): void {
    const statement = this.statements[open.statement] as Repeat;
    const kept = open.facts.statement as Repeat;
    if (kept.close !== close || kept.line !== statement.line) open.facts.statement = { ...statement, close };
    this.statements[open.statement] = open.facts.statement!;
  }

  // A repeat that nothing closes runs to the end of the trace.
  private closeRepeats(): void {
    for (const open of this.repeats.reverse()) {
      this.problem(open.range, "unclosed-repeat", "this `repeat` has no `end`");
      this.close(open, this.statements.length);
      this.statements.push({ kind: "end", repeat: open.statement, ...open.range });
    }
  }

  private kernel(facts: LineFacts, range: Range): void {
    if (this.kernelLine) {
      const related = [{ range: this.kernelLine, message: "the first one" }];
      this.problem(range, "misplaced", "a trace has at most one `kernel` line", related);
    } else this.early(range, "kernel");
    this.kernelLine ??= range;
    for (const model of facts.models ?? []) {
      const twice = this.kernels.some((known) => known.model === model.text);
      this.kernels.push({ model: model.text, line: range.line, ...spanOf(model) });
      const problem = modelProblem(model.text, model) ?? (twice ? namedTwice(model) : undefined);
      if (problem) this.problems.push(onLine(range.line, problem));
    }
  }

  private settings(facts: LineFacts, range: Range): void {
    this.early(range, "machine");
    for (const setting of facts.settings ?? []) {
      const { key, value } = setting;
      if (value === undefined) continue;
      const at = { line: range.line, ...spanOf(setting) };
      this.machine.push({ key: key.text, value: value.text, valueStart: value.start, ...at });
    }
  }

  private early(range: Range, word: string): void {
    if (this.begun === undefined) return;
    const related = [{ range: this.begun, message: "the first operation" }];
    this.problem(range, "misplaced", `\`${word}\` comes before the first operation`, related);
  }

  private bind(facts: LineFacts, line: number, statement: number): void {
    const { symbol, kind, start, end } = facts.binds!;
    const range = { line, start, end };
    const known = this.symbols[symbol];
    if (known === undefined) {
      this.symbols[symbol] = { id: symbol, name: this.names.text(symbol), kind, declaration: range, statement };
      return;
    }
    if (symbol === MAIN) {
      this.problem(range, "bound-twice", "the process `main` always exists");
      return;
    }
    const { name } = known;
    const related = known.declaration ? [{ range: known.declaration, message: `\`${name}\` is bound here` }] : [];
    if (!this.rebinds(facts, symbol)) {
      this.problem(range, "bound-twice", `\`${name}\` is bound already, in line ${lineOf(known)}`, related);
    } else if (!sameKind(known.kind, kind)) {
      const message = `\`${name}\` is ${KINDS[known.kind]}, bound in line ${lineOf(known)}`;
      this.problem(range, "wrong-kind", message, related);
    }
  }

  // Inside of a repeat a name may be bound again; the counters of two repeats that do not nest may share a name.
  private rebinds(facts: LineFacts, symbol: SymbolId): boolean {
    const around = facts.kind === "repeat" ? this.repeats.slice(0, -1) : this.repeats;
    if (around.some((repeat) => repeat.counter === symbol)) return false;
    return facts.kind === "repeat" || around.length > 0;
  }

  private problem(range: Range, code: Problem["code"], message: string, related?: readonly Related[]): void {
    this.problems.push({ range, code, severity: "error", message, ...(related && { related }) });
  }
}

function isBoundBefore(symbol: TraceSymbol | undefined, line: number): symbol is TraceSymbol {
  if (symbol === undefined) return false;
  return symbol.id === MAIN || (symbol.declaration !== undefined && symbol.declaration.line < line);
}

// What nothing is known of fits everything.
function sameKind(a: SymbolKind, b: SymbolKind): boolean {
  return a === b || a === "unknown" || b === "unknown";
}

function referencesIn(chunks: readonly Chunk[], symbol: SymbolId): Range[] {
  const ranges: Range[] = [];
  let line = 0;
  for (const { facts } of chunks) {
    for (const { binds, uses } of facts) {
      const places = uses.filter((use) => use.symbol === symbol).map(spanOf);
      if (binds?.symbol === symbol) places.push(spanOf(binds));
      for (const { start, end } of places.sort((a, b) => a.start - b.start)) ranges.push({ line, start, end });
      line++;
    }
  }
  return ranges;
}
