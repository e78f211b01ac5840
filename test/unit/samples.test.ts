// The samples are read as a course about sixteen releases: each names every release under which all that it says holds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import type { Program } from "../../server/src/lang/program.ts";
import { RELEASES, type ReleaseName } from "../../server/src/mm/releases.ts";
import { run } from "../../server/src/run/run.ts";
import { traces } from "../support/samples.ts";

// What does not hold under the release; nothing where all does.
function complaints(program: Program, release: ReleaseName): string[] {
  const problems = [...program.problems, ...check(program, release)];
  if (problems.length > 0) return problems.map(({ range, message }) => `${range.line + 1}: ${message}`);
  const recording = run(program, { model: release, journal: false });
  assert.equal(recording.limit, undefined);
  const said = recording.failures.map((failure) => `${failure.range.line + 1}: ${failure.message}`);
  return said.length === 0 && recording.checks.passed === 0 ? ["nothing was checked"] : said;
}

for (const [name, text] of traces("samples")) {
  const { program } = analyse(text);
  const named = new Set<string>(program.kernels.map(({ model }) => model));
  for (const release of RELEASES) {
    if (named.has(release)) {
      test(`${name} holds under ${release}`, () => assert.deepEqual(complaints(program, release), []));
    } else {
      test(`${name} leaves ${release} out for a reason`, () => assert.notDeepEqual(complaints(program, release), []));
    }
  }
}

test("most samples run under all sixteen releases", () => {
  const everywhere = traces("samples").filter(([, text]) => {
    const named = new Set(analyse(text).program.kernels.map(({ model }) => model));
    return RELEASES.every((release) => named.has(release));
  });
  assert.ok(everywhere.length >= 15, `${everywhere.length} do`);
});
