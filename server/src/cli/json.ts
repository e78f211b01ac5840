// Recordings as JSON: what `mmtrace run --json` prints, an object for each model, with `--journal` each event of each step.
//
// The text comes in pieces: that of a long recording is longer than a string may be.

import { countersAfter } from "../run/counters.ts";
import { describe } from "../run/describe.ts";
import { eventsOf, type Runs, stackOf } from "../run/journal_text.ts";
import type { Recording } from "../run/recording.ts";
import { show } from "../run/show.ts";
import { checkWord, NOT_DONE } from "../run/steps.ts";
import { findingOf, type Trace, writtenText } from "./trace.ts";

// `journal`: whether the events are told, and how.
export function* runsJson(trace: Trace, recordings: readonly Recording[], journal?: Runs): Generator<string> {
  yield "[\n";
  for (const [i, recording] of recordings.entries()) {
    if (i > 0) yield ",\n";
    const steps = stepsPieces(trace, recording, journal);
    yield* filled(indented(runJson(trace, recording), 2), "steps", 4, steps);
  }
  yield "\n]\n";
}

function runJson(trace: Trace, recording: Recording): object {
  const { limit } = recording;
  return {
    file: trace.file,
    model: recording.model.name,
    events: recording.length,
    steps: [],
    failures: recording.failures.map(findingOf),
    failedSteps: recording.failedSteps,
    checks: recording.checks,
    limit: limit ? { kind: limit.kind, line: limit.line + 1, message: limit.message } : null,
  };
}

function* stepsPieces(trace: Trace, recording: Recording, journal: Runs | undefined): Generator<Iterable<string>> {
  for (let step = 0; step < recording.steps.length; step++) yield stepPieces(trace, recording, step, journal);
}

function* stepPieces(trace: Trace, recording: Recording, step: number, journal: Runs | undefined): Generator<string> {
  const json = stepJson(trace, recording, step);
  if (journal === undefined) yield indented(json, 6);
  else yield* filled(indented({ ...json, journal: [] }, 6), "journal", 8, eventPieces(recording, step, journal));
}

// One line for each event.
function* eventPieces(recording: Recording, step: number, journal: Runs): Generator<readonly string[]> {
  const { kernel, steps } = recording;
  for (const { frame, index, ...event } of eventsOf(recording, steps.start(step), steps.end(step), journal)) {
    const stack = stackOf(frame).map(({ name }) => name);
    const text = describe(kernel, { ...event, frame, index });
    yield [`          ${JSON.stringify({ event: index, ...event, text, stack })}`];
  }
}

function indented(json: object, spaces: number): string {
  const before = " ".repeat(spaces);
  return before + JSON.stringify(json, undefined, 2).replaceAll("\n", `\n${before}`);
}

// The text with items in its empty list of that name. Within a string of JSON its quotes have a backslash before them, so
// that the first such text is the list.
function* filled(text: string, list: string, spaces: number, items: Iterable<Iterable<string>>): Generator<string> {
  const [before, ...after] = text.split(`"${list}": []`);
  yield `${before}"${list}": [`;
  let empty = true;
  for (const item of items) {
    yield empty ? "\n" : ",\n";
    yield* item;
    empty = false;
  }
  yield `${empty ? "" : `\n${" ".repeat(spaces)}`}]${after.join(`"${list}": []`)}`;
}

function stepJson(trace: Trace, recording: Recording, step: number): object {
  const { steps, kernel } = recording;
  const statement = trace.program.statements[steps.statement(step)];
  const base = { line: statement.line + 1, kind: statement.kind, text: writtenText(trace, statement) };
  const bits = steps.bits(step);
  if (statement.kind === "expect") {
    return { ...base, check: checkWord(bits) };
  }
  kernel.seek(steps.end(step));
  const outcome = steps.outcome(step);
  return {
    ...base,
    process: kernel.side.taskNames[steps.task(step)],
    done: (bits & NOT_DONE) === 0,
    outcome: outcome.words,
    errno: outcome.errno ?? null,
    signal: outcome.signal ?? null,
    value: outcome.value === undefined ? null : show(outcome.value, kernel),
    counters: countersAfter(recording, step),
    events: steps.end(step) - steps.start(step),
  };
}
