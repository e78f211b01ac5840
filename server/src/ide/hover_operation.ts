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

function ranUnder(analysis: Analysis, line: number): string | undefined {
  const rows = analysis.models.flatMap((model) => {
    const recording = analysis.recording(model);
    return recording ? row(recording, model, line) : [];
  });
  if (rows.length === 0) return undefined;
  return ["| model | outcome | what changed |", "|---|---|---|", ...rows].join("\n");
}

function row(recording: Recording, model: string, line: number): string[] {
  const index = statementOn(recording.program, line);
  if (index === undefined) return [];
  const ran = stepsOf(recording, index, index + 1).get(index);
  if (!ran) return [`| ${model} | did not run | |`];
  const { steps, kernel } = recording;
  const rounds = ran.count > 1 ? ` (last of ${ran.count} rounds)` : "";
  const value = steps.value(ran.last);
  const outcome = outcomeText(recording, ran.last) || (value === undefined ? "ok" : show(value, kernel));
  return [`| ${model} | ${cell(outcome)}${rounds} | ${cell(counterChanges(recording, ran.last).join("; "))} |`];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
