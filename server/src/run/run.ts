// From a program to its recording: a whole run, one that goes on after an edit, and one that branches off.

import type { Program } from "../lang/program.ts";
import { bug } from "../mm/errors.ts";
import { Kernel, type Limits } from "../mm/kernel.ts";
import { MODELS } from "../mm/models.ts";
import type { ModelName } from "../mm/releases.ts";
import { boot, new_task } from "../mm/syscalls.ts";
import { Execution, type Watch } from "./execute.ts";
import { type MachineOverrides, machineOf } from "./machine.ts";
import { Recording } from "./recording.ts";
import { firstDifference } from "./same.ts";
import { CUT_SHORT } from "./steps.ts";

export interface RunOptions {
  // A model that is simulated (mm/models.ts).
  readonly model: string;
  readonly machine?: MachineOverrides;
  readonly limits?: {
    readonly events?: number;
    readonly milliseconds?: number;
    readonly bytes?: number;
  };
  // Looks at all invariants after each operation.
  readonly checkInvariants?: boolean;
  // False keeps no events: the run is the same, but the kernel cannot be sought.
  readonly journal?: boolean;
  cancelled?(): boolean;
  // Milliseconds that never go back; without a clock there is no limit on time.
  clock?(): number;
}

export function run(program: Program, options: RunOptions): Recording {
  const execution = start(program, options);
  execution.advance(Number.POSITIVE_INFINITY);
  return execution.recording;
}

// A run that the caller advances in slices, so that its host stays responsive.
export function start(program: Program, options: RunOptions): Execution {
  const model = MODELS.get(options.model as ModelName) ?? bug(`run: model ${options.model} is not simulated`);
  const kernel = new Kernel(model, machineOf(program.machine, options.machine), {
    journal: options.journal,
    limits: kernelLimits(options),
  });
  boot(kernel);
  new_task(kernel, "main");
  return new Execution(new Recording(program, kernel), watchOf(options), options.checkInvariants === true);
}

// Runs the edited program with what the previous recording has in common with it: only what comes from the first
// changed statement on is run anew. The previous recording is used up. The options are to be those of the previous run.
export function rerun(previous: Recording, program: Program, options: RunOptions): Recording {
  const execution = restart(previous, program, options);
  execution.advance(Number.POSITIVE_INFINITY);
  return execution.recording;
}

export function restart(previous: Recording, program: Program, options: RunOptions): Execution {
  const machine = machineOf(program.machine, options.machine);
  const usable =
    previous.model.name === options.model &&
    previous.kernel.journal.recording &&
    JSON.stringify(machine) === JSON.stringify(previous.kernel.machine) &&
    JSON.stringify(previous.kernel.limits) === JSON.stringify({ ...previous.kernel.limits, ...kernelLimits(options) });
  if (!usable) return start(program, options);
  const from = firstDifference(previous.program, program) ?? program.statements.length;
  previous.adopt(program, from, stepsBefore(previous, from));
  const execution = new Execution(previous, watchOf(options), options.checkInvariants === true);
  execution.resume();
  return execution;
}

// How many steps stay: those that had run before control came to statement `from` or beyond it. A run that was stopped
// by the clock or by its caller goes on, and does the statement that was cut short again.
function stepsBefore(previous: Recording, from: number): number {
  const { steps, reached, limit } = previous;
  for (let statement = from; statement < reached.length; statement++) {
    if (reached[statement] >= 0) return reached[statement];
  }
  if (limit?.kind !== "time" && limit?.kind !== "cancelled") return steps.length;
  previous.limit = undefined;
  const last = steps.length - 1;
  return last >= 0 && steps.bits(last) & CUT_SHORT ? last : steps.length;
}

export function watchOf(options: RunOptions): Watch {
  return {
    milliseconds: options.clock ? (options.limits?.milliseconds ?? 60_000) : Number.POSITIVE_INFINITY,
    clock: options.clock ?? (() => 0),
    cancelled: options.cancelled ?? (() => false),
  };
}

function kernelLimits(options: RunOptions): Partial<Limits> {
  const { events, bytes } = options.limits ?? {};
  return { ...(events !== undefined && { events }), ...(bytes !== undefined && { bytes }) };
}
