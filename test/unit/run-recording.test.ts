// Running a trace: what is recorded, what fails, what dies, what stops.

import assert from "node:assert/strict";
import { test } from "node:test";
import { record } from "../support/record.ts";

// Failures as `LINE: MESSAGE [code]`.
function failures(text: string, model?: string): string[] {
  const recording = record(text, model === undefined ? {} : { model });
  return recording.failures.map(({ range, message, code }) => `${range.line + 1}: ${message} [${code}]`);
}

function outcomes(text: string): string[] {
  const { steps } = record(text);
  return Array.from({ length: steps.length }, (_, step) => steps.outcome(step).words.join(" "));
}

test("an access reports the set of what its pages came to", () => {
  const text = "p = mmap(8K)\nwrite(p, 1)\nwrite(p, 1, 8K)\nread(p, 8K)\n";
  assert.deepEqual(outcomes(text), ["ok", "minor anon", "minor anon", "hit"]);
});

test("`-> hit` fails when any page faulted, `-> anon` holds when any page was anonymous", () => {
  const text = "p = mmap(8K)\nwrite(p, 1)\nwrite(p, 1, 8K) -> anon\nread(p, 8K) -> hit\n";
  assert.deepEqual(failures(text), []);
  assert.deepEqual(failures("p = mmap(8K)\nwrite(p, 1)\nread(p, 8K) -> hit\n"), [
    "3: expected hit, came to minor zero [outcome-mismatch]",
  ]);
});

test("the fix of a wrong outcome puts the real one in its place", () => {
  const { failures } = record("p = mmap(4K)\nwrite(p, 1) -> cow\n");
  assert.deepEqual(failures[0].fixes?.[0].edits, [{ range: { line: 1, start: 15, end: 18 }, text: "minor anon" }]);
});

test("an unexpected signal kills the process, and its later lines say since when", () => {
  const text = "read(0x1000)\nmmap(4K)\nprocess other\nother: mmap(4K)\n";
  assert.deepEqual(failures(text), [
    "1: main dies of SIGSEGV [unexpected-signal]",
    "2: process main is dead since line 1 [dead-process]",
  ]);
});

test("an expected signal is handled: the access did not happen and the process goes on", () => {
  assert.deepEqual(failures("p = mmap(4K, r)\nwrite(p, 1) -> SIGSEGV\nread(p) -> zero\n"), []);
});

test("page(addr) without a process is main's, whoever does the line", () => {
  const text =
    "p = mmap(8K)\nwrite(p, 1)\nchild = fork()\nchild: munmap(p, 4K)\nchild: write(p[1], page(p).refcount)\n";
  assert.deepEqual(failures(`${text}expect byte(child, p[1]) == 1\n`), []);
});

test("when memory is used up the process that faults is killed, and others go on", () => {
  const text =
    "machine memory=1M swap=0\np = mmap(2M)\nwrite(p, 1, 2M)\nprocess other\nother: q = mmap(4K)\nother: write(q, 1)\n";
  assert.deepEqual(failures(text), ["3: main is killed: memory is used up (OOM) [unexpected-signal]"]);
});

test("exit ends a process as well", () => {
  const text = "child = fork()\nchild: exit()\nchild: mmap(4K)\nexpect child.alive == 0\n";
  assert.deepEqual(failures(text), ["3: process child is dead since line 2 [dead-process]"]);
});

test("a line of a dead process in a repeat is told once, with how often it came up", () => {
  const text = "child = fork()\nchild: exit()\nrepeat 200\n  child: mmap(4K)\nend\nchild: mmap(4K)\n";
  assert.deepEqual(failures(text), [
    "4: process child is dead since line 2 (200 times) [dead-process]",
    "6: process child is dead since line 2 [dead-process]",
  ]);
});

test("each process that is dead in a repeat is told of", () => {
  const text = "repeat 2\n  child = fork()\n  child: exit()\n  child: mmap(4K)\nend\n";
  assert.deepEqual(failures(text), [
    "4: process child is dead since line 3 [dead-process]",
    "4: process child is dead since line 3 [dead-process]",
  ]);
});

test("a number written with a minus sign is shown with it", () => {
  assert.deepEqual(failures("expect main.rss == -128\n"), ["1: expect fails: 0 == -128 [expect-failed]"]);
});

test("an errno that nobody expects is a failure, and the call binds none", () => {
  const text = "p = mmap(0)\nexpect p == none\nwrite(p, 1)\n";
  assert.deepEqual(
    failures(text).map((line) => line.replace(/: .*none.* \[/, ": … [")),
    ["1: mmap fails with EINVAL [unexpected-errno]", "3: … [none-argument]"],
  );
});

test("an expected errno holds, another one does not", () => {
  assert.deepEqual(failures("mmap(0) -> EINVAL\n"), []);
  assert.deepEqual(failures("mmap(0) -> ENOMEM\n"), ["1: expected ENOMEM, came to EINVAL [outcome-mismatch]"]);
  assert.deepEqual(failures("mmap(4K) -> ENOMEM\n"), ["1: expected ENOMEM, came to ok [outcome-mismatch]"]);
});

test("a failed check shows both sides and offers the actual value", () => {
  const { failures } = record('p = mmap(4K)\nwrite(p, "old")\nexpect data(p) == "new"\n');
  assert.equal(failures[0].message, 'expect fails: "old" == "new"');
  assert.deepEqual(failures[0].fixes?.[0].edits, [{ range: { line: 2, start: 18, end: 23 }, text: '"old"' }]);
});

test("a failed conjunction names the side that does not hold", () => {
  const text = "p = mmap(4K)\nwrite(p, 1)\nexpect page(p).refcount == 1 && page(p).mapcount == 3\n";
  assert.deepEqual(failures(text), ["3: expect fails: 1 == 3 [expect-failed]"]);
});

test("a check whose WHEN does not match is skipped and counted so", () => {
  const { checks, failed } = record("expect @<5.0 1 == 2\nexpect 1 == 1\n");
  assert.deepEqual([checks, failed], [{ passed: 1, failed: 0, skipped: 1 }, false]);
});

test("a repeat counts from 0, nests, and rebinds the names inside", () => {
  const text =
    "p = mmap(64K)\nrepeat 2 as i\nrepeat 3 as j\nwrite(p[i * 3 + j], 1) -> anon\nend\nend\nexpect main.rss == 6\n";
  const { steps, checks } = record(text);
  assert.deepEqual(checks, { passed: 1, failed: 0, skipped: 0 });
  const rounds = Array.from({ length: 6 }, (_, i) => steps.roundsOf(i + 1).map(({ round }) => round));
  assert.deepEqual(rounds, [
    [0, 0],
    [1, 0],
    [2, 0],
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
});

test("a repeat of 0 rounds binds its names to none", () => {
  assert.deepEqual(failures("repeat 0\np = mmap(4K)\nend\nexpect p == none\n"), []);
});

test("names are what they were bound to at each step", () => {
  const text = "repeat 3 as i\np = mmap(4K)\nend\n";
  const recording = record(text);
  const { symbols } = recording.program;
  const p = symbols.findIndex(({ name }) => name === "p");
  const i = symbols.findIndex(({ name }) => name === "i");
  const at = [0, 1, 2, 3].map((steps) => recording.nameAtStep(p, steps));
  assert.equal(at[0], undefined);
  assert.equal(
    new Set(at.map((value) => JSON.stringify(value, (_, v) => (typeof v === "bigint" ? String(v) : v)))).size,
    4,
  );
  assert.deepEqual(
    [0, 1, 2].map((steps) => recording.nameAtStep(i, steps)),
    [0n, 1n, 2n],
  );
});

test("a line that fails in every round is counted in full and kept a hundred times", () => {
  const { failures, failedSteps } = record("repeat 1000\nmmap(0)\nend\n");
  assert.deepEqual([failures.length, failedSteps], [100, 1000]);
});

test("the limit on events ends the run with the line it was at", () => {
  const { limit, steps } = record("p = mmap(4K)\nrepeat 1T\nmadvise(p, 4K, dontneed)\nwrite(p, 1)\nend\n", {
    limits: { events: 10_000 },
  });
  assert.equal(limit?.kind, "events");
  assert.ok(limit !== undefined && limit.line >= 2 && limit.line <= 4);
  assert.ok(steps.end(steps.length - 1) >= 10_000);
});

test("a limit of few events holds between statements", () => {
  const { limit } = record("p = mmap(4K)\nwrite(p, 1)\nwrite(p, 2)\n", { limits: { events: 10 } });
  assert.deepEqual([limit?.kind, limit?.line], ["events", 2]);
});

test("a repeat of any count without events ends at a limit too", () => {
  assert.equal(record("repeat 1T\nend\n", { limits: { events: 10_000 } }).limit?.kind, "events");
  assert.equal(record("repeat 1T\nexpect 1 == 1\nend\n", { limits: { events: 10_000 } }).limit?.kind, "events");
});

test("the limit on time ends one huge access", () => {
  let now = 0;
  const { limit } = record("p = mmap(1T, rw, private|anonymous|noreserve)\nread(p, 1T)\n", {
    limits: { milliseconds: 50 },
    clock: () => now++,
  });
  assert.deepEqual([limit?.kind, limit?.line], ["time", 1]);
});

test("the limit on memory ends a run that only makes events", () => {
  const text = "p = mmap(4K)\nrepeat 1T\nmadvise(p, 4K, dontneed)\nwrite(p, 1)\nend\n";
  assert.equal(record(text, { limits: { bytes: 50_000_000 } }).limit?.kind, "memory");
});

test("a run that its caller cancels keeps what it has", () => {
  const { limit, steps } = record("repeat 1T\nmmap(4K)\nend\n", { cancelled: () => true });
  assert.equal(limit?.kind, "cancelled");
  assert.ok(steps.length > 0);
});

test("without a journal the run comes to the same", () => {
  const text = 'p = mmap(4K)\nwrite(p, "a")\nc = fork()\nwrite(p, "b") -> cow\nexpect data(c, p) == "a"\n';
  const kept = record(text);
  const bare = record(text, { journal: false });
  assert.deepEqual(bare.checks, kept.checks);
  assert.deepEqual(bare.steps.end(3), kept.steps.end(3));
});
