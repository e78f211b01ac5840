// A trace under many models, side by side: the lines at which they part, what each came to there, and why.
//
// Models are compared with their neighbour in the list. Only two recordings are alive at a time; of each there remains
// what every step came to.

import { evaluate } from "../lang/evaluate.ts";
import { hasField } from "../lang/fields.ts";
import { type Expect, type Expr, isFault, type Program } from "../lang/program.ts";
import { asksUnder } from "../lang/worth.ts";
import type { ModelName } from "../mm/releases.ts";
import { pageCounters } from "./counters.ts";
import { type Divergence, divergence } from "./divergence.ts";
import type { Recording } from "./recording.ts";
import { show } from "./show.ts";
import { CHECK_FAILED, HAS_FAILED, NOT_DONE } from "./steps.ts";
import { why } from "./why.ts";

// What one execution of a line came to under one model.
export interface Cell {
  // The outcome of an operation, the value that a check looks at; undefined where the model has no such field.
  readonly value: string | undefined;
  // `ref 2 map 1` of the page that an access touched; frame numbers mean nothing to other models.
  readonly counters: string;
  // Whether that page is exclusive; undefined where there is none, or the model has no such flag.
  readonly exclusive: boolean | undefined;
  // Something was to hold here and did not.
  readonly failed: boolean;
}

// Neighbouring models that came to the same.
export interface MatrixGroup {
  readonly models: readonly ModelName[];
  readonly cell: Cell;
}

// Why two neighbours part.
export interface MatrixReason {
  readonly models: readonly [ModelName, ModelName];
  // The line at which they part, when it is an earlier one.
  readonly line: number | undefined;
  readonly sides: Divergence["sides"];
}

export interface MatrixRow {
  readonly statement: number;
  readonly line: number;
  // Which execution of the line is shown, from 1 on; of how many, and how many of them differ.
  readonly execution: number;
  readonly executions: number;
  readonly differ: number;
  readonly groups: readonly MatrixGroup[];
  readonly reasons: readonly MatrixReason[];
}

// Steps that are looked back for a reason.
const LOOK_BACK = 1000;

const NOT_RUN: Cell = { value: "did not run", counters: "", exclusive: undefined, failed: false };

export class Matrix {
  readonly models: ModelName[] = [];
  private readonly program: Program;
  // Of each model, the cells of each statement's executions, by their number in `cells`.
  private readonly columns: number[][][] = [];
  // Of each model, the lines that a condition on the model leaves out.
  private readonly out: ReadonlySet<number>[] = [];
  private readonly cells: Cell[] = [];
  private readonly numbers = new Map<string, number>();
  // Statement → the reasons of the first execution at which two neighbours differ, by the later one's index.
  private readonly reasons = new Map<number, Map<number, MatrixReason & { readonly execution: number }>>();
  private last: Recording | undefined;

  constructor(program: Program) {
    this.program = program;
  }

  // Takes the next model's recording in. Its kernel's cursor is moved, now and when the next one comes.
  add(recording: Recording): void {
    const column: number[][] = this.program.statements.map(() => []);
    for (let step = 0; step < recording.steps.length; step++) {
      column[recording.steps.statement(step)].push(this.number(cellOf(recording, step)));
    }
    this.models.push(recording.model.name);
    const asked = asksUnder(this.program, recording.model.name);
    const lines = this.program.statements.map(({ line }) => line);
    this.out.push(new Set(lines.filter((line) => !asked(line))));
    this.columns.push(column);
    if (this.last) this.compare(this.last, recording);
    this.last = recording;
  }

  // The lines at which neighbours differ, in the order of the trace. Of checks in a row that look at the same value, each
  // for other models, the first.
  rows(): MatrixRow[] {
    const rows: MatrixRow[] = [];
    let seen = new Set<string>();
    for (const [i, statement] of this.program.statements.entries()) {
      const look = statement.kind === "expect" ? lookedText(statement) : undefined;
      if (statement.kind !== "expect") seen = new Set();
      if (look !== undefined && seen.has(look)) continue;
      if (look !== undefined) seen.add(look);
      const row = this.row(i);
      if (row) rows.push(row);
    }
    return rows;
  }

  private row(statement: number): MatrixRow | undefined {
    const executions = Math.max(0, ...this.columns.map((column) => column[statement].length));
    const taking = this.taking(statement);
    let first = -1;
    let differ = 0;
    for (let at = 0; at < executions; at++) {
      if (!taking.some((i, nth) => nth > 0 && !this.same(taking[nth - 1], i, statement, at))) continue;
      if (differ++ === 0) first = at;
    }
    if (first < 0) return undefined;
    const groups: { models: ModelName[]; cell: Cell }[] = [];
    const reasons: MatrixReason[] = [];
    for (const [nth, i] of taking.entries()) {
      const model = this.models[i];
      const cell = this.cell(i, statement, first);
      const group = groups[groups.length - 1];
      if (group && this.same(taking[nth - 1], i, statement, first)) {
        group.models.push(model);
        group.cell = common(group.cell, cell);
        continue;
      }
      groups.push({ models: [model], cell });
      const reason = this.reasons.get(statement)?.get(i);
      if (reason?.execution === first) reasons.push({ models: reason.models, line: reason.line, sides: reason.sides });
    }
    const { line } = this.program.statements[statement];
    return { statement, line, execution: first + 1, executions, differ, groups, reasons };
  }

  // The models for which the line is: those that a condition on the model leaves out do not differ by that.
  private taking(statement: number): number[] {
    const { line } = this.program.statements[statement];
    return [...this.models.keys()].filter((i) => {
      const out = this.columns[i][statement].length === 0 && this.out[i].has(line);
      return !out;
    });
  }

  private cell(model: number, statement: number, execution: number): Cell {
    const number = this.columns[model][statement][execution];
    return number === undefined ? NOT_RUN : this.cells[number];
  }

  private same(a: number, b: number, statement: number, execution: number): boolean {
    if (this.columns[a][statement][execution] === this.columns[b][statement][execution]) return true;
    return alike(this.cell(a, statement, execution), this.cell(b, statement, execution));
  }

  private number(cell: Cell): number {
    const key = JSON.stringify([cell.value ?? null, cell.counters, cell.exclusive ?? null, cell.failed]);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.cells.length);
    return this.cells.push(cell) - 1;
  }

  private compare(a: Recording, b: Recording): void {
    const last = this.models.length - 1;
    const stepsA = stepsByStatement(a, this.program);
    const stepsB = stepsByStatement(b, this.program);
    for (const statement of this.program.statements.keys()) {
      const executions = Math.min(stepsA[statement].length, stepsB[statement].length);
      for (let at = 0; at < executions; at++) {
        if (this.same(last - 1, last, statement, at)) continue;
        const found = reasonOf(a, stepsA[statement][at], b, stepsB[statement][at]);
        if (found) {
          const here = found.steps[0] === stepsA[statement][at];
          const reason = {
            models: [a.model.name, b.model.name] as const,
            line: here ? undefined : a.steps.line(found.steps[0]),
            sides: found.sides,
            execution: at,
          };
          const known = this.reasons.get(statement);
          if (known) known.set(last, reason);
          else this.reasons.set(statement, new Map([[last, reason]]));
        }
        break;
      }
    }
  }
}

function stepsByStatement({ steps }: Recording, program: Program): number[][] {
  const all: number[][] = program.statements.map(() => []);
  for (let step = 0; step < steps.length; step++) all[steps.statement(step)].push(step);
  return all;
}

// A flag or a field that only one of them has is no difference.
function alike(a: Cell, b: Cell): boolean {
  if (a.failed !== b.failed) return false;
  if (a.value !== undefined && b.value !== undefined && a.value !== b.value) return false;
  if (a.counters !== b.counters) return false;
  return a.exclusive === undefined || b.exclusive === undefined || a.exclusive === b.exclusive;
}

// What both came to; whether the page is exclusive only where both know.
function common(a: Cell, b: Cell): Cell {
  return { ...a, value: a.value ?? b.value, exclusive: b.exclusive === undefined ? undefined : a.exclusive };
}

function cellOf(recording: Recording, step: number): Cell {
  const { steps, kernel, program } = recording;
  const statement = program.statements[steps.statement(step)];
  const bits = steps.bits(step);
  const failed = (bits & (CHECK_FAILED | HAS_FAILED)) !== 0;
  if (statement.kind === "expect") {
    return { value: checkedValue(recording, step, statement), counters: "", exclusive: undefined, failed };
  }
  kernel.seek(steps.end(step));
  const words = bits & NOT_DONE ? "not done" : steps.outcome(step).words.join(" ");
  const page = pageCounters(recording, step);
  return {
    value: words,
    counters: page ? `ref ${page.refcount} map ${page.mapcount}${page.order > 0 ? ` order ${page.order}` : ""}` : "",
    exclusive: kernel.model.anonExclusive ? page?.exclusive : undefined,
    failed,
  };
}

// What a check looks at, whether or not it counts under this model: the side of a comparison that is not written, or the
// truth of the whole.
function checkedValue(recording: Recording, step: number, statement: Expect): string | undefined {
  const { kernel, program, model, steps } = recording;
  const lacks = program.needs.some(
    ({ line, what }) => line === statement.line && "field" in what && !hasField(model.name, what.field),
  );
  if (lacks) return undefined;
  kernel.seek(steps.start(step));
  const env = recording.environment(step);
  const side = looked(statement.condition);
  const value = evaluate(side ?? statement.condition, env);
  if (isFault(value)) return value.message;
  if (side !== undefined) {
    const of = typeof value === "object" && value !== null ? value.kind : "plain";
    if (of === "plain" || of === "words" || of === "outcomes") return show(value, kernel);
  }
  const truth = side === undefined ? value : evaluate(statement.condition, env);
  if (isFault(truth)) return truth.message;
  return truth === null || truth === 0n ? "false" : "true";
}

// The computed side of a comparison with a written value: a number or a string, or a sum of numbers.
function looked(condition: Expr): Expr | undefined {
  if (condition.kind !== "binary" || !["==", "!=", "<", "<=", ">", ">="].includes(condition.operator)) return undefined;
  if (isWritten(condition.right)) return condition.left;
  return isWritten(condition.left) ? condition.right : undefined;
}

function isWritten(expr: Expr): boolean {
  if (expr.kind === "binary") return isWritten(expr.left) && isWritten(expr.right);
  if (expr.kind === "unary") return isWritten(expr.operand);
  return (
    expr.kind === "literal" && (expr.value === null || typeof expr.value !== "object" || expr.value.kind === "words")
  );
}

// That side as it is written.
function lookedText({ condition, text }: Expect): string | undefined {
  const side = looked(condition);
  return side && text.slice(side.start - condition.start, side.end - condition.start);
}

// The difference at the step itself; for a check, at the steps that made the value; else at the nearest step before. An
// answer that differs tells more than a write that differs, which may only pass an earlier difference on.
function reasonOf(a: Recording, stepA: number, b: Recording, stepB: number): Divergence | undefined {
  const statement = a.program.statements[a.steps.statement(stepA)];
  const before: number[] = [];
  if (statement.kind === "expect") {
    const makers = new Set([...makersOf(a, stepA, statement), ...makersOf(b, stepB, statement)]);
    before.push(...[...makers].sort((one, other) => other - one));
  } else {
    const here = divergence("questions", a, stepA, b, stepB) ?? divergence("writes", a, stepA, b, stepB);
    if (here) return here;
  }
  const nearest = Math.min(stepA, stepB);
  for (let step = nearest - 1; step >= 0 && step >= nearest - LOOK_BACK; step--) before.push(step);
  for (const what of ["questions", "writes"] as const) {
    for (const step of before) {
      const found = aligned(a, step, b) ? divergence(what, a, step, b, step) : undefined;
      if (found) return found;
    }
  }
  return undefined;
}

// Whether both runs did the same statement as this step.
function aligned(a: Recording, step: number, b: Recording): boolean {
  return step < b.steps.length && step < a.steps.length && a.steps.statement(step) === b.steps.statement(step);
}

// The steps that last wrote what the check looks at.
function makersOf(recording: Recording, step: number, statement: Expect): number[] {
  const found = why(recording, recording.steps.start(step), statement.condition);
  if (isFault(found)) return [];
  return found.chains.flatMap(({ links }) => links[links.length - 1]?.step ?? []);
}
