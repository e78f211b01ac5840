// What each line did, written behind it: `→ minor cow · pfn 7 ref 1 map 1 excl`.

import { outcomeNames } from "../mm/outcome.ts";
import type { Recording } from "../run/recording.ts";
import type { Analysis } from "./analysis.ts";
import type { Position } from "./position.ts";
import { stepText } from "./step_text.ts";
import type { LineSteps } from "./steps_of.ts";
import { statementAtOrBelow, stepsOf } from "./steps_of.ts";

export interface Hint {
  // Behind the statement.
  readonly at: Position;
  readonly text: string;
  readonly tooltip: string;
}

// The hints of the lines [from, to), of the run under the trace's first model.
export function inlayHints(analysis: Analysis, from: number, to: number): Hint[] {
  const { inlayHints: wanted } = analysis.settings;
  const recording = analysis.recording();
  if (!recording || (!wanted.outcome && !wanted.counters)) return [];
  const { program, kernel, model } = recording;
  const cursor = kernel.position;
  const hints: Hint[] = [];
  const lines = stepsOf(recording, statementAtOrBelow(program, from), statementAtOrBelow(program, to));
  for (const [index, ran] of lines) {
    const statement = program.statements[index];
    const text = stepText(recording, ran.last, wanted);
    const more = wanted.outcome ? rounds(recording, ran) : "";
    if (text === "") continue;
    const tooltip = ran.count > 1 ? `Under ${model.name}, in the last of ${ran.count} rounds` : `Under ${model.name}`;
    hints.push({ at: { line: statement.line, column: statement.end }, text: `→ ${text}${more}`, tooltip });
  }
  kernel.seek(cursor);
  return hints;
}

// Of a line that ran several times the hint shows the last; how often, and whether the first came to something else.
function rounds({ steps }: Recording, { first, last, count }: LineSteps): string {
  if (count === 1) return "";
  const before = outcomeNames(steps.kernelBits(first)).join(" ");
  const now = outcomeNames(steps.kernelBits(last)).join(" ");
  return before === now ? ` · ×${count}` : ` · ×${count}, first ${before || "ok"}`;
}
