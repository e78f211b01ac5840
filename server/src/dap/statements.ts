// Which steps ran a statement, and which a task: indexes over a recording's steps, made when they are first asked for.

import type { Recording } from "../run/recording.ts";

export interface Index {
  // The steps that have the key, ascending.
  steps(key: number): readonly number[];
}

const byStatement = new WeakMap<Recording, Index>();
const byTask = new WeakMap<Recording, Index>();

export function stepsOfStatement(recording: Recording, statement: number): readonly number[] {
  return index(byStatement, recording, (step) => recording.steps.statement(step)).steps(statement);
}

export function stepsOfTask(recording: Recording, task: number): readonly number[] {
  return index(byTask, recording, (step) => recording.steps.task(step)).steps(task);
}

// The position of the first step at or past `step` in an ascending list.
export function lowerBound(steps: readonly number[], step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (steps[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

const NONE: readonly number[] = [];

function index(made: WeakMap<Recording, Index>, recording: Recording, key: (step: number) => number): Index {
  const known = made.get(recording);
  if (known) return known;
  const lists = new Map<number, number[]>();
  for (let step = 0; step < recording.steps.length; step++) {
    const list = lists.get(key(step));
    if (list) list.push(step);
    else lists.set(key(step), [step]);
  }
  const index = { steps: (of: number) => lists.get(of) ?? NONE };
  made.set(recording, index);
  return index;
}
