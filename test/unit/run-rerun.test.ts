// Running on after an edit: the same as running anew, at the cost of what changed.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rerun } from "../../server/src/run/run.ts";
import { MODEL, programOf, record, told } from "../support/record.ts";

// Lines of which any selection in any order is a trace without errors in its text.
const HEAD = ["p = mmap(32K)", "q = mmap(32K, rw, shared|anonymous)", "process other"];
const BODY = [
  'write(p, "a")',
  'write(p[1], "b") -> anon',
  "read(p[2])",
  "c1 = fork()",
  "c2 = fork()",
  "munmap(p, 4K)",
  "mprotect(p[1], 4K, r)",
  "write(q[3], 7)",
  "other: mmap(4K)",
  "other: exit()",
  "expect page(p).refcount == 1",
  "expect main.rss == 2",
  "expect @<6.0 main.rss == 3",
  "repeat 3 as i",
  "write(p[i], i)",
  "end",
  "repeat main.vmas",
  "read(q)",
  "end",
  "pin1 = pin_user_pages(p, 8K)",
  "# a comment",
  "",
];

// Drops ends without a repeat, closes repeats without an end, and gives each binding line only its first place.
function traceOf(indexes: readonly number[]): string {
  const lines = [...HEAD];
  let depth = 0;
  const bound = new Set<string>();
  for (const index of indexes) {
    const line = BODY[index];
    const name = /^(\w+) = /.exec(line)?.[1] ?? / as (\w+)$/.exec(line)?.[1];
    if (name !== undefined && bound.has(name)) continue;
    if (name === "i" || line.includes("p[i]")) {
      if (line.includes("p[i]") && (!bound.has("i") || depth === 0)) continue;
    }
    if (line === "end" && depth === 0) continue;
    if (line.startsWith("repeat")) depth++;
    if (line === "end") depth--;
    if (name !== undefined) bound.add(name);
    lines.push(line);
  }
  for (; depth > 0; depth--) lines.push("end");
  return `${lines.join("\n")}\n`;
}

test("a rerun after random edits tells the same as a run", () => {
  const indexes = fc.array(fc.nat(BODY.length - 1), { maxLength: 14 });
  fc.assert(
    fc.property(fc.array(indexes, { minLength: 2, maxLength: 4 }), (versions) => {
      let recording = record(traceOf(versions[0]));
      for (const version of versions.slice(1)) {
        const text = traceOf(version);
        recording = rerun(recording, programOf(text), { model: MODEL });
        assert.deepEqual(told(recording), told(record(text)), text);
      }
    }),
    { numRuns: 150 },
  );
});

test("typing at the end of a trace runs only the new line", () => {
  const before = `p = mmap(400M)\n${Array.from({ length: 2000 }, (_, i) => `write(p[${i}], 1)`).join("\n")}\n`;
  const first = record(before);
  const events = first.length;
  const { kernel } = first;
  const again = rerun(first, programOf(`${before}read(p)\n`), { model: MODEL });
  assert.equal(again.kernel, kernel);
  assert.ok(again.length - events < 20);
  assert.deepEqual(told(again), told(record(`${before}read(p)\n`)));
});

test("a comment above everything keeps the whole recording, with its lines moved", () => {
  const first = record("p = mmap(4K)\nexpect 1 == 2\n");
  const again = rerun(first, programOf("# new\np = mmap(4K)\nexpect 1 == 2\n"), { model: MODEL });
  assert.equal(again, first);
  assert.deepEqual(
    again.failures.map(({ range }) => range.line),
    [2],
  );
});

test("another model or machine is another run", () => {
  const text = "p = mmap(4K)\nwrite(p, 1)\n";
  const first = record(text);
  assert.notEqual(rerun(first, programOf(text), { model: "5.10" }).kernel, first.kernel);
  assert.notEqual(rerun(first, programOf(`machine memory=64M\n${text}`), { model: MODEL }).kernel, first.kernel);
});

test("a run that the clock stopped goes on", () => {
  const text = "repeat 200000\np = mmap(4K)\nmunmap(p)\nend\n";
  let now = 0;
  const stopped = record(text, { limits: { milliseconds: 5 }, clock: () => now++ });
  assert.equal(stopped.limit?.kind, "time");
  const whole = rerun(stopped, programOf(text), { model: MODEL });
  assert.equal(whole.limit, undefined);
  assert.equal(whole.steps.length, 400_000);
});
