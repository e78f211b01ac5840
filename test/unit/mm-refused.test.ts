// A refused call tells what the kernel found: each EINVAL of the traces has a decision beside it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { modelsOf } from "../../server/src/lang/models.ts";
import { run } from "../../server/src/run/run.ts";
import { traces } from "../support/samples.ts";

// Lines of the trace that come to EINVAL under the model, with the number of decisions that each recorded.
function refusals(name: string, text: string, model: string): [string, number][] {
  const { steps, kernel } = run(analyse(text).program, { model });
  const found: [string, number][] = [];
  for (let step = 0; step < steps.length; step++) {
    if (steps.errno(step) !== "EINVAL") continue;
    let decisions = 0;
    for (let event = steps.start(step); event < steps.end(step); event++) {
      if (kernel.journal.at(event).kind === "decide") decisions++;
    }
    found.push([`${name}:${steps.line(step) + 1} ${model}`, decisions]);
  }
  return found;
}

for (const model of ["4.19", "5.10", "6.1", "6.12", "7.2"]) {
  test(`every EINVAL of ${model} in the traces has a reason`, () => {
    const all = ["samples", "test/conformance", "test/traces"].flatMap((folder) =>
      traces(folder)
        .filter(([, text]) => text.includes("EINVAL"))
        .filter(([, text]) => modelsOf(analyse(text).program).some((named) => named === model))
        .flatMap(([name, text]) => refusals(name, text, model)),
    );
    assert.ok(all.length >= 20, `${all.length} refusals`);
    assert.deepEqual(
      all.filter(([, decisions]) => decisions === 0).map(([where]) => where),
      [],
    );
  });
}
