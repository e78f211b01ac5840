// What the last fault did and why: the debugger's Fault scope.

import { FAULT_FLAG_UNSHARE, FAULT_FLAG_WRITE } from "../mm/abi.ts";
import { describe } from "./describe.ts";
import { stackOf } from "./journal_text.ts";
import type { Recording } from "./recording.ts";
import type { Decision } from "./why.ts";

export interface FaultRow {
  readonly step: number;
  // The event page_fault_user, and the first event that no longer belongs to the fault.
  readonly start: number;
  readonly end: number;
  readonly task: number;
  readonly vpn: number;
  readonly access: "read" | "write" | "unshare";
  // What the whole operation came to.
  readonly outcome: readonly string[];
  // Kernel functions in the order in which they were entered, with their depth.
  readonly path: readonly {
    readonly name: string;
    readonly file: string;
    readonly depth: number;
    readonly frame: number;
  }[];
  readonly decisions: readonly Decision[];
}

// The last fault that began before `position`, in the step that stands there or the one before it; undefined when
// neither faulted. Only what happened before `position` is told. The kernel's cursor is left at `position`.
export function lastFault(recording: Recording, position: number): FaultRow | undefined {
  const { kernel, steps } = recording;
  const { journal } = kernel;
  const at = Math.min(steps.stepAt(Math.max(0, position - 1)), steps.length - 1);
  if (at < 0) return undefined;
  let start = Math.min(position, journal.length) - 1;
  while (start >= steps.start(at) && journal.info(start).name !== "page_fault_user") start--;
  if (start < steps.start(at)) return undefined;
  let end = start + 1;
  while (end < position && end < steps.end(at) && journal.info(end).name !== "page_fault_user") end++;
  const path: FaultRow["path"][number][] = [];
  const decisions: Decision[] = [];
  const seen = new Set<number>();
  for (let event = start; event < end; event++) {
    for (const [depth, frame] of stackOf(journal.frameAt(journal.frame(event))).entries()) {
      if (seen.has(frame.id)) continue;
      seen.add(frame.id);
      path.push({ name: frame.name, file: frame.file, depth, frame: frame.id });
    }
    if (kernel.conditionOf(event) === undefined) continue;
    kernel.seek(event);
    decisions.push({ event, text: describe(kernel, journal.at(event)) });
  }
  kernel.seek(position);
  const flags = journal.to(start);
  return {
    step: at,
    start,
    end,
    task: journal.row(start),
    vpn: journal.from(start),
    access: flags & FAULT_FLAG_UNSHARE ? "unshare" : flags & FAULT_FLAG_WRITE ? "write" : "read",
    outcome: steps.outcome(at).words,
    path,
    decisions,
  };
}
