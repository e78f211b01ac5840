// What grows in the rounds of a repeat, and in which round it comes to its end.

import { roundsThatFit } from "./bound.ts";
import { type Cell, type Counter, fieldOf, rowOf } from "./counted.ts";
import { objectName } from "./object_name.ts";
import type { Looker, Move, Round } from "./round.ts";
import type { Steady } from "./steady.ts";

// Something that grows from round to round.
export interface Growth {
  readonly what: string;
  // Whose: a page, an address space, the machine.
  readonly of: string;
  // How many objects alike: the pages of a folio.
  readonly alike: number;
  // By so much in a period.
  readonly by: number;
  // What it was after the last round that ran.
  readonly now: number;
}

// Where something that grows comes to its end.
export interface End extends Omit<Growth, "now"> {
  // In that round, counted from 1.
  readonly round: number;
  readonly most: number;
  readonly kind: "counter" | "VMAs" | "resource";
  // What becomes of what does not fit.
  readonly beyond: Counter["beyond"] | "is used up";
  // "jump": a round with these numbers did what the others do; "arithmetic": nothing but the sum says so; "about": the
  // sum leaves out what is used or given back now and then; "change": it does not
  // come so far, as the rounds do something else before.
  readonly proof: "jump" | "arithmetic" | "about" | "change";
  // With the bits that the trace's machine has, where they are fewer.
  readonly own: { readonly bits: number; readonly round: number } | undefined;
  // What the trace comes to there that it did not come to before, where a jump has shown it.
  readonly after: Otherwise | undefined;
}

// What the trace does at a line where it did something else before.
export interface Otherwise {
  readonly round: number;
  readonly line: number;
  readonly text: string;
}

export class Grown {
  readonly period: number;
  private readonly looker: Looker;
  private readonly rounds: readonly Round[];
  private readonly steady: Steady;
  private readonly bits: { readonly refcount: number; readonly mapcount: number };

  constructor(
    looker: Looker,
    rounds: readonly Round[],
    steady: Steady,
    machine: { readonly refcount_bits: number; readonly mapcount_bits: number },
  ) {
    this.looker = looker;
    this.rounds = rounds;
    this.steady = steady;
    this.period = steady.period;
    this.bits = { refcount: machine.refcount_bits, mapcount: machine.mapcount_bits };
  }

  growth(): Growth[] {
    const { looker, period } = this;
    const found: Growth[] = [];
    for (const cell of this.steady.cells) {
      const counter = this.counter(cell);
      const by = sum(this.movesOf(cell, period));
      if (by === 0) continue;
      found.push({
        what: counter.name,
        of: objectName(looker.recording, counter.field, rowOf(cell)),
        alike: 1,
        by,
        now: this.value(cell),
      });
    }
    for (const [i, { name, unit, used }] of looker.resources.entries()) {
      const by = sum(this.rounds.slice(-period).map((round) => round.resources[i]));
      if (by !== 0) found.push({ what: unit, of: name, alike: 1, by, now: used() });
    }
    return alike(found);
  }

  // The ends of counters, of VMAs and of resources, the first of them first.
  ends(): End[] {
    const { looker, period, rounds } = this;
    const { kernel: k } = looker.recording;
    const found: End[] = [];
    for (const cell of this.steady.cells) {
      const counter = this.counter(cell);
      const row = rowOf(cell);
      const moves = this.movesOf(cell, period);
      const most = counter.most(k, row);
      const fit = roundsThatFit(this.value(cell), moves, most);
      if (fit === undefined || sum(moves) <= 0) continue;
      found.push({
        what: counter.name,
        of: objectName(looker.recording, counter.field, row),
        alike: 1,
        by: sum(moves),
        round: rounds.length + fit + 1,
        most,
        kind: counter.field === k.w.mm.map_count ? "VMAs" : "counter",
        beyond: counter.beyond,
        proof: "arithmetic",
        own: this.own(cell, counter, most),
        after: undefined,
      });
    }
    for (const [i, { name, unit, most, used, exact }] of looker.resources.entries()) {
      const moves = rounds.slice(-period).map((round) => round.resources[i]);
      const fit = roundsThatFit(used(), moves, most);
      if (fit === undefined || sum(moves) <= 0) continue;
      const round = rounds.length + fit + 1;
      found.push({
        what: unit,
        of: name,
        alike: 1,
        by: sum(moves),
        round,
        most,
        kind: "resource",
        beyond: "is used up",
        proof: exact ? "arithmetic" : "about",
        own: undefined,
        after: undefined,
      });
    }
    return alike(found).sort((a, b) => a.round - b.round);
  }

  // The cells that grow, with what a period adds.
  cells(vmas: boolean): [Cell, number][] {
    const { map_count } = this.looker.recording.kernel.w.mm;
    return this.steady.cells
      .filter((cell) => (fieldOf(cell) === map_count.id) === vmas)
      .map((cell): [Cell, number] => [cell, sum(this.movesOf(cell, this.period))])
      .filter(([, by]) => by !== 0);
  }

  get ran(): number {
    return this.rounds.length;
  }

  // With the trace's own bits: the rounds that ran count, too.
  private own(cell: Cell, counter: Counter, most: number): End["own"] {
    const { bits } = this;
    const own = counter.own(this.looker.recording.kernel, rowOf(cell), bits);
    if (own === most) return undefined;
    const all = this.movesOf(cell, this.rounds.length);
    const width = counter.name === "refcount" ? bits.refcount : bits.mapcount;
    let value = this.value(cell) - sum(all);
    for (const [i, { sum, peak }] of all.entries()) {
      if (value + peak > own) return { bits: width, round: i + 1 };
      value += sum;
    }
    const fit = roundsThatFit(value, this.movesOf(cell, this.period), own);
    return fit === undefined ? undefined : { bits: width, round: this.rounds.length + fit + 1 };
  }

  // What the last so many rounds did to the counter.
  private movesOf(cell: Cell, last: number): Move[] {
    return this.rounds.slice(-last).map((round) => round.moves.get(cell) ?? { sum: 0, peak: 0 });
  }

  private counter(cell: Cell): Counter {
    return this.looker.counters.get(fieldOf(cell)) as Counter;
  }

  private value(cell: Cell): number {
    return this.counter(cell).field.data[rowOf(cell)];
  }
}

function sum(moves: readonly Move[]): number {
  return moves.reduce((all, move) => all + move.sum, 0);
}

// Those that are alike in all but the page of their folio, as one.
function alike<T extends Growth | End>(all: readonly T[]): T[] {
  const found = new Map<string, T>();
  for (const one of all) {
    const key = JSON.stringify({ ...one, alike: 0, of: one.of.replace(/^page \d+ of /, "") });
    const known = found.get(key);
    found.set(key, known ? { ...known, alike: known.alike + 1 } : one);
  }
  return [...found.values()];
}
