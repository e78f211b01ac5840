// What one line says by itself, whatever stands on the others: the binder's result, kept for each line of a document.
//
// An edit renews the facts of its own lines only; the program is put together from all of them (assemble.ts).

import type { LineProblem } from "./problem.ts";
import type { Expected, Need, Statement, SymbolId, SymbolKind } from "./program.ts";
import type { Span } from "./text.ts";
import type { LineNode, NameNode, SettingNode } from "./tree.ts";
import type { When } from "./when.ts";

// Kinds of names, as bits: what a place accepts.
export const KIND_BITS: Readonly<Record<SymbolKind, number>> = {
  process: 1,
  address: 2,
  file: 4,
  pin: 8,
  number: 16,
  unknown: 31,
};
export const ANY_KIND = KIND_BITS.unknown;

// A name that the line uses.
export interface Use extends Span {
  readonly symbol: SymbolId;
  // Kinds that the place accepts.
  readonly wants: number;
  // The field that is asked of it, with its place.
  readonly field: NameNode | undefined;
}

// A name that the line binds.
export interface Binding extends Span {
  readonly symbol: SymbolId;
  readonly kind: SymbolKind;
}

export interface LineNeed extends Span {
  readonly what: Need["what"];
  readonly expected: Expected | undefined;
  readonly when: When | undefined;
  readonly after: number;
}

export interface LineFacts {
  readonly kind: LineNode["kind"];
  // Undefined when the line has none, or an error. Its line and jumps are renewed when they change.
  statement: Statement | undefined;
  readonly binds: Binding | undefined;
  readonly uses: readonly Use[];
  readonly problems: readonly LineProblem[];
  readonly needs: readonly LineNeed[];
  // Of a kernel or a machine line.
  readonly models?: readonly NameNode[];
  readonly settings?: readonly SettingNode[];
  // An `interleave`, which is refused, and whose `end` is none of a repeat.
  readonly interleaves?: boolean;
  // Where the statement stands, for problems about the whole of it.
  readonly span: Span;
}

// Problems of one kind that a line tells: one of thousands of mistakes is one mistake.
export const MOST = 20;

const NOTHING: readonly never[] = [];

export const BLANK: LineFacts = {
  kind: "blank",
  statement: undefined,
  binds: undefined,
  uses: NOTHING,
  problems: NOTHING,
  needs: NOTHING,
  span: { start: 0, end: 0 },
};

// Collects what binding one line finds.
export class Findings {
  uses: Use[] | typeof NOTHING = NOTHING;
  problems: LineProblem[] | readonly LineProblem[];
  needs: LineNeed[] | typeof NOTHING = NOTHING;
  when: When | undefined;
  // Whether something is wrong, so that the line gives no statement.
  failed: boolean;

  // Column behind the statement.
  private readonly after: number;

  constructor(problems: readonly LineProblem[], after = 0) {
    this.after = after;
    this.problems = problems;
    this.failed = problems.length > 0;
  }

  use(span: Span, symbol: SymbolId, wants: number, field?: NameNode): void {
    const use = { start: span.start, end: span.end, symbol, wants, field };
    if (this.uses === NOTHING) this.uses = [use];
    else (this.uses as Use[]).push(use);
  }

  need(span: Span, what: Need["what"], expected?: Expected): void {
    const need = { start: span.start, end: span.end, what, expected, when: this.when, after: this.after };
    if (this.needs === NOTHING) this.needs = [need];
    else (this.needs as LineNeed[]).push(need);
  }

  problem(span: Span, code: LineProblem["code"], message: string, more: Partial<LineProblem> = {}): void {
    const { start, end } = span;
    const found: LineProblem = { start, end, code, severity: "error", message, ...more };
    if (found.severity === "error") this.failed = true;
    if (this.problems.length < MOST) this.problems = [...this.problems, found];
  }

  // The same, with the nearest known word as the fix.
  unknown(span: Span, code: LineProblem["code"], message: string, near: string | undefined): void {
    if (near === undefined) this.problem(span, code, message);
    else {
      const fix = { start: span.start, end: span.end, title: `Change to \`${near}\``, text: near };
      this.problem(span, code, `${message}; did you mean \`${near}\`?`, { fixes: [fix] });
    }
  }
}
