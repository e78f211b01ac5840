// The models that this version simulates: each release made from the one before it by what history.ts tells, each proposal
// from its base release by what proposals.ts does.

import { bug } from "./errors.ts";
import type { ReleaseHistory } from "./history.ts";
import { FIRST, HISTORY_5 } from "./history_5.ts";
import { HISTORY_6 } from "./history_6.ts";
import { FILE_FOLIOS } from "./history_file_folios.ts";
import { SPLIT } from "./history_split.ts";
import type { Model } from "./model.ts";
import { PROPOSED } from "./proposals.ts";
import { baseRelease, type ModelName, type ProposalName } from "./releases.ts";

// Every release, oldest first.
export const HISTORY: readonly ReleaseHistory[] = [...HISTORY_5, ...HISTORY_6].map(({ name, changes }) => ({
  name,
  changes: [...changes, ...(FILE_FOLIOS[name] ?? []), ...(SPLIT[name] ?? [])],
}));

const RELEASED = new Map(releases().map((model) => [model.name, model]));

// The releases, oldest first, then the proposals.
export const MODELS: ReadonlyMap<ModelName, Model> = new Map(
  [...RELEASED.values(), ...proposals()].map((model) => [model.name, model]),
);

// What `all` stands for.
export const RELEASE_MODELS: readonly ModelName[] = [...RELEASED.keys()];

// The model that a trace without a `kernel` line runs under: the newest release.
export const DEFAULT_MODEL: ModelName = "7.2";

function releases(): Model[] {
  let rules = FIRST;
  return HISTORY.map(({ name, changes }) => {
    rules = Object.assign({}, rules, ...changes.map((change) => change.rules));
    return { ...rules, name };
  });
}

function proposals(): Model[] {
  return Object.entries(PROPOSED).map(([proposal, changes]) => {
    const name = proposal as ProposalName;
    const base = RELEASED.get(baseRelease(name)) ?? bug(`models: ${name} has no base`);
    return Object.assign({}, base, ...changes.map((change) => change.rules), { name });
  });
}
