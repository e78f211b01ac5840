// The search for hazards takes two states for one only when the same can come of both.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MODELS } from "../../server/src/mm/models.ts";
import { Fingerprint } from "../../server/src/run/hazards/fingerprint.ts";
import { hazardsOf } from "../../server/src/run/hazards/hazard.ts";
import { sceneOf } from "../../server/src/run/hazards/results.ts";
import type { SceneName } from "../../server/src/run/hazards/scene.ts";
import { type Stage, stageOf } from "../../server/src/run/hazards/stage.ts";
import { nameOf } from "../../server/src/run/hazards/witness.ts";

// All sequences of that many operations and one more, none left out.
function sequences(stage: Stage, length: number, visit: (path: readonly number[]) => void): void {
  const path: number[] = [];
  const deeper = () => {
    visit(path);
    if (path.length < length) {
      each(stage, (act) => {
        path.push(act);
        deeper();
        path.pop();
      });
    }
  };
  deeper();
}

// Plays each operation that may come next, and undoes it.
function each(stage: Stage, visit: (act: number) => void): void {
  const { k, scene } = stage;
  const here = k.position;
  for (const [act, { may, perform }] of scene.acts.entries()) {
    if (!may(stage)) continue;
    perform(stage);
    visit(act);
    k.truncate(here);
  }
}

// What a state is told by, and what comes of it by each operation.
function futureOf(stage: Stage, print: Fingerprint): { state: string; future: string } {
  const told = () => {
    print.take();
    return `${print.high}.${print.low}`;
  };
  const state = told();
  const outcomes: string[] = hazardsOf(stage, print);
  each(stage, (act) => outcomes.push(`${act}:${told()}`));
  return { state, future: outcomes.join(" ") };
}

const SAMPLES: readonly (readonly [SceneName, string, number])[] = [
  ["page", "5.7", 2],
  ["page", "5.10", 3],
  ["page", "6.12", 3],
  ["page-disk", "5.18", 2],
  ["page-batch", "6.1", 2],
  ["page", "exclusive-on-gup", 2],
  ["thp", "5.10", 1],
  ["thp", "6.12", 2],
];

for (const [scene, name, length] of SAMPLES) {
  test(`equal states of ${scene} have equal futures under ${name}`, () => {
    const model = [...MODELS.values()].find((candidate) => candidate.name === name);
    assert.ok(model);
    const stage = stageOf(model, sceneOf(scene));
    const print = new Fingerprint(stage);
    const known = new Map<string, { future: string; path: string }>();
    let again = 0;
    sequences(stage, length, (acts) => {
      const { state, future } = futureOf(stage, print);
      const path = acts.map((act) => nameOf(stage.scene.acts[act])).join("; ");
      const met = known.get(state);
      if (met === undefined) known.set(state, { future, path });
      else assert.equal(future, met.future, `${path}\nis taken for\n${met.path}`);
      if (met !== undefined) again++;
    });
    assert.ok(again > 0);
  });
}

test("a kernel that keeps changes alone comes back to the very state that it undoes to", () => {
  const model = MODELS.get("6.12");
  assert.ok(model);
  const stage = stageOf(model, sceneOf("thp"));
  const before = stage.k.position;
  const cells = () => Object.values(stage.k.w).map((table) => table.fields.map(({ data }) => Array.from(data)));
  const first = cells();
  let played = 0;
  each(stage, () => played++);
  assert.ok(played > 10);
  assert.equal(stage.k.position, before);
  const then = cells();
  for (const [table, columns] of first.entries()) {
    for (const [column, data] of columns.entries()) {
      // Tables may have grown; what was never used is 0.
      const now = then[table][column];
      assert.deepEqual(now.slice(0, data.length), data);
      assert.ok(now.slice(data.length).every((value) => value === 0));
    }
  }
});
