// Random traces over all operations under every release: they replay as they were made, and no invariant breaks but
// those that the release is known to break, which the same search finds.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import { compareReleases } from "../../server/src/mm/releases.ts";
import { traceOf } from "../../server/src/run/fuzz/author.ts";
import type { Choice } from "../../server/src/run/fuzz/choice.ts";
import { run } from "../../server/src/run/run.ts";
import { choices } from "./random_traces.ts";

const results = fileURLToPath(new URL("../../test-results/", import.meta.url));

// What does not hold in the trace, line by line.
function failures(model: Model, text: string): string[] {
  const { program } = analyse(text);
  const problems = [...program.problems, ...check(program, model.name)];
  const wrong = problems.filter(({ severity }) => severity === "error").map(({ message }) => message);
  if (wrong.length > 0) return wrong;
  const recording = run(program, { model: model.name, checkInvariants: true });
  return recording.failures.map(({ range, message }) => `${range.line + 1}: ${message}`);
}

// Holds the property for random traces; the smallest that breaks it is written down as a trace.
function search(
  model: Model,
  numRuns: number,
  wrong: (failures: string[]) => string[],
  only?: readonly string[],
): { readonly text: string; readonly said: string[] } | undefined {
  const said = (made: readonly Choice[]) => wrong(failures(model, traceOf(model, made, { only })));
  const found = fc.check(
    fc.property(choices, (made) => said(made).length === 0),
    { numRuns },
  );
  if (!found.failed || found.counterexample === null) return undefined;
  const [made] = found.counterexample;
  const why =
    found.errorInstance instanceof Error && found.errorInstance.message !== "Property failed by returning false"
      ? [found.errorInstance.message]
      : said(made);
  return { text: `# seed ${found.seed}: ${why[0]}\n${traceOf(model, made, { only })}`, said: why };
}

// Bugs of the releases before 5.19, which their samples tell of: a pin's owner gets another page (mm-semantics §13).
const STALE_PIN = /the pin holds pfn \d+, its owner's address maps pfn \d+ by now/;

for (const model of MODELS.values()) {
  test(`${model.name}: random traces replay as they were made, and break no invariant but known bugs`, () => {
    const found = search(model, 5, (all) => all.filter((line) => model.anonExclusive || !STALE_PIN.test(line)));
    if (!found) return;
    mkdirSync(results, { recursive: true });
    const file = `${results}random-${model.name}.mmtrace`;
    writeFileSync(file, found.text);
    assert.fail(`${file}: ${found.said.join("\n")}`);
  });
}

// On both sides of 5.9 and of 5.19.
for (const name of ["5.8", "5.10", "5.18", "5.19", "7.2"] as const) {
  const broken = compareReleases(name, "5.19") < 0;
  test(`${name}: the search ${broken ? "finds" : "does not find"} a pin whose owner was given another page`, () => {
    const model = MODELS.get(name);
    assert.ok(model);
    const few = ["mmap", "write", "fork", "pin_user_pages", "read", "exit"];
    const found = search(model, broken ? 300 : 40, (all) => all.filter((line) => STALE_PIN.test(line)), few);
    assert.equal(found !== undefined, broken, found?.text);
    // Shrunk: little is left that the bug does not need.
    if (found) assert.ok(found.text.split("\n").length <= 14, found.text);
  });
}
