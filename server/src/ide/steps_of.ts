// Which steps of a recording belong to a line, and where in the run a line of text stands.

import type { Program } from "../lang/program.ts";
import type { Recording } from "../run/recording.ts";

// The index of the statement on the line, or of the next one below it; statements.length below the last.
export function statementAtOrBelow({ statements }: Program, line: number): number {
  let low = 0;
  let high = statements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (statements[middle].line < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function statementOn(program: Program, line: number): number | undefined {
  const index = statementAtOrBelow(program, line);
  return program.statements[index]?.line === line ? index : undefined;
}

// How many steps had run when control first came to the line; all that were recorded when it never did.
export function stepsBefore(recording: Recording, line: number): number {
  const { reached, program, steps } = recording;
  for (let i = statementAtOrBelow(program, line); i < program.statements.length; i++) {
    if (reached[i] >= 0) return reached[i];
  }
  return steps.length;
}

export interface LineSteps {
  readonly first: number;
  readonly last: number;
  // How many times the line ran.
  readonly count: number;
}

// The first and last step of each statement from `from` to `to` (indices), for those that ran.
export function stepsOf(recording: Recording, from: number, to: number): Map<number, LineSteps> {
  const { steps } = recording;
  const first = new Int32Array(to - from).fill(-1);
  const last = new Int32Array(to - from);
  const count = new Int32Array(to - from);
  const [begin, end] = stepsAround(recording, from, to);
  for (let step = begin; step < end; step++) {
    const i = steps.statement(step) - from;
    if (i < 0 || i >= first.length) continue;
    if (first[i] < 0) first[i] = step;
    last[i] = step;
    count[i]++;
  }
  const found = new Map<number, LineSteps>();
  for (let i = 0; i < first.length; i++) {
    if (first[i] >= 0) found.set(from + i, { first: first[i], last: last[i], count: count[i] });
  }
  return found;
}

// The steps among which all steps of the statements are.
function stepsAround({ reached, steps, program }: Recording, from: number, to: number): [number, number] {
  let begin = -1;
  for (let i = from; i < to && begin < 0; i++) begin = reached[i];
  if (begin < 0) return [0, 0];
  for (let i = behindRepeats(program, to); i < program.statements.length; i++) {
    if (reached[i] >= 0) return [begin, reached[i]];
  }
  return [begin, steps.length];
}

// Behind the outermost repeat that reaches over statement `index`, from where on nothing before it runs again.
function behindRepeats({ statements }: Program, index: number): number {
  let i = 0;
  while (i < index) {
    const statement = statements[i];
    i = statement.kind === "repeat" ? statement.close + 1 : i + 1;
  }
  return i;
}
