// Numbers of documents that are no files: the kernel path of a step keeps its number for the whole session.

import { RequestError } from "./reply.ts";
import type { Session } from "./session.ts";
import type { Timeline } from "./timeline.ts";
import { TRACE_REFERENCE } from "./trace.ts";

// Steps of the trace itself count from 1. A branch has the same document up to where it left, so only later steps
// need numbers of their own.
const STEPS_OF_A_BRANCH = 2 ** 22;
const FIRST_BRANCH = TRACE_REFERENCE + 1;

export function pathReference(timeline: Timeline, step: number): number {
  const { branch } = timeline.recording;
  if (timeline.number === 0 || !branch || step < branch.step) return step + 1;
  return FIRST_BRANCH + (timeline.number - 1) * STEPS_OF_A_BRANCH + ((step - branch.step) % STEPS_OF_A_BRANCH);
}

export function pathOfReference(session: Session, reference: number): { timeline: Timeline; step: number } {
  const number = reference < FIRST_BRANCH ? 0 : Math.floor((reference - FIRST_BRANCH) / STEPS_OF_A_BRANCH) + 1;
  const timeline = session.timelines[number];
  const within = number === 0 ? reference - 1 : (reference - FIRST_BRANCH) % STEPS_OF_A_BRANCH;
  const step = within + (number === 0 ? 0 : (timeline?.recording.branch?.step ?? 0));
  if (!timeline || step < 0 || step >= timeline.recording.steps.length) {
    throw new RequestError("stale-reference", `there is no source ${reference}`);
  }
  return { timeline, step };
}
