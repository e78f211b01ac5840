// The history of the models: what it tells is what the records hold, and each record can be traced to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { releaseDiff } from "../../server/src/lang/release_diff.ts";
import type { Rules } from "../../server/src/mm/history.ts";
import { HISTORY, MODELS, RELEASE_MODELS } from "../../server/src/mm/models.ts";
import { compareReleases, RELEASES } from "../../server/src/mm/releases.ts";
import { mmtrace } from "../support/cli.ts";

const models = RELEASE_MODELS.map((name) => MODELS.get(name)).filter((model) => model !== undefined);
const rules = Object.keys(models[0]).filter((rule) => rule !== "name") as (keyof Rules)[];

test("all sixteen releases are simulated, in order", () => {
  assert.deepEqual(
    models.map((model) => model.name),
    [...RELEASES],
  );
});

test("a change changes every rule that it names", () => {
  const idle = HISTORY.flatMap(({ name, changes }, i) =>
    changes.flatMap((change) =>
      (Object.keys(change.rules) as (keyof Rules)[])
        .filter((rule) => models[i][rule] === models[i - 1][rule])
        .map((rule) => `${name} ${rule}`),
    ),
  );
  assert.deepEqual(idle, []);
});

test("every difference between two neighbours is told once or more", () => {
  for (let i = 1; i < models.length; i++) {
    const told = new Set(HISTORY[i].changes.flatMap((change) => Object.keys(change.rules)));
    const differ = rules.filter((rule) => models[i][rule] !== models[i - 1][rule]);
    assert.deepEqual([...told].sort(), [...differ].sort(), models[i].name);
  }
});

test("a change from a later release says that a stable kernel has it", () => {
  for (const { name, changes } of HISTORY) {
    for (const { since, text } of changes) {
      if (compareReleases(since, name) > 0) assert.match(text, /stable/i, `${name}: ${text}`);
    }
  }
});

test("a change that the release before could have had says why it did not", () => {
  for (const [i, { name, changes }] of HISTORY.entries()) {
    for (const { since, text } of changes) {
      if (compareReleases(since, RELEASES[i - 1]) <= 0) assert.match(text, /stable/i, `${name}: ${text}`);
    }
  }
});

test("commits are abbreviated to twelve digits, and texts are sentences", () => {
  for (const { commits, text } of HISTORY.flatMap(({ changes }) => changes)) {
    for (const commit of commits) assert.match(commit, /^[0-9a-f]{12}$/);
    assert.match(text, /^\w.*\.$/s);
  }
});

test("a diff reads the same from either end, and holds what lies between", () => {
  const diff = releaseDiff("5.17", "5.19");
  assert.deepEqual(releaseDiff("5.19", "5.17"), diff);
  assert.deepEqual(new Set(diff.changes.map((change) => change.model)), new Set(["5.18", "5.19"]));
  assert.ok(diff.changes.some((change) => change.commits.includes("6c287605fd56")));
  assert.ok(diff.words.some(({ word, release, gone }) => word === "page().exclusive" && release === "5.19" && !gone));
  assert.deepEqual(releaseDiff("6.1", "6.1").changes, []);
});

test("kernels --diff prints sentences with commits, and JSON", async () => {
  const { status, out } = await mmtrace(["kernels", "--diff", "5.8", "5.10"]);
  assert.equal(status, 0);
  assert.match(out, /^From 5\.8 to 5\.10$/m);
  assert.match(out, /^ {4}09854ba94c6a .*reuseAnonSmall/m);
  assert.ok(out.split("\n").every((line) => line.length <= 100 || line.startsWith("    ")));
  const told = JSON.parse((await mmtrace(["kernels", "--diff", "5.8", "5.10", "--json"])).out);
  assert.equal(told.newer, "5.10");
  assert.ok(told.changes.some((change: { commits: string[] }) => change.commits.includes("09854ba94c6a")));
});

test("kernels --diff wants two releases that there are", async () => {
  assert.equal((await mmtrace(["kernels", "--diff", "5.8"])).status, 2);
  const { status, err } = await mmtrace(["kernels", "--diff", "5.8", "5.9"]);
  assert.equal(status, 2);
  assert.match(err, /no release '5\.9'; did you mean/);
  assert.equal((await mmtrace(["kernels", "5.8"])).status, 2);
});
