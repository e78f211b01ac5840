// Features about the text as text: tokens, folding, selection, formatting, links.

import assert from "node:assert/strict";
import { test } from "node:test";
import { links } from "../../server/src/ide/document_link.ts";
import { folds } from "../../server/src/ide/folding.ts";
import { formatting } from "../../server/src/ide/formatting.ts";
import { selectionRanges } from "../../server/src/ide/selection_range.ts";
import { packed, semanticTokens } from "../../server/src/ide/semantic_tokens.ts";
import { edited, open } from "../support/ide.ts";

// Each token as `text:type`, a declaration with `!`.
function tokens(text: string): string {
  const { analysis } = open(text);
  const lines = text.split("\n");
  return semanticTokens(analysis, 0, lines.length)
    .map(
      ({ line, start, length, type, declares }) =>
        `${lines[line].slice(start, start + length)}:${type}${declares ? "!" : ""}`,
    )
    .join(" ");
}

test("names are coloured by what they are bound to", () => {
  assert.equal(tokens("p = mmap(4K)"), "p:mapping! mmap:operation 4K:number");
  assert.equal(
    tokens("f = memfd(4K)\nclose(f)"),
    "f:fileHandle! memfd:operation 4K:number close:operation f:fileHandle",
  );
  assert.equal(
    tokens('c = fork()\nc: v = vmsplice(0, 4K) -> ok # "x"'),
    'c:process! fork:operation c:process v:pin! vmsplice:operation 0:number 4K:number ok:outcome # "x":comment',
  );
});

test("flags, models, settings, fields and conditions have their types", () => {
  assert.equal(
    tokens("p = mmap(4K, rw, flags=private|anon)"),
    "p:mapping! mmap:operation 4K:number rw:flag flags:parameter private:flag anon:flag",
  );
  assert.equal(tokens("kernel 5.7 6.18"), "kernel:keyword 5.7:model 6.18:model");
  assert.equal(tokens("machine layout=kernel"), "machine:keyword layout:property kernel:flag");
  assert.equal(
    tokens("p = mmap(4K)\nexpect @>=5.19 page(p).exclusive == none").split("number ")[1],
    "expect:keyword @>=5.19:model page:function p:mapping exclusive:property none:keyword",
  );
  assert.match(tokens("p = mmap(4K)\nexpect pte(p).level == pmd"), /level:property pmd:flag$/);
});

test("tokens are packed relative to the one before", () => {
  const { analysis } = open("p = mmap(4K)\nread(p)");
  const data = packed(semanticTokens(analysis, 0, 2));
  assert.deepEqual(data.slice(0, 5), [0, 0, 1, 9, 1]);
  assert.deepEqual(data.slice(5, 8), [0, 4, 4]);
  assert.deepEqual(data.slice(15, 18), [1, 0, 4]);
});

test("repeats, sections and comments fold", () => {
  const text = "# ── One ──\np = mmap(4K)\n\n# ── Two ──\nrepeat 2\n  read(p)\n  read(p)\nend\n# a\n# b\n";
  const { analysis } = open(text);
  assert.deepEqual(
    folds(analysis).map(({ from, to, kind }) => `${from}-${to} ${kind}`),
    ["0-1 region", "3-9 region", "4-6 region", "8-9 comment"],
  );
});

test("selection grows from the word to the text", () => {
  const { analysis, cursor } = open("p = mmap(4K)\nrepeat 1\n  write($0p[0], 1) # c\nend");
  const text = ["p = mmap(4K)", "repeat 1", "  write(p[0], 1) # c", "end"];
  const shown = selectionRanges(analysis, cursor).map(({ from, to }) =>
    from.line === to.line ? text[from.line].slice(from.column, to.column) : `${from.line}-${to.line}`,
  );
  assert.deepEqual(shown, ["p", "p[0]", "write(p[0], 1)", "write(p[0], 1) # c", "  write(p[0], 1) # c", "1-3", "0-3"]);
});

test("formatting is what `mmtrace fmt` does, and done twice changes nothing", () => {
  const { analysis } = open('p=mmap( 4K,rw )\nwrite(p,"a")->anon   # first\n');
  const text = edited(analysis, formatting(analysis));
  assert.equal(text.split("\n")[0], "p = mmap(4K, rw)");
  const again = open(text).analysis;
  assert.deepEqual(formatting(again), []);
});

test("formatting a range touches its lines alone", () => {
  const { analysis } = open("p=mmap(4K)\nq=mmap(4K)\n");
  assert.equal(edited(analysis, formatting(analysis, 1, 2)), "p=mmap(4K)\nq = mmap(4K)\n");
});

test("kernel source places in comments are links", () => {
  const { analysis } = open("kernel 6.1\nread(0) -> SIGSEGV # see mm/memory.c\n");
  assert.deepEqual(
    links(analysis).map(({ range, target }) => `${range.start}-${range.end} ${target}`),
    ["25-36 https://elixir.bootlin.com/linux/v6.1/source/mm/memory.c"],
  );
});
