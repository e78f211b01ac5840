// Random traces over all operations under every release: they replay as they were made, and no invariant breaks but
// those that the release is known to break, which the search of promised_breaches.test.ts finds.

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import { traceOf } from "../../server/src/run/fuzz/author.ts";
import type { Choice } from "../../server/src/run/fuzz/choice.ts";
import type { Profile } from "../../server/src/run/fuzz/profile.ts";
import { LARGE_PROFILES } from "../../server/src/run/fuzz/profile_large.ts";
import { REFPAGES } from "../../server/src/run/fuzz/profile_refpage.ts";
import { run } from "../../server/src/run/run.ts";
import { known } from "../support/promises.ts";
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
  profile?: Profile,
): { readonly text: string; readonly said: string[] } | undefined {
  const said = (made: readonly Choice[]) => wrong(failures(model, traceOf(model, made, { profile })));
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
  return { text: `# seed ${found.seed}: ${why[0]}\n${traceOf(model, made, { profile })}`, said: why };
}

// What no release is known for.
function unknown(model: Model): (all: string[]) => string[] {
  return (all) => all.filter((line) => !known(model, line.replace(/^\d+: /, "")));
}

function none(model: Model, name: string, found: ReturnType<typeof search>): void {
  if (!found) return;
  mkdirSync(results, { recursive: true });
  const file = `${results}random-${name}-${model.name}.mmtrace`;
  writeFileSync(file, found.text);
  assert.fail(`${file}: ${found.said.join("\n")}`);
}

for (const model of MODELS.values()) {
  test(`${model.name}: random traces replay as they were made, and break no invariant but known bugs`, () => {
    none(model, "all", search(model, 5, unknown(model)));
  });
}

for (const model of [...MODELS.values()].filter(({ refpage }) => refpage !== "none")) {
  test(`${model.name}: random traces about reference pages break no invariant but known bugs`, () => {
    for (const thp of ["madvise", "always"]) {
      const profile = { ...REFPAGES, machine: `${REFPAGES.machine} thp=${thp}` };
      none(model, `refpages-${thp}`, search(model, 5, unknown(model), profile));
    }
  });
}

// The counters of large folios (invariants_folio.ts) after each operation, with and without mapcounts of their pages.
const LARGE: readonly (readonly [string, Profile])[] = [
  ...Object.entries(LARGE_PROFILES),
  ["thp-off", { ...LARGE_PROFILES.thp, machine: `${LARGE_PROFILES.thp.machine} page_mapcount=off` }],
];

for (const model of MODELS.values()) {
  test(`${model.name}: random traces about large folios break no invariant but known bugs`, () => {
    for (const [name, profile] of LARGE) none(model, name, search(model, 1, unknown(model), profile));
  });
}
