// A hover on `expect` and its condition: under which of the trace's models the check holds, and counts at all.

import type { Span } from "../lang/text.ts";
import { matches, parseWhen } from "../lang/when.ts";
import { CHECK_FAILED, CHECK_PASSED, CHECK_SKIPPED } from "../run/steps.ts";
import type { Analysis } from "./analysis.ts";
import { list } from "./diagnostics.ts";
import { statementOn, stepsOf } from "./steps_of.ts";

const VERDICTS: readonly (readonly [number, string])[] = [
  [CHECK_PASSED, "Holds"],
  [CHECK_FAILED, "**Fails**"],
  [CHECK_SKIPPED, "Is skipped"],
];

// In a repeat the last round speaks.
export function checkHover(analysis: Analysis, line: number): string | undefined {
  const told = VERDICTS.flatMap(([bit, verdict]) => {
    const models = analysis.models.filter((model) => (bitsUnder(analysis, model, line) & bit) !== 0);
    return models.length > 0 ? [`${verdict} under ${list(models)}.`] : [];
  });
  return told.length > 0 ? told.join(" ") : undefined;
}

export function whenHover({ models }: Analysis, written: Span & { readonly text: string }): string {
  const when = parseWhen(written, []);
  const own = models.filter((model) => matches(when, model));
  return own.length > 0 ? `Counts under ${list(own)}.` : "Counts under none of the trace's models.";
}

function bitsUnder(analysis: Analysis, model: string, line: number): number {
  const recording = analysis.recording(model);
  const index = recording && statementOn(recording.program, line);
  if (recording === undefined || index === undefined) return 0;
  const ran = stepsOf(recording, index, index + 1).get(index);
  return ran ? recording.steps.bits(ran.last) : 0;
}
