// What a step came to, in a few words: `minor cow · pfn 7 ref 1 map 1 excl`.

import { countersAfter } from "../run/counters.ts";
import type { Recording } from "../run/recording.ts";
import { show } from "../run/show.ts";
import { CHECK_FAILED, CHECK_SKIPPED, CUT_SHORT, NOT_DONE } from "../run/steps.ts";

export interface Wanted {
  readonly outcome: boolean;
  readonly counters: boolean;
}

// Empty where there is nothing to say: a check that holds, a call that did what it says.
// Moves the kernel's cursor to the end of the step.
export function stepText(recording: Recording, step: number, wanted: Wanted): string {
  const parts = [wanted.outcome ? outcomeText(recording, step) : ""];
  if (wanted.counters && isAccess(recording, step)) {
    recording.kernel.seek(recording.steps.end(step));
    parts.push(countersAfter(recording, step));
  }
  return parts.filter((part) => part !== "").join(" · ");
}

export function outcomeText(recording: Recording, step: number): string {
  const { steps, program, kernel, model } = recording;
  const bits = steps.bits(step);
  if (bits & CUT_SHORT) return "cut short";
  if (bits & NOT_DONE) return "not done";
  if (bits & CHECK_SKIPPED) return `skipped under ${model.name}`;
  const statement = program.statements[steps.statement(step)];
  if (statement.kind === "expect") return bits & CHECK_FAILED ? "fails" : "";
  if (statement.kind !== "operation") return "";
  const { words, value } = steps.outcome(step);
  if (words.length === 1 && words[0] === "ok") {
    return typeof value === "object" && value?.kind === "address" ? show(value, kernel) : "";
  }
  return words.join(" ");
}

// Of a call that covers a range, one page's counters would say little.
function isAccess({ steps, program }: Recording, step: number): boolean {
  const statement = program.statements[steps.statement(step)];
  return statement.kind === "operation" && (statement.op.access || steps.place(step)?.pages === 1);
}
