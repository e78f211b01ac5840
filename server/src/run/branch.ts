// A branch: what would have happened had a value been another one from some step on. It shares the past of the
// recording that it leaves, which stays as it is.

import type { Field } from "../mm/world.ts";
import { Execution } from "./execute.ts";
import { Recording } from "./recording.ts";
import { type RunOptions, watchOf } from "./run.ts";

// One value of the world that the person sets.
export interface Poke {
  readonly table: string;
  readonly field: string;
  readonly row: number;
  readonly to: number;
}

// Leaves `recording` before step `step`, sets the values, and runs the rest of the trace.
export function branch(
  recording: Recording,
  step: number,
  pokes: readonly Poke[],
  name: string,
  options: Pick<RunOptions, "limits" | "cancelled" | "clock" | "checkInvariants">,
): Recording {
  const execution = startBranch(recording, step, pokes, name, options);
  execution.advance(Number.POSITIVE_INFINITY);
  return execution.recording;
}

function startBranch(
  recording: Recording,
  step: number,
  pokes: readonly Poke[],
  name: string,
  options: Pick<RunOptions, "limits" | "cancelled" | "clock" | "checkInvariants">,
): Execution {
  const { steps, names, facts, deaths, program } = recording;
  const position = step === 0 ? steps.boot : steps.end(step - 1);
  const kernel = recording.kernel.fork(position);
  const past = {
    steps: steps.copy(step),
    names: names.copy(step),
    facts: facts.filter((fact) => fact.step < step),
    deaths: new Map([...deaths].filter(([, died]) => died < step)),
    branch: { name, from: recording, step },
  };
  const made = new Recording(program, kernel, past);
  for (const [statement, reached] of recording.reached.entries()) {
    made.reached[statement] = reached < step ? reached : -1;
  }
  for (const poke of pokes) kernel.set(fieldOf(kernel, poke), poke.row, poke.to);
  const execution = new Execution(
    made,
    watchOf({ ...options, model: recording.model.name }),
    options.checkInvariants === true,
  );
  execution.resume();
  return execution;
}

function fieldOf(kernel: Recording["kernel"], poke: Poke): Field {
  const table = Object.values(kernel.w).find((candidate) => candidate.name === poke.table);
  const field = table?.fields.find((candidate) => candidate.name === poke.field);
  if (!field) throw new RangeError(`the world has no ${poke.table}.${poke.field}`);
  return field;
}
