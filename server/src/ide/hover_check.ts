// A hover on `expect`: under which of the trace's models the check holds.

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

function bitsUnder(analysis: Analysis, model: string, line: number): number {
  const recording = analysis.recording(model);
  const index = recording && statementOn(recording.program, line);
  if (recording === undefined || index === undefined) return 0;
  const ran = stepsOf(recording, index, index + 1).get(index);
  return ran ? recording.steps.bits(ran.last) : 0;
}
