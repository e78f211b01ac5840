// The search for hazards: what is known of the kernels, the whole table to a small length, and that its traces hold.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import { formatText } from "../../server/src/lang/format.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import type { HazardName } from "../../server/src/run/hazards/hazard.ts";
import { cellsOf, type JobResult, jobsOf, search, witnessesOf } from "../../server/src/run/hazards/results.ts";
import { SCENES } from "../../server/src/run/hazards/scene.ts";
import { tableLines } from "../../server/src/run/hazards/table.ts";
import { run } from "../../server/src/run/run.ts";

const golden = new URL("../golden/hazards.txt", import.meta.url);
const shipped = new URL("../../server/hazards/", import.meta.url);

// Shortest sequences with one page, of up to five operations.
const searched = new Map<ModelName, JobResult["found"]>();
function found(model: ModelName): JobResult["found"] {
  const known = searched.get(model) ?? search({ model, scene: "page", depth: 5 }).found;
  searched.set(model, known);
  return known;
}

function shortest(model: ModelName, hazard: HazardName): readonly string[] | undefined {
  return found(model)[hazard];
}

const LOST_ACROSS_FORK = ["device = get_user_pages(p, 4K, write|fast)", "child = fork()", 'write(p, "main\'s")'];

// ── What is known: UPDATE does not change these ──

for (const model of ["4.19", "5.7", "5.8"] as const) {
  test(`copy-on-write by mapcount leaks through vmsplice under ${model}`, () => {
    assert.equal(shortest(model, "leak-get")?.length, 4);
  });
}

for (const model of ["5.10", "5.15", "5.17"] as const) {
  test(`copy-on-write by page_count loses what a device writes after swapin under ${model}`, () => {
    assert.deepEqual(shortest(model, "loss-get"), [
      "device = get_user_pages(p, 4K, write|fast)",
      "swapout(p, 4K)",
      "read(p)",
      'write(p, "old")',
    ]);
  });
}

for (const model of ["5.19", "6.1", "6.12", "7.2"] as const) {
  test(`PG_anon_exclusive keeps what a device writes through FOLL_PIN under ${model}`, () => {
    assert.deepEqual([shortest(model, "loss-pin"), shortest(model, "loss-pin-fork")], [undefined, undefined]);
  });

  test(`PG_anon_exclusive loses what a device writes through FOLL_GET across fork under ${model}, and only then`, () => {
    assert.deepEqual(shortest(model, "loss-get-fork"), LOST_ACROSS_FORK);
    assert.equal(shortest(model, "loss-get"), undefined);
  });

  test(`PG_anon_exclusive shows no reader what another process writes under ${model}`, () => {
    assert.deepEqual([shortest(model, "leak-get"), shortest(model, "leak-pin")], [undefined, undefined]);
  });
}

test("exclusive-on-gup keeps what a device writes through either reference, and leaks to neither", () => {
  const names = ["loss-get", "loss-get-fork", "loss-pin", "loss-pin-fork", "leak-get", "leak-pin"] as const;
  for (const name of names) assert.equal(shortest("exclusive-on-gup", name), undefined, name);
});

test("exclusive-bit keeps what a device writes after swapin, and loses it across fork", () => {
  assert.equal(shortest("exclusive-bit", "loss-get"), undefined);
  assert.deepEqual(shortest("exclusive-bit", "loss-get-fork"), LOST_ACROSS_FORK);
});

test("mapcount-mms leaks through vmsplice as the mapcounts of old did", () => {
  assert.equal(shortest("mapcount-mms", "leak-get")?.length, 4);
});

test("mapcounts know no swap cache and no batch: up to 5.8 no small page is copied needlessly", () => {
  const copies = (["page", "page-disk", "page-batch"] as const).map(
    (scene) => search({ model: "5.7", scene, depth: 4 }).found.copy,
  );
  assert.deepEqual(copies, [undefined, undefined, undefined]);
});

test("a counter overflows where nothing refuses; who fails early never gets there, and 64 bits are enough for a huge page", () => {
  const length = (model: ModelName, scene: "crowd" | "crowd-thp", hazard: HazardName) =>
    search({ model, scene, depth: 7 }).found[hazard]?.length;
  assert.deepEqual([length("6.6", "crowd", "overflow"), length("6.6", "crowd", "freed")], [3, 7]);
  assert.equal(length("6.6", "crowd-thp", "overflow-huge"), 3);
  assert.equal(length("refcount-fail-early", "crowd", "overflow"), undefined);
  assert.equal(length("refcount-fail-early", "crowd-thp", "overflow-huge"), undefined);
  assert.equal(length("refcount64", "crowd", "overflow"), 3);
  assert.equal(length("refcount64", "crowd-thp", "overflow-huge"), undefined);
});

// ── The whole table, to a length that takes seconds ──

// With one page, of whatever counter; in other scenes one less.
const SMALL = 3;
let small: JobResult[] | undefined;
function smallResults(): JobResult[] {
  small ??= jobsOf(
    [...MODELS.keys()],
    SCENES.map(({ name }) => name),
    undefined,
  ).map((job) => search({ ...job, depth: job.scene === "page" || job.scene === "crowd" ? SMALL : SMALL - 1 }));
  return small;
}

test("the table of models and hazards is the one that was looked at", () => {
  const now = `# All sequences of up to ${SMALL} operations with one page, ${SMALL - 1} in the other scenes.\n${tableLines(smallResults()).join("\n")}\n`;
  if (process.env.UPDATE === "1") writeFileSync(golden, now);
  assert.equal(now, readFileSync(golden, "utf8"));
});

test("each trace of a breach holds under its models, and is formatted", () => {
  for (const { file, text } of witnessesOf(cellsOf(smallResults()))) held(file, text);
});

test("the traces that are shipped hold under their models", () => {
  const files = readdirSync(shipped).filter((name) => name.endsWith(".mmtrace"));
  assert.ok(files.length > 0);
  for (const file of files) held(file, readFileSync(new URL(file, shipped), "utf8"));
});

test("the shipped table knows no shorter sequence than the search finds, and no longer one where it finds one", () => {
  const rows = readFileSync(new URL("README.md", shipped), "utf8").split("\n");
  for (const row of cellsOf(smallResults())) {
    const line = rows.find((text) => text.startsWith(`| ${row[0].model} |`));
    assert.ok(line, `README.md has no row for ${row[0].model}: mmtrace hazards --out server/hazards`);
    const told = line.split("|").slice(2, -1);
    for (const [i, { hazard, breach }] of row.entries()) {
      const length = Number(/\d+/.exec(told[i])?.[0] ?? Number.POSITIVE_INFINITY);
      if (breach) assert.equal(length, breach.length, `${hazard} under ${row[0].model}`);
      else assert.ok(length >= SMALL, `${hazard} under ${row[0].model}: ${length}`);
    }
  }
});

function held(file: string, text: string): void {
  assert.equal(formatText(text), text, file);
  const { program } = analyse(text);
  for (const { model } of program.kernels) {
    assert.deepEqual(check(program, model), [], `${file} under ${model}`);
    const recording = run(program, { model, checkInvariants: false });
    assert.equal(recording.failed, false, `${file} fails under ${model}`);
  }
}
