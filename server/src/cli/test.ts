// `mmtrace test`: runs traces under all of their models and says which held.

import { modelsOf } from "../lang/models.ts";
import type { Problem } from "../lang/problem.ts";
import { untoldSteps } from "../run/dead_process.ts";
import { type RunOptions, start } from "../run/run.ts";
import { paintFor } from "./colour.ts";
import { type Arguments, AT_LIMIT, type Command, FAILED, HELD, oneOf, UsageError, WRONG_INPUT } from "./command.ts";
import type { Io } from "./io.ts";
import { LIMIT_OPTIONS, limitsOf } from "./limits.ts";
import { progressOn } from "./progress.ts";
import { json } from "./report/json.ts";
import { junit } from "./report/junit.ts";
import type { Finding, ReporterMaker, Result, Verdict } from "./report/result.ts";
import { tap } from "./report/tap.ts";
import { text } from "./report/text.ts";
import { readSource, type Source, traceFiles } from "./sources.ts";
import { chosenModels, findingOf, hasErrors, problemsOf, type Trace, traceOf } from "./trace.ts";

const REPORTERS: Readonly<Record<"text" | "tap" | "junit" | "json", ReporterMaker>> = { text, tap, junit, json };
const REPORTER_NAMES = ["text", "tap", "junit", "json"] as const;

const SLICE_MS = 200;

export const testCommand: Command = {
  name: "test",
  synopsis: "PATH… [--kernel M[,M…]|all] [--reporter text|tap|junit|json] [--check] [--shard I/N]",
  summary: "Run traces under all of their models and count the checks that held",
  details: [
    "Runs each file under each model of its `kernel` line, or the models of --kernel; `all` is every model that is simulated.",
    "A PATH that is a folder means every *.mmtrace below it; `-` is standard input. The last line counts checks.",
    "A failed outcome (behind `->`, or an unexpected signal or errno) counts as failed beside the failed expects.",
  ],
  options: [
    { name: "kernel", short: "k", value: "M[,M…]|all", help: "the models to run under" },
    { name: "reporter", short: "r", value: "NAME", help: "text (default), tap, junit or json" },
    { name: "check", help: "check the invariants of the model after each operation" },
    { name: "shard", value: "I/N", help: "run only the I-th of N equal parts of the files" },
    ...LIMIT_OPTIONS,
  ],
  positional: { least: 1, most: Number.POSITIVE_INFINITY },
  run: testPaths,
};

async function testPaths(args: Arguments, io: Io): Promise<number> {
  const setup: Setup = {
    models: chosenModels(args.text("kernel")),
    limits: limitsOf(args),
    checkInvariants: args.on("check"),
  };
  const reporter = REPORTERS[oneOf(args, "reporter", REPORTER_NAMES) ?? "text"](io.out, paintFor(io));
  const files = shard(await traceFiles(args.positional, io), args.text("shard"));
  const progress = progressOn(io);
  const totals = { passed: 0, failed: 0, skipped: 0 };
  let status = HELD;
  reporter.begin();
  for (const [i, file] of files.entries()) {
    const say = (doing: string) => progress.say(`file ${i + 1} of ${files.length}: ${doing}`);
    for (const result of resultsOf(await readSource(file, io), setup, io, say)) {
      progress.end();
      reporter.result(result);
      totals.passed += result.passed;
      totals.failed += result.failed;
      totals.skipped += result.skipped;
      status = Math.max(status, STATUS[result.verdict]);
    }
    await io.drained();
  }
  reporter.end(totals);
  return status;
}

interface Setup {
  readonly models: readonly string[] | undefined;
  readonly limits: RunOptions["limits"];
  readonly checkInvariants: boolean;
}

const STATUS: Readonly<Record<Verdict, number>> = {
  held: HELD,
  failed: FAILED,
  "wrong input": WRONG_INPUT,
  limit: AT_LIMIT,
};

// One result for each model; a single one when the text is wrong whatever the model.
function* resultsOf(source: Source, setup: Setup, io: Io, say: (doing: string) => void): Generator<Result> {
  const began = io.now();
  const trace = traceOf(source);
  if (hasErrors(trace.program.problems)) {
    yield wrongInput(trace, undefined, trace.program.problems, io.now() - began);
    return;
  }
  for (const model of setup.models ?? modelsOf(trace.program)) {
    const problems = problemsOf(trace.program, [model]);
    yield hasErrors(problems)
      ? wrongInput(trace, model, problems, 0)
      : runUnder(trace, model, problems, setup, io, say);
  }
}

function runUnder(
  trace: Trace,
  model: string,
  problems: readonly Problem[],
  setup: Setup,
  io: Io,
  say: (doing: string) => void,
): Result {
  const began = io.now();
  // The world is looked at as it is made, so nothing needs the events afterwards.
  const options = { model, limits: setup.limits, checkInvariants: setup.checkInvariants, journal: false };
  const execution = start(trace.program, { ...options, clock: io.now });
  const { recording } = execution;
  while (!execution.advance(SLICE_MS)) say(`${trace.file} under ${model}, ${recording.steps.length} steps`);
  const { checks, facts, failures, limit } = recording;
  const findings: Finding[] = [...problems, ...failures].map(findingOf);
  const more = untoldSteps(facts, recording.steps);
  if (more > 0) findings.push(findingAt(1, "expect-failed", `and ${more} more steps of these lines that failed`));
  if (limit) findings.push(findingAt(limit.line + 1, "limit", `the run stopped here: ${limit.message}`));
  return {
    file: trace.file,
    model,
    verdict: limit ? "limit" : recording.failed ? "failed" : "held",
    passed: checks.passed,
    failed: recording.failedSteps,
    skipped: checks.skipped,
    milliseconds: io.now() - began,
    findings,
  };
}

function findingAt(line: number, code: string, message: string): Finding {
  return { line, column: 1, severity: "error", message, code };
}

function wrongInput(
  trace: Trace,
  model: string | undefined,
  problems: readonly Problem[],
  milliseconds: number,
): Result {
  const findings = problems.map(findingOf);
  return { file: trace.file, model, verdict: "wrong input", passed: 0, failed: 0, skipped: 0, milliseconds, findings };
}

// The I-th of N parts: every N-th file, so that parts are about equal whatever the order.
function shard(files: readonly string[], option: string | undefined): readonly string[] {
  if (option === undefined) return files;
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(option)?.map(Number) ?? [];
  if (part === undefined || part < 1 || part > parts) {
    throw new UsageError(`--shard is I/N with I from 1 to N, not '${option}'`);
  }
  return files.filter((_, i) => i % parts === part - 1);
}
