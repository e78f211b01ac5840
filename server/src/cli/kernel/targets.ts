// On which kernels a command runs which traces: `--kernel R[,R…]|all|host` over what each trace's `kernel` line names.

import { setImmediate } from "node:timers/promises";
import { modelsOf } from "../../lang/models.ts";
import { refusal } from "../../run/linux/plan.ts";
import { machineOf } from "../../run/machine.ts";
import type { Recording } from "../../run/recording.ts";
import { type RunOptions, start } from "../../run/run.ts";
import { UsageError } from "../command.ts";
import type { Io } from "../io.ts";
import { readSource, traceFiles } from "../sources.ts";
import { hasErrors, problemLine, problemsOf, type Trace, traceOf } from "../trace.ts";
import { hostModel } from "./host_model.ts";
import { isRelease, type Release, releasesOf } from "./releases.ts";

export type Target = Release | "host";

// One trace on one kernel: under which model it is simulated, or why it cannot be run there.
export interface Job {
  readonly trace: Trace;
  readonly target: Target;
  readonly model: string;
  readonly refused: string | undefined;
}

// The targets that a person named; undefined leaves it to each trace.
export function targetsOf(option: string | undefined): readonly Target[] | undefined {
  if (option === undefined) return undefined;
  const words = option.split(",").filter((word) => word !== "");
  if (words.length === 0) throw new UsageError("--kernel needs a release, 'all' or 'host'");
  const releases = words.filter((word) => word !== "host");
  return [...(releases.length > 0 ? releasesOf(releases) : []), ...(words.includes("host") ? (["host"] as const) : [])];
}

// All traces that the paths mean, on the targets; of those that a trace names itself the first `most`. Problems of a text are printed, and its trace
// is left out: `wrong` says that there was one.
export async function jobsOf(
  paths: readonly string[],
  targets: readonly Target[] | undefined,
  most: number,
  options: Pick<RunOptions, "machine">,
  io: Io,
): Promise<{ readonly jobs: readonly Job[]; readonly wrong: boolean }> {
  const jobs: Job[] = [];
  let wrong = false;
  for (const path of await traceFiles(paths, io)) {
    const trace = traceOf(await readSource(path, io));
    if (hasErrors(trace.program.problems)) {
      for (const problem of trace.program.problems) io.err(`${problemLine(trace.file, problem)}\n`);
      wrong = true;
      continue;
    }
    const wanted = targets ?? named(trace).slice(0, most);
    if (wanted.length === 0) {
      const target = "6.12";
      const models = modelsOf(trace.program).join(", ");
      jobs.push({ trace, target, model: target, refused: `its models (${models}) are no kernels that can be fetched` });
    }
    for (const target of wanted) {
      const model = target === "host" ? hostModel() : target;
      jobs.push({ trace, target, model, refused: refusedUnder(trace, model, options) });
    }
  }
  return { jobs, wrong };
}

function named(trace: Trace): Release[] {
  return modelsOf(trace.program).filter(isRelease);
}

function refusedUnder(trace: Trace, model: string, options: Pick<RunOptions, "machine">): string | undefined {
  const refused = refusal(model, machineOf(trace.program.machine, options.machine));
  if (refused !== undefined) return refused;
  const problem = problemsOf(trace.program, [model]).find(({ severity }) => severity === "error");
  return problem && `line ${problem.range.line + 1}: ${problem.message}`;
}

// Milliseconds of running between two looks at what else happens: a signal that ends the program, another guest's answer.
const SLICE_MS = 50;

// The simulated run of a job, to its end.
export async function recordingOf(
  { trace, model }: Job,
  options: Pick<RunOptions, "machine" | "limits">,
  io: Io,
): Promise<Recording> {
  const execution = start(trace.program, { ...options, model, clock: io.now });
  while (!execution.advance(SLICE_MS)) await setImmediate();
  return execution.recording;
}

// The jobs of each target, in the order of the targets' first jobs.
export function byTarget(jobs: readonly Job[]): ReadonlyMap<Target, readonly Job[]> {
  const groups = new Map<Target, Job[]>();
  for (const job of jobs) {
    const group = groups.get(job.target);
    if (group) group.push(job);
    else groups.set(job.target, [job]);
  }
  return groups;
}
