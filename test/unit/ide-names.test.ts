// Names of a trace: definition, references, highlight, rename, outline.

import assert from "node:assert/strict";
import { test } from "node:test";
import { definition } from "../../server/src/ide/definition.ts";
import { highlights } from "../../server/src/ide/highlight.ts";
import { linkedRanges } from "../../server/src/ide/linked_editing.ts";
import { references } from "../../server/src/ide/references.ts";
import { prepareRename, rename } from "../../server/src/ide/rename.ts";
import { matchingSymbols, type OutlineItem, outline } from "../../server/src/ide/symbols.ts";
import { edited, open, withRanges } from "../support/ide.ts";

function checkDefinition(text: string, expected: string): void {
  const { analysis, cursor } = open(text);
  const found = definition(analysis, cursor);
  assert.equal(withRanges(analysis, found ? [found.name] : []), expected);
}

test("an address goes to the mmap that made it", () => {
  checkDefinition("p = mmap(4K)\nwrite($0p, 1)", "«p» = mmap(4K)\nwrite(p, 1)");
});

test("a process goes to the fork that made it, from its prefix and from an expression", () => {
  checkDefinition("child = fork()\nch$0ild: exit()", "«child» = fork()\nchild: exit()");
  checkDefinition("child = fork()\nexpect child$0.rss == 0", "«child» = fork()\nexpect child.rss == 0");
});

test("a repeat's counter goes to its `as`", () => {
  checkDefinition(
    "p = mmap(8K)\nrepeat 2 as i\nwrite(p[$0i], 1)\nend",
    "p = mmap(8K)\nrepeat 2 as «i»\nwrite(p[i], 1)\nend",
  );
});

test("main, a flag and a comment go nowhere", () => {
  checkDefinition("$0main: exit()", "main: exit()");
  checkDefinition("p = mmap(4K, rw, priv$0ate|anonymous)", "p = mmap(4K, rw, private|anonymous)");
  checkDefinition("p = mmap(4K) # $0p", "p = mmap(4K) # p");
});

test("a flag is never the name that is spelt like it", () => {
  checkDefinition(
    "shared = mmap(4K)\nq = mmap(4K, rw, $0shared|anonymous)",
    "shared = mmap(4K)\nq = mmap(4K, rw, shared|anonymous)",
  );
});

test("references are all uses, with the declaration only when asked for", () => {
  const { analysis, cursor } = open("p = mmap(8K)\nwrite($0p, 1)\nexpect page(p[1]) == none && data(p) != none");
  assert.equal(
    withRanges(analysis, references(analysis, cursor, true)),
    "«p» = mmap(8K)\nwrite(«p», 1)\nexpect page(«p»[1]) == none && data(«p») != none",
  );
  assert.equal(
    withRanges(analysis, references(analysis, cursor, false)),
    "p = mmap(8K)\nwrite(«p», 1)\nexpect page(«p»[1]) == none && data(«p») != none",
  );
});

test("highlights tell the binding from the uses", () => {
  const { analysis, cursor } = open("p$0 = mmap(4K)\nread(p)");
  assert.deepEqual(
    highlights(analysis, cursor).map(({ range, kind }) => `${range.line} ${kind}`),
    ["0 write", "1 read"],
  );
});

function checkRename(text: string, to: string, expected: string): void {
  const { analysis, cursor } = open(text);
  const found = rename(analysis, cursor, to);
  assert.ok(found);
  if ("refused" in found) {
    assert.equal(found.refused, expected);
    return;
  }
  assert.equal(
    edited(
      analysis,
      found.map((range) => ({ range, text: to })),
    ),
    expected,
  );
}

test("rename changes a name everywhere, and nothing that only looks like it", () => {
  checkRename(
    'c = fork()\nc$0: exit()\nexpect c.alive == 0 # c\np = mmap(4K)\nwrite(p, "c")',
    "kid",
    'kid = fork()\nkid: exit()\nexpect kid.alive == 0 # c\np = mmap(4K)\nwrite(p, "c")',
  );
});

test("rename refuses what would not be a name, is taken, or is reserved", () => {
  checkRename("p$0 = mmap(4K)", "4p", "`4p` is no name: letters, digits and `_`, and no digit first");
  checkRename("p$0 = mmap(4K)\nq = mmap(4K)", "q", "`q` is bound already in line 2; names are bound once");
  checkRename("p$0 = mmap(4K)", "expect", "`expect` is a reserved word");
  checkRename("main$0: exit()", "m", "`main` is the name of the first process and cannot be changed");
});

test("rename is offered on names alone", () => {
  const { analysis } = open("p = mmap(4K, rw)");
  assert.deepEqual(prepareRename(analysis, { line: 0, column: 0 }), {
    range: { line: 0, start: 0, end: 1 },
    name: "p",
  });
  assert.equal(prepareRename(analysis, { line: 0, column: 6 }), undefined);
  assert.equal(prepareRename(analysis, { line: 0, column: 15 }), undefined);
});

test("a process's uses are edited together, an address's are not", () => {
  const { analysis } = open("c = fork()\nc: exit()\np = mmap(4K)");
  assert.equal(linkedRanges(analysis, { line: 1, column: 0 })?.length, 2);
  assert.equal(linkedRanges(analysis, { line: 2, column: 0 }), undefined);
});

test("the outline holds names in their sections and repeats", () => {
  const { analysis } = open(
    "# ── Setup ──\np = mmap(8K)\n# ── Work ──\nrepeat 2 as i\n  write(p[i], 1)\nend\nchild = fork()\n",
  );
  const render = (items: readonly OutlineItem[], depth = 0): string =>
    items
      .map(
        (item) =>
          `${"  ".repeat(depth)}${item.kind} ${item.name} ${item.detail}`.trimEnd() +
          `\n${render(item.children, depth + 1)}`,
      )
      .join("");
  assert.equal(
    render(outline(analysis)),
    "section Setup\n  address p mmap(8K)\nsection Work\n  repeat repeat 2 as i\n  process child fork()\n",
  );
});

test("symbols are found by letters in order", () => {
  const { analysis } = open("secret = mmap(4K)\nchild = fork()");
  assert.deepEqual(
    matchingSymbols(analysis, "SCT").map(({ name }) => name),
    ["secret"],
  );
  assert.deepEqual(
    matchingSymbols(analysis, "").map(({ name }) => name),
    ["secret", "child"],
  );
});
