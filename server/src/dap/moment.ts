// Where in time the debugger stands: a moment of a recording. All moments are in one order, and whatever stops the
// debugger is a set of moments, so that running backwards finds exactly what running forwards finds.
//
//   step 7     ●──e──●──e──●──e──●·····◆   step 8     ●──
//   offset     0     1     2     3     4               0
//
// At offset 0 the statement has not begun (its line is about to run); after each event it is one further; behind the
// last event stands the moment `done`, at which what the statement came to is known.

import type { Recording } from "../run/recording.ts";

export interface Moment {
  // Index of a step; steps.length when all have run.
  readonly step: number;
  readonly offset: number;
}

export const START: Moment = { step: 0, offset: 0 };

export function compare(a: Moment, b: Moment): number {
  return a.step - b.step || a.offset - b.offset;
}

export function before(step: number): Moment {
  return { step, offset: 0 };
}

// The moment right after an event of the step.
export function after(recording: Recording, step: number, event: number): Moment {
  return { step, offset: event - recording.steps.start(step) + 1 };
}

export function done(recording: Recording, step: number): Moment {
  return { step, offset: events(recording, step) + 1 };
}

export function end(recording: Recording): Moment {
  return { step: recording.steps.length, offset: 0 };
}

export function isDone(recording: Recording, { step, offset }: Moment): boolean {
  return step < recording.steps.length && offset > events(recording, step);
}

export function events(recording: Recording, step: number): number {
  return recording.steps.end(step) - recording.steps.start(step);
}

// How many events of the journal have happened.
export function position(recording: Recording, { step, offset }: Moment): number {
  const { steps } = recording;
  if (step >= steps.length) return steps.length === 0 ? steps.boot : steps.end(steps.length - 1);
  return steps.start(step) + Math.min(offset, events(recording, step));
}

// How many steps have run: names and `last` are as they are then.
export function stepsRun(recording: Recording, moment: Moment): number {
  return isDone(recording, moment) ? moment.step + 1 : moment.step;
}

// The step that the event belongs to.
export function momentOfEvent(recording: Recording, event: number): Moment {
  const step = recording.steps.stepAt(event);
  return step < recording.steps.length ? after(recording, step, event) : end(recording);
}
