// Results of searches that other runs printed, put together again.

import { MODELS } from "../mm/models.ts";
import { MODEL_NAMES, type ModelName } from "../mm/releases.ts";
import { HAZARDS } from "../run/hazards/hazard.ts";
import type { JobResult } from "../run/hazards/results.ts";
import { SCENES } from "../run/hazards/scene.ts";
import { nameOf } from "../run/hazards/witness.ts";
import { InputError, UsageError } from "./command.ts";
import type { Io } from "./io.ts";

// What --json prints.
export interface Results {
  readonly "mmtrace hazards": 1;
  readonly results: readonly JobResult[];
}

// In the usual order of models and scenes, whatever the order of the files.
export async function readResults(files: readonly string[], io: Io): Promise<JobResult[]> {
  if (files.length === 0) throw new UsageError("--merge needs the files to merge");
  const results: JobResult[] = [];
  for (const file of files) {
    for (const result of resultsIn(file, await textOf(file, io))) {
      const twice = results.find(({ model, scene }) => model === result.model && scene === result.scene);
      if (twice && JSON.stringify(twice) !== JSON.stringify(result)) {
        throw new InputError(`${file}: ${result.scene} under ${result.model} was searched twice, with other results`);
      }
      if (!twice) results.push(result);
    }
  }
  const place = ({ model, scene }: JobResult) =>
    MODEL_NAMES.indexOf(model) * SCENES.length + SCENES.findIndex(({ name }) => name === scene);
  return results.sort((a, b) => place(a) - place(b));
}

async function textOf(file: string, io: Io): Promise<string> {
  try {
    return new TextDecoder().decode(await io.read(file));
  } catch {
    throw new InputError(`${file} cannot be read`);
  }
}

function resultsIn(file: string, text: string): JobResult[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new InputError(`${file} is no JSON`);
  }
  const list = isRecord(document) && document["mmtrace hazards"] === 1 ? document.results : undefined;
  if (!Array.isArray(list) || !list.every(isResult)) {
    throw new InputError(`${file} is not what \`mmtrace hazards --json\` of this version prints`);
  }
  return list;
}

function isResult(value: unknown): value is JobResult {
  if (!isRecord(value) || !isRecord(value.found)) return false;
  const scene = SCENES.find(({ name }) => name === value.scene);
  const known = MODEL_NAMES.some((name: ModelName) => name === value.model && MODELS.has(name));
  if (scene === undefined || !known || typeof value.exhausted !== "boolean") return false;
  if (![value.depth, value.states, value.played].every(Number.isSafeInteger)) return false;
  const names = new Set(scene.acts.map(nameOf));
  return Object.entries(value.found).every(
    ([hazard, acts]) =>
      HAZARDS.some(({ name }) => name === hazard) && Array.isArray(acts) && acts.every((act) => names.has(act)),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
