// `mmtrace fuzz`: random traces that a real kernel can run, what two machines disagree in, and the trace that says so.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hostModel } from "../../server/src/cli/kernel/host_model.ts";
import { analyse } from "../../server/src/lang/document.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { type Difference, firstDifference, headerOf } from "../../server/src/run/fuzz/finding.ts";
import { modelsApart } from "../../server/src/run/fuzz/models_apart.ts";
import { type Found, randomTrace, type SearchOptions, search, type Totals } from "../../server/src/run/fuzz/search.ts";
import { planOf } from "../../server/src/run/linux/plan.ts";
import { run } from "../../server/src/run/run.ts";
import { mmtrace } from "../support/cli.ts";

function options(release: ModelName, other: ModelName, count: number): SearchOptions {
  const model = MODELS.get(release);
  const against = MODELS.get(other);
  assert.ok(model && against);
  const compare = async (text: string) => modelsApart(text, release, other);
  return { model, alsoFor: [against], seed: 1, first: 0, count, ops: 20, only: undefined, compare };
}

async function all(wanted: SearchOptions): Promise<{ found: Found[]; totals: Totals }> {
  const found: Found[] = [];
  const searching = search(wanted);
  for (;;) {
    const next = await searching.next();
    if (next.done) return { found, totals: next.value };
    found.push(next.value);
  }
}

for (const release of ["5.10", "6.1", "6.12", "6.18", "7.2"] as const) {
  test(`${release}: a real kernel can run every line of a random trace`, () => {
    for (let index = 0; index < 30; index++) {
      const text = randomTrace(options(release, release, 1), index);
      const plan = planOf(run(analyse(text).program, { model: release }));
      assert.equal(plan.end, undefined, text);
      const unsent = plan.steps.filter(({ send }) => send === undefined);
      assert.deepEqual(unsent, [], text);
    }
  });
}

test("a model agrees with itself in everything", async () => {
  const { found, totals } = await all(options("6.12", "6.12", 30));
  assert.deepEqual(found, []);
  assert.equal(totals.traces, 30);
  assert.equal(totals.disagreements, 0);
  assert.ok(totals.operations > 500 && totals.compared > 5000, JSON.stringify(totals));
});

test("what mprotect makes writable again in 6.1 and not in 5.19 is found and shrunk to five lines", async () => {
  const only = ["mmap", "write", "mprotect"];
  const { found } = await all({ ...options("6.1", "5.19", 30), only });
  const [first] = found;
  assert.equal(
    first.text,
    ["kernel 6.1", "p = mmap(4K)", "write(p) -> minor anon", "mprotect(p, prot=r)", "mprotect(p, prot=rw)\n"].join(
      "\n",
    ),
  );
  const { observable, line } = first.difference;
  assert.deepEqual(
    [line, observable.name, observable.simulated, observable.real, first.shrunk],
    [4, "writable", "1", "0", true],
  );
});

test("a trace is found again by its seed and index alone", async () => {
  const wanted = options("6.1", "5.19", 10);
  const { found } = await all(wanted);
  const last = found[found.length - 1];
  const again = await all({ ...wanted, first: last.index, count: 1 });
  assert.deepEqual(
    again.found.map(({ index }) => index),
    [last.index],
  );
});

test("the header says both values, and nothing of a guest's text ends the comment", () => {
  const report = modelsApart("p = mmap(4K)\nwrite(p)\nmprotect(p, 4K, r)\nmprotect(p, 4K, rw)\n", "6.1", "5.19");
  const difference = firstDifference(report) as Difference;
  const real = "Linux 5.19\nexpect 1 == 2";
  assert.equal(
    headerOf(difference, { simulated: "mmtrace as 6.1", real }, "mmtrace fuzz --seed 1"),
    [
      "# mmtrace as 6.1 and Linux 5.19?expect 1 == 2 disagree.",
      "# After line 7, writable of main 0x200000000000: 1 in mmtrace as 6.1, 0 in Linux 5.19?expect 1 == 2.",
      "# Found by: mmtrace fuzz --seed 1\n",
    ].join("\n"),
  );
});

test("`mmtrace fuzz --against` says its seed, writes what it finds, and fails", async () => {
  const args = ["--only", "mmap,write,mprotect", "--seed", "1", "--count", "12", "--out", "found"];
  const { status, out, files } = await mmtrace(["fuzz", "--kernel", "6.1", "--against", "5.19", ...args]);
  assert.equal(status, 1);
  assert.match(out, /^seed 1\n/);
  assert.match(out, /12 traces, \d+ operations, \d+ observables compared, [1-9]\d* disagreements/);
  const [[path, text]] = [...files];
  assert.match(path, /^found\/fuzz-6\.1-5\.19-1-\d+\.mmtrace$/);
  const { program } = analyse(text);
  assert.deepEqual(program.problems, []);
  assert.deepEqual(run(program, { model: "6.1" }).failures, []);
  // The line that the header names is the one at which they part.
  const line = Number(/^# After line (\d+)/m.exec(text)?.[1]);
  assert.equal(firstDifference(modelsApart(text, "6.1", "5.19"))?.line, line - 1);
});

test("--json says of each kernel what was compared, and of each disagreement both values and its file", async () => {
  const args = ["--only", "mmap,write,mprotect", "--seed", "1", "--count", "12", "--out", "found", "--json"];
  const { status, out, files } = await mmtrace(["fuzz", "--kernel", "6.1", "--against", "5.19", ...args]);
  assert.equal(status, 1);
  const { seed, count, kernels } = JSON.parse(out);
  assert.deepEqual([seed, count, kernels.length], [1, 12, 1]);
  const [{ kernel, traces, compared, disagreements, found }] = kernels;
  assert.deepEqual([kernel, traces, found.length], ["6.1", 12, disagreements]);
  assert.ok(compared > 100);
  assert.deepEqual(
    found.flatMap(({ file }: { file?: string }) => file ?? []),
    [...files.keys()],
  );
  const { simulated, real } = found[0].difference.observable;
  assert.notEqual(simulated, real);
});

test("two models that agree end well", async () => {
  const { status, out } = await mmtrace([
    "fuzz",
    "--kernel",
    "6.10",
    "--against",
    "6.8",
    "--seed",
    "2",
    "--count",
    "5",
  ]);
  assert.equal(status, 0, out);
  assert.match(out, /5 traces, .* 0 disagreements/);
});

for (const [args, message] of [
  [[], /fuzz needs --kernel/],
  [["--kernel", "6.2"], /no kernel '6.2'; did you mean/],
  [["--kernel", "6.1", "--against", "5.1"], /no model '5.1'/],
  [["--kernel", "6.1", "--only", "mmap,forc"], /no operation 'forc'; did you mean 'fork'/],
  [["--kernel", "6.1", "--ops", "0"], /--ops needs a whole number of at least 1/],
] as const) {
  test(`fuzz ${args.join(" ")}: says what is wrong`, async () => {
    const { status, err } = await mmtrace(["fuzz", ...args]);
    assert.equal(status, 2);
    assert.match(err, message);
  });
}

test("the running kernel is compared with the newest release before it", () => {
  assert.equal(hostModel("6.18.44-generic"), "6.18");
  assert.equal(hostModel("6.11.2"), "6.10");
  assert.equal(hostModel("9.0"), "7.2");
  assert.throws(() => hostModel("3.10.0"), /older than all/);
});
