// Rounds from far ahead: the counters that grow are set to what they will be so many periods on, and the body runs from there. If it
// does what it did before, the growth is steady up to there as well; if not, the first period from which on it does not is looked
// for by halving. Only the counters are set, not who holds the references: the kernel sees no more of them than that.

import { Execution } from "../execute.ts";
import { type RunOptions, watchOf } from "../run.ts";
import { type Cell, fieldOf, rowOf } from "./counted.ts";
import type { Otherwise } from "./grown.ts";
import { eventWords, type Looker, type Round, roundOf, stepWord } from "./round.ts";
import type { Steady } from "./steady.ts";

type Cells = readonly (readonly [Cell, number])[];

type Compared = "all" | "outcomes" | "the next period";

export class Jumps {
  private execution: Execution;
  private readonly looker: Looker;
  private readonly rounds: readonly Round[];
  private readonly period: number;
  private readonly index: number;
  private readonly options: () => RunOptions;
  // A limit of the run has ended one of the jumps: what came of them says nothing.
  cut = false;

  constructor(
    execution: Execution,
    looker: Looker,
    rounds: readonly Round[],
    { period }: Steady,
    { index, options }: { readonly index: number; readonly options: () => RunOptions },
  ) {
    this.execution = execution;
    this.looker = looker;
    this.rounds = rounds;
    this.period = period;
    this.index = index;
    this.options = options;
  }

  // What the rounds do otherwise before `fit` more of them have run, if they do; undefined when all of them do the same.
  // `fit` is how many rounds fit before the one in which a counter ends.
  firstChange(cells: Cells, fit: number): Otherwise | undefined {
    const last = Math.floor(fit / this.period) - 1;
    if (last < 0 || this.other(cells, last, 1) === undefined) return undefined;
    let [same, different] = [-1, last];
    while (different - same > 1) {
      const middle = Math.floor((same + different) / 2);
      if (this.other(cells, middle, 1) === undefined) same = middle;
      else different = middle;
    }
    return this.other(cells, different, 1);
  }

  // What a line comes to otherwise in the period in which a counter ends, or in the next one; where every line comes to the same,
  // what the kernel does otherwise in the next one, in which no counter wraps.
  after(cells: Cells, fit: number): Otherwise | undefined {
    const ahead = Math.floor(fit / this.period);
    return this.other(cells, ahead, 2, "outcomes") ?? this.other(cells, ahead, 2, "the next period");
  }

  // Runs so many periods with the counters so many periods ahead, and comes back. The first thing of what is compared that is
  // not as it was: events too or outcomes alone, in all periods or from the second on.
  private other(cells: Cells, ahead: number, periods: number, what: Compared = "all"): Otherwise | undefined {
    const { recording } = this.looker;
    const { steps, kernel } = recording;
    const mark = steps.length;
    for (const [cell, by] of cells) {
      const field = [...this.looker.counters.values()].find((counter) => counter.field.id === fieldOf(cell))?.field;
      if (field) kernel.set(field, rowOf(cell), field.data[rowOf(cell)] + by * ahead);
    }
    let found: Otherwise | undefined;
    for (let i = 0; found === undefined && i < periods * this.period; i++) {
      const from = steps.length;
      const began = kernel.position;
      if (!this.execution.advanceTo(this.index + 1)) {
        this.cut = true;
        break;
      }
      const before = this.rounds[this.rounds.length - this.period + (i % this.period)];
      const round = roundOf(this.looker, from, steps.length, began);
      if (round.sameness === before.sameness || (what === "the next period" && i < this.period)) continue;
      const told = this.difference(before, round, what === "outcomes");
      if (told) found = { ...told, round: this.rounds.length + ahead * this.period + i + 1 };
    }
    this.back(mark);
    return found;
  }

  // Where the later round does something else.
  private difference(a: Round, b: Round, outcomes: boolean): Omit<Otherwise, "round"> | undefined {
    const { recording } = this.looker;
    const { steps } = recording;
    for (let i = 0; a.steps[0] + i < a.steps[1] && b.steps[0] + i < b.steps[1]; i++) {
      const [was, is] = [a.steps[0] + i, b.steps[0] + i];
      const line = steps.line(is);
      if (stepWord(recording, was) !== stepWord(recording, is)) {
        return {
          line,
          text: `comes to ${steps.outcome(is).words.join(" ")}, not ${steps.outcome(was).words.join(" ")}`,
        };
      }
      if (outcomes) continue;
      const event = this.otherEvent(was, is, b.events[0]);
      if (event !== undefined) return { line, text: event };
    }
    return undefined;
  }

  // The first event of the later step that is not as in the earlier one.
  private otherEvent(was: number, is: number, began: number): string | undefined {
    const { looker } = this;
    const { steps, kernel: k } = looker.recording;
    let [a, b] = [steps.start(was), Math.max(began, steps.start(is))];
    const [aEnd, bEnd] = [steps.end(was), steps.end(is)];
    for (;;) {
      while (a < aEnd && eventWords(looker, a) === undefined) a++;
      while (b < bEnd && eventWords(looker, b) === undefined) b++;
      if (a === aEnd && b === bEnd) return undefined;
      const at = b < bEnd ? b : a;
      if (a === aEnd || b === bEnd || `${eventWords(looker, a)}` !== `${eventWords(looker, b)}`) {
        const frame = k.journal.frame(at);
        const where = frame === 0 ? "" : ` in ${k.journal.frameFunction(frame).name}()`;
        const condition = k.conditionOf(at);
        if (condition) return `finds \`${condition.text}\` ${k.journal.to(at) ? "true" : "false"}${where}`;
        return `does something else${where}`;
      }
      a++;
      b++;
    }
  }

  private back(steps: number): void {
    const { recording } = this.looker;
    recording.truncate(steps);
    this.execution = new Execution(recording, watchOf(this.options()), false);
    this.execution.resume();
    // From the last statement that ran to the beginning of the next round.
    this.execution.advanceTo(this.index + 1);
  }
}
