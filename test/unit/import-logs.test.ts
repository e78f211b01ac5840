import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { data, imported, seconds } from "./imported.ts";

const LOGS = readdirSync(new URL("../data/strace", import.meta.url))
  .filter((name) => name.endsWith(".gz"))
  .sort();

/** What a line of a trace may look like: an operation or a declaration with its source, a comment, a setting. */
const LINE =
  /^(?:#.*|kernel 6\.18|machine memory=\d+G|process \w+ {2,}# \S+:\d+.*|(?:\w+: )?(?:\w+ = )?[a-z_]+\((?:[^()"#]*)\)(?: +-> [A-Z]+)? {2,}# \S+:\d+(?: .*)?|)$/;

for (const name of LOGS) {
  test(`${name} imports: every line is well formed, every name is bound once and before its use`, () => {
    const { text, error, report } = imported(data(`strace/${name}`), { files: [name], touch: "first" });
    assert.equal(error, undefined);
    assert.ok(report.logLines > 0);
    const bound = new Set<string>(["main"]);
    for (const line of text.split("\n")) {
      assert.match(line, LINE);
      const code = line.replace(/(?:^|\s)#.*$/, "");
      const process = /^(\w+): /.exec(code)?.[1];
      if (process !== undefined) assert.ok(bound.has(process), line);
      for (const [, used] of code.matchAll(/[(, =]((?:m|seg|stack|shared|f)\d+(?:_\d+)?)\b(?! =)/g))
        assert.ok(bound.has(used!), line);
      const name = /^process (\w+)/.exec(code)?.[1] ?? /^(?:\w+: )?(\w+) = /.exec(code)?.[1];
      if (name === undefined) continue;
      assert.ok(!bound.has(name), line);
      bound.add(name);
    }
  });
}

test("of each log, at least 95 % of the successful calls that this version simulates become operations", () => {
  let succeeded = 0;
  let asOperations = 0;
  for (const name of LOGS) {
    const { report } = imported(data(`strace/${name}`));
    const simulated = report.succeeded - report.notSimulated;
    assert.ok(report.asOperations >= 0.95 * simulated, `${name}: ${report.asOperations} of ${simulated}`);
    succeeded += report.succeeded;
    asOperations += report.asOperations;
  }
  assert.ok(asOperations >= 0.99 * succeeded, `all logs: ${asOperations} of ${succeeded}`);
});

test("variants of one run's log make one trace", () => {
  const trace = (name: string): string =>
    imported(data(`strace/${name}.strace.gz`))
      .lines.filter((line) => !line.startsWith("#"))
      .map((line) => line.replace(/0x[0-9a-f]{5,}/g, "0x…"))
      .join("\n");
  const reference = trace("mmops");
  for (const name of ["mmops-a70", "mmops-i", "mmops-n", "mmops-ns", "mmops-raw", "mmops-verbose"]) {
    assert.equal(trace(name), reference, name);
  }
});

test("100,000 lines are imported in less than two seconds", () => {
  const log = data("strace/make.strace.gz");
  const { report } = imported(log);
  assert.deepEqual([report.processes, report.asOperations], [1621, report.succeeded]);
  const took = seconds(() => imported(log));
  assert.ok(took < 2, `${took} s`);
});
