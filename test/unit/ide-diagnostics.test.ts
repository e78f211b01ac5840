// Problems that an editor shows: of the text, of the models, of the runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { diagnostics } from "../../server/src/ide/diagnostics.ts";
import { DEFAULT_SETTINGS } from "../../server/src/ide/settings.ts";
import { open } from "../support/ide.ts";

// `LINE code: message`, lines from 1.
function check(text: string, expected: readonly (string | RegExp)[], settings = {}): void {
  const { analysis } = open(text, settings);
  const found = diagnostics(analysis).map(({ range, code, message }) => `${range.line + 1} ${code}: ${message}`);
  assert.equal(found.length, expected.length, found.join("\n"));
  for (const [i, one] of expected.entries()) {
    if (typeof one === "string") assert.equal(found[i], one);
    else assert.match(found[i], one);
  }
}

test("correct text has no diagnostics of any severity", () => {
  check("", []);
  check("# only a comment\n", []);
  check(
    'kernel 5.7 5.10 6.1 6.12 6.18 7.2\np = mmap(4K)\nwrite(p, "a") -> anon\nc = fork()\nc: write(p, "b") -> cow\nexpect data(p) == "a"\n',
    [],
  );
});

test("a misspelt operation is found at once", () => {
  check("p = mmpa(4K)", [/^1 unknown-operation: .*did you mean `mmap`/]);
});

test("a check that fails tells both sides", () => {
  check("p = mmap(4K)\nwrite(p, 1)\nexpect page(p).refcount == 2", ["3 expect-failed: expect fails: 1 == 2"]);
});

test("what differs between the trace's models is said with their names", () => {
  const trace =
    'kernel 5.7 6.18\np = mmap(4K)\nwrite(p, "a")\nc = fork()\nc: v = vmsplice(p, 4K)\nc: munmap(p)\nwrite(p, "b")\n';
  check(`${trace}expect v.data == "a"`, ['8 expect-failed: expect fails: "b" == "a" (under 5.7)']);
  check(`${trace}expect @5.7 v.data == "b"\nexpect @>=5.9 v.data == "a"`, []);
});

test("an access that is not allowed kills, and the lines behind it say since when", () => {
  check("process other\nother: read(4096)\nother: read(8192)\n", [
    /^2 unexpected-signal: .*SIGSEGV/,
    /^3 dead-process: .*dead since line 2/,
  ]);
  const { analysis } = open("process other\nother: read(4096)\nother: read(8192)\n");
  assert.equal(diagnostics(analysis)[1].related?.[0].range.line, 1);
});

test("an expected signal or errno is no problem", () => {
  check("read(4096) -> SIGSEGV\nmunmap(1, 4K) -> EINVAL", []);
});

test("what runs below a line that cannot be read is not blamed", () => {
  check("p = mmap(4K\nwrite(p, 1)\nexpect data(p) == 2", [/^1 syntax: /]);
  check("expect 1 == 2\np = mmap(4K", [/^1 expect-failed/, /^2 syntax: /]);
});

test("a line that fails in every round is one problem", () => {
  check("repeat 5 as i\n  expect i == 7\nend", ["2 expect-failed: expect fails: 0 == 7 (and in 4 more rounds)"]);
});

test("a run that reaches a limit says where", () => {
  const limits = { ...DEFAULT_SETTINGS.limits, events: 10_000 };
  check("p = mmap(4K)\nrepeat 1000000000000\n  write(p, 1)\nend", [/^[34] limit: The run stops here/], { limits });
});

test("an edit is answered as if the text had been opened like that", () => {
  const { analysis } = open("p = mmap(4K)\nwrite(p, 1)\nexpect page(p).refcount == 1\n");
  assert.deepEqual(diagnostics(analysis), []);
  analysis.edit([{ from: { line: 2, column: 27 }, to: { line: 2, column: 28 }, text: "7" }]);
  analysis.finish();
  assert.deepEqual(
    diagnostics(analysis).map(({ message }) => message),
    ["expect fails: 1 == 7"],
  );
  analysis.edit([{ from: { line: 2, column: 27 }, to: { line: 2, column: 28 }, text: "1" }]);
  analysis.finish();
  assert.deepEqual(diagnostics(analysis), []);
});

test("of a long trace the other models are told without their recordings", () => {
  const { analysis } = open(
    "kernel 6.1 6.18\np = mmap(4K)\nrepeat 200000\n  write(p, 1)\n  madvise(p, 4K, dontneed)\nend\nexpect @6.18 1 == 2\n",
  );
  assert.ok(analysis.recording("6.1"));
  assert.equal(analysis.recording("6.18"), undefined);
  assert.deepEqual(
    diagnostics(analysis).map(({ message }) => message),
    ["expect fails: 1 == 2 (under 6.18)"],
  );
});
