// A hover on an operation: what it does, and what it did on this line under each of the trace's models.

import type { OpSpec } from "../lang/ops.ts";
import type { Recording } from "../run/recording.ts";
import { show } from "../run/show.ts";
import type { Analysis } from "./analysis.ts";
import { counterChanges } from "./counter_changes.ts";
import { operationDoc, sections } from "./docs.ts";
import { outcomeText } from "./step_text.ts";
import { statementOn, stepsOf } from "./steps_of.ts";

export function operationHover(analysis: Analysis, line: number, op: OpSpec): string {
  return sections(ranUnder(analysis, line), operationDoc(op));
}

// One row for each way that it went, with the models that went it.
function ranUnder(analysis: Analysis, line: number): string | undefined {
  const rows = new Map<string, string[]>();
  for (const model of analysis.models) {
    const recording = analysis.recording(model);
    const told = recording && row(recording, line);
    if (told === undefined) continue;
    const models = rows.get(told) ?? [];
    rows.set(told, [...models, model]);
  }
  if (rows.size === 0) return undefined;
  const body = [...rows].map(([told, models]) => `| ${models.join(", ")} | ${told}`);
  return ["| model | outcome | what changed |", "|---|---|---|", ...body].join("\n");
}

function row(recording: Recording, line: number): string | undefined {
  const index = statementOn(recording.program, line);
  if (index === undefined) return undefined;
  const ran = stepsOf(recording, index, index + 1).get(index);
  if (!ran) return "did not run | |";
  const { steps, kernel } = recording;
  const rounds = ran.count > 1 ? ` (last of ${ran.count} rounds)` : "";
  const value = steps.value(ran.last);
  const outcome = outcomeText(recording, ran.last) || (value === undefined ? "ok" : show(value, kernel));
  return `${cell(outcome)}${rounds} | ${cell(counterChanges(recording, ran.last).join("; "))} |`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
