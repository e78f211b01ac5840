// What the simulated kernel does in its corners: each trace of test/traces holds under each of its models, and no
// invariant of bookkeeping breaks on the way. Each says in its first lines which rule of Linux it stands for.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import { run } from "../../server/src/run/run.ts";

const folder = new URL("../traces/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".mmtrace"));

test("there are traces to run", () => assert.ok(names.length >= 20, `${names.length} traces`));

for (const name of names) {
  const { program } = analyse(readFileSync(new URL(name, folder), "utf8"));
  for (const { model } of program.kernels) {
    test(`${name} under ${model}`, () => {
      assert.deepEqual([...program.problems, ...check(program, model)], []);
      const recording = run(program, { model, checkInvariants: true });
      const said = recording.failures.map((failure) => `${failure.range.line + 1}: ${failure.message}`);
      assert.deepEqual(said, []);
      assert.equal(recording.limit, undefined);
      assert.ok(recording.checks.passed > 0, "nothing was checked");
    });
  }
}
