// What stands behind and above lines: inlay hints and code lenses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { codeLenses } from "../../server/src/ide/code_lens.ts";
import { inlayHints } from "../../server/src/ide/inlay_hints.ts";
import { open } from "../support/ide.ts";

// The text with its hints in it, as an editor shows it.
function hinted(text: string, settings = {}): string {
  const { analysis } = open(text, settings);
  const lines = text.split("\n");
  for (const { at, text: hint } of inlayHints(analysis, 0, lines.length)) {
    lines[at.line] = `${lines[at.line].slice(0, at.column)}‹${hint}›${lines[at.line].slice(at.column)}`;
  }
  return lines.join("\n");
}

const COW = 'p = mmap(4K)\nwrite(p, "a") # first\nc = fork()\nc: write(p, "b")\nread(p)';

test("each line shows what it did and the counters of the page it touched", () => {
  assert.equal(
    hinted(COW).replace(/pfn \d+/g, "pfn N"),
    [
      "p = mmap(4K)‹→ 0x200000000000›",
      'write(p, "a")‹→ minor anon · pfn N ref 1 map 1 excl› # first',
      "c = fork()",
      'c: write(p, "b")‹→ minor cow · pfn N ref 1 map 1 excl›',
      "read(p)‹→ hit · pfn N ref 1 map 1›",
    ].join("\n"),
  );
});

test("outcomes and counters are switched on their own", () => {
  const outcome = hinted(COW, { inlayHints: { outcome: true, counters: false } });
  assert.match(outcome, /‹→ minor anon›/);
  assert.doesNotMatch(outcome, /pfn/);
  const counters = hinted(COW, { inlayHints: { outcome: false, counters: true } });
  assert.match(counters, /‹→ pfn \d+ ref 1 map 1 excl›/);
  assert.doesNotMatch(counters, /minor/);
  assert.equal(hinted(COW, { inlayHints: { outcome: false, counters: false } }), COW);
});

test("a line that touches a huge page shows its folio's references and order", () => {
  const trace =
    "machine thp=always memory=64M\np = mmap(2M, rw, private|anonymous|fixed, at=0x40000000)\nwrite(p)\nsplit_pmd(p)\nread(p[5])";
  const [, , write, , read] = hinted(trace).split("\n");
  assert.equal(write, "write(p)‹→ minor anon huge · pfn 5 ref 1 map 1 excl order 9›");
  assert.equal(read, "read(p[5])‹→ hit · pfn 10 ref 512 map 1 excl order 9›");
});

test("a line in a repeat shows its last round and how many there were", () => {
  const shown = hinted("p = mmap(16K)\nrepeat 4 as i\n  write(p[i], 1)\nend");
  assert.match(shown, / {2}write\(p\[i\], 1\)‹→ minor anon · pfn \d+ ref 1 map 1 excl · ×4›/);
  assert.match(hinted("p = mmap(4K)\nrepeat 3\n  read(p)\nend"), /‹→ hit · .*×3, first minor zero›/);
});

test("a line that failed shows its signal or errno", () => {
  assert.equal(hinted("munmap(1, 4K) -> EINVAL"), "munmap(1, 4K) -> EINVAL‹→ EINVAL›");
  assert.equal(hinted("read(4096) -> SIGSEGV"), "read(4096) -> SIGSEGV‹→ SIGSEGV›");
});

test("a check that the model skips says so, a check that holds says nothing", () => {
  assert.equal(
    hinted("kernel 6.1\nexpect @5.7 1 == 1\nexpect 1 == 1"),
    "kernel 6.1\nexpect @5.7 1 == 1‹→ skipped under 6.1›\nexpect 1 == 1",
  );
});

test("hints are of the lines that are asked for", () => {
  const { analysis } = open(COW);
  assert.deepEqual(
    inlayHints(analysis, 3, 4).map(({ at }) => at.line),
    [3],
  );
});

test("lenses stand above the first statement", () => {
  const { analysis } = open("# a title\nkernel 6.1 6.18\np = mmap(4K)");
  assert.deepEqual(
    codeLenses(analysis).map(({ line, title, action }) => `${line} ${title} ${action}`),
    ["2 Run run", "2 Debug debug", "2 All 2 models runAllModels"],
  );
  assert.deepEqual(codeLenses(open("# nothing to run").analysis), []);
});
