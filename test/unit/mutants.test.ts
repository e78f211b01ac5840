// The mutants of `npm run mutants`: each still fits the code and the models, and some are tried here.

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MODELS } from "../../server/src/mm/models.ts";
import { subsections } from "../../server/tools/rules.ts";
import { caughtBy, misplaced, runOf } from "../mutants/kill.ts";
import { MUTANTS } from "../mutants/mutants.ts";
import { readNoticed } from "../mutants/noticed.ts";
import { UNSEEN } from "../mutants/unseen.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const noticed = readNoticed();

for (const { number, title } of subsections(root)) {
  test(`§${number} ${title} is watched, or says why not`, () => {
    assert.ok(MUTANTS.some(({ section }) => section === number) || UNSEEN[number]);
  });
}

test("no rule is broken twice under the same name", () => {
  const rules = MUTANTS.map(({ rule }) => rule);
  assert.deepEqual(
    rules.filter((rule, i) => rules.indexOf(rule) !== i),
    [],
  );
  for (const { section } of MUTANTS) assert.match(section, /^\d+(\.\d+a?)?$/);
});

for (const { rule, change } of MUTANTS) {
  test(`it can still be broken: ${rule}`, () => {
    if ("file" in change) assert.equal(misplaced(change), undefined);
    else {
      const [own, other] = [MODELS.get(change.release), MODELS.get(change.like)];
      assert.ok(own && other);
      assert.notEqual(own[change.field], other[change.field]);
    }
  });
}

test("who is recorded to notice a broken rule is a trace", () => {
  const gone = [...noticed].filter(([, words]) => runOf(words) === undefined);
  assert.deepEqual(gone, [], "UPDATE=1 npm run mutants; npx tsx server/tools/generate.ts");
});

test("who notices is known of no rule that nobody breaks", () => {
  const rules = new Set(MUTANTS.map(({ rule }) => rule));
  assert.deepEqual(
    [...noticed.keys()].filter((rule) => !rules.has(rule)),
    [],
    "UPDATE=1 npm run mutants new; npx tsx server/tools/generate.ts",
  );
});

// `npm run mutants` tries all of them against all traces.
test("each thirtieth recorded rule is noticed by whom server/RULES.md names", async () => {
  const recorded = MUTANTS.filter(({ rule }) => noticed.has(rule));
  assert.ok(recorded.length > 100);
  for (const mutant of recorded.filter((_, i) => i % 30 === 5)) {
    const run = runOf(noticed.get(mutant.rule) ?? "");
    assert.ok(run, mutant.rule);
    assert.equal((await caughtBy(mutant, [run]))?.kind, "fails", mutant.rule);
  }
});
