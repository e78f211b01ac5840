// A recording as JSON: what `mmtrace run --json` prints for each model.

import { countersAfter } from "../run/counters.ts";
import type { Recording } from "../run/recording.ts";
import { show } from "../run/show.ts";
import { checkWord, NOT_DONE } from "../run/steps.ts";
import { findingOf, type Trace, writtenText } from "./trace.ts";

export function runJson(trace: Trace, recording: Recording): object {
  const { steps, kernel, limit } = recording;
  const rows = Array.from({ length: steps.length }, (_, step) => stepJson(trace, recording, step));
  kernel.seek(recording.length);
  return {
    file: trace.file,
    model: recording.model.name,
    events: recording.length,
    steps: rows,
    failures: recording.failures.map(findingOf),
    failedSteps: recording.failedSteps,
    checks: recording.checks,
    limit: limit ? { kind: limit.kind, line: limit.line + 1, message: limit.message } : null,
  };
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
