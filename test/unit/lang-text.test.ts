// Texts of any kind: every prefix is read, an edited text says what the whole text read anew says, nothing hangs.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { check } from "../../server/src/lang/check.ts";
import { analyse, type Document } from "../../server/src/lang/document.ts";
import { formatText } from "../../server/src/lang/format.ts";
import { parseLine } from "../../server/src/lang/parse.ts";
import type { TextEdit } from "../../server/src/lang/text.ts";
import { scan, T, Tokens } from "../../server/src/lang/token.ts";
import { samples } from "../support/samples.ts";

test("every sample is read without a problem but of what is not simulated", () => {
  for (const [name, text] of samples()) {
    const { program } = analyse(text);
    const problems = [...program.problems, ...program.kernels.flatMap(({ model }) => check(program, model))];
    const others = problems.filter(({ code }) => code !== "not-simulated" && code !== "setting-not-simulated");
    assert.deepEqual(others, [], name);
  }
});

test("any prefix of any sample is read", () => {
  for (const [, text] of samples().slice(0, 30)) {
    for (let end = 0; end <= text.length; end += 7) assert.ok(analyse(text.slice(0, end)).program);
  }
});

test("every line of a tree spans no more than its line", () => {
  for (const [, text] of samples()) {
    for (const line of text.split("\n")) {
      const { node, comment } = parseLine(line);
      assert.ok(node.start >= 0 && node.end <= line.length && (comment?.end ?? 0) <= line.length);
    }
  }
});

test("tokens cover all but blanks", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      const tokens = new Tokens();
      scan(text, 0, text.length, tokens);
      let at = 0;
      for (let i = 0; i < tokens.length; i++) {
        assert.match(text.slice(at, tokens.starts[i]), /^[ \t\r\f\v\ufeff]*$/);
        at = tokens.ends[i];
      }
      assert.equal(tokens.kinds[tokens.length - 1], T.newline);
    }),
  );
});

// All that a document says, to compare.
function told(document: Document): unknown {
  const { problems, kernels, machine, statements, symbols, needs } = document.program;
  const used = symbols.filter((symbol) => symbol.declaration !== undefined).map(({ id: _, ...symbol }) => symbol);
  used.sort((a, b) => (a.name < b.name ? -1 : 1));
  // Numbers of names depend on the order in which they were first seen.
  const name = (id: unknown) => (typeof id === "number" && id >= 0 ? symbols[id]?.name : id);
  const named = JSON.stringify([problems, kernels, machine, statements, needs], (key, value) => {
    if (typeof value === "bigint") return `${value}n`;
    return ["symbol", "process", "target", "name"].includes(key) ? name(value) : value;
  });
  return [named, used, document.text, document.lineCount];
}

const LINES = [
  "p = mmap(16K)",
  'write(p, "a") -> anon',
  "child = fork()",
  "child: read(p)",
  "repeat 3 as i",
  "end",
  "expect page(p).refcount == 1",
  "kernel 6.1",
  "machine memory=1G",
  "# comment",
  "",
  "  read(q[i])",
  "q = file(4K)",
  "mmtrace 1",
  "expect child.rss",
  "(",
  'write(p, "',
  "expect q.size == p",
];

const text = fc.array(fc.constantFrom(...LINES), { maxLength: 40 }).map((lines) => lines.join("\n"));
const piece = fc.oneof(
  fc.constantFrom(...LINES, "\n", "\r\n", '"', "(", "p", " ", "x\ny"),
  text,
  fc.string({ maxLength: 5 }),
);
const edit = fc
  .record({ a: fc.nat(45), b: fc.nat(45), c: fc.nat(30), d: fc.nat(30), text: piece })
  .map(({ a, b, c, d, text }): TextEdit => {
    const [from, to] =
      a < b || (a === b && c <= d)
        ? [
            { line: a, column: c },
            { line: b, column: d },
          ]
        : [
            { line: b, column: d },
            { line: a, column: c },
          ];
    return { from, to, text };
  });

test("an edited text says what the text read anew says", () => {
  fc.assert(
    fc.property(text, fc.array(edit, { minLength: 1, maxLength: 6 }), (start, edits) => {
      let document = analyse(start);
      for (const change of edits) {
        document = document.edit([change]);
        assert.deepEqual(told(document), told(analyse(document.text)));
      }
    }),
    { numRuns: 400 },
  );
});

test("so does a text of many chunks", () => {
  const long = Array.from({ length: 3000 }, (_, i) => LINES[(i * 7) % LINES.length]).join("\n");
  const places = fc.record({ line: fc.nat(3100), lines: fc.nat(1200), column: fc.nat(8), text: piece });
  fc.assert(
    fc.property(fc.array(places, { minLength: 1, maxLength: 4 }), (places) => {
      let document = analyse(long);
      for (const { line, lines, column, text } of places) {
        document = document.edit([{ from: { line, column }, to: { line: line + lines, column: 0 }, text }]);
      }
      assert.deepEqual(told(document), told(analyse(document.text)));
    }),
    { numRuns: 15 },
  );
});

test("a version stays readable after the next one", () => {
  const before = analyse("p = mmap(4K)\nread(p)\nread(p)");
  const said = told(before);
  const after = before.edit([{ from: { line: 1, column: 0 }, to: { line: 1, column: 0 }, text: "\n\n" }]);
  assert.equal(after.program.statements[1].line, 3);
  assert.deepEqual(told(before), said);
});

test("statements that an edit leaves alone are the same objects", () => {
  const before = analyse("p = mmap(4K)\nrepeat 2\n  read(p)\nend\nread(p)");
  const after = before.edit([{ from: { line: 4, column: 6 }, to: { line: 4, column: 6 }, text: "[0]" }]);
  for (const i of [0, 1, 2, 3]) assert.equal(after.program.statements[i], before.program.statements[i]);
  assert.notEqual(after.program.statements[4], before.program.statements[4]);
});

test("garbage is read, formatted and told in few problems", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      const garbage = new TextDecoder().decode(bytes);
      const document = analyse(garbage);
      assert.ok(document.program.problems.length <= document.lineCount * 25);
      assert.equal(document.text, garbage);
      formatText(garbage);
    }),
  );
});

function quickly(what: () => void): void {
  const began = performance.now();
  what();
  assert.ok(performance.now() - began < 20_000);
}

test("a line of ten megabytes is read", () => {
  for (const unit of ["x", "f(1,"]) longLine(unit, 10_000_000);
});

test("so is a long line of anything", () => {
  for (const unit of ["(", "1+", "a.", '"', "\\", "p[", "é", "\0", "-> a ", "!", "private|", "-"])
    longLine(unit, 1_000_000);
});

function longLine(unit: string, length: number): void {
  quickly(() => {
    const document = analyse(`p = mmap(4K)\nread(${unit.repeat(length / unit.length)}`);
    assert.ok(document.program.problems.length > 0 && document.program.problems.length < 50, unit);
  });
}

test("so is a formatted one", () => {
  for (const unit of ["a=", "f(1,", "1+", '"a",'])
    quickly(() => formatText(`x(${unit.repeat(1_000_000 / unit.length)}1)`));
});

test("an empty text is a program of nothing", () => {
  const { program, lineCount } = analyse("");
  assert.deepEqual([program.statements, program.problems, lineCount], [[], [], 1]);
});

test("addresses past the canonical range and strange lengths are just numbers", () => {
  const { program } = analyse(
    "read(0xffff800000000000)\nread(0x0, 18446744073709551615)\nmmap(0)\nmmap(0xffffffffffffffff, at=0xfffffffffffff000)",
  );
  assert.deepEqual(program.problems, []);
});

test("replacement characters of a text that was no UTF-8 are told by line", () => {
  const { program } = analyse("p = mmap(4K)\n\ufffd\ufffdread(p)");
  assert.deepEqual(
    program.problems.map(({ range, code }) => [range.line, code]),
    [[1, "unknown-character"]],
  );
});
