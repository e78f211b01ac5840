// Where a step leads: from a moment to the moment at which it ends when nothing stops it before.

import { isBookkeeping } from "../run/bookkeeping.ts";
import type { Recording } from "../run/recording.ts";
import { before, end, events, type Moment, position } from "./moment.ts";
import { lowerBound, stepsOfTask } from "./statements.ts";

// The next statement, whoever runs it; with a task, the next one of that task. The end of the trace when none follows.
export function next(recording: Recording, from: Moment, task?: number): Moment {
  if (task === undefined) return before(Math.min(from.step + 1, recording.steps.length));
  const steps = stepsOfTask(recording, task);
  const at = lowerBound(steps, from.step + 1);
  return at < steps.length ? before(steps[at]) : end(recording);
}

// The beginning of the statement when it has begun, else the statement before. undefined at the trace's beginning.
export function back(recording: Recording, from: Moment, task?: number): Moment | undefined {
  if (from.offset > 0) return before(from.step);
  if (task === undefined) return from.step > 0 ? before(from.step - 1) : undefined;
  const steps = stepsOfTask(recording, task);
  const at = lowerBound(steps, from.step) - 1;
  return at >= 0 ? before(steps[at]) : undefined;
}

// The next event of the kernel's path, or the next statement behind the last one.
export function nextEvent(recording: Recording, from: Moment): Moment {
  return eventWhere(recording, from, () => true) ?? next(recording, from);
}

// The event before, going back into the statement before from the beginning of one.
export function backEvent(recording: Recording, from: Moment): Moment | undefined {
  const { steps } = recording;
  const inside = Math.min(from.offset, from.step < steps.length ? events(recording, from.step) + 1 : 0);
  for (let offset = inside - 1; offset > 0; offset--) {
    if (isShown(recording, steps.start(from.step) + offset - 1)) return { step: from.step, offset };
  }
  if (from.offset > 0) return before(from.step);
  if (from.step === 0) return undefined;
  const step = from.step - 1;
  for (let offset = events(recording, step); offset > 0; offset--) {
    if (isShown(recording, steps.start(step) + offset - 1)) return { step, offset };
  }
  return before(step);
}

// Out of the kernel function that the debugger stands in; from a trace line, out of the innermost repeat around it.
export function out(recording: Recording, from: Moment): Moment {
  const { steps, kernel } = recording;
  if (from.step >= steps.length) return from;
  if (from.offset > 0 && from.offset <= events(recording, from.step)) {
    const left = kernel.journal.frame(position(recording, from) - 1);
    if (left !== 0)
      return eventWhere(recording, from, (event) => !isBelow(recording, event, left)) ?? next(recording, from);
  }
  const [loop, around] = steps.roundsOf(from.step);
  if (loop === undefined) return next(recording, from);
  for (let step = from.step + 1; step < steps.length; step++) {
    const rounds = steps.roundsOf(step);
    const at = rounds.findIndex(({ repeat }) => repeat === loop.repeat);
    // The same repeat in another round of the one around it has begun anew.
    if (at < 0 || rounds[at + 1]?.id !== around?.id) return before(step);
  }
  return end(recording);
}

// To the kernel function that called the one in which the debugger stands: the last event before the call, or the
// beginning of the statement.
export function backOut(recording: Recording, from: Moment): Moment | undefined {
  if (from.offset === 0) return back(recording, from);
  const { kernel, steps } = recording;
  const left = kernel.journal.frame(position(recording, from) - 1);
  for (let offset = Math.min(from.offset, events(recording, from.step)) - 1; offset > 0; offset--) {
    const event = steps.start(from.step) + offset - 1;
    if (isShown(recording, event) && !isBelow(recording, event, left)) return { step: from.step, offset };
  }
  return before(from.step);
}

// The first later event of the same statement that is shown and passes.
function eventWhere(recording: Recording, from: Moment, passes: (event: number) => boolean): Moment | undefined {
  const { steps } = recording;
  if (from.step >= steps.length) return undefined;
  const count = events(recording, from.step);
  for (let offset = from.offset + 1; offset <= count; offset++) {
    const event = steps.start(from.step) + offset - 1;
    if (isShown(recording, event) && passes(event)) return { step: from.step, offset };
  }
  return undefined;
}

function isShown(recording: Recording, event: number): boolean {
  const { table, name: field } = recording.kernel.journal.info(event);
  return !isBookkeeping({ table, field });
}

// Whether the event happened in the frame or in something that it called.
function isBelow(recording: Recording, event: number, frame: number): boolean {
  const { journal } = recording.kernel;
  for (let at = journal.frame(event); at !== 0; at = journal.frameUp(at)) if (at === frame) return true;
  return false;
}
