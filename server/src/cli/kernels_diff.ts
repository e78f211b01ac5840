// `mmtrace kernels --diff A B`: what changed between two releases, in words.

import { nearest } from "../lang/nearest.ts";
import { type ReleaseDiff, releaseDiff } from "../lang/release_diff.ts";
import { RELEASES, type ReleaseName } from "../mm/releases.ts";
import type { Paint } from "./colour.ts";
import { UsageError } from "./command.ts";
import { wrapped } from "./wrap.ts";

export function diffOf(a: string, b: string | undefined): ReleaseDiff {
  if (b === undefined) throw new UsageError("--diff compares two releases: --diff 5.17 5.19");
  return releaseDiff(release(a), release(b));
}

function release(name: string): ReleaseName {
  const known = RELEASES.find((release) => release === name);
  if (known !== undefined) return known;
  const near = nearest(name, RELEASES);
  throw new UsageError(`no release '${name}'${near ? `; did you mean '${near}'?` : ""} (mmtrace kernels lists them)`);
}

export function* diffLines({ older, newer, changes, words }: ReleaseDiff, paint: Paint): Generator<string> {
  if (older === newer) {
    yield `${older} is ${newer}: nothing to compare`;
    return;
  }
  yield paint.strong(`From ${older} to ${newer}`);
  if (changes.length === 0) yield "Nothing that the models tell apart.";
  let model: string | undefined;
  for (const change of changes) {
    if (change.model !== model) {
      yield "";
      yield paint.strong(change.model);
    }
    model = change.model;
    const since = change.since === change.model ? "" : `${change.since}: `;
    yield* wrapped(`  - `, `${since}${change.text}`);
    yield paint.dim(`    ${[...change.commits, ...Object.keys(change.rules)].join(" ")}`);
  }
  if (words.length === 0) return;
  yield "";
  yield paint.strong("What a trace can say");
  for (const { word, release, gone } of words) yield `  ${gone ? "until" : "from"} ${release}: ${word}`;
}

export function diffJson({ older, newer, changes, words }: ReleaseDiff): unknown {
  const told = changes.map(({ model, since, commits, text, rules }) => ({
    model,
    since,
    commits,
    text,
    rules: Object.keys(rules),
  }));
  return { older, newer, changes: told, words };
}
