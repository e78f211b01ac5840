// `mmtrace kernel compare`: traces in the simulator and on real kernels, observable by observable.

import { compareOn, type Tally, type TraceReport, tallyOf } from "../../run/linux/against.ts";
import type { Observable } from "../../run/linux/compare.ts";
import { type Paint, paintFor } from "../colour.ts";
import { type Arguments, AT_LIMIT, type Command, FAILED, HELD, WRONG_INPUT, wholeNumber } from "../command.ts";
import type { Io } from "../io.ts";
import { LIMIT_OPTIONS, limitsOf } from "../limits.ts";
import { PROGRESS_OPTION, type Progress, progressFor, progressOn } from "../progress.ts";
import { writtenText } from "../trace.ts";
import { attend, guestsAtOnce, inTurn, type Lost } from "./guests.ts";
import { byTarget, type Job, jobsOf, recordingOf, targetsOf } from "./targets.ts";

export interface Compared {
  readonly job: Job;
  // As `uname -r` says it; empty where no guest was asked.
  readonly kernel: string;
  readonly result: TraceReport | Lost | undefined;
}

export const kernelCompareCommand: Command = {
  name: "kernel compare",
  synopsis: "TRACE… [--kernel R[,R…]|all|host] [--lru-batch] [--verbose] [--json]",
  summary: "Run traces in the simulator and on real kernels, and compare all that can be seen",
  details: [
    "After each operation: outcome, errno, signal, returned address, fault counts, which addresses share a page, refcount,\n" +
      "mapcount, exclusive, contents, entries, VMAs, rss, swap, page tables. What is as it was before is not said again.",
    "Without --kernel a trace runs on the releases of its `kernel` line that can be fetched. `host` is this machine's own\n" +
      "kernel (Linux, root). Exit status 1 when something disagrees.",
  ],
  options: [
    { name: "kernel", short: "k", value: "R[,R…]|all|host", help: "the real kernels to run on" },
    { name: "lru-batch", help: "leave pages in the CPU's LRU batches, and simulate `machine lru_batch=on`" },
    { name: "verbose", short: "v", help: "print what agrees and what is not visible too, one by one" },
    { name: "json", help: "print one JSON document instead" },
    PROGRESS_OPTION,
    { name: "jobs", value: "N", help: "kernels at a time (default 2, 1 on a machine with one core)" },
    ...LIMIT_OPTIONS,
  ],
  positional: { least: 1, most: Number.POSITIVE_INFINITY },
  run: compareTraces,
};

async function compareTraces(args: Arguments, io: Io): Promise<number> {
  const options = { limits: limitsOf(args), machine: args.on("lru-batch") ? { lru_batch: "on" } : {} };
  const targets = targetsOf(args.text("kernel"));
  const { jobs, wrong } = await jobsOf(args.positional, targets, Number.POSITIVE_INFINITY, options, io);
  const atOnce = wholeNumber(args, "jobs", 1) ?? guestsAtOnce();
  const compared = await compareAll(jobs, options, atOnce, io, progressFor(args, io));
  if (args.on("json")) io.out(`${JSON.stringify(compareJson(compared, args.on("verbose")), undefined, 2)}\n`);
  else printAll(compared, args.on("verbose"), io);
  return statusOf(compared, wrong);
}

// In the order of the jobs.
export async function compareAll(
  jobs: readonly Job[],
  options: Parameters<typeof recordingOf>[1],
  atOnce: number,
  io: Io,
  progress: Progress = progressOn(io),
): Promise<readonly Compared[]> {
  const found = new Map<Job, Compared>();
  const able = jobs.filter(({ refused }) => refused === undefined);
  await inTurn([...byTarget(able)], atOnce, ([target, pieces]) => {
    progress.say(
      `${target === "host" ? "this machine's kernel" : target} starts, ${found.size} of ${able.length} compared`,
    );
    return attend(
      target,
      pieces,
      { env: io.env },
      async ({ guest, id }, job) => compareOn(guest, id, await recordingOf(job, options, io)),
      (job, result, kernel) => {
        found.set(job, { job, kernel, result });
        progress.say(`${found.size} of ${able.length} traces compared`);
      },
    );
  });
  progress.end();
  return jobs.map((job) => found.get(job) ?? { job, kernel: "", result: undefined });
}

function statusOf(compared: readonly Compared[], wrong: boolean): number {
  const reports = reportsOf(compared);
  if (tallyOf(reports).disagreed > 0) return FAILED;
  if (compared.some(({ result }) => result !== undefined && "lost" in result)) return AT_LIMIT;
  return wrong || reports.length === 0 ? WRONG_INPUT : HELD;
}

export function reportsOf(compared: readonly Compared[]): readonly TraceReport[] {
  return compared.flatMap(({ result }) => (result !== undefined && "lines" in result ? [result] : []));
}

function printAll(compared: readonly Compared[], verbose: boolean, io: Io): void {
  const paint = paintFor(io);
  for (const one of compared) {
    const { job, kernel, result } = one;
    const { file } = job.trace;
    if (result === undefined) {
      io.out(`${paint.strong(`# ${file} on ${job.target}`)}\n    not run: ${job.refused}\n`);
    } else if ("lost" in result) {
      io.out(`${paint.strong(`# ${file} on ${job.target}`)}\n    ${paint.bad("the guest died")}: ${result.lost}\n`);
    } else {
      io.out(`${paint.strong(`# ${file} on ${job.target} (${kernel})`)}\n`);
      printReport(job, result, verbose, paint, io);
    }
  }
  io.out(`${tallyText(tallyOf(reportsOf(compared)))}\n`);
}

function printReport(job: Job, report: TraceReport, verbose: boolean, paint: Paint, io: Io): void {
  const { trace } = job;
  const width = String(trace.lines.length).length;
  const statements = new Map(trace.program.statements.map((statement) => [statement.line, statement]));
  for (const { line, observables, notRun } of report.lines) {
    const statement = statements.get(line);
    const text = statement ? writtenText(trace, statement) : "";
    const agreed = observables.filter(({ verdict }) => verdict === "agree").length;
    const apart = observables.filter(({ verdict }) => verdict === "disagree");
    const said = notRun === undefined ? `${agreed} agree` : `not run: ${notRun}`;
    const bad = apart.length > 0 ? `, ${paint.bad(`${apart.length} disagree`)}` : "";
    io.out(`${paint.dim(String(line + 1).padStart(width))}  ${text}  ${paint.dim(said)}${bad}\n`);
    for (const one of verbose ? observables : apart)
      io.out(`${" ".repeat(width + 2)}  ${observableText(one, paint)}\n`);
  }
  if (report.end) io.out(`    from line ${report.end.line + 1} on nothing is compared: ${report.end.reason}\n`);
  const hidden = notVisibleText(report);
  if (hidden !== "") io.out(`    ${paint.dim(`not visible: ${hidden}`)}\n`);
}

// `accessed 4, swap_used 1`
function notVisibleText({ lines }: TraceReport): string {
  const times = new Map<string, number>();
  for (const { observables } of lines) {
    for (const { verdict, name } of observables) {
      if (verdict === "not visible") times.set(name, (times.get(name) ?? 0) + 1);
    }
  }
  return [...times].map(([name, count]) => `${name} ${count}`).join(", ");
}

// `main 0x200000000000 refcount: simulated 2, real 3`
function observableText({ subject, name, simulated, real, verdict, reason }: Observable, paint: Paint): string {
  const what = subject === "" ? name : `${subject} ${name}`;
  if (verdict === "agree") return paint.dim(`${what}: ${simulated}`);
  const both = `${what}: simulated ${simulated}, real ${real}`;
  return verdict === "disagree" ? paint.bad(both) : paint.dim(`${both}${reason ? ` (${reason})` : ""}`);
}

export function tallyText({ compared, agreed, disagreed, notVisible }: Tally): string {
  return `${compared} compared, ${agreed} agreed, ${disagreed} disagreed, ${notVisible} not visible`;
}

// Verbose, what agrees has its values too.
export function compareJson(compared: readonly Compared[], verbose = false): object {
  const traces = compared.map(({ job, kernel, result }) => {
    const base = { file: job.trace.file, release: job.target, model: job.model, kernel };
    if (result === undefined) return { ...base, refused: job.refused };
    if ("lost" in result) return { ...base, died: result.lost };
    const { lines, end } = result;
    return {
      ...base,
      ...tallyOf([result]),
      lines: lines.map((line) => lineJson(line, verbose)),
      end: end ? { line: end.line + 1, reason: end.reason } : null,
    };
  });
  return { traces, totals: tallyOf(reportsOf(compared)) };
}

// What agrees is counted by name; the rest stands there one by one. `simulated` and `real` say the line's outcome and counters.
function lineJson(
  { line, operation, observables, brief, notRun }: TraceReport["lines"][number],
  verbose: boolean,
): object {
  const agreed: Record<string, number> = {};
  for (const { verdict, name } of observables) if (verdict === "agree") agreed[name] = (agreed[name] ?? 0) + 1;
  return {
    line: line + 1,
    operation,
    ...brief,
    agreed,
    ...(verbose && { agreements: observables.filter(({ verdict }) => verdict === "agree").map(agreementJson) }),
    disagreed: observables.filter(({ verdict }) => verdict === "disagree").map(valuesJson),
    notVisible: observables.filter(({ verdict }) => verdict === "not visible").map(valuesJson),
    ...(notRun !== undefined && { notRun }),
  };
}

function agreementJson({ subject, name, simulated }: Observable): object {
  return { subject, name, value: simulated };
}

function valuesJson({ subject, name, simulated, real, reason }: Observable): object {
  return { subject, name, simulated, real, ...(reason !== undefined && { reason }) };
}
