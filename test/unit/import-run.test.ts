import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { formatText } from "../../server/src/lang/format.ts";
import { run } from "../../server/src/run/run.ts";
import { data, type Imported, imported, merged } from "./imported.ts";

/** The trace has no problem, is laid out as the formatter would, and each line comes to what it says. */
function check({ text }: Imported): void {
  const { program } = analyse(text);
  assert.deepEqual(program.problems, []);
  const recording = run(program, { model: "6.18", journal: false });
  assert.deepEqual(
    recording.failures.map(({ range, message }) => `${text.split("\n")[range.line]}: ${message}`),
    [],
  );
  assert.equal(recording.limit, undefined);
  assert.equal(formatText(text), text);
}

const LOGS = readdirSync(new URL("../data/strace", import.meta.url)).filter((name) => name.endsWith(".gz"));

for (const name of LOGS.sort()) {
  test(`the trace of ${name} runs`, () => check(imported(data(`strace/${name}`), { touch: "first" })));
}

for (const touch of ["none", "all"] as const) {
  for (const name of ["mmops-all", "threads", "mmrare", "redis"]) {
    test(`the trace of ${name} runs with --touch ${touch}`, () => {
      check(imported(data(`strace/${name}.strace.gz`), { touch }));
    });
  }
}

for (const name of ["cow", "mmops", "mp", "redis", "swapcow"]) {
  test(`the trace of ${name} runs with the page faults of perf`, async () => {
    check(await merged([{ text: data(`perf/${name}-merged.strace.gz`) }], data(`perf/${name}-merged.faults.gz`)));
  });
}

test("the files of -ff run as one trace", async () => {
  const names = readdirSync(new URL("../data/strace/pipeline-ff", import.meta.url));
  const logs = names.map((name) => ({ text: data(`strace/pipeline-ff/${name}`), pid: Number(name.split(".")[1]) }));
  check(await merged(logs, undefined, { touch: "first" }));
});
