// A trace made whole again after lines were taken out or changed: what names nothing any more goes too, and each line says
// what it comes to in the simulator.

import { analyse } from "../../lang/document.ts";
import type { Expected, Program, Statement } from "../../lang/program.ts";
import { SIGNALS } from "../../mm/outcome.ts";
import type { ModelName } from "../../mm/releases.ts";
import { run } from "../run.ts";
import { NOT_DONE } from "../steps.ts";
import { cameTo } from "./came_to.ts";

// Lines of a trace without its head: statements alone, without comments and outcomes.
export function bodyOf(text: string): string[] {
  const lines = text.split("\n");
  return analyse(text)
    .program.statements.filter(({ kind }) => kind !== "expect")
    .map((statement) => bare(statement, lines[statement.line]));
}

// The `kernel` line for this model, and the trace's `machine` lines.
export function headOf(text: string, model: ModelName): string[] {
  return [`kernel ${model}`, ...text.split("\n").filter((line) => /^\s*machine\s/.test(line))];
}

// The statement as written, without what it expects.
function bare(statement: Statement, line: string): string {
  const { start, end } = statement;
  if (statement.kind !== "operation" || statement.expected === undefined) return line.slice(start, end);
  return line.slice(start, statement.expected.start).replace(/\s*->\s*$/, "");
}

export interface Settled {
  // Without outcomes.
  readonly body: readonly string[];
  readonly text: string;
}

// Undefined when nothing is left. Each round takes a line out, so that there is an end.
export function settle(head: readonly string[], lines: readonly string[], model: ModelName): Settled | undefined {
  let body = lines;
  while (body.length > 0) {
    const { program } = analyse(`${[...head, ...body].join("\n")}\n`);
    const wrong = new Set(program.problems.filter(({ severity }) => severity === "error").map((p) => p.range.line));
    const outcomes = wrong.size > 0 ? [] : outcomesOf(program, model, wrong);
    if (wrong.size === 0) {
      const text = [...head, ...body.map((line, i) => line + (outcomes[i + head.length] ?? ""))].join("\n");
      return { body, text: `${text}\n` };
    }
    body = body.filter((_, i) => !wrong.has(i + head.length));
  }
  return undefined;
}

// A process goes on after any signal.
const ANY: Expected = { start: 0, end: 0, words: [], bits: SIGNALS, errno: undefined, ok: false };

// What each line comes to, by line; lines that cannot be done are added to `wrong`.
function outcomesOf(program: Program, model: ModelName, wrong: Set<number>): string[] {
  const statements = program.statements.map((statement) =>
    statement.kind === "operation" ? { ...statement, expected: ANY } : statement,
  );
  const { steps } = run({ ...program, statements }, { model });
  const outcomes: string[] = [];
  for (let step = 0; step < steps.length; step++) {
    const statement = program.statements[steps.statement(step)];
    if (statement.kind !== "operation") continue;
    if (steps.bits(step) & NOT_DONE) wrong.add(statement.line);
    else outcomes[statement.line] = cameTo(statement.op, steps.kernelBits(step), steps.errno(step));
  }
  return outcomes;
}
