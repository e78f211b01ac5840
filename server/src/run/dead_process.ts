// A line of a dead process inside a `repeat` fails in every round: it is told once, with a count.

import type { Fact } from "./failures.ts";
import { HAS_FAILED, type Steps } from "./steps.ts";

// The first failure of each line and dead process → how often the line has failed for it. Nobody comes back from the dead,
// so every later step of both is one more.
export function deadRounds(facts: readonly Fact[], steps: Steps): Map<Fact, number> {
  const times = new Map<Fact, number>();
  const firsts = firstOfEach(facts, steps);
  if (firsts.size === 0) return times;
  for (let step = 0; step < steps.length; step++) {
    const fact = firsts.get(keyOf(step, steps));
    if (fact && step >= fact.step && steps.bits(step) & HAS_FAILED) times.set(fact, (times.get(fact) ?? 0) + 1);
  }
  return times;
}

// How many steps failed without being told of: of a line that fails again and again only the first failures are kept.
export function untoldSteps(facts: readonly Fact[], steps: Steps): number {
  const told = new Set(facts.map(({ step }) => step));
  const firsts = firstOfEach(facts, steps);
  let untold = 0;
  for (let step = 0; step < steps.length; step++) {
    if ((steps.bits(step) & HAS_FAILED) === 0 || told.has(step)) continue;
    const dead = firsts.get(keyOf(step, steps));
    if (dead === undefined || step < dead.step) untold++;
  }
  return untold;
}

function firstOfEach(facts: readonly Fact[], steps: Steps): Map<string, Fact> {
  const firsts = new Map<string, Fact>();
  for (const fact of facts) {
    if (fact.code !== "dead-process") continue;
    const key = keyOf(fact.step, steps);
    if (!firsts.has(key)) firsts.set(key, fact);
  }
  return firsts;
}

function keyOf(step: number, steps: Steps): string {
  return `${steps.statement(step)} ${steps.task(step)}`;
}
