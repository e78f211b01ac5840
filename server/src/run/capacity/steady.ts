// When the growth of a repeat is steady: rounds that did the same, one like the other or by turns, and moved the same counters by the
// same amounts.

import type { Cell } from "./counted.ts";
import type { Round } from "./round.ts";

// Rounds that have to be like those one period before them: at least so many, and two periods.
const LEAST_LIKE = 6;
const PERIODS_LIKE = 2;
// LRU batches have 31 pages at most, so that rounds that fill them come by turns of 31.
const LONGEST_PERIOD = 64;

// Rounds after which a repeat that has not been steady is given up.
export const MOST_ROUNDS = (PERIODS_LIKE + 1) * LONGEST_PERIOD + 8;

export interface Steady {
  // After so many rounds the same comes again.
  readonly period: number;
  // The rounds that were compared with those a period before, counted from 0: [from, to).
  readonly from: number;
  readonly to: number;
  // Counters of objects that lived through these rounds, and moved in the first period and in the last.
  readonly cells: readonly Cell[];
}

// `turns` says of which counters growth is not steady.
export function steadyOf(rounds: readonly Round[], turns: (cell: Cell) => boolean): Steady | undefined {
  for (let period = 1; period <= LONGEST_PERIOD; period++) {
    const like = Math.max(LEAST_LIKE, PERIODS_LIKE * period);
    const from = rounds.length - like;
    if (from < period) return undefined;
    let same = true;
    for (let at = rounds.length - 1; same && at >= from; at--) same = didTheSame(rounds[at], rounds[at - period]);
    if (!same) continue;
    const cells = lasting(rounds, from, period);
    const again = (cell: Cell) =>
      comesAgain(rounds, from, period, cell) && !(turns(cell) && grows(rounds, period, cell));
    if (cells.every(again)) return { period, from, to: rounds.length, cells };
  }
  return undefined;
}

function didTheSame(a: Round, b: Round): boolean {
  return (
    a.sameness === b.sameness &&
    a.resources.every(({ sum, peak }, i) => sum === b.resources[i].sum && peak === b.resources[i].peak)
  );
}

// A counter that moved in the first period only, or in the last only, is of an object that has come or gone: the same
// happened to its like in the other rounds.
function lasting(rounds: readonly Round[], from: number, period: number): Cell[] {
  const first = touched(rounds, from - period, from);
  const last = touched(rounds, rounds.length - period, rounds.length);
  return [...first].filter((cell) => last.has(cell));
}

function touched(rounds: readonly Round[], from: number, to: number): Set<Cell> {
  const cells = new Set<Cell>();
  for (let at = from; at < to; at++) for (const cell of rounds[at].moves.keys()) cells.add(cell);
  return cells;
}

function comesAgain(rounds: readonly Round[], from: number, period: number, cell: Cell): boolean {
  for (let at = from; at < rounds.length; at++) {
    const [now, before] = [rounds[at].moves.get(cell), rounds[at - period].moves.get(cell)];
    if ((now?.sum ?? 0) !== (before?.sum ?? 0) || (now?.peak ?? 0) !== (before?.peak ?? 0)) return false;
  }
  return true;
}

function grows(rounds: readonly Round[], period: number, cell: Cell): boolean {
  return rounds.slice(-period).reduce((sum, { moves }) => sum + (moves.get(cell)?.sum ?? 0), 0) !== 0;
}
