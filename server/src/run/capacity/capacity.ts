// How many rounds of a repeat the machine can take: the body runs until its growth is steady, and what grows is carried on to where
// it ends. server/README.md, "Capacity".
//
// The run counts with 32 bits, whatever the trace's machine has, so that nothing wraps while it is looked at.

import { evaluate } from "../../lang/evaluate.ts";
import { isFault, type Program, type Repeat, type Statement } from "../../lang/program.ts";
import type { Execution } from "../execute.ts";
import { machineOf } from "../machine.ts";
import type { Recording } from "../recording.ts";
import { type RunOptions, start } from "../run.ts";
import { counters, fieldOf, resources } from "./counted.ts";
import { type End, Grown, type Growth, type Otherwise } from "./grown.ts";
import { Jumps } from "./jump.ts";
import { type Looker, type Round, roundOf } from "./round.ts";
import { MOST_ROUNDS, type Steady, steadyOf } from "./steady.ts";

export interface Capacity {
  // Index of the repeat's statement, and its line.
  readonly statement: number;
  readonly line: number;
  // How many rounds ran.
  readonly rounds: number;
  readonly steady: Steady | undefined;
  // Whether growth is steady, or what is in the way: no round of it runs; a line fails, or rounds differ; a limit came first.
  readonly came: "steady" | "not run" | "not steady" | "limited";
  // Why it is not steady.
  readonly why: string | undefined;
  readonly growth: readonly Growth[];
  // The first of them first.
  readonly ends: readonly End[];
  // What the rounds do otherwise before a counter, or the number of VMAs, is at its end.
  readonly change: Otherwise | undefined;
}

export function* capacities(program: Program, options: RunOptions): Generator<Capacity> {
  // The limit of time is for all of it.
  const { clock, limits } = options;
  const deadline = clock ? clock() + (limits?.milliseconds ?? MILLISECONDS) : 0;
  const left = () =>
    clock ? { ...options, limits: { ...limits, milliseconds: Math.max(0, deadline - clock()) } } : options;
  for (const [index, statement] of program.statements.entries()) {
    if (statement.kind === "repeat") yield capacityOf(program, index, statement, left);
  }
}

const MILLISECONDS = 60_000;
const FULL = { refcount_bits: "32", mapcount_bits: "32" };
const FOREVER = BigInt(Number.MAX_SAFE_INTEGER);

function capacityOf(program: Program, index: number, repeat: Repeat, left: () => RunOptions): Capacity {
  const options = left();
  const execution = start(unending(program, index, repeat), { ...options, machine: { ...options.machine, ...FULL } });
  const { recording } = execution;
  const base = { statement: index, line: repeat.line, growth: [], ends: [], change: undefined };
  const nothing = (rounds: number, came: Capacity["came"], why: string): Capacity => {
    return {
      ...base,
      rounds,
      steady: undefined,
      came: recording.limit ? "limited" : came,
      why: recording.limit?.message ?? why,
    };
  };
  if (index > 0 && !execution.advanceTo(index)) return nothing(0, "not run", "control never comes there");
  const count = evaluate(repeat.count, recording.environment(recording.steps.length));
  if (isFault(count) || typeof count !== "bigint" || count <= 0n) return nothing(0, "not run", "no round of it runs");
  execution.advanceTo(index + 1);
  const counted = new Map(counters(recording.kernel).map((counter) => [counter.field.id, counter]));
  const looker: Looker = { recording, counters: counted, resources: resources(recording.kernel) };
  const { rounds, steady } = untilSteady(execution, looker, index);
  const failed = rounds.at(-1)?.failed ?? -1;
  if (steady === undefined || failed >= 0)
    return nothing(rounds.length, "not steady", unsteady(recording, rounds, failed));
  const grown = new Grown(looker, rounds, steady, machineOf(program.machine, options.machine));
  const jumps = new Jumps(execution, looker, rounds, steady, { index, options: left });
  return {
    ...base,
    rounds: rounds.length,
    steady,
    came: "steady",
    why: undefined,
    growth: grown.growth(),
    ...checked(grown, jumps),
  };
}

// The program whose repeat goes on for ever.
function unending(program: Program, index: number, repeat: Repeat): Program {
  const { start, end } = repeat.count;
  const statements: Statement[] = [...program.statements];
  statements[index] = { ...repeat, count: { kind: "literal", value: FOREVER, start, end } };
  return { ...program, statements };
}

function untilSteady(
  execution: Execution,
  looker: Looker,
  index: number,
): { rounds: Round[]; steady: Steady | undefined } {
  const { steps } = looker.recording;
  const rounds: Round[] = [];
  while (rounds.length < MOST_ROUNDS) {
    const from = steps.length;
    const began = looker.recording.kernel.position;
    const came = execution.advanceTo(index + 1);
    if (!came) break;
    rounds.push(roundOf(looker, from, steps.length, began));
    const steady = steadyOf(rounds, (cell) => looker.counters.get(fieldOf(cell))?.turns === true);
    if (steady) return { rounds, steady };
  }
  return { rounds, steady: undefined };
}

function unsteady(recording: Recording, rounds: readonly Round[], failed: number): string {
  const first = rounds.findIndex((round) => round.failed >= 0);
  if (failed >= 0 || first >= 0) {
    const line = recording.steps.line(rounds[first].failed) + 1;
    return `in round ${first + 1} line ${line} does not come to what the trace expects`;
  }
  return `of ${rounds.length} rounds those in a row did not do the same, nor by turns`;
}

// The ends with what jumps say of them.
function checked(grown: Grown, jumps: Jumps): Pick<Capacity, "ends" | "change"> {
  const ends = grown.ends();
  const proven: End[] = [];
  let change: Otherwise | undefined;
  for (const kind of ["counter", "VMAs"] as const) {
    const of = ends.filter((end) => end.kind === kind);
    if (of.length === 0) continue;
    const cells = grown.cells(kind === "VMAs");
    const first = of[0].round;
    const fit = first - grown.ran - 1;
    const other = jumps.firstChange(cells, fit);
    const after = other ? undefined : jumps.after(cells, fit);
    for (const end of of) {
      if (end.round === first && !other && !jumps.cut) proven.push({ ...end, proof: "jump", after });
      else proven.push({ ...end, proof: other ? "change" : "arithmetic" });
    }
    if (other && (change === undefined || other.round < change.round)) change = other;
  }
  proven.push(...ends.filter((end) => end.kind === "resource"));
  return { ends: proven.sort((a, b) => a.round - b.round), change };
}
