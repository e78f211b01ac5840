// Breakpoints on lines: where they go, and when they stop.
//
// A line without a statement that runs (blank, comment, `repeat`, `end`) hands its breakpoint to the next one that does.

import type { Program, Statement } from "../lang/program.ts";
import type { Recording } from "../run/recording.ts";
import { before, compare, type Moment } from "./moment.ts";
import { lowerBound, stepsOfStatement } from "./statements.ts";
import type { Direction, Watch } from "./watch.ts";

// Statements that the debugger stops at: those that make a step.
export function runs(statement: Statement): boolean {
  return statement.kind === "operation" || statement.kind === "expect" || statement.kind === "process";
}

// The statement at the line, or the next one below that runs; undefined when none follows.
export function statementAt(program: Program, line: number): number | undefined {
  const { statements } = program;
  let low = 0;
  let high = statements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (statements[middle].line < line) low = middle + 1;
    else high = middle;
  }
  while (low < statements.length && !runs(statements[low])) low++;
  return low < statements.length ? low : undefined;
}

// Lines from `first` to `last` (from 0, both in) that a breakpoint can stand on.
export function breakpointLines(program: Program, first: number, last: number): number[] {
  const lines: number[] = [];
  let at = statementAt(program, first);
  while (at !== undefined && program.statements[at].line <= last) {
    lines.push(program.statements[at].line);
    at = statementAt(program, program.statements[at].line + 1);
  }
  return lines;
}

// Stops before each run of the statement.
export function lineWatch(recording: Recording, statement: number): Watch {
  return stepsWatch(() => stepsOfStatement(recording, statement));
}

// Stops before each of the steps, which ascend.
export function stepsWatch(steps: () => readonly number[]): Watch {
  return {
    find(from: Moment, direction: Direction, bound: Moment) {
      const list = steps();
      // The first step whose beginning lies past `from`, or the last one whose beginning lies before it.
      const first = lowerBound(list, from.offset >= 0 ? from.step : from.step - 1);
      if (direction > 0) {
        const at = list[first] === from.step && from.offset >= 0 ? first + 1 : first;
        return at < list.length && compare(before(list[at]), bound) <= 0 ? before(list[at]) : undefined;
      }
      const at = list[first] === from.step && from.offset > 0 ? first : first - 1;
      return at >= 0 && compare(before(list[at]), bound) >= 0 ? before(list[at]) : undefined;
    },
  };
}
