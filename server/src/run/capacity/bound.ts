// In which round a counter that grows steadily gets too large.

import type { Move } from "./round.ts";

// `value` before a round, `moves` of a period's rounds from that one on, again and again; `most` is the largest number that fits.
// Gives how many rounds fit before the one in which it gets larger, at its end or on the way; undefined when it never does.
export function roundsThatFit(value: number, moves: readonly Move[], most: number): number | undefined {
  const growth = moves.reduce((sum, move) => sum + move.sum, 0);
  let least: number | undefined;
  let before = 0;
  for (const [i, { sum, peak }] of moves.entries()) {
    // The period m in which value + m * growth + before + peak > most.
    const room = most - value - before - peak;
    before += sum;
    if (room >= 0 && growth <= 0) continue;
    const periods = room < 0 ? 0 : Math.floor(room / growth) + 1;
    const rounds = periods * moves.length + i;
    if (Number.isFinite(rounds) && (least === undefined || rounds < least)) least = rounds;
  }
  return least;
}
