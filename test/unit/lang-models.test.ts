// What depends on the model: operations, words and fields that not every kernel has, and those that wait to be simulated.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { modelsOf } from "../../server/src/lang/models.ts";
import { matches, parseWhen } from "../../server/src/lang/when.ts";
import { finds, found } from "../support/marked.ts";

const P = "p = mmap(4K)\n";

test("a line may expect what the kernel refuses even so", () =>
  finds(`${P}madvise(p + 1, 4K, pageout) -> EINVAL`, [], "6.1"));
test("advice that this kernel has not yet is an error", () => {
  const [problem] = found(`${P}madvise(p, 4K, «populate_read»)`, ["not-in-release"], "5.10");
  assert.equal(problem.fixes?.[0].edits[0].text, " -> EINVAL");
});
test("unless the line expects what this kernel gives", () =>
  finds(`${P}madvise(p, 4K, populate_read) -> EINVAL`, [], "5.10"));
test("another errno is not what it gives", () =>
  finds(`${P}madvise(p, 4K, «populate_read») -> ENOMEM`, ["not-in-release"], "5.10"));
test("a later kernel has it", () => finds(`${P}madvise(p, 4K, populate_read)`, [], "6.1"));
test("a call of a proposal is ENOSYS elsewhere", () => finds('refpage_create("a") -> ENOSYS', [], "6.1"));
test("what a condition on the model leaves out asks for nothing", () => {
  const text = (call: string) => `repeat model.name == "refpage-v2"\nr = ${call}("a")\nend`;
  finds(text("refpage_create"), [], "6.1");
  finds(`repeat model.name != "6.1"\n${P}madvise(p, 4K, populate_read)\nend`, [], "6.1");
  finds(`repeat !(model.release == "6.1")\nrefpage_create("a")\nend\nfork()`, [], "6.1");
});
test("a call behind what the model leaves out is asked for again", () =>
  finds(`repeat 0\nrepeat 1\nend\nend\n${P}madvise(p, 4K, «populate_read»)`, ["not-in-release"], "5.10"));
test("what a run may come to is asked for", () =>
  finds(`${P}repeat page(p).refcount\nmadvise(p, 4K, «populate_read»)\nend`, ["not-in-release"], "5.10"));
test("what one proposal has under another names the models that have it", () => {
  const [flag] = found("r = mmap(4K)\nmmap(4K, rw, «private|refpage», offset=r)", ["not-in-release"], "refpage-v2");
  assert.match(flag.message, /^refpage-v2 has no `mmap\(…, refpage\)` \(only `refpage-v1` and `refpage-in-mapping`\)/);
  const [call] = found('«refpage_create»("a")', ["not-in-release"], "refpage-v1");
  assert.match(call.message, /^refpage-v1 has no `refpage_create` \(only `refpage-v2` and `refpage-per-mapping`\)/);
});
test("a field that the release has not is a warning", () => {
  const [problem] = found(`${P}expect page(p).«exclusive» == 1`, ["field-not-in-release"], "5.10");
  assert.equal(problem.severity, "warning");
});

test("a field that later kernels have no longer says since when", () => {
  const [problem] = found(`${P}expect page(p).folio.«double_map» == 0`, ["field-not-in-release"], "7.2");
  assert.match(problem.message, /7\.2 has no `double_map` \(gone since 6\.2\)/);
});
test("not where the check counts elsewhere only", () => finds(`${P}expect @>=5.19 page(p).exclusive == 1`, [], "5.10"));
test("a field of a process is looked for as well", () =>
  finds("expect main.«has_pinned» == 0", ["field-not-in-release"], "5.7"));

test("a trace without a kernel line runs under the newest", () =>
  assert.deepEqual(modelsOf(analyse("fork()").program), ["7.2"]));
test("a kernel line names them in order", () => {
  assert.deepEqual(modelsOf(analyse("kernel 6.1, 5.7 6.1").program), ["6.1", "5.7"]);
});

function counts(when: string, model: string): boolean {
  return matches(parseWhen({ text: when, start: 0, end: when.length }, []), model);
}

test("WHEN compares releases by their parts", () => {
  assert.ok(counts("@>=6.9", "6.12"));
  assert.ok(!counts("@<6.9", "6.12"));
  assert.ok(counts("@5.19..6.12", "6.12"));
  assert.ok(!counts("@5.19..6.9", "6.12"));
  assert.ok(counts("@5.7,>6.1", "6.18"));
  assert.ok(!counts("@6.1", "6.12"));
});
test("a release condition never matches a proposal", () => {
  assert.ok(!counts("@>=5.7", "refpage-v2"));
  assert.ok(!counts("@5.10", "refpage-v2"));
  assert.ok(counts("@>=5.7,refpage-v2", "refpage-v2"));
});

test("multi-size THP is nothing that a release before 6.8 could set", () => {
  const [problem] = found("kernel 6.6\nmachine «mthp=64K»\np = mmap(64K)", ["idle-setting"], "6.6");
  assert.equal(problem.severity, "warning");
  assert.equal(problem.message, "`mthp` changes nothing here: 6.6 has no multi-size THP; 6.8 and later have it");
  finds("machine «mthp=64K»\np = mmap(64K)", ["idle-setting"], "5.10");
});

test("a setting that counts under one model of the trace is for comparing it with the others", () => {
  for (const model of ["6.6", "6.8"]) finds("kernel 6.6 6.8\nmachine mthp=64K\np = mmap(64K)", [], model);
});

test("a page without a mapcount is nothing that a release before 6.15 could have", () => {
  finds("machine «page_mapcount=off»\np = mmap(64K)", ["idle-setting"], "6.12");
  finds("machine page_mapcount=on\np = mmap(64K)", [], "6.12");
});

test("a pin needs a counter that holds 1024", () => {
  finds("machine refcount_bits=11\nd = «pin_user_pages»(0, 4K)", ["pin-overflows"], "7.2");
  finds("machine refcount_bits=8\nd = «o_direct_read»(0, 4K)", ["pin-overflows"], "6.6");
});
test("so it does with twelve bits, and where a pin is a plain reference", () => {
  finds("machine refcount_bits=12\nd = pin_user_pages(0, 4K)", [], "7.2");
  finds("machine refcount_bits=8\nd = pin_user_pages(0, 4K)", [], "4.19");
  finds("machine refcount_bits=8\nd = o_direct_read(0, 4K)", [], "6.1");
});
