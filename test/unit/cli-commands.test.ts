// What the commands print, and their exit statuses (LANGUAGE.md, section 7).

import assert from "node:assert/strict";
import { test } from "node:test";
import { RELEASES } from "../../server/src/mm/releases.ts";
import { mmtrace } from "../support/cli.ts";

const GOOD = `kernel 5.10 6.12
p = mmap(4K, rw, private|anonymous)
write(p, "old") -> anon
child = fork()
write(p, "new") -> cow
expect page(child, p).refcount == 1
expect @>=5.19 page(p).exclusive == 1
`;
const FAILS = GOOD.replace("refcount == 1", "refcount == 2");

test("run prints one line for each statement, its outcome and the page's counters", async () => {
  const { status, out } = await mmtrace(["run", "a", "--kernel", "6.12"], { files: { a: GOOD } });
  assert.equal(status, 0);
  const lines = out.split("\n");
  assert.match(lines[0], /^2 {2}p = mmap\(4K, rw, private\|anonymous\) {2}→ ok$/);
  assert.match(lines[1], /^3 {2}write\(p, "old"\) -> anon {2}→ minor anon · pfn \d+ ref 1 map 1 excl$/);
  assert.match(lines[3], /→ minor cow · pfn \d+ ref 1 map 1 excl$/);
  assert.equal(lines.at(-2), "2 passed, 0 failed, 0 skipped");
});

test("run is under the first model of the trace unless told otherwise", async () => {
  const { out } = await mmtrace(["run", "a"], { files: { a: GOOD } });
  assert.match(out, /1 passed, 0 failed, 1 skipped\n$/);
});

test("a failed check shows both sides' values at its place, and the status is 1", async () => {
  const { status, out } = await mmtrace(["run", "a", "--kernel", "6.12"], { files: { a: FAILS } });
  assert.equal(status, 1);
  assert.match(out, /^a:6:8: error: expect fails: 1 == 2 \[expect-failed\]$/m);
});

test("run --kernel all runs under every simulated model", async () => {
  const { out } = await mmtrace(["run", "a", "--kernel", "all"], { files: { a: GOOD } });
  assert.deepEqual(
    out.match(/^# .*$/gm),
    RELEASES.map((release) => `# ${release}`),
  );
});

test("run --json is one document with steps, failures and checks of each model", async () => {
  const { status, out } = await mmtrace(["run", "a", "--json", "--kernel", "5.10,6.12"], { files: { a: FAILS } });
  assert.equal(status, 1);
  const runs = JSON.parse(out);
  assert.deepEqual(
    runs.map((run: { model: string }) => run.model),
    ["5.10", "6.12"],
  );
  assert.deepEqual(runs[1].checks, { passed: 1, failed: 1, skipped: 0 });
  assert.equal(runs[1].failures[0].code, "expect-failed");
  assert.deepEqual(runs[1].steps[1].outcome, ["minor", "anon"]);
});

test("run --journal prints the events below the kernel functions that made them", async () => {
  const { out } = await mmtrace(["run", "a", "--journal", "--kernel", "6.12"], { files: { a: GOOD } });
  assert.match(out, /^ +do_wp_page \(mm\/memory\.c\)$/m);
  assert.match(out, /^ +pfn \d+ refcount 2 → 1$/m);
  assert.match(out, /^ +! page_fault_user main 0x200000000000 write$/m);
});

test("run --journal --json has each event of each step, with the kernel functions on the stack", async () => {
  const { out } = await mmtrace(["run", "a", "--journal", "--json", "--kernel", "6.12"], { files: { a: GOOD } });
  const [{ steps }] = JSON.parse(out);
  const events: Record<string, unknown>[] = steps.flatMap(({ journal }: { journal: unknown[] }) => journal);
  const { out: text } = await mmtrace(["run", "a", "--journal", "--kernel", "6.12"], { files: { a: GOOD } });
  for (const event of events) assert.ok(text.includes(`  ${event.text}\n`), String(event.text));
  const copied = events.find(({ text }) => /refcount 2 → 1$/.test(String(text)));
  assert.ok(copied && Array.isArray(copied.stack) && copied.stack.includes("do_wp_page"), JSON.stringify(copied));
  assert.deepEqual([copied.count, copied.fromStep, copied.toStep], [1, 0, 0]);
});

test("--expand-runs without --journal is a mistake that is told", async () => {
  const { status, err } = await mmtrace(["run", "a", "--expand-runs"], { files: { a: GOOD } });
  assert.equal(status, 2);
  assert.match(err, /--expand-runs goes with --journal/);
});

test("a problem of the text is FILE:LINE:COLUMN with a code, and the status is 2", async () => {
  const { status, err, out } = await mmtrace(["run", "a"], { files: { a: "p = mmapp(4K)\n" } });
  assert.equal(status, 2);
  assert.equal(out, "");
  assert.match(err, /^a:1:5: error: .*mmap.* \[unknown-operation\]$/m);
});

test("a repeat of 10^12 ends at the limit with status 3", async () => {
  const trace = "repeat 1000000000000 as i\np = mmap(4K)\nwrite(p, 1)\nmunmap(p)\nend\n";
  const { status, out } = await mmtrace(["run", "a", "--limit-events", "5000"], { files: { a: trace } });
  assert.equal(status, 3);
  assert.match(out, /a:\d+:1: error: the run stopped here: .*5,000 events \[limit\]/);
});

test("--limit-memory and --limit-seconds end a run too, and refuse what is no limit", async () => {
  const files = { a: "repeat 1T\np = mmap(4K)\nmunmap(p)\nend\n" };
  const memory = await mmtrace(["run", "a", "--limit-memory", "20M"], { files });
  assert.equal(memory.status, 3);
  assert.match(memory.out, /took more than 20,971,520 bytes \[limit\]/);
  const seconds = await mmtrace(["run", "a", "--limit-seconds", "1"], { files });
  assert.match(seconds.out, /took longer than 1,000 ms \[limit\]/);
  assert.equal((await mmtrace(["run", "a", "--limit-memory", "much"], { files })).status, 2);
});

test("a file that is no UTF-8 is refused at the line, and the others still run", async () => {
  const files = { "a.mmtrace": Uint8Array.of(0x23, 0x0a, 0x23, 0xff), "b.mmtrace": GOOD };
  const ran = await mmtrace(["run", "a.mmtrace"], { files });
  assert.deepEqual(
    [ran.status, ran.err],
    [2, "a.mmtrace:2:1: error: the line has bytes that are no UTF-8 [unknown-character]\n"],
  );
  const tested = await mmtrace(["test", "a.mmtrace", "b.mmtrace"], { files });
  assert.equal(tested.status, 2);
  assert.match(tested.out, /^ok {4}b\.mmtrace 6\.12/m);
});

test("a repeat of 10^12 rounds without any event ends too", async () => {
  const { status } = await mmtrace(["run", "a", "--limit-events", "5000"], {
    files: { a: "repeat 1000000000000\nend\n" },
  });
  assert.equal(status, 3);
});

test("test runs each file under all of its models and counts checks", async () => {
  const files = { "t/good.mmtrace": GOOD, "t/sub/fails.mmtrace": FAILS, "t/readme.txt": "no trace" };
  const { status, out } = await mmtrace(["test", "t"], { files });
  assert.equal(status, 1);
  const lines = out.split("\n");
  assert.equal(lines[0], "ok    t/good.mmtrace 5.10  1 passed, 0 failed, 1 skipped");
  assert.equal(lines[1], "ok    t/good.mmtrace 6.12  2 passed, 0 failed, 0 skipped");
  assert.equal(lines[2], "FAIL  t/sub/fails.mmtrace 5.10  0 passed, 1 failed, 1 skipped");
  assert.equal(lines.at(-2), "4 passed, 2 failed, 2 skipped");
});

test("test's reporters speak TAP, JUnit and JSON", async () => {
  const files = { "good.mmtrace": GOOD, "fails.mmtrace": FAILS };
  const run = async (reporter: string) =>
    (await mmtrace(["test", "good.mmtrace", "fails.mmtrace", "-r", reporter], { files })).out;
  const tap = await run("tap");
  assert.match(tap, /^TAP version 14\nok 1 - good\.mmtrace under 5\.10\n/);
  assert.match(tap, /^not ok 3 - fails\.mmtrace under 5\.10\n {2}---\n/m);
  assert.match(tap, /^1\.\.4$/m);
  const junit = await run("junit");
  assert.match(junit, /<testsuites name="mmtrace" tests="4" failures="2" errors="0"/);
  assert.match(junit, /<failure message="expect fails: 1 == 2" type="expect-failed">/);
  assert.deepEqual(JSON.parse(await run("json")).totals, { passed: 4, failed: 2, skipped: 2 });
});

test("test --shard parts the files so that every file is in exactly one part", async () => {
  const files = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [`t/${name}.mmtrace`, GOOD]));
  const seen: string[] = [];
  for (const part of ["1/2", "2/2"]) {
    const { out } = await mmtrace(["test", "t", "--shard", part, "--kernel", "6.12"], { files });
    seen.push(...[...out.matchAll(/t\/(.)\.mmtrace/g)].map(([, name]) => name));
  }
  assert.deepEqual(seen.sort(), ["a", "b", "c", "d", "e"]);
  assert.equal((await mmtrace(["test", "t", "--shard", "3/2"], { files })).status, 2);
});

test("test says which file is wrong, goes on, and ends with status 2", async () => {
  const files = { "a.mmtrace": "wrte(1)\n", "b.mmtrace": GOOD };
  const { status, out } = await mmtrace(["test", "a.mmtrace", "b.mmtrace"], { files });
  assert.equal(status, 2);
  assert.match(out, /^ERROR a\.mmtrace/m);
  assert.match(out, /^ok {4}b\.mmtrace 6\.12/m);
});

test("check prints problems of all files and runs nothing", async () => {
  const files = { "t/a.mmtrace": "wrte(1)\n", "t/b.mmtrace": FAILS };
  const { status, out } = await mmtrace(["check", "t"], { files });
  assert.equal(status, 2);
  assert.match(out, /^t\/a\.mmtrace:1:1: error: /);
  assert.ok(!out.includes("b.mmtrace"));
});

test("fmt rewrites files, and --check only names those that differ", async () => {
  const files = { "a.mmtrace": "p=mmap(4K,rw)\n", "b.mmtrace": "p = mmap(4K, rw)\n" };
  const checked = await mmtrace(["fmt", "--check", "a.mmtrace", "b.mmtrace"], { files });
  assert.deepEqual([checked.status, checked.out], [1, "a.mmtrace\n"]);
  const written = await mmtrace(["fmt", "a.mmtrace", "b.mmtrace"], { files });
  assert.equal(written.status, 0);
  assert.equal(written.files.get("a.mmtrace"), written.files.get("b.mmtrace"));
});

test("eval gives an expression's value after a line", async () => {
  const value = async (place: string, expr: string) =>
    (await mmtrace(["eval", place, expr], { files: { a: GOOD } })).out;
  assert.equal(await value("a:3", "page(p).refcount"), "1\n");
  assert.equal(await value("a:4", "page(p).refcount"), "2\n");
  assert.equal(await value("a:3", "data(p)"), '"old"\n');
  assert.equal(await value("a:2", "page(p)"), "none\n");
});

test("eval refuses a place or an expression that is none", async () => {
  for (const [place, expr] of [
    ["a", "1"],
    ["a:99", "1"],
    ["a:3", "page(q)"],
    ["a:3", "1 +"],
    ["a:3", "1/0"],
  ]) {
    const { status, err } = await mmtrace(["eval", place, expr], { files: { a: GOOD } });
    assert.equal(status, 2, `${place} ${expr}`);
    assert.match(err, /^error: /);
  }
});

test("why shows the lines, kernel functions and decisions that made a counter", async () => {
  const { status, out } = await mmtrace(["why", "a:5", "page(child, p).refcount", "--kernel", "6.12"], {
    files: { a: GOOD },
  });
  assert.equal(status, 0);
  assert.match(out, /^page\(child, p\)\.refcount is 1\n/);
  assert.match(out, /line 3: write\(p, "old"\) -> anon → minor anon\n/);
  assert.match(out, /line 4: child = fork\(\).*refcount 1 → 2.*line 5: .*wp_page_copy.*refcount 2 → 1\n$/s);
  assert.match(out, /\? .*folio_ref_count.*: no \(refcount 2\)/);
});

test("kernels lists all models and says which are simulated", async () => {
  const { status, out } = await mmtrace(["kernels"]);
  assert.equal(status, 0);
  assert.match(out, /^6\.12 +simulated$/m);
  assert.match(out, /^mapcount-mms +simulated {2}on 5\.15: /m);
  assert.equal(JSON.parse((await mmtrace(["kernels", "--json"])).out).length, 26);
});

test("import strace writes a trace that runs", async () => {
  const log = [
    '100 execve("/bin/a", ["a"], 0x7ffe /* 1 var */) = 0',
    "100 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
    "100 munmap(0x7f0000000000, 4096) = 0",
    "100 +++ exited with 0 +++",
  ].join("\n");
  const imported = await mmtrace(["import", "strace", "a.log", "-o", "a.mmtrace"], { files: { "a.log": log } });
  assert.equal(imported.status, 0, imported.err);
  const trace = imported.files.get("a.mmtrace") ?? "";
  assert.match(trace, /mmap\(8K/);
  const ran = await mmtrace(["run", "-"], { stdin: trace });
  assert.equal(ran.status, 0, ran.out + ran.err);
});

test("a log without a line of strace is an input error", async () => {
  const { status, err } = await mmtrace(["import", "strace", "a"], { files: { a: "hello\n" } });
  assert.equal(status, 2);
  assert.match(err, /no line of strace/);
});
