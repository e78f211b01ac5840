// Which releases keep a promise that the invariants ask about (server/src/mm/invariants.ts): from one on, or those that a
// stable kernel of theirs took the fix for. A release before that is known to break it; mm-semantics §13.

import type { Rule } from "../../server/src/mm/invariants.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { baseRelease, compareReleases } from "../../server/src/mm/releases.ts";

interface Promise {
  readonly rule: Rule;
  // What its breach reads like.
  readonly says: RegExp;
  readonly since: string;
  // Earlier releases that keep it, as their stable kernels do, and proposals on one.
  readonly also: readonly string[];
  // Proposals that break it.
  readonly not?: readonly string[];
}

export const PROMISES: readonly Promise[] = [
  {
    rule: "rss",
    says: /^(rss_(file|anon|shmem)|hugetlb_usage) is -?\d+, -?\d+ entries count/,
    since: "4.19",
    also: [],
    not: ["refpage-v1"],
  },
  {
    rule: "pin-follows-owner",
    says: /^the pin holds pfn \d+, its owner's address maps pfn \d+ by now/,
    since: "5.19",
    also: ["exclusive-on-gup"],
  },
  {
    rule: "long-pin-follows-owner",
    says: /^the long-term pin holds pfn \d+, its owner's private mapping shows pfn \d+ by now/,
    since: "6.2",
    also: [],
  },
  {
    rule: "pinned-page-is-kept",
    says: /^the pin holds pfn \d+, which reclaim took/,
    since: "5.18",
    also: ["5.10"],
  },
  {
    rule: "reference-sees-no-stranger",
    says: /^pin \d+ refers to pfn \d+ for another address space/,
    since: "5.18",
    also: ["exclusive-on-gup"],
  },
  {
    rule: "rmap-finds-mappings",
    says: /^pfn \d+ is mapped where a walk from the page does not come by/,
    since: "6.0",
    also: ["5.10"],
  },
];

export function promised(model: Pick<Model, "name">, { since, also, not }: Promise): boolean {
  if (not?.includes(model.name)) return false;
  return compareReleases(baseRelease(model.name), since) >= 0 || also.includes(baseRelease(model.name));
}

// The promise that the message of a broken invariant tells of, if it is one that some release does not make.
function promiseOf(message: string): Promise | undefined {
  return PROMISES.find(({ says }) => says.test(message));
}

// Whether the message tells of a bug that the release is known to have.
export function known(model: Pick<Model, "name">, message: string): boolean {
  const promise = promiseOf(message);
  return promise !== undefined && !promised(model, promise);
}
