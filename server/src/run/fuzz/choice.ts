// What one statement of a random trace is made of: an operation, and numbers that choose its arguments, each modulo what
// there is. So every sequence of choices makes a valid trace, and one that a few choices are taken out of still makes sense.

import type { Random } from "./random.ts";

export interface Choice {
  readonly op: number;
  readonly picks: readonly number[];
}

// Numbers of a choice; a statement that needs more takes 0.
export const PICKS = 16;
// Choices and picks are below this.
export const MOST = 10_000;

// Choices without end.
export function* choicesOf(next: Random): Generator<Choice> {
  while (true) yield { op: next(MOST), picks: Array.from({ length: PICKS }, () => next(MOST)) };
}
