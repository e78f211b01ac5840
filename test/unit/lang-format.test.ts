// The formatter: one way to write a line, columns for outcomes and comments.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyse } from "../../server/src/lang/document.ts";
import { formatText } from "../../server/src/lang/format.ts";
import { samples, traces } from "../support/samples.ts";

function formats(from: string, to: string): void {
  assert.equal(formatText(from), to);
}

test("blanks stand in one way", () =>
  formats("p=mmap( 4K,rw ,private | anonymous , at = 0x1000 )", "p = mmap(4K, rw, private|anonymous, at=0x1000)"));
test("a process stands before its colon", () =>
  formats('child :  write( p [ 1 ],"a b" )', 'child: write(p[1], "a b")'));
test("operators have room, signs do not", () =>
  formats("expect   page( p ) . refcount==1&&! ( 2*-3<4 )", "expect page(p).refcount == 1 && !(2 * -3 < 4)"));
test("a WHEN is kept", () => formats("expect  @>=5.9,refpage-v2   1", "expect @>=5.9,refpage-v2 1"));
test("a sign stands apart from the WHEN", () => formats("expect @>=5.9   !last.cow", "expect @>=5.9 !last.cow"));
test("models and settings stand apart by one blank", () => formats("kernel 5.7,5.10 ,  6.1", "kernel 5.7 5.10 6.1"));
test("repeats are indented", () =>
  formats("repeat 3 as i\nrepeat 2\nread(p)\nend\nend", "repeat 3 as i\n  repeat 2\n    read(p)\n  end\nend"));
test("outcomes and comments stand in columns", () =>
  formats(
    'p = mmap(4K) # a page\nwrite(p, "a")->anon # first\nchild: write(p, "b")   ->  minor   cow# copy\nfork()',
    [
      "p = mmap(4K)                       # a page",
      'write(p, "a")        -> anon       # first',
      'child: write(p, "b") -> minor cow  # copy',
      "fork()",
    ].join("\n"),
  ));
test("a blank line begins new columns", () =>
  formats("a = fork() # x\n\nchild = fork() # y", "a = fork()  # x\n\nchild = fork()  # y"));
test("a comment of its own is indented with its lines", () =>
  formats("repeat 2\n# why\nfork()\nend", "repeat 2\n  # why\n  fork()\nend"));
test("a line with an error stays as it is", () => formats("p  =  mmap( 4K\nfork( )", "p  =  mmap( 4K\nfork()"));
test("line ends stay", () => formats("fork( )\r\nfork( )\r\n", "fork()\r\nfork()\r\n"));
test("nothing stands behind a line", () => formats("fork()   \n   \n# x   ", "fork()\n\n# x"));

test("formatting twice is formatting once, and changes no meaning", () => {
  for (const [name, text] of samples()) {
    const once = formatText(text);
    assert.equal(formatText(once), once, name);
    assert.deepEqual(meaning(once), meaning(text), name);
  }
});

test("the samples have the form that the formatter gives", () => {
  for (const [name, text] of traces("samples")) assert.equal(formatText(text), text, name);
});

test("formatting is idempotent on anything", () => {
  const words = fc.constantFrom(
    "p",
    "=",
    "==",
    "mmap",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "|",
    "||",
    "-",
    "!",
    "->",
    "4K",
    '"a b"',
    '"',
    "#",
    " ",
    "  ",
    "\n",
    ":",
    "expect",
    "@6.1",
    "repeat",
    "end",
    "kernel",
    "é",
    "\r\n",
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 60 }), (parts) => {
      const once = formatText(parts.join(""));
      assert.equal(formatText(once), once);
    }),
    { numRuns: 500 },
  );
});

// What a text says, without where it says it.
function meaning(text: string): unknown {
  const { program } = analyse(text);
  const bare = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);
  const json = JSON.stringify(
    [program.statements, program.machine, program.kernels, program.problems.map((p) => p.code)],
    bare,
  );
  return json.replace(/"(start|end|line|valueStart|column)":\d+,?/g, "").replace(/"text":"(\\.|[^"\\])*",?/g, "");
}
