// Two models against each other, as a simulated and a real kernel are compared: what one release shows and the other does
// not, without any guest.

import { analyse } from "../../lang/document.ts";
import type { ModelName } from "../../mm/releases.ts";
import { type LineReport, namesOf, type TraceReport } from "../linux/against.ts";
import { Comparison } from "../linux/compare.ts";
import { simulatedLook, simulatedResult } from "../linux/simulated.ts";
import { run } from "../run.ts";

// `model` stands where a comparison with a real kernel has the simulator, `other` where it has the kernel.
export function modelsApart(text: string, model: ModelName, other: ModelName): TraceReport {
  const { program } = analyse(text);
  const a = run(program, { model });
  const b = run(program, { model: other });
  const comparison = new Comparison(namesOf(a));
  const lines: LineReport[] = [];
  for (let step = 0; step < Math.min(a.steps.length, b.steps.length); step++) {
    const statement = program.statements[a.steps.statement(step)];
    if (statement.kind !== "operation") continue;
    const [one, two] = [a, b].map((recording) => {
      recording.kernel.seek(recording.steps.end(step));
      return { look: simulatedLook(recording.kernel), result: simulatedResult(recording, step) };
    });
    const observables = comparison.after(one, two);
    lines.push({
      step,
      line: statement.line,
      operation: statement.op.name,
      observables,
      brief: undefined,
      notRun: undefined,
    });
  }
  return { model, lines, end: undefined };
}
