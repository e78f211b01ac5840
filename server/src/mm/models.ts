// The models that this version simulates: each release made from the one before it by what history.ts tells, each proposal
// from its base release by what proposals.ts does.

import { bug } from "./errors.ts";
import type { ReleaseHistory, Rules } from "./history.ts";
import { COW, FIRST_COW } from "./history_cow.ts";
import { FIRST_EXCLUSIVE } from "./history_exclusive.ts";
import { FAULTS, FIRST_FAULTS } from "./history_faults.ts";
import { FILE_FOLIOS, FIRST_FILE_FOLIOS } from "./history_file_folios.ts";
import { FILES, FIRST_FILES } from "./history_files.ts";
import { FIRST_FOLIOS, FOLIOS } from "./history_folios.ts";
import { FIRST_HUGE, HUGE } from "./history_huge.ts";
import { FIRST_HUGETLB, HUGETLB } from "./history_hugetlb.ts";
import { FIRST_KSM, KSM } from "./history_ksm.ts";
import { FIRST_LRU, LRU } from "./history_lru.ts";
import { ADVICE, FIRST_ADVICE } from "./history_madvise.ts";
import { FIRST_MIGRATE, MIGRATE } from "./history_migrate.ts";
import { FIRST_PINS, PINS } from "./history_pins.ts";
import { FIRST_REFERENCES } from "./history_references.ts";
import { FIRST_REFPAGE } from "./history_refpage.ts";
import { FIRST_SPLIT, SPLIT } from "./history_split.ts";
import { FIRST_SWAP, SWAP } from "./history_swap.ts";
import { FIRST_VMA, VMA } from "./history_vma.ts";
import type { Model } from "./model.ts";
import { PROPOSED } from "./proposals.ts";
import { baseRelease, type ModelName, type ProposalName, RELEASES } from "./releases.ts";

// What 4.19 answers, the oldest release.
const FIRST: Rules = {
  ...FIRST_COW,
  ...FIRST_EXCLUSIVE,
  ...FIRST_PINS,
  ...FIRST_REFERENCES,
  ...FIRST_REFPAGE,
  ...FIRST_HUGETLB,
  ...FIRST_HUGE,
  ...FIRST_FOLIOS,
  ...FIRST_FILE_FOLIOS,
  ...FIRST_SPLIT,
  ...FIRST_FAULTS,
  ...FIRST_FILES,
  ...FIRST_SWAP,
  ...FIRST_LRU,
  ...FIRST_MIGRATE,
  ...FIRST_KSM,
  ...FIRST_VMA,
  ...FIRST_ADVICE,
};

// What each later release changed, subject by subject.
const SUBJECTS = [
  COW,
  PINS,
  HUGETLB,
  HUGE,
  FOLIOS,
  FILE_FOLIOS,
  SPLIT,
  FAULTS,
  FILES,
  SWAP,
  LRU,
  MIGRATE,
  KSM,
  VMA,
  ADVICE,
];

// Every release, oldest first.
export const HISTORY: readonly ReleaseHistory[] = RELEASES.map((name) => ({
  name,
  changes: SUBJECTS.flatMap((subject) => subject[name] ?? []),
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
  let rules: Rules = FIRST;
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
