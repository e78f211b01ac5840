// What stops the debugger: a watch is a set of moments of the recording, asked for its nearest one in either direction.
//
// A hit count is a property of history, not of the session: "the third time" is the third time since the trace began,
// from whichever side the debugger comes. So running backwards stops where running forwards does.

import type { Recording } from "../run/recording.ts";
import { compare, end, type Moment } from "./moment.ts";

export type Direction = 1 | -1;

export interface Watch {
  // The watch's nearest moment strictly past `from` in the direction, and not past `bound`.
  find(from: Moment, direction: Direction, bound: Moment): Moment | undefined;
}

// Before the first moment: a search from here finds START too.
export const BEFORE_ALL: Moment = { step: -1, offset: 0 };

export function inReach(moment: Moment, from: Moment, direction: Direction, bound: Moment): boolean {
  return compare(moment, from) * direction > 0 && compare(moment, bound) * direction <= 0;
}

// The moments of the watch at which the test holds.
export function filtered(watch: Watch, test: (moment: Moment) => boolean): Watch {
  return {
    find(from, direction, bound) {
      for (let at = watch.find(from, direction, bound); at; at = watch.find(at, direction, bound)) {
        if (test(at)) return at;
      }
      return undefined;
    },
  };
}

export type HitTest = (hit: number) => boolean;

const HIT_CONDITION = /^\s*(==?|>=?|<=?|!=|%)?\s*(\d{1,15})\s*$/;

// `3` or `== 3`: the third time; `> 3`, `>= 3`, `< 3`, `<= 3`, `!= 3`; `% 3`: every third time. undefined: unreadable.
export function hitTest(text: string): HitTest | undefined {
  const found = HIT_CONDITION.exec(text);
  if (!found) return undefined;
  const count = Number(found[2]);
  switch (found[1]) {
    case ">":
      return (hit) => hit > count;
    case ">=":
      return (hit) => hit >= count;
    case "<":
      return (hit) => hit < count;
    case "<=":
      return (hit) => hit <= count;
    case "!=":
      return (hit) => hit !== count;
    case "%":
      return count === 0 ? undefined : (hit) => hit % count === 0;
    default:
      return (hit) => hit === count;
  }
}

// The moments of the watch whose number, counted from the trace's beginning, passes the test. The numbers are found
// once, as far as they were needed.
export function counted(watch: Watch, recording: Recording, test: HitTest): Watch {
  const known: Moment[] = [];
  const hit = (moment: Moment): number => {
    while (known.length === 0 || compare(known[known.length - 1], moment) < 0) {
      const next = watch.find(known.at(-1) ?? BEFORE_ALL, 1, end(recording));
      if (!next) break;
      known.push(next);
    }
    let low = 0;
    let high = known.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(known[middle], moment) < 0) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
  return filtered(watch, (moment) => test(hit(moment)));
}

// The nearest moment of several watches, and every watch that has it.
export interface Hit<W extends Watch> {
  readonly moment: Moment;
  readonly watches: readonly W[];
}

export function nearest<W extends Watch>(
  watches: readonly W[],
  from: Moment,
  direction: Direction,
  bound: Moment,
): Hit<W> | undefined {
  let best: Moment | undefined;
  let found: W[] = [];
  for (const watch of watches) {
    const moment = watch.find(from, direction, best ?? bound);
    if (!moment) continue;
    if (best && compare(moment, best) === 0) found.push(watch);
    else {
      best = moment;
      found = [watch];
    }
  }
  return best && { moment: best, watches: found };
}
