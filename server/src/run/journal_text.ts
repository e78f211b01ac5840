// The journal of a recording as text: each step, below it the kernel functions that ran, indented by call depth, and
// in them the events in the kernel's words. Golden journals are made of this.
//
//   3: write(p, "old") → minor anon
//     ! page_fault_user main 0x200000000000 write
//     handle_mm_fault (mm/memory.c)
//       pfn 18 refcount 0 → 1

import type { Frame } from "../mm/journal.ts";
import { describe, isBookkeeping } from "./describe.ts";
import type { Recording } from "./recording.ts";
import { checkWord } from "./steps.ts";

// The lines, without line ends. `statementText` gives the text of a statement by its index. The kernel's cursor walks
// along and is left at the end.
export function* journalLines(recording: Recording, statementText: (statement: number) => string): Generator<string> {
  const { steps } = recording;
  for (let step = 0; step < steps.length; step++) {
    const outcome = checkWord(steps.bits(step)) ?? steps.outcome(step).words.join(" ");
    yield `${steps.line(step) + 1}: ${statementText(steps.statement(step))}${outcome === "" ? "" : ` → ${outcome}`}`;
    yield* eventLines(recording, steps.start(step), steps.end(step));
  }
}

// The events of [from, to), indented below a step.
export function* eventLines(recording: Recording, from: number, to: number): Generator<string> {
  const { kernel } = recording;
  let stack: Frame[] = [];
  for (let at = from; at < to; at++) {
    const event = kernel.journal.at(at);
    if (isBookkeeping(event)) continue;
    const now = stackOf(event.frame);
    let depth = 0;
    while (depth < now.length && now[depth].id === stack[depth]?.id) depth++;
    for (; depth < now.length; depth++) yield `${indent(depth)}${now[depth].name} (${now[depth].file})`;
    stack = now;
    kernel.seek(at);
    yield `${indent(now.length)}${describe(kernel, event)}`;
  }
  kernel.seek(to);
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
