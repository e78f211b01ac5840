// The samples are read as a course about sixteen releases: each names every release under which all that it says holds. One that
// names a proposal compares that with the releases that it names, and has no more to say of the others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import type { Program } from "../../server/src/lang/program.ts";
import { type ModelName, RELEASES, releaseOf } from "../../server/src/mm/releases.ts";
import { run } from "../../server/src/run/run.ts";
import { traces } from "../support/samples.ts";

// What does not hold under the release; nothing where all does.
function complaints(program: Program, model: ModelName): string[] {
  const problems = [...program.problems, ...check(program, model)];
  if (problems.length > 0) return problems.map(({ range, message }) => `${range.line + 1}: ${message}`);
  const recording = run(program, { model, journal: false });
  assert.equal(recording.limit, undefined);
  const said = recording.failures.map((failure) => `${failure.range.line + 1}: ${failure.message}`);
  return said.length === 0 && recording.checks.passed === 0 ? ["nothing was checked"] : said;
}

function proposalsOf(program: Program): ModelName[] {
  return program.kernels.map(({ model }) => model as ModelName).filter((model) => releaseOf(model) === undefined);
}

for (const [name, text] of traces("samples")) {
  const { program } = analyse(text);
  const named = new Set<string>(program.kernels.map(({ model }) => model));
  const proposals = proposalsOf(program);
  for (const proposal of proposals) {
    test(`${name} holds under ${proposal}`, () => assert.deepEqual(complaints(program, proposal), []));
  }
  for (const release of RELEASES) {
    if (named.has(release)) {
      test(`${name} holds under ${release}`, () => assert.deepEqual(complaints(program, release), []));
    } else if (proposals.length === 0) {
      test(`${name} leaves ${release} out for a reason`, () => assert.notDeepEqual(complaints(program, release), []));
    }
  }
}

// Where a line comes to one thing under some releases and to another under the rest, the sample is in several files: their
// names begin alike (`05-…`), and each release is named by one of them.
test("every release runs every sample, or the file of it that is made for the release", () => {
  const parts = new Map<string, string[]>();
  for (const [name, text] of traces("samples")) {
    const { program } = analyse(text);
    const models = program.kernels.map(({ model }) => model);
    if (models.length === RELEASES.length || proposalsOf(program).length > 0) continue;
    const begins = name.slice(0, name.indexOf("-", name.indexOf("/") + 1));
    const also = name.includes("/") ? begins : name;
    parts.set(also, [...(parts.get(also) ?? []), ...models]);
  }
  for (const [begins, models] of parts) assert.deepEqual([...models].sort(), [...RELEASES].sort(), begins);
});
