// `mmtrace run`: one line for each statement that ran, with its outcome, then what failed.

import { countersAfter } from "../run/counters.ts";
import { journalLines, type Runs } from "../run/journal_text.ts";
import type { Recording } from "../run/recording.ts";
import { start } from "../run/run.ts";
import { checkWord, NOT_DONE } from "../run/steps.ts";
import { type Paint, paintFor } from "./colour.ts";
import { type Arguments, AT_LIMIT, type Command, FAILED, HELD, UsageError, WRONG_INPUT } from "./command.ts";
import type { Io } from "./io.ts";
import { runsJson } from "./json.ts";
import { LIMIT_OPTIONS, limitsOf } from "./limits.ts";
import { type Progress, progressOn } from "./progress.ts";
import { chosenModels, opened, problemLine, type Trace, writtenText } from "./trace.ts";

// Milliseconds of running between two looks at the terminal.
const SLICE_MS = 200;

// Lines or pieces that are written at once.
const BATCH = 256;

export const runCommand: Command = {
  name: "run",
  synopsis: "FILE [--kernel M[,M…]|all] [--json] [--journal [--expand-runs]] [--check] [--limit-events N]",
  summary: "Run a trace and print what each line came to",
  details: [
    "Runs under the first model that the trace names, or the models of --kernel; `all` is every model that is simulated.",
    "FILE `-` is standard input.",
  ],
  options: [
    { name: "kernel", short: "k", value: "M[,M…]|all", help: "the models to run under" },
    {
      name: "json",
      help: "print one JSON document instead: steps, failures, checks of each model; with --journal each event",
    },
    { name: "journal", help: "print every event too, indented by call depth, in the kernel's words" },
    { name: "expand-runs", help: "with --journal: a line for each row of an event that changes many alike (×512)" },
    { name: "check", help: "check the invariants of the model after each operation" },
    ...LIMIT_OPTIONS,
  ],
  positional: { least: 1, most: 1 },
  run: runFile,
};

async function runFile(args: Arguments, io: Io): Promise<number> {
  const limits = limitsOf(args);
  const journal = journalOf(args);
  const found = await opened(args.positional[0], chosenModels(args.text("kernel")), io);
  if (!found) return WRONG_INPUT;
  const { trace, models } = found;

  const progress = progressOn(io);
  const recordings: Recording[] = [];
  let status = HELD;
  for (const model of models) {
    const execution = start(trace.program, {
      model,
      limits,
      checkInvariants: args.on("check"),
      clock: io.now,
    });
    const { recording } = execution;
    while (!execution.advance(SLICE_MS)) {
      progress.say(`${trace.file} under ${model}: ${recording.steps.length} steps, ${recording.length} events`);
    }
    progress.end();
    status = Math.max(status, recording.limit ? AT_LIMIT : recording.failed ? FAILED : HELD);
    if (args.on("json")) {
      recordings.push(recording);
      continue;
    }
    if (models.length > 1) io.out(`${paintFor(io).strong(`# ${model}`)}\n`);
    if (journal) await print(journalText(trace, recording, journal), io);
    else await printSteps(trace, recording, io, progress);
    printFailures(trace, recording, io);
  }
  if (args.on("json")) await print(runsJson(trace, recordings, journal), io);
  return status;
}

// Whether the journal is asked for, and how events of many rows are shown in it.
function journalOf(args: Arguments): Runs | undefined {
  if (args.on("journal")) return args.on("expand-runs") ? "expanded" : "one line";
  if (args.on("expand-runs")) throw new UsageError("--expand-runs goes with --journal");
  return undefined;
}

function* journalText(trace: Trace, recording: Recording, runs: Runs): Generator<string> {
  const text = (statement: number) => writtenText(trace, trace.program.statements[statement]);
  for (const line of journalLines(recording, text, runs)) yield `${line}\n`;
}

async function print(pieces: Iterable<string>, io: Io): Promise<void> {
  let batch: string[] = [];
  for (const piece of pieces) {
    batch.push(piece);
    if (batch.length < BATCH) continue;
    io.out(batch.join(""));
    batch = [];
    await io.drained();
  }
  io.out(batch.join(""));
}

async function printSteps(trace: Trace, recording: Recording, io: Io, progress: Progress): Promise<void> {
  const paint = paintFor(io);
  const { steps, kernel } = recording;
  const width = String(trace.lines.length).length;
  for (let first = 0; first < steps.length; first += BATCH) {
    let text = "";
    for (let step = first; step < Math.min(steps.length, first + BATCH); step++) {
      kernel.seek(steps.end(step));
      const statement = trace.program.statements[steps.statement(step)];
      const number = String(statement.line + 1).padStart(width);
      text += `${paint.dim(number)}  ${writtenText(trace, statement)}${outcomeText(recording, step, paint)}\n`;
    }
    io.out(text);
    progress.say(`${first} of ${steps.length} steps printed`);
    await io.drained();
  }
  progress.end();
}

// `  → minor cow · pfn 7 ref 1 map 1 excl`
export function outcomeText(recording: Recording, step: number, paint: Paint): string {
  const { steps } = recording;
  const bits = steps.bits(step);
  const check = checkWord(bits);
  if (check !== undefined) return `  → ${check === "fails" ? paint.bad(check) : paint.dim(check)}`;
  if (bits & NOT_DONE) return `  → ${paint.bad("not done")}`;
  const words = steps.outcome(step).words.join(" ");
  if (words === "") return "";
  const counters = countersAfter(recording, step);
  return `  → ${words}${counters === "" ? "" : paint.dim(` · ${counters}`)}`;
}

function printFailures(trace: Trace, recording: Recording, io: Io): void {
  const { failures, checks, limit } = recording;
  for (const failure of failures) io.out(`${problemLine(trace.file, failure)}\n`);
  const more = recording.failedSteps - new Set(failures.map((failure) => failure.step)).size;
  if (more > 0) io.out(`${trace.file}: and ${more} more steps of these lines that failed\n`);
  if (limit) io.out(`${trace.file}:${limit.line + 1}:1: error: the run stopped here: ${limit.message} [limit]\n`);
  const total = checks.passed + checks.failed + checks.skipped;
  if (total > 0) io.out(`${checks.passed} passed, ${checks.failed} failed, ${checks.skipped} skipped\n`);
}
