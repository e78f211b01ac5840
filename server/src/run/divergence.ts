// Where two runs of the same trace under two models part: the first question of the kernels, or the first write, that one
// of them has and the other has not.

import { bug } from "../mm/errors.ts";
import type { Event } from "../mm/event.ts";
import { pte_flags } from "../mm/pgtable.ts";
import { isBookkeeping } from "./bookkeeping.ts";
import { describe } from "./describe.ts";
import type { Recording } from "./recording.ts";

// What one side did there: the event in the kernel's words and the function that it happened in. Undefined when it was
// done with the step already.
export interface Side {
  readonly event: number;
  readonly text: string;
  readonly function: string;
}

export interface Divergence {
  // The steps of the two recordings.
  readonly steps: readonly [number, number];
  readonly sides: readonly [Side | undefined, Side | undefined];
}

// Events of a step that are looked at.
const MOST_EVENTS = 100_000;

// The first difference of the two steps: in what the kernels asked, or in what they wrote. Undefined when there is none.
// Both cursors are moved.
export function divergence(
  what: "questions" | "writes",
  a: Recording,
  stepA: number,
  b: Recording,
  stepB: number,
): Divergence | undefined {
  const key = what === "questions" ? questionKey : writeKey;
  const left = keysOf(a, stepA, key);
  const right = keysOf(b, stepB, key);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    if (left[i]?.key === right[i]?.key) continue;
    return { steps: [stepA, stepB], sides: [sideOf(a, left[i]?.event), sideOf(b, right[i]?.event)] };
  }
  return undefined;
}

interface Keyed {
  readonly event: number;
  readonly key: string;
}

function keysOf(
  recording: Recording,
  step: number,
  keyOf: (recording: Recording, event: Event) => string | undefined,
): Keyed[] {
  const { steps, kernel } = recording;
  const found: Keyed[] = [];
  const end = Math.min(steps.end(step), steps.start(step) + MOST_EVENTS);
  for (let at = steps.start(step); at < end; at++) {
    const event = kernel.journal.at(at);
    const key = keyOf(recording, event);
    if (key !== undefined) found.push({ event: at, key });
  }
  return found;
}

function questionKey({ kernel }: Recording, event: Event): string | undefined {
  if (event.kind !== "decide") return undefined;
  const asked = kernel.conditionOf(event.index) ?? bug(`event ${event.index} is no decision`);
  // A remark is nobody's question.
  return asked.input === "" ? undefined : `${asked.text} ${event.to}`;
}

// Numbers of frames and rows mean nothing to the other run; what a counter or a flag changed by does.
function writeKey(_recording: Recording, event: Event): string | undefined {
  if (event.kind === "decide" || isBookkeeping(event)) return undefined;
  return event.count === 1 ? changeKey(event) : `${changeKey(event)} ×${event.count}`;
}

function changeKey(event: Event): string {
  const what = `${event.table}.${event.field}`;
  switch (what) {
    case "page._refcount":
    case "page._mapcount":
    case "mm.rss_anon":
    case "mm.rss_file":
    case "mm.rss_shmem":
    case "mm.rss_swap":
    case "mm.map_count":
      return `${what} ${event.to - event.from}`;
    case "page.flags":
      return `${what} ${event.from ^ event.to}`;
    case "pte.entry":
      return `${what} ${pte_flags(event.from)} ${pte_flags(event.to)}`;
  }
  return what;
}

function sideOf(recording: Recording, at: number | undefined): Side | undefined {
  if (at === undefined) return undefined;
  const { kernel } = recording;
  const event = kernel.journal.at(at);
  kernel.seek(at);
  const { frame } = event;
  return { event: at, text: describe(kernel, event), function: frame ? `${frame.name} (${frame.file})` : "" };
}
