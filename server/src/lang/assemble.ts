// The program out of what its lines say: statements in a row, repeats with their ends, names with the lines that bind
// them. What is wrong between lines is found here.

import type { Chunk } from "./chunks.ts";
import type { LineFacts, Use } from "./facts.ts";
import { unusable } from "./models.ts";
import type { Names } from "./names.ts";
import { onLine, type Problem, type Related } from "./problem.ts";
import {
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
import type { Range } from "./text.ts";
import { KINDS, lineOf, misuse, spanOf, unbound } from "./uses.ts";

export function assemble(chunks: readonly Chunk[], names: Names): Program {
  return new Assembly(chunks, names).program();
}

interface OpenRepeat {
  readonly facts: LineFacts;
  readonly statement: number;
  readonly range: Range;
  readonly counter: SymbolId | undefined;
}

class Assembly {
  private readonly chunks: readonly Chunk[];
  private readonly names: Names;
  private readonly problems: Problem[] = [];
  private readonly statements: Statement[] = [];
  private readonly needs: Need[] = [];
  private readonly kernels: KernelRef[] = [];
  private readonly machine: MachineSetting[] = [];
  // By symbol: what binds it first.
  private readonly symbols: TraceSymbol[] = [];
  private readonly repeats: OpenRepeat[] = [];
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
    for (const { facts } of this.chunks) {
      for (const fact of facts) {
        if (fact.kind !== "blank" || fact.problems.length > 0) this.line(fact, line);
        line++;
      }
    }
    for (const { range } of this.repeats) this.problem(range, "unclosed-repeat", "this `repeat` has no `end`");
    for (const { use, line: at } of this.unbound)
      this.problems.push(unbound(use, this.names.text(use.symbol), this.symbols, at));
    this.closeRepeats();
    for (let id = 0; id < this.names.size; id++) {
      this.symbols[id] ??= { id, name: this.names.text(id), kind: "unknown", declaration: undefined, statement: -1 };
    }
    this.problems.sort((a, b) => a.range.line - b.range.line || a.range.start - b.range.start);
    const { problems, kernels, machine, statements, symbols, needs, chunks, names } = this;
    return {
      problems,
      kernels,
      machine,
      statements,
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

  private line(facts: LineFacts, line: number): void {
    for (const problem of facts.problems) this.problems.push(onLine(line, problem));
    for (const use of facts.uses) this.use(use, line);
    for (const need of facts.needs) this.needs.push({ ...need, line });
    const index = this.statements.length;
    switch (facts.kind) {
      case "version":
        if (line > 0) this.problem({ line, ...facts.span }, "misplaced", "`mmtrace` stands in the first line");
        break;
      case "kernel":
        this.kernel(facts, line);
        break;
      case "machine":
        this.settings(facts, line);
        break;
      case "operation":
      case "process":
      case "expect":
      case "repeat":
      case "end":
        this.begun ??= { line, ...facts.span };
        break;
    }
    const statement = this.place(facts, line);
    if (statement === undefined) {
      if (facts.binds) this.bind(facts, line, -1);
      return;
    }
    if (statement.kind === "end") {
      this.end(facts, line);
      return;
    }
    this.statements.push(statement);
    if (statement.kind === "repeat") {
      const { name } = statement;
      this.repeats.push({ facts, statement: index, range: { line, ...facts.span }, counter: name });
    }
    if (facts.binds) this.bind(facts, line, index);
  }

  // The line's statement where the line stands now.
  private place(facts: LineFacts, line: number): Statement | undefined {
    const { statement } = facts;
    if (statement === undefined || statement.line === line) return statement;
    const moved = { ...statement, line };
    facts.statement = moved;
    return moved;
  }

  private end(facts: LineFacts, line: number): void {
    const open = this.repeats.pop();
    if (open === undefined) {
      this.problem({ line, ...facts.span }, "stray-end", "there is no `repeat` that this `end` could close");
      return;
    }
    const index = this.statements.length;
    const kept = facts.statement;
    const { start, end } = facts.span;
    const same = kept?.kind === "end" && kept.repeat === open.statement && kept.line === line;
    const statement: Statement = same ? kept : { kind: "end", repeat: open.statement, line, start, end };
    facts.statement = statement;
    this.statements.push(statement);
    const repeat = this.statements[open.statement] as Repeat;
    if (repeat.close === index) return;
    const closed = { ...repeat, close: index };
    open.facts.statement = closed;
    this.statements[open.statement] = closed;
  }

  // A repeat that nothing closes runs to the end of the trace.
  private closeRepeats(): void {
    for (const open of this.repeats.reverse()) {
      const repeat = this.statements[open.statement] as Repeat;
      const close = this.statements.length;
      this.statements[open.statement] = { ...repeat, close };
      this.statements.push({ kind: "end", repeat: open.statement, ...open.range });
    }
  }

  private kernel(facts: LineFacts, line: number): void {
    const range = { line, ...facts.span };
    if (this.kernelLine) {
      const related = [{ range: this.kernelLine, message: "the first one" }];
      this.problem(range, "misplaced", "a trace has at most one `kernel` line", related);
    } else this.early(range, "kernel");
    this.kernelLine ??= range;
    for (const { text, start, end } of facts.models ?? []) this.kernels.push({ model: text, line, start, end });
    for (const model of facts.models ?? []) {
      const problem = unusable(model);
      if (problem) this.problems.push(onLine(line, problem));
    }
  }

  private settings(facts: LineFacts, line: number): void {
    this.early({ line, ...facts.span }, "machine");
    for (const { key, value, start, end } of facts.settings ?? []) {
      if (value === undefined) continue;
      this.machine.push({ key: key.text, value: value.text, valueStart: value.start, line, start, end });
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
    const related = known.declaration ? [{ range: known.declaration, message: `\`${known.name}\` is bound here` }] : [];
    const rebinds = this.rebinds(facts, symbol);
    if (!rebinds)
      this.problem(range, "bound-twice", `\`${known.name}\` is bound already, in line ${lineOf(known)}`, related);
    else if (!sameKind(known.kind, kind)) {
      this.problem(
        range,
        "wrong-kind",
        `\`${known.name}\` is ${KINDS[known.kind]}, bound in line ${lineOf(known)}`,
        related,
      );
    }
  }

  // Inside of a repeat a name may be bound again; the counters of two repeats that do not nest may share a name.
  private rebinds(facts: LineFacts, symbol: SymbolId): boolean {
    const around = facts.kind === "repeat" ? this.repeats.slice(0, -1) : this.repeats;
    if (around.some((repeat) => repeat.counter === symbol)) return false;
    return facts.kind === "repeat" || around.length > 0;
  }

  private use(use: Use, line: number): void {
    const symbol = this.symbols[use.symbol];
    if (symbol === undefined) {
      this.unbound.push({ use, line });
      return;
    }
    const problem = misuse(use, symbol, line);
    if (problem) this.problems.push(problem);
  }

  private problem(range: Range, code: Problem["code"], message: string, related?: readonly Related[]): void {
    this.problems.push({ range, code, severity: "error", message, ...(related && { related }) });
  }
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
