// Code actions: what they offer, and what the text becomes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { codeActions, fixAll } from "../../server/src/ide/code_actions.ts";
import { edited, open } from "../support/ide.ts";

function apply(text: string, title: RegExp, line: number, expected: string): void {
  const { analysis } = open(text);
  const actions = codeActions(analysis, line, line);
  const action = actions.find((one) => title.test(one.title));
  assert.ok(action, `no ${title} among ${actions.map((one) => one.title).join("; ")}`);
  assert.equal(edited(analysis, action.edits), expected);
}

test("a misspelt word becomes the nearest known one", () => {
  apply("p = mmpa(4K)", /mmap/, 0, "p = mmap(4K)");
  apply("p = mmap(4K)\nexpect page(p).refcout == none", /refcount/, 1, "p = mmap(4K)\nexpect page(p).refcount == none");
});

test("the actual value of a failed expect is accepted, one or all", () => {
  const text = "p = mmap(4K)\nwrite(p, 1)\nexpect page(p).refcount == 2\nexpect page(p).mapcount == 3 # why\n";
  apply(text, /^Accept the actual value/, 2, text.replace("== 2", "== 1"));
  apply(text, /^Accept all 2/, 2, text.replace("== 2", "== 1").replace("== 3", "== 1"));
});

test("an outcome that is not what the line says is accepted", () => {
  apply("p = mmap(4K)\nwrite(p, 1) -> cow", /^Accept the actual outcome/, 1, "p = mmap(4K)\nwrite(p, 1) -> minor anon");
});

test("a signal and an errno become expected", () => {
  apply("read(4096)", /SIGSEGV/, 0, "read(4096) -> SIGSEGV");
  apply("munmap(1, 4K) # odd", /EINVAL/, 0, "munmap(1, 4K) -> EINVAL # odd");
});

test("the real outcome is written behind a line, and behind several", () => {
  apply("p = mmap(4K)\nwrite(p, 1) # c", /^Add `-> minor anon`/, 1, "p = mmap(4K)\nwrite(p, 1) -> minor anon # c");
  const { analysis } = open("p = mmap(4K)\nwrite(p, 1)\nread(p)");
  const all = codeActions(analysis, 1, 2).find(({ title }) => title.startsWith("Add `->`"));
  assert.ok(all);
  assert.equal(edited(analysis, all.edits), "p = mmap(4K)\nwrite(p, 1) -> minor anon\nread(p) -> hit");
});

test("what came out differently in different rounds is not written down", () => {
  const { analysis } = open("p = mmap(4K)\nrepeat 2\n  write(p, 1)\nend");
  assert.deepEqual(codeActions(analysis, 2, 2), []);
});

test("a fix that only some models ask for says which", () => {
  const text =
    'kernel 5.7 6.18\np = mmap(4K)\nwrite(p, "a")\nc = fork()\nc: v = vmsplice(p, 4K)\nc: munmap(p)\nwrite(p, "b")\nexpect v.data == "a"\n';
  const { analysis } = open(text);
  const [action] = codeActions(analysis, 7, 7);
  assert.match(action.title, /as under 5\.7/);
  assert.equal(action.preferred, false);
});

test("a check that only some models pass becomes one for each result", () => {
  const trace = (check: string) =>
    `kernel 5.7 6.12 6.18\np = mmap(4K)\nwrite(p, "a")\nc = fork()\nc: v = vmsplice(p, 4K)\nc: munmap(p)\nwrite(p, "b")\n${check} # who?\n`;
  apply(
    trace('expect v.data == "a"'),
    /^Expect each model's own value/,
    7,
    trace('expect @5.7 v.data == "b"\nexpect @6.12,6.18 v.data == "a"'),
  );
});

test("fix all applies the preferred fix of every problem", () => {
  const { analysis } = open("p = mmpa(4K)\nqq = froku()\n");
  assert.equal(edited(analysis, fixAll(analysis)).split("\n")[0], "p = mmap(4K)");
});

test("where nothing is wrong and nothing ran, nothing is offered", () => {
  assert.deepEqual(codeActions(open("# nothing\n").analysis, 0, 0), []);
});
