// The journal of a recording as text: each step, below it the kernel functions that ran, indented by call depth, and
// in them the events in the kernel's words. Golden journals are made of this.
//
//   3: write(p, "old") → minor anon
//     ! page_fault_user main 0x200000000000 write
//     handle_mm_fault (mm/memory.c)
//       pfn 18 refcount 0 → 1
//       pfn 512…1023 mapcount 0 → 1 ×512

import { type Event, eventOfRow, type Frame } from "../mm/event.ts";
import { isBookkeeping } from "./bookkeeping.ts";
import { describe } from "./describe.ts";
import type { Recording } from "./recording.ts";
import { checkWord } from "./steps.ts";

// Whether an event of many rows is one line, or a line for each row.
export type Runs = "one line" | "expanded";

// The lines, without line ends. `statementText` gives the text of a statement by its index. The kernel's cursor walks
// along and is left at the end.
export function* journalLines(
  recording: Recording,
  statementText: (statement: number) => string,
  runs: Runs = "one line",
): Generator<string> {
  const { steps } = recording;
  for (let step = 0; step < steps.length; step++) {
    const outcome = checkWord(steps.bits(step)) ?? steps.outcome(step).words.join(" ");
    yield `${steps.line(step) + 1}: ${statementText(steps.statement(step))}${outcome === "" ? "" : ` → ${outcome}`}`;
    yield* eventLines(recording, steps.start(step), steps.end(step), runs);
  }
}

// The events of [from, to), indented below a step.
function* eventLines(recording: Recording, from: number, to: number, runs: Runs = "one line"): Generator<string> {
  const { kernel } = recording;
  let stack: Frame[] = [];
  for (const event of eventsOf(recording, from, to, runs)) {
    const now = stackOf(event.frame);
    let depth = 0;
    while (depth < now.length && now[depth].id === stack[depth]?.id) depth++;
    for (; depth < now.length; depth++) yield `${indent(depth)}${now[depth].name} (${now[depth].file})`;
    stack = now;
    yield `${indent(now.length)}${describe(kernel, event)}`;
  }
  kernel.seek(to);
}

// The events of [from, to) that a reader is shown, each with the kernel's cursor before it.
export function* eventsOf({ kernel }: Recording, from: number, to: number, runs: Runs): Generator<Event> {
  for (let at = from; at < to; at++) {
    const event = kernel.journal.at(at);
    if (isBookkeeping(event)) continue;
    for (let i = 0; i < event.count; i++) {
      // Whoever is shown an event may look at the world somewhere else before the next one.
      kernel.seek(at);
      if (runs === "one line") {
        yield event;
        break;
      }
      yield eventOfRow(event, event.row + i);
    }
  }
}

// The frames of an event, outermost first.
export function stackOf(frame: Frame | undefined): Frame[] {
  const stack: Frame[] = [];
  for (let at = frame; at !== undefined; at = at.up) stack.push(at);
  return stack.reverse();
}

function indent(depth: number): string {
  return "  ".repeat(depth + 1);
}
