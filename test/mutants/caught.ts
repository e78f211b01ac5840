// Runs in a worker, on the engine as it is or with a mutant in it: the first run of a trace whose checks do not hold.

import { parentPort, workerData } from "node:worker_threads";
import { analyse } from "../../server/src/lang/document.ts";
import type { Program } from "../../server/src/lang/program.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { run } from "../../server/src/run/run.ts";
import type { ModelChange } from "./mutant.ts";

const traces: readonly (readonly [string, string])[] = workerData;

// A trace, by its place in the list, under a model.
export interface Run {
  readonly trace: number;
  readonly model: string;
}

// What was noticed. A mutant that only throws or never ends has met no check of a trace: that is told apart.
export interface Notice {
  readonly kind: "fails" | "crashes" | "does not end";
  // The trace and the model, as `NAME under MODEL`.
  readonly run: string;
  // Where, and what the check says.
  readonly text: string;
}

// A run and the places of the probes that it came by.
export interface Covered extends Run {
  readonly hits: Uint16Array;
  readonly ms: number;
}

// What can be asked: which runs there are; which probes each of some runs comes by; the first of some runs that notices.
export type Question =
  | { readonly ask: "runs" }
  | { readonly ask: "cover"; readonly runs: readonly Run[]; readonly probes: number }
  | { readonly ask: "catch"; readonly runs: readonly Run[]; readonly change?: ModelChange };

// A run takes a few milliseconds; under a mutant it may go on for ever.
const MOST_MS_OF_A_RUN = 20_000;

const programs = new Map<number, Program>();

function programOf(trace: number): Program {
  const known = programs.get(trace);
  if (known) return known;
  const [name, text] = traces[trace];
  const { program } = analyse(text);
  const wrong = program.problems.find(({ severity }) => severity === "error");
  if (wrong) throw new Error(`${name}:${wrong.range.line + 1}: ${wrong.message}`);
  programs.set(trace, program);
  return program;
}

function noticed({ trace, model }: Run): Notice | undefined {
  const [name] = traces[trace];
  const said = (kind: Notice["kind"], line: number | undefined, message: string): Notice => ({
    kind,
    run: `${name} under ${model}`,
    text: `${name}${line === undefined ? "" : `:${line + 1}`} under ${model}: ${message}`,
  });
  const program = programOf(trace);
  try {
    const limits = { milliseconds: MOST_MS_OF_A_RUN };
    const { failures, limit } = run(program, { model, journal: false, limits, clock: () => performance.now() });
    if (failures.length > 0) return said("fails", failures[0].range.line, failures[0].message);
    return limit && said("does not end", limit.line, limit.message);
  } catch (error) {
    return said("crashes", undefined, error instanceof Error ? error.message : String(error));
  }
}

// The first check that fails; where none does, the first run that broke off; undefined when all hold.
function firstFailure(runs: readonly Run[]): Notice | undefined {
  let brokeOff: Notice | undefined;
  for (const one of runs) {
    const notice = noticed(one);
    if (notice?.kind === "fails") return notice;
    brokeOff ??= notice;
  }
  return brokeOff;
}

// The copy of the release's record with the one rule changed takes its place for the while.
function withChange({ release, field, like }: ModelChange, runs: readonly Run[]): Notice | undefined {
  const models = MODELS as Map<ModelName, Model>;
  const own = models.get(release);
  const other = models.get(like);
  if (!own || !other) throw new Error(`no model ${own ? like : release}`);
  if (own[field] === other[field]) throw new Error(`${release} and ${like} have the same ${field}`);
  models.set(release, { ...own, [field]: other[field] });
  const failure = firstFailure(runs);
  models.set(release, own);
  return failure;
}

function cover(runs: readonly Run[], probes: number): Covered[] {
  return runs.map((one) => {
    const hits = new Uint8Array(probes);
    Object.assign(globalThis, { mutant_probes: hits });
    const begun = performance.now();
    const notice = noticed(one);
    if (notice) throw new Error(`the traces do not hold without a mutant: ${notice.text}`);
    return {
      ...one,
      ms: performance.now() - begun,
      hits: Uint16Array.from([...hits.keys()].filter((i) => hits[i] > 0)),
    };
  });
}

function answer(question: Question): unknown {
  switch (question.ask) {
    case "runs":
      return traces.flatMap((_, trace) => programOf(trace).kernels.map(({ model }) => ({ trace, model })));
    case "cover":
      return cover(question.runs, question.probes);
    case "catch":
      return question.change ? withChange(question.change, question.runs) : firstFailure(question.runs);
  }
}

parentPort?.on("message", (question: Question) => {
  try {
    parentPort?.postMessage({ answer: answer(question) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
