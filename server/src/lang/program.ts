// The bound program: a flat list of statements with jumps, every name resolved, every operation found in the table.
//
// Statements and expressions are immutable and outlive the text they came from: a recording keeps its program while the
// person types the next one. A statement is its own Range; an expression's span is on its statement's line.

import type { FieldSpec } from "./fields.ts";
import type { OpSpec } from "./ops.ts";
import type { LineProblem, Problem } from "./problem.ts";
import type { Range, Span } from "./text.ts";
import type { BinaryOperator } from "./tree.ts";
import type { Value } from "./value.ts";
import type { When } from "./when.ts";
import type { WordSpec } from "./words.ts";

// A name of the trace. Names are global and bound once, so a name is its symbol; ids stay the same while a document is
// edited. 0 is `main`.
export type SymbolId = number;
export const MAIN: SymbolId = 0;

export type SymbolKind = "process" | "address" | "file" | "pin" | "number" | "unknown";

export interface TraceSymbol {
  readonly id: SymbolId;
  readonly name: string;
  readonly kind: SymbolKind;
  // Where it is first bound; undefined for `main` and for names that nothing binds.
  readonly declaration: Range | undefined;
  // Index of the statement that binds it, -1 without one.
  readonly statement: number;
}

export type Expr =
  | (Span & { readonly kind: "literal"; readonly value: Value })
  | (Span & { readonly kind: "name"; readonly symbol: SymbolId; readonly text: string })
  | (Span & { readonly kind: "unary"; readonly operator: "!" | "-"; readonly operand: Expr })
  | (Span & { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr })
  | (Span & { readonly kind: "field"; readonly object: Expr; readonly name: string })
  | (Span & { readonly kind: "index"; readonly object: Expr; readonly index: Expr })
  | (Span & { readonly kind: "last" })
  | Call;

export interface Call extends Span {
  readonly kind: "call";
  readonly name: FunctionName;
  // `pin.page(i)` is the call "pin.page" with the pin first. The field of sum and count is in `field`.
  readonly args: readonly Expr[];
  readonly field: string | undefined;
}

export type FunctionName =
  | "page"
  | "pte"
  | "vma"
  | "data"
  | "byte"
  | "min"
  | "max"
  | "abs"
  | "sum"
  | "count"
  | "pin.page";

export interface Expected extends Span {
  // As written, in order.
  readonly words: readonly string[];
  // Outcome bits that all must be there (mm/outcome.ts), signals among them.
  readonly bits: number;
  readonly errno: string | undefined;
  readonly ok: boolean;
}

export interface Operation extends Range {
  readonly kind: "operation";
  // Who does it; undefined is `main`.
  readonly process: SymbolId | undefined;
  readonly target: SymbolId | undefined;
  readonly op: OpSpec;
  // By the position of the parameter.
  readonly args: readonly (Expr | undefined)[];
  readonly expected: Expected | undefined;
}

export interface Repeat extends Range {
  readonly kind: "repeat";
  readonly count: Expr;
  readonly name: SymbolId | undefined;
  // Index of its `end` statement.
  readonly close: number;
}

export interface End extends Range {
  readonly kind: "end";
  // Index of its `repeat` statement.
  readonly repeat: number;
}

export interface ProcessStatement extends Range {
  readonly kind: "process";
  readonly symbol: SymbolId;
}

export interface Expect extends Range {
  readonly kind: "expect";
  readonly when: When | undefined;
  readonly condition: Expr;
  // The condition as written.
  readonly text: string;
}

export type Statement = Operation | Repeat | End | ProcessStatement | Expect;

export interface KernelRef extends Range {
  readonly model: string;
}

export interface MachineSetting extends Range {
  readonly key: string;
  readonly value: string;
  readonly valueStart: number;
}

// Something on a line that not every model has, or that is not simulated yet: what check() looks at.
export interface Need extends Range {
  readonly what:
    | { readonly op: OpSpec }
    | { readonly word: WordSpec; readonly op: OpSpec }
    | { readonly field: FieldSpec };
  // What the line expects, for an operation or a word.
  readonly expected: Expected | undefined;
  // The WHEN of the line, for a field.
  readonly when: When | undefined;
  // Column behind the statement.
  readonly after: number;
}

export interface Stretch {
  readonly statements: readonly Statement[];
  // Among them are repeats or their ends, for which the program's statements say where they lead.
  readonly jumps: boolean;
}

export interface Program {
  // In the order of the text.
  readonly problems: readonly Problem[];
  // As the `kernel` line names them; empty without one (the default is the newest release that is simulated).
  readonly kernels: readonly KernelRef[];
  readonly machine: readonly MachineSetting[];
  readonly statements: readonly Statement[];
  // The same in pieces, which are the same objects in the next version of the text where nothing was edited.
  readonly stretches: readonly Stretch[];
  // By SymbolId.
  readonly symbols: readonly TraceSymbol[];
  readonly needs: readonly Need[];
  // Every place that names the symbol, its declaration among them.
  references(symbol: SymbolId): Range[];
  symbol(name: string): TraceSymbol | undefined;
}

// What cannot be evaluated or performed, and why; the span is on the statement's line.
export interface Fault extends Span {
  readonly fault: true;
  readonly code: LineProblem["code"];
  readonly message: string;
}

export function isFault(result: unknown): result is Fault {
  return typeof result === "object" && result !== null && "fault" in result;
}
