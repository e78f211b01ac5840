// What searches found, as data: one result for each model and scene, in whatever process it was searched, and the table
// that they make together.

import { bug } from "../../mm/errors.ts";
import type { Model } from "../../mm/model.ts";
import { MODELS } from "../../mm/models.ts";
import { MODEL_NAMES, type ModelName } from "../../mm/releases.ts";
import type { Act } from "./act.ts";
import { type Bounds, explore } from "./explore.ts";
import { HAZARDS, type HazardName, isAsked } from "./hazard.ts";
import { SCENES, type Scene, type SceneName } from "./scene.ts";
import { nameOf, witness } from "./witness.ts";

// What is to be searched.
export interface Job {
  readonly model: ModelName;
  readonly scene: SceneName;
  readonly depth: number;
}

export interface JobResult extends Job {
  readonly states: number;
  readonly played: number;
  readonly exhausted: boolean;
  // The operations of a shortest sequence for each hazard, by their names.
  readonly found: Readonly<Partial<Record<HazardName, readonly string[]>>>;
}

const DEPTHS: Readonly<Record<SceneName, number>> = {
  page: 5,
  "page-disk": 4,
  "page-batch": 4,
  thp: 3,
  crowd: 7,
  "crowd-thp": 7,
};

// The length to which a scene is searched unless something else is asked for.
export function usualDepth(scene: SceneName): number {
  return DEPTHS[scene];
}

export function jobsOf(models: readonly ModelName[], scenes: readonly SceneName[], depth: number | undefined): Job[] {
  return models.flatMap((model) => scenes.map((scene) => ({ model, scene, depth: depth ?? usualDepth(scene) })));
}

export function search(job: Job, cancelled?: Bounds["cancelled"]): JobResult {
  const scene = sceneOf(job.scene);
  const explored = explore(modelOf(job.model), scene, { depth: job.depth, cancelled });
  const { states, played, depth, exhausted } = explored;
  const found: Partial<Record<HazardName, readonly string[]>> = {};
  for (const { name } of HAZARDS) {
    const acts = explored.found[name]?.map((act) => nameOf(scene.acts[act]));
    if (acts !== undefined) found[name] = acts;
  }
  return { ...job, depth, states, played, exhausted, found };
}

// One field of the table.
export interface Cell {
  readonly model: ModelName;
  readonly hazard: HazardName;
  // Of a shortest sequence, the scene that it plays in. A device's write counts as an operation.
  readonly breach?: { readonly scene: SceneName; readonly acts: readonly string[]; readonly length: number };
  // False where the model has no such reference.
  readonly possible: boolean;
  // False where no scene that asks for it was searched.
  readonly searched: boolean;
}

// Row by row; models in their usual order.
export function cellsOf(results: readonly JobResult[]): Cell[][] {
  const models = MODEL_NAMES.filter((name) => results.some(({ model }) => model === name));
  return models.map((model) => HAZARDS.map(({ name }) => cellOf(results, model, name)));
}

function cellOf(results: readonly JobResult[], model: ModelName, hazard: HazardName): Cell {
  let breach: Cell["breach"];
  for (const { name: scene } of SCENES) {
    const acts = results.find((result) => result.model === model && result.scene === scene)?.found[hazard];
    if (acts === undefined) continue;
    const length = acts.length + (hazard.startsWith("loss") ? 1 : 0);
    if (breach === undefined || length < breach.length) breach = { scene, acts, length };
  }
  const searched = results.some((result) => result.model === model && isAsked(hazard, sceneOf(result.scene)));
  return { model, hazard, breach, searched, possible: !hazard.includes("pin") || modelOf(model).pinBias > 1 };
}

// A sequence that some models share, as a trace.
export interface Witness {
  readonly file: string;
  readonly hazard: HazardName;
  readonly models: readonly ModelName[];
  readonly text: string;
}

// Models under which the same sequence is a shortest one have one file: `loss-get.mmtrace`, the next `loss-get-2.mmtrace`.
export function witnessesOf(cells: readonly (readonly Cell[])[]): Witness[] {
  return HAZARDS.flatMap(({ name: hazard }) => {
    const groups = new Map<string, Cell[]>();
    for (const cell of cells.flat()) {
      if (cell.hazard !== hazard || cell.breach === undefined) continue;
      const key = JSON.stringify([cell.breach.scene, cell.breach.acts]);
      groups.set(key, [...(groups.get(key) ?? []), cell]);
    }
    return [...groups.values()].map((group, i) => {
      const models = group.map(({ model }) => model);
      return { file: `${hazard}${i === 0 ? "" : `-${i + 1}`}.mmtrace`, hazard, models, text: textOf(group) };
    });
  });
}

function textOf([first, ...others]: readonly Cell[]): string {
  const { breach, hazard } = first;
  if (breach === undefined) bug("hazards: a safe cell has no witness");
  const scene = sceneOf(breach.scene);
  const models: [Model, ...Model[]] = [modelOf(first.model), ...others.map(({ model }) => modelOf(model))];
  return witness(hazard, scene, actsOf(scene, breach.acts), models);
}

function actsOf(scene: Scene, names: readonly string[]): Act[] {
  return names.map(
    (name) => scene.acts.find((act) => nameOf(act) === name) ?? bug(`hazards: ${scene.name} has no operation ${name}`),
  );
}

export function sceneOf(name: SceneName): Scene {
  return SCENES.find((scene) => scene.name === name) ?? bug(`hazards: no scene ${name}`);
}

function modelOf(name: ModelName): Model {
  return MODELS.get(name) ?? bug(`hazards: model ${name} is not simulated`);
}
