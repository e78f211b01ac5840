// Function breakpoints: an operation of the language (`fork`), a kernel function (`wp_page_copy`), a process (`child`).
//
// An operation and a process stop before the statement. A kernel function stops at the first event that happens in it
// or below it; what it calls it with is in the stack then.

import { OPS } from "../lang/ops.ts";
import type { Program } from "../lang/program.ts";
import { FUNCTIONS } from "../mm/frames.ts";
import type { Journal } from "../mm/journal.ts";
import type { Recording } from "../run/recording.ts";
import { stepsWatch } from "./breakpoints.ts";
import { compare, end, type Moment, momentOfEvent, position } from "./moment.ts";
import { stepsOfStatement } from "./statements.ts";
import { type Direction, inReach, type Watch } from "./watch.ts";

export type FunctionTarget =
  | { readonly kind: "operation"; readonly name: string }
  | { readonly kind: "kernel"; readonly name: string }
  | { readonly kind: "process"; readonly name: string };

// What the name means in this trace; undefined when nothing is called that.
export function functionTarget(program: Program, name: string): FunctionTarget | undefined {
  const wanted = name.trim().replace(/\(\)$/, "");
  if (OPS.get(wanted)?.simulated) return { kind: "operation", name: wanted };
  if (FUNCTIONS.some((fn) => fn.name === wanted)) return { kind: "kernel", name: wanted };
  if (program.symbol(wanted)?.kind === "process") return { kind: "process", name: wanted };
  return undefined;
}

export function functionWatch(recording: Recording, target: FunctionTarget): Watch {
  switch (target.kind) {
    case "operation":
      return operationWatch(recording, target.name);
    case "process":
      return processWatch(recording, target.name);
    case "kernel":
      return kernelWatch(recording, target.name);
  }
}

function operationWatch(recording: Recording, name: string): Watch {
  let found: readonly number[] | undefined;
  return stepsWatch(() => {
    found ??= recording.program.statements
      .flatMap((statement, i) =>
        statement.kind === "operation" && statement.op.name === name ? stepsOfStatement(recording, i) : [],
      )
      .sort((a, b) => a - b);
    return found;
  });
}

// Every statement that the process runs, whichever of its names it goes by.
function processWatch(recording: Recording, name: string): Watch {
  const { program, steps } = recording;
  const symbol = program.symbol(name)?.id;
  let found: number[] | undefined;
  return stepsWatch(() => {
    if (found) return found;
    found = [];
    for (let step = 0; step < steps.length; step++) {
      const statement = program.statements[steps.statement(step)];
      if (statement.kind === "operation" && (statement.process ?? 0) === symbol) found.push(step);
    }
    return found;
  });
}

function kernelWatch(recording: Recording, name: string): Watch {
  const { journal } = recording.kernel;
  let entries: EntryIndex | undefined;
  return {
    find(from: Moment, direction: Direction, bound: Moment) {
      entries ??= new EntryIndex(journal, name, recording.steps.boot);
      for (const event of entries.towards(position(recording, from), direction)) {
        const moment = momentOfEvent(recording, event);
        if (inReach(moment, from, direction, bound)) return moment;
        if (compare(moment, bound) * direction > 0 || compare(moment, end(recording)) === 0) return undefined;
      }
      return undefined;
    },
  };
}

// The first event in or below each invocation of a function, ascending: found in one pass over the journal. Frame ids
// grow in call order, so an event enters exactly the frames of its stack that are newer than any before it.
class EntryIndex {
  private readonly events: number[] = [];

  constructor(journal: Journal, name: string, from: number) {
    let newest = 0;
    for (let event = from; event < journal.length; event++) {
      const frame = journal.frame(event);
      if (frame <= newest) continue;
      for (let at = frame; at > newest; at = journal.frameUp(at)) {
        if (journal.frameFunction(at).name !== name) continue;
        this.events.push(event);
        break;
      }
      newest = frame;
    }
  }

  // The entries around a position, going outwards from it; those right at it are among them.
  *towards(position: number, direction: Direction): Iterable<number> {
    const { events } = this;
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (events[middle] < position - 1) low = middle + 1;
      else high = middle;
    }
    if (direction > 0) for (let i = low; i < events.length; i++) yield events[i];
    else for (let i = Math.min(low + 1, events.length - 1); i >= 0; i--) yield events[i];
  }
}
