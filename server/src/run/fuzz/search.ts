// Random traces one after the other, each compared, and those that disagree shrunk.

import type { Model } from "../../mm/model.ts";
import type { TraceReport } from "../linux/against.ts";
import { traceOf } from "./author.ts";
import { choicesOf } from "./choice.ts";
import { type Difference, disagreesIn, firstDifference } from "./finding.ts";
import { type Profile, USER_SPACE } from "./profile.ts";
import { random, seedOf } from "./random.ts";
import { shrink } from "./shrink.ts";

export interface SearchOptions {
  readonly model: Model;
  // Other models under which the traces are to be possible.
  readonly alsoFor?: readonly Model[];
  readonly seed: number;
  // Index of the first trace; how many.
  readonly first: number;
  readonly count: number;
  // Operations of a trace.
  readonly ops: number;
  readonly only: readonly string[] | undefined;
  // Where not all that user space can cause.
  readonly profile?: Profile;
  compare(text: string): Promise<TraceReport>;
  say?(text: string): void;
}

export interface Found {
  readonly index: number;
  readonly difference: Difference;
  // The shortest trace that disagrees so; the random one itself where others of its kind were shrunk already.
  readonly text: string;
  readonly shrunk: boolean;
  // Of an earlier trace that shrank to the same one.
  readonly sameAs: number | undefined;
}

export interface Totals {
  readonly traces: number;
  readonly operations: number;
  readonly compared: number;
  readonly disagreements: number;
  // Traces that were not compared to their end, and why the first was not.
  readonly cut: number;
  readonly reason: string | undefined;
}

// Traces of one kind that are shrunk: the same operation, the same observable.
const OF_A_KIND = 2;

// The trace of that index; the same for the same seed on every machine.
export function randomTrace(options: SearchOptions, index: number): string {
  const { model, alsoFor, ops, only, seed, profile = USER_SPACE } = options;
  const choices = choicesOf(random(seedOf(seed, index)));
  return traceOf(model, choices, { profile, only, most: ops, alsoFor });
}

// Gives each disagreement as it is found, and at last the totals.
export async function* search(options: SearchOptions): AsyncGenerator<Found, Totals, void> {
  const { first, count, model, compare, say } = options;
  const kinds = new Map<string, number>();
  const shortest = new Map<string, number>();
  let totals: Totals = { traces: 0, operations: 0, compared: 0, disagreements: 0, cut: 0, reason: undefined };
  for (let index = first; index < first + count; index++) {
    const text = randomTrace(options, index);
    const report = await compare(text);
    const difference = firstDifference(report);
    totals = added(totals, report, difference !== undefined);
    const { traces, operations, disagreements } = totals;
    say?.(`${traces} of ${count} traces, ${operations} operations, ${disagreements} disagreements`);
    if (difference === undefined) continue;
    const kind = `${difference.operation} ${difference.observable.name}`;
    const known = kinds.get(kind) ?? 0;
    kinds.set(kind, known + 1);
    if (known >= OF_A_KIND) {
      yield { index, difference, text, shrunk: false, sameAs: undefined };
      continue;
    }
    const fails = async (trace: string) => disagreesIn(await compare(trace), difference);
    const telling = (what: string) => say?.(`trace ${index}: ${what}`);
    const { text: short } = await shrink(text, model.name, fails, { say: telling });
    const last = firstDifference(await compare(short));
    const found = last === undefined ? { difference, text } : { difference: last, text: short };
    yield { ...found, index, shrunk: last !== undefined, sameAs: shortest.get(short) };
    if (last !== undefined && !shortest.has(short)) shortest.set(short, index);
  }
  return totals;
}

function added(totals: Totals, { lines, end }: TraceReport, disagrees: boolean): Totals {
  const compared = lines.flatMap(({ observables }) => observables).filter(({ verdict }) => verdict !== "not visible");
  return {
    traces: totals.traces + 1,
    operations: totals.operations + lines.length,
    compared: totals.compared + compared.length,
    disagreements: totals.disagreements + (disagrees ? 1 : 0),
    cut: totals.cut + (end === undefined ? 0 : 1),
    reason: totals.reason ?? end?.reason,
  };
}
