// What changed between two releases: in the kernel, by the history of the models, and in what a trace can say.

import type { Change } from "../mm/history.ts";
import { HISTORY } from "../mm/models.ts";
import { compareReleases, RELEASES, type ReleaseName } from "../mm/releases.ts";
import { FIELDS } from "./fields.ts";
import { OPS } from "./ops.ts";
import type { Since } from "./words.ts";

// A change, and the model that is the first to have it.
export interface ReleaseChange extends Change {
  readonly model: ReleaseName;
}

// Something that a trace can say from a release on, or only up to one.
export interface WordChange {
  readonly word: string;
  readonly release: string;
  readonly gone: boolean;
}

export interface ReleaseDiff {
  readonly older: ReleaseName;
  readonly newer: ReleaseName;
  // In the order of the releases.
  readonly changes: readonly ReleaseChange[];
  readonly words: readonly WordChange[];
}

// Whichever of the two is given first.
export function releaseDiff(a: ReleaseName, b: ReleaseName): ReleaseDiff {
  const [older, newer] = compareReleases(a, b) <= 0 ? [a, b] : [b, a];
  const between = HISTORY.slice(RELEASES.indexOf(older) + 1, RELEASES.indexOf(newer) + 1);
  const changes = between.flatMap(({ name, changes }) => changes.map((change) => ({ ...change, model: name })));
  const words = wordChanges().filter(
    ({ release }) => compareReleases(release, older) > 0 && compareReleases(release, newer) <= 0,
  );
  return { older, newer, changes, words };
}

function wordChanges(): WordChange[] {
  const found: WordChange[] = [];
  const add = (word: string, { since, only }: Since) => {
    if (since !== undefined && only === undefined) found.push({ word, release: since, gone: false });
  };
  for (const op of OPS.values()) {
    add(`${op.name}()`, op);
    for (const { of } of op.params) {
      if (of.kind === "flags" || of.kind === "word") for (const word of of.words) add(`${op.name}(${word.name})`, word);
    }
  }
  for (const { of, name, since, until } of FIELDS) {
    const word = `${of === "page" || of === "pte" || of === "vma" ? `${of}()` : of}.${name}`;
    if (since !== undefined) found.push({ word, release: since, gone: false });
    if (until !== undefined) found.push({ word, release: until, gone: true });
  }
  return found.sort((a, b) => compareReleases(a.release, b.release));
}
