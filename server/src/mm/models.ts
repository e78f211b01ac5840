// The models that this version simulates, each release made from the one before it by what history.ts tells.

import type { ReleaseHistory } from "./history.ts";
import { FIRST, HISTORY_5 } from "./history_5.ts";
import { HISTORY_6 } from "./history_6.ts";
import { FILE_FOLIOS } from "./history_file_folios.ts";
import { SPLIT } from "./history_split.ts";
import type { Model } from "./model.ts";
import type { ModelName } from "./releases.ts";

// Every release, oldest first.
export const HISTORY: readonly ReleaseHistory[] = [...HISTORY_5, ...HISTORY_6].map(({ name, changes }) => ({
  name,
  changes: [...changes, ...(FILE_FOLIOS[name] ?? []), ...(SPLIT[name] ?? [])],
}));

export const MODELS: ReadonlyMap<ModelName, Model> = new Map(models().map((model) => [model.name, model]));

// The model that a trace without a `kernel` line runs under: the newest release.
export const DEFAULT_MODEL: ModelName = "7.2";

function models(): Model[] {
  let rules = FIRST;
  return HISTORY.map(({ name, changes }) => {
    rules = Object.assign({}, rules, ...changes.map((change) => change.rules));
    return { ...rules, name };
  });
}
