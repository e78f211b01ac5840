// The mutants of `npm run mutants`: each still fits the code and the models, and some of each kind are caught here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MODELS } from "../../server/src/mm/models.ts";
import { caughtBy, Engine, misplaced } from "../mutants/kill.ts";
import { MUTANTS } from "../mutants/mutants.ts";

test("at least thirty rules of mm-semantics §1 to §5 have a mutant", () => {
  const own = MUTANTS.filter(({ section }) => /^[1-5]\.\d+a?$/.test(section));
  assert.ok(new Set(own.map(({ rule }) => rule)).size >= 30);
  for (const { section } of MUTANTS) assert.match(section, /^\d+\.\d+a?$/);
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

// Every twentieth of the list; `npm run mutants` does all.
test("a trace fails under five of the mutants", async () => {
  const plain = await Engine.made();
  try {
    for (const mutant of MUTANTS.filter((_, i) => i % 20 === 5)) {
      assert.equal((await caughtBy(mutant, plain))?.kind, "fails", mutant.rule);
    }
  } finally {
    await plain.end();
  }
});
