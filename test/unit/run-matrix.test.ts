// A trace under many models: which lines differ, how models are grouped, and where they part.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { RELEASES } from "../../server/src/mm/releases.ts";
import { Matrix, type MatrixRow } from "../../server/src/run/matrix.ts";
import { run } from "../../server/src/run/run.ts";
import { mmtrace } from "../support/cli.ts";

const SECRET = `secret = mmap(4K)
write(secret, "old")
child = fork()
child: pipe = vmsplice(secret, 4K)
child: munmap(secret)
write(secret, "new")
expect @>=5.9 pipe.data == "old"
`;

function rowsOf(text: string, models: readonly ModelName[]): MatrixRow[] {
  const { program } = analyse(text);
  assert.deepEqual(program.problems, []);
  const matrix = new Matrix(program);
  for (const model of models) matrix.add(run(program, { model }));
  return matrix.rows();
}

const groups = (row: MatrixRow | undefined) => row?.groups.map(({ models, cell }) => [models.join(" "), cell.value]);

test("only lines that differ are listed, and neighbours that agree are one group", () => {
  const rows = rowsOf(SECRET, ["4.19", "5.7", "5.10", "5.19", "7.2"]);
  assert.deepEqual(
    rows.map((row) => row.line + 1),
    [6, 7],
  );
  assert.deepEqual(groups(rows[0]), [
    ["4.19 5.7", "minor reuse"],
    ["5.10 5.19 7.2", "minor cow"],
  ]);
});

test("a check shows its value also under models for which it does not count, and fails under none of them", () => {
  const [, check] = rowsOf(SECRET, ["5.7", "5.10"]);
  assert.deepEqual(groups(check), [
    ["5.7", '"new"'],
    ["5.10", '"old"'],
  ]);
  assert.ok(check.groups.every(({ cell }) => !cell.failed));
});

test("the reason is the first question that the two kernels answer differently, with its function", () => {
  const [write] = rowsOf(SECRET, ["5.7", "5.10"]);
  const [{ models, line, sides }] = write.reasons;
  assert.deepEqual(models, ["5.7", "5.10"]);
  assert.equal(line, undefined);
  assert.equal(sides[0]?.text, "? page_trans_huge_map_swapcount(page) <= 1: yes (mapcount 1)");
  assert.equal(sides[0]?.function, "reuse_swap_page (mm/swapfile.c)");
  assert.equal(sides[1]?.text, "? page_count(page) == 1: no (refcount 2)");
  assert.equal(sides[1]?.function, "do_wp_page (mm/memory.c)");
});

test("the reason of a check stands at the line that made its value", () => {
  const [, check] = rowsOf(SECRET, ["5.7", "5.10"]);
  assert.equal(check.reasons[0].line, 5);
});

test("a flag that a release does not have is no difference", () => {
  assert.deepEqual(rowsOf("p = mmap(4K)\nwrite(p)\nexpect @>=5.19 page(p).exclusive\n", [...RELEASES]), []);
});

test("frame numbers are no difference", () => {
  // 5.8 gives the reader of the pipe a page of its own; from then on its frames are others than 5.7's.
  const rows = rowsOf(`${SECRET}q = mmap(4K)\nwrite(q)\nexpect page(q) != page(secret)\n`, ["5.7", "5.8"]);
  assert.ok(rows.every((row) => row.line < 7));
});

test("of a line in a repeat the first time that differs is shown, and how many do", () => {
  const text = `p = mmap(16K)
write(p, 1, 16K)
child = fork()
child: pipe = vmsplice(p[2], 8K)
child: exit()
repeat 4 as i
  write(p[i], 2)
end
`;
  const rows = rowsOf(text, ["5.7", "5.10"]);
  assert.equal(rows.length, 1);
  const [{ execution, executions, differ }] = rows;
  assert.deepEqual([execution, executions, differ], [3, 4, 2]);
});

test("matrix prints the lines that differ, or that there are none", async () => {
  const { status, out } = await mmtrace(["matrix", "a", "-k", "5.7,5.10,6.1"], { files: { a: SECRET } });
  assert.equal(status, 0);
  assert.match(
    out,
    /^6 {2}write\(secret, "new"\)\n {4}5\.7 +minor reuse · ref 2 map 1\n {4}5\.10 6\.1 +minor cow · ref 1/m,
  );
  assert.match(out, /^2 of 7 lines differ under 3 models$/m);
  const same = await mmtrace(["matrix", "a", "-k", "5.10,6.1"], { files: { a: SECRET } });
  assert.equal(same.out, "5.10 6.1: no line differs\n");
});

test("matrix runs under all sixteen releases unless told otherwise", async () => {
  const { out } = await mmtrace(["matrix", "a", "--json"], { files: { a: SECRET } });
  assert.deepEqual(JSON.parse(out).models, [...RELEASES]);
});

test("matrix runs a trace about proposals under the models that it names", async () => {
  const files = { a: `kernel refpage-v2 5.10\n${SECRET}` };
  const { out } = await mmtrace(["matrix", "a", "--json"], { files });
  assert.deepEqual(JSON.parse(out).models, ["refpage-v2", "5.10"]);
});

test("a line that is for some models only is no difference, and is compared among those", () => {
  const text = `repeat model.name != "5.10"
  p = mmap(4K)
  write(p)
  child = fork()
  child: pipe = vmsplice(p, 4K)
  child: munmap(p)
  write(p)
end
`;
  const rows = rowsOf(text, ["5.7", "5.10", "6.1"]);
  assert.deepEqual(rows.map(groups), [
    [
      ["5.7", "minor reuse"],
      ["6.1", "minor cow"],
    ],
  ]);
});

test("of checks in a row that look at the same value one is shown, with the value", () => {
  const text = `p = mmap(4K)
write(p)
child = fork()
write(p)
expect @5.7 child.rss == 1 * 1
expect @5.7 page(child, p).refcount == 2 - 1
expect @6.1 page(child, p).refcount == 2
repeat model.name == "6.1"
  child: extra = vmsplice(p, 4K)
end
expect @5.7 page(child, p).refcount == 0 + 1
expect @6.1 page(child, p).refcount == 1 + 1
`;
  assert.deepEqual(rowsOf(text, ["5.7", "6.1"]).map(groups), [
    [
      ["5.7", "1"],
      ["6.1", "2"],
    ],
  ]);
});

test("matrix fails when a check fails under one of the models", async () => {
  const files = { a: SECRET.replace("@>=5.9 ", "") };
  const { status, out } = await mmtrace(["matrix", "a", "-k", "5.7,5.10"], { files });
  assert.equal(status, 1);
  assert.match(out, /^ {4}5\.7 +"new" {2}fails$/m);
});

test("a model that lacks an operation is named and left out; when no model can run the trace, the status is 2", async () => {
  const files = { a: "p = mmap(4K)\nring = io_uring_register(p, 4K)\n" };
  const { status, out } = await mmtrace(["matrix", "a", "-k", "4.19,5.7"], { files });
  assert.equal(status, 0);
  assert.match(out, /^4\.19 cannot run it: a:2:8: error: /m);
  const none = await mmtrace(["matrix", "a", "-k", "4.19"], { files });
  assert.equal(none.status, 2);
  assert.match(none.err, /a:2:8: error: /);
  assert.equal((await mmtrace(["matrix", "b"], { files: { b: "p = nmap(4K)" } })).status, 2);
});

test("a run that hits a limit is told, with status 3", async () => {
  const { status, out } = await mmtrace(["matrix", "a", "-k", "5.7,5.10", "--limit-events", "60"], {
    files: { a: SECRET },
  });
  assert.equal(status, 3);
  assert.match(out, /under 5\.7 the run stopped here: /);
});
