// Runs in a worker, on the engine as it is or with a mutant in it: the first trace whose checks do not hold.

import { parentPort, workerData } from "node:worker_threads";
import { analyse } from "../../server/src/lang/document.ts";
import type { Program } from "../../server/src/lang/program.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { run } from "../../server/src/run/run.ts";
import type { ModelChange } from "./mutant.ts";

const traces: readonly (readonly [string, string])[] = workerData;
const programs: (readonly [string, Program])[] = traces.map(([name, text]) => {
  const { program } = analyse(text);
  const wrong = program.problems.find(({ severity }) => severity === "error");
  if (wrong) throw new Error(`${name}:${wrong.range.line + 1}: ${wrong.message}`);
  return [name, program];
});

// What was noticed. A mutant that only throws or never ends has met no check of a trace: that is told apart.
export interface Notice {
  readonly kind: "fails" | "crashes" | "does not end";
  // `trace:line under release: message`.
  readonly text: string;
}

// A trace takes a few milliseconds; under a mutant it may go on for ever.
const MOST_MS_OF_A_TRACE = 5_000;

// The first check that fails; where none does, the first run that broke off; undefined when all traces hold.
function firstFailure(only: ModelName | undefined): Notice | undefined {
  let brokeOff: Notice | undefined;
  for (const [name, program] of programs) {
    for (const { model } of program.kernels) {
      if (only !== undefined && model !== only) continue;
      const notice = noticed(name, program, model);
      if (notice?.kind === "fails") return notice;
      brokeOff ??= notice;
    }
  }
  return brokeOff;
}

function noticed(name: string, program: Program, model: string): Notice | undefined {
  const said = (kind: Notice["kind"], line: number | undefined, message: string): Notice => ({
    kind,
    text: `${name}${line === undefined ? "" : `:${line + 1}`} under ${model}: ${message}`,
  });
  try {
    const limits = { milliseconds: MOST_MS_OF_A_TRACE };
    const { failures, limit } = run(program, { model, journal: false, limits, clock: () => performance.now() });
    if (failures.length > 0) return said("fails", failures[0].range.line, failures[0].message);
    return limit && said("does not end", limit.line, limit.message);
  } catch (error) {
    return said("crashes", undefined, error instanceof Error ? error.message : String(error));
  }
}

// The copy of the release's record with the one rule changed takes its place for the while.
function withChange({ release, field, like }: ModelChange): Notice | undefined {
  const models = MODELS as Map<ModelName, Model>;
  const own = models.get(release);
  const other = models.get(like);
  if (!own || !other) throw new Error(`no model ${own ? like : release}`);
  if (own[field] === other[field]) throw new Error(`${release} and ${like} have the same ${field}`);
  models.set(release, { ...own, [field]: other[field] });
  const failure = firstFailure(release);
  models.set(release, own);
  return failure;
}

parentPort?.on("message", (change: ModelChange | undefined) => {
  try {
    parentPort?.postMessage({ notice: change ? withChange(change) : firstFailure(undefined) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
