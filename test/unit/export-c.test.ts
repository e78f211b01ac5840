// Traces as C programs: what they say, that a strict compiler takes them, and that they hold on this machine's kernel.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import { modelsOf } from "../../server/src/lang/models.ts";
import { type Exported, exportC } from "../../server/src/run/export_c/export.ts";
import { run } from "../../server/src/run/run.ts";
import { complaints, hasCompiler, hostModel, ran } from "../support/cc.ts";
import { mmtrace } from "../support/cli.ts";
import { traces } from "../support/samples.ts";

const compiled = { skip: hasCompiler ? false : "no C compiler" };

function exported(text: string, model = "6.18", name = "a.mmtrace"): Exported {
  const { program } = analyse(text);
  const problems = [...program.problems, ...check(program, model)].filter(({ severity }) => severity === "error");
  assert.deepEqual(problems, []);
  return exportC(name, text.split(/\r?\n/), run(program, { model }));
}

function cOf(text: string, model?: string): string {
  const made = exported(text, model);
  assert.deepEqual(made.problems, []);
  return made.text;
}

function problemOf(text: string): string {
  const [problem] = exported(text).problems;
  return `${problem.range.line + 1}: ${problem.message}`;
}

// Traces of a folder that can be written as C under their first model.
function all(folder: string): Map<string, string> {
  const programs = new Map<string, string>();
  for (const [name, text] of traces(folder)) {
    const { program } = analyse(text);
    const [model] = modelsOf(program);
    if (program.statements.length > 400 || check(program, model).some(({ severity }) => severity === "error")) continue;
    const made = exported(text, model, name);
    if (made.problems.length === 0) programs.set(name, made.text);
  }
  return programs;
}

for (const sample of ["cve-2020-29374-vmsplice", "20-hugetlb-reservation"]) {
  test(`the sample ${sample} is the C that the golden file shows`, () => {
    const golden = new URL(`../golden/export-c/${sample}.c`, import.meta.url);
    const [name, text] = traces("samples").find(([path]) => path.includes(sample)) ?? assert.fail();
    const made = exported(text, "6.18", name.slice(name.lastIndexOf("/") + 1)).text;
    if (process.env.UPDATE) writeFileSync(golden, made);
    assert.equal(made, readFileSync(golden, "utf8"));
  });
}

test("each conformance trace that can be exported is C without a warning", compiled, () => {
  const programs = all("test/conformance");
  assert.ok(programs.size >= 70, `${programs.size} programs`);
  assert.equal(complaints(programs), "");
});

test("each sample that can be exported is C without a warning", compiled, () => {
  const programs = all("samples");
  assert.ok(programs.size >= 20, `${programs.size} programs`);
  assert.equal(complaints(programs), "");
});

const HOLD = [
  "02-fork-three-generations",
  "02-fork-child-exits",
  "03-partial-cross-page-write",
  "04-mprotect-split-partial",
  "06-mremap-forked",
  "07-file-private-fork-parent-first",
  "08-memfd-private-cow",
  "09-vmsplice-child-unmaps",
  "11-readv-shared",
  "12-dontneed-basic",
  "13-wipeonfork",
  "21-sigsegv-no-mapping",
];

for (const name of HOLD) {
  const model = hostModel();
  const skip = !hasCompiler ? "no C compiler" : model === undefined ? "no Linux that is simulated" : false;
  test(`${name} holds on this machine's kernel`, { skip }, () => {
    const [, text] = traces("test/conformance").find(([path]) => path === `${name}.mmtrace`) ?? assert.fail(name);
    const made = exported(text, model);
    const { status, out } = ran(made.text);
    assert.doesNotMatch(out, /^(not ok|Bail out)/m, out);
    assert.match(out, new RegExp(`^ok ${made.tests} - `, "m"), out);
    assert.equal(status, 0);
  });
}

const SPLIT = `p = mmap(4M)
madvise(p, 4M, hugepage)
write(p, "one") -> anon huge
expect pte(p).level == pmd && page(p).folio.order == 9
expect page(p[511]).folio.pages == 512
pipe = vmsplice(p, 4K)
split_folio(p)
expect page(p).folio.order == 9
release(pipe)
split_folio(p[7])
expect page(p).folio.order == 0
expect pte(p).level == pte && page(p).folio.pages == 1
write(p, "two") -> hit
`;

// What needs root, or settings that a machine may not have, skips itself; what runs must hold.
const HUGE: readonly (readonly [string, string?])[] = [
  ["a folio that is split", SPLIT],
  ["01-one-entry-for-a-huge-page"],
  ["20-hugetlb-reservation"],
  ["21-hugetlb-cow"],
  ["22-hugetlb-pool-runs-out"],
  ["23-hugetlb-shared-tables"],
];

for (const [name, text] of HUGE) {
  const model = hostModel();
  const skip = !hasCompiler ? "no C compiler" : model === undefined ? "no Linux that is simulated" : false;
  test(`${name} holds on this machine's kernel, which keeps its pool of huge pages`, { skip }, () => {
    const sample = traces("samples").find(([path]) => path.includes(name));
    const pool = () => readFileSync("/proc/sys/vm/nr_hugepages", "utf8");
    const before = pool();
    const made = exported(text ?? sample?.[1] ?? assert.fail(name), model);
    const { status, out } = ran(made.text);
    assert.doesNotMatch(out, /^(not ok|Bail out)/m, out);
    if (status !== 4) assert.match(out, new RegExp(`^ok ${made.tests} - `, "m"), out);
    assert.equal(pool(), before);
  });
}

test("the kernel is asked to split the page of an address, as the reader of split_huge_pages wants it", () => {
  const code = cOf("p = mmap(4M)\nmadvise(p, 4M, hugepage)\nwrite(p)\nsplit_folio(p[3])\n");
  assert.match(code, /split_folio\(p \+ 3 \* PAGE\)/);
  assert.match(code, /"%d,0x%lx,0x%lx", getpid\(\), start, start \+ PAGE/);
  assert.match(code, /if \(!can_split_folios\(\)\)/);
});

test("a length that is left out of a mapping of the pool is a whole number of huge pages", () => {
  const code = cOf("p = mmap(3M, rw, private|anonymous|hugetlb)\nmunmap(p[512])\n");
  assert.match(code, /munmap\(p \+ 512 \* PAGE, 2 \* MiB\)/);
  assert.match(code, /with_huge_pages\(16\);/);
});

test("a check that does not hold is `not ok`, and so is the exit status", compiled, () => {
  const { status, out } = ran(cOf('p = mmap(4K)\nwrite(p, "a") -> anon\nexpect data(p) == "b"\n'));
  assert.match(out, /^not ok 2 - line 3: /m);
  assert.equal(status, 1);
});

test("a signal that nobody expects ends the program with a reason", compiled, () => {
  const text = "p = mmap(4K, r)\nread(p)\nwrite(p, 1) -> SIGSEGV\n";
  const { status, out } = ran(cOf(text).replace("expect_outcome(SEGV", "expect_outcome(MINOR"));
  assert.match(out, /^not ok 1.*\nBail out! the process dies of SIGSEGV$/m);
  assert.equal(status, 1);
});

test("a repeat is a loop, and its tests are all in the plan", compiled, () => {
  const text = "p = mmap(16K)\nrepeat 4 as i\n  write(p[i], i) -> anon\nend\n";
  const code = cOf(text);
  assert.match(code, /for \(i = 0; i < 4; i\+\+\) \{/);
  assert.match(ran(code).out, /^1\.\.4\nok 1[\s\S]*^ok 4/m);
});

test("what user space cannot see is a comment, and no test", () => {
  const made = exported("p = mmap(4K)\nwrite(p, 1)\nexpect page(p).refcount == 1 && page(p).mapcount == 1\n");
  assert.deepEqual(made.unseen, [{ line: 3, why: "user space sees no `refcount`" }]);
  assert.equal(made.tests, 1);
  assert.match(made.text, /in part not tested: user space sees no `refcount`/);
});

test("checks for other kernels are left out", () => {
  const made = exported("kernel 6.1 6.18\np = mmap(4K)\nwrite(p, 1)\nexpect @6.1 page(p).mapcount == 1\n", "6.18");
  assert.equal(made.tests, 0);
  assert.match(made.text, /not under 6\.18/);
});

test("a name that a younger process binds stands where all see it", () => {
  const code = cOf("c = fork()\nc: q = mmap(4K)\nc: write(q, 1)\nexpect page(c, q).mapcount == 1\n");
  assert.match(code, /shared->q = mmap\(/);
  assert.match(code, /page_mapcount\(C, shared->q\)/);
});

for (const [line, why] of [
  ["f = device(pfnmap, 4K)", "`device` is nothing that a program can bring about"],
  ["reclaim(1)", "`reclaim` is nothing that a program can bring about"],
  ["swapoff()", "`swapoff` is nothing that a program can bring about"],
  ["c = vfork()", "`vfork` is nothing that a program can bring about"],
] as const) {
  test(`\`${line}\` is refused at its line`, () => {
    assert.equal(problemOf(`p = mmap(4K)\n${line}\n`), `2: cannot be exported: ${why}`);
  });
}

test("settings that a program does not have are refused at their line", () => {
  assert.match(problemOf("machine max_map_count=3\np = mmap(4K)\n"), /^1: .*`max_map_count=3`/);
});

test("a program that would be too long, or run too long, is refused", () => {
  assert.match(problemOf("p = mmap(4K)\n".concat("write(p, 1)\n".repeat(5001))), /too long/);
  assert.match(problemOf("p = mmap(4K)\nrepeat 200000\n  write(p, 1)\nend\n"), /too long/);
});

const NAMES = ["int", "errno", "linux", "stdin", "load", "shared", "EINVAL", "size_t", "_x", "main_", "on", "si_pid"];
const name = fc.oneof(fc.constantFrom(...NAMES), fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/));
const hostile = fc.constantFrom('*/ int x = ";', "??/", "/*", "%s%n", "\\\\", "# SKIP", "??)", "\u202e", "é", "\\n");
const content = fc.oneof(hostile, fc.string({ maxLength: 12 })).map((text) => text.replace(/["\\\n\r]/g, ""));

test("whatever a trace calls things, writes and remarks, the C compiles", compiled, () => {
  const programs = new Map<string, string>();
  const one = fc.tuple(fc.uniqueArray(name, { minLength: 3, maxLength: 3 }), content, hostile);
  for (const [[p, child, pipe], written, remark] of fc.sample(one, { numRuns: 40, seed: 7 })) {
    const text = [
      `${p} = mmap(8K) # ${remark}`,
      `write(${p}, "${written}")`,
      `${child} = fork()`,
      `${child}: ${pipe} = vmsplice(${p}, 4K)`,
      `expect data(${p}) == "${written}" # ${remark}`,
      `expect ${pipe}.data == "${written}"`,
    ].join("\n");
    const { program } = analyse(text);
    if (program.problems.some(({ severity }) => severity === "error")) continue;
    programs.set(`${programs.size}`, cOf(text));
  }
  assert.ok(programs.size >= 20, `${programs.size} programs`);
  assert.equal(complaints(programs), "");
});

test("`export c` writes the program where it is told to, and says what is not tested", async () => {
  const files = { "a.mmtrace": "p = mmap(4K)\nwrite(p, 1) -> anon\nexpect page(p).refcount == 1\n" };
  const { status, files: after, err } = await mmtrace(["export", "c", "a.mmtrace", "-o", "a.c"], { files });
  assert.equal(status, 0);
  assert.match(after.get("a.c") ?? "", /static void story\(void\)/);
  assert.equal(err, "a.mmtrace:3: not tested: user space sees no `refcount`\n");
});

test("`export c` of what cannot be exported fails and names the line", async () => {
  const files = { "a.mmtrace": "reclaim(1)\n" };
  const { status, out, err } = await mmtrace(["export", "c", "a.mmtrace"], { files });
  assert.deepEqual([status, out], [2, ""]);
  assert.match(err, /^a\.mmtrace:1:1: error: cannot be exported: .* \[not-exportable\]\n$/);
});
