// Runs in a worker, on the engine as it is or with a mutant in it: the first trace that does not hold.

import { parentPort, workerData } from "node:worker_threads";
import { analyse } from "../../server/src/lang/document.ts";
import type { Program } from "../../server/src/lang/program.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { run } from "../../server/src/run/run.ts";
import type { ModelChange } from "./mutants.ts";

const traces: readonly (readonly [string, string])[] = workerData;
const programs: (readonly [string, Program])[] = traces.map(([name, text]) => [name, analyse(text).program]);

// `trace:line: message` of the first failure, or undefined when all traces hold.
function firstFailure(only: ModelName | undefined): string | undefined {
  for (const [name, program] of programs) {
    for (const { model } of program.kernels) {
      if (only !== undefined && model !== only) continue;
      try {
        const recording = run(program, { model, journal: false, clock: () => performance.now() });
        const [failure] = recording.failures;
        if (failure) return `${name}:${failure.range.line + 1} under ${model}: ${failure.message}`;
        if (recording.limit) return `${name}:${recording.limit.line + 1} under ${model}: ${recording.limit.message}`;
      } catch (error) {
        return `${name} under ${model}: ${error instanceof Error ? error.message : error}`;
      }
    }
  }
  return undefined;
}

// The copy of the release's record with the one rule changed takes its place for the while.
function withChange({ release, field, like }: ModelChange): string | undefined {
  const models = MODELS as Map<ModelName, Model>;
  const own = models.get(release);
  const other = models.get(like);
  if (!own || !other) return `no model ${own ? like : release}`;
  if (own[field] === other[field]) throw new Error(`${release} and ${like} have the same ${field}`);
  models.set(release, { ...own, [field]: other[field] });
  const failure = firstFailure(release);
  models.set(release, own);
  return failure;
}

parentPort?.on("message", (change: ModelChange | undefined) => {
  try {
    parentPort?.postMessage({ failure: change ? withChange(change) : firstFailure(undefined) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
