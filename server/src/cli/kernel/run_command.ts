// `mmtrace kernel run`: traces on real kernels, printed as `mmtrace run` prints a simulated run.

import { hex } from "../../run/linux/entry_look.ts";
import { type RealRun, type RealStep, runOn } from "../../run/linux/real_run.ts";
import type { Recording } from "../../run/recording.ts";
import { show } from "../../run/show.ts";
import { type Paint, paintFor } from "../colour.ts";
import { type Arguments, AT_LIMIT, type Command, FAILED, HELD, WRONG_INPUT, wholeNumber } from "../command.ts";
import type { Io } from "../io.ts";
import { LIMIT_OPTIONS, limitsOf } from "../limits.ts";
import { progressOn } from "../progress.ts";
import { findingOf, problemLine, writtenText } from "../trace.ts";
import { attend, guestsAtOnce, inTurn, type Lost } from "./guests.ts";
import { byTarget, type Job, jobsOf, recordingOf, targetsOf } from "./targets.ts";

interface Ran {
  readonly job: Job;
  readonly kernel: string;
  readonly result: { readonly recording: Recording; readonly run: RealRun } | Lost | undefined;
}

export const kernelRunCommand: Command = {
  name: "kernel run",
  synopsis: "TRACE… [--kernel R[,R…]|all|host] [--lru-batch] [--json]",
  summary: "Run traces on real kernels and print what each line came to",
  details: [
    "Boots the kernels in QEMU (mmtrace kernel fetch brings them), does each operation as its real system call or memory\n" +
      "access, and checks the trace's expects against the real counters. Page frames are numbered as they first appear.",
    "Without --kernel a trace runs on the first release of its `kernel` line that can be fetched. `host` is this machine's\n" +
      "own kernel (Linux, root).",
  ],
  options: [
    { name: "kernel", short: "k", value: "R[,R…]|all|host", help: "the real kernels to run on" },
    { name: "lru-batch", help: "leave pages in the CPU's LRU batches" },
    { name: "json", help: "print one JSON document instead: steps, failures, checks of each kernel" },
    { name: "jobs", value: "N", help: "kernels at a time (default 2, 1 on a machine with one core)" },
    ...LIMIT_OPTIONS,
  ],
  positional: { least: 1, most: Number.POSITIVE_INFINITY },
  run: runTraces,
};

async function runTraces(args: Arguments, io: Io): Promise<number> {
  const options = { limits: limitsOf(args), machine: args.on("lru-batch") ? { lru_batch: "on" } : {} };
  const { jobs, wrong } = await jobsOf(args.positional, targetsOf(args.text("kernel")), 1, options, io);
  const found = new Map<Job, Ran>();
  const able = jobs.filter(({ refused }) => refused === undefined);
  const progress = progressOn(io);
  await inTurn([...byTarget(able)], wholeNumber(args, "jobs", 1) ?? guestsAtOnce(), ([target, pieces]) =>
    attend(
      target,
      pieces,
      { env: io.env },
      async ({ guest, id }, job) => {
        const recording = await recordingOf(job, options, io);
        return { recording, run: await runOn(guest, id, recording) };
      },
      (job, result, kernel) => {
        found.set(job, { job, kernel, result });
        progress.say(`${found.size} of ${able.length} traces run`);
      },
    ),
  );
  progress.end();
  const ran = jobs.map((job): Ran => found.get(job) ?? { job, kernel: "", result: undefined });
  if (args.on("json")) io.out(`${JSON.stringify(ran.map(ranJson), undefined, 2)}\n`);
  else for (const one of ran) print(one, ran.length > 1, io);
  return Math.max(...ran.map(statusOf), HELD, wrong || found.size === 0 ? WRONG_INPUT : HELD);
}

function statusOf({ result }: Ran): number {
  if (result === undefined) return HELD;
  if ("lost" in result) return AT_LIMIT;
  return result.run.failures.length > 0 ? FAILED : HELD;
}

function print({ job, kernel, result }: Ran, several: boolean, io: Io): void {
  const paint = paintFor(io);
  const { trace } = job;
  const { file } = trace;
  if (result === undefined) {
    io.out(`${file}: not run on ${job.target}: ${job.refused}\n`);
    return;
  }
  if (several) io.out(`${paint.strong(`# ${file} on ${job.target} (${kernel})`)}\n`);
  if ("lost" in result) {
    io.out(`${file}: ${paint.bad("the guest died")}: ${result.lost}\n`);
    return;
  }
  const { run, recording } = result;
  const width = String(trace.lines.length).length;
  for (const step of run.steps) {
    const statement = trace.program.statements[recording.steps.statement(step.step)];
    const number = String(statement.line + 1).padStart(width);
    io.out(`${paint.dim(number)}  ${writtenText(trace, statement)}${outcomeText(step, paint)}\n`);
  }
  for (const failure of run.failures) io.out(`${problemLine(file, failure)}\n`);
  if (run.end) {
    io.out(`${file}:${run.end.line + 1}:1: info: nothing is run from here on: ${run.end.reason} [not-visible]\n`);
  }
  const { passed, failed, skipped, notVisible } = run.checks;
  if (passed + failed + skipped + notVisible > 0) {
    io.out(`${passed} passed, ${failed} failed, ${skipped} skipped, ${notVisible} not visible\n`);
  }
}

function outcomeText({ check, outcome, counters, reason }: RealStep, paint: Paint): string {
  const why = reason === undefined ? "" : paint.dim(` (${reason})`);
  if (check !== undefined) return `  → ${check === "fails" ? paint.bad(check) : paint.dim(check)}${why}`;
  if (outcome === undefined) return `  → ${paint.dim("not run")}${why}`;
  const words = outcome.join(" ");
  if (words === "") return "";
  return `  → ${words}${counters === "" ? "" : paint.dim(` · ${counters}`)}`;
}

function ranJson({ job, kernel, result }: Ran): object {
  const base = { file: job.trace.file, model: job.model, release: job.target, kernel };
  if (result === undefined) return { ...base, refused: job.refused };
  if ("lost" in result) return { ...base, died: result.lost };
  const { run, recording } = result;
  return {
    ...base,
    steps: run.steps.map((step) => stepJson(job, recording, step)),
    failures: run.failures.map(findingOf),
    failedSteps: new Set(run.failures.map(({ range }) => range.line)).size,
    checks: run.checks,
    limit: run.end ? { kind: "not visible", line: run.end.line + 1, message: run.end.reason } : null,
  };
}

// An address is the real one; a process, file or pin that came to be has the name that the trace gives it.
function valueText({ steps, kernel }: Recording, step: number, result: RealStep["result"]): string | null {
  if (result === undefined || result.errno !== undefined) return null;
  if (result.address !== undefined) return hex(result.address);
  const value = steps.value(step);
  if (typeof value !== "object" || value === null || !MADE.includes(value.kind)) return null;
  kernel.seek(steps.end(step));
  return show(value, kernel);
}

const MADE: readonly string[] = ["process", "file", "pin"];

function stepJson({ trace }: Job, recording: Recording, step: RealStep): object {
  const { steps, kernel } = recording;
  const statement = trace.program.statements[steps.statement(step.step)];
  const base = { line: statement.line + 1, kind: statement.kind, text: writtenText(trace, statement) };
  const { check, outcome, result, counters, reason } = step;
  if (statement.kind === "expect") return { ...base, check, ...(reason !== undefined && { reason }) };
  return {
    ...base,
    process: kernel.side.taskNames[steps.task(step.step)],
    done: outcome !== undefined,
    outcome: outcome ?? [],
    errno: result?.errno ?? null,
    signal: result?.signal ?? null,
    value: valueText(recording, step.step, result),
    counters,
    ...(reason !== undefined && { reason }),
  };
}
