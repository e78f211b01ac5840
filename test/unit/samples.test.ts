// The samples are read as a course about sixteen releases: each names them all, and all that it says holds under each.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import { RELEASES } from "../../server/src/mm/releases.ts";
import { run } from "../../server/src/run/run.ts";
import { traces } from "../support/samples.ts";

for (const [name, text] of traces("samples")) {
  const { program } = analyse(text);
  test(`${name} names every release`, () => {
    const named = program.kernels.map(({ model }) => model);
    assert.deepEqual(
      RELEASES.filter((release) => !named.includes(release)),
      [],
    );
  });
  for (const release of RELEASES) {
    test(`${name} holds under ${release}`, () => {
      assert.deepEqual([...program.problems, ...check(program, release)], []);
      const recording = run(program, { model: release });
      assert.deepEqual(
        recording.failures.map((failure) => `${failure.range.line + 1}: ${failure.message}`),
        [],
      );
      assert.equal(recording.limit, undefined);
      assert.ok(recording.checks.passed > 0, "nothing was checked");
    });
  }
}
