// Why a value is what it is, who wrote it, what changed, what the last fault did.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bindExpression } from "../../server/src/lang/expression.ts";
import { isFault } from "../../server/src/lang/program.ts";
import { changes } from "../../server/src/run/changes.ts";
import { lastFault } from "../../server/src/run/last_fault.ts";
import type { Recording } from "../../server/src/run/recording.ts";
import { why } from "../../server/src/run/why.ts";
import { nextWrite, valueAt, writeBefore, writeFrom } from "../../server/src/run/writes.ts";
import { record } from "../support/record.ts";

const COW = 'p = mmap(4K)\nwrite(p, "old")\nchild = fork()\nwrite(p, "new")\nchild: write(p, "own")\n';

// The story of an expression after so many steps: line, last kernel function, event.
function story(recording: Recording, steps: number, text: string): string[] {
  const { expr } = bindExpression(recording.program, text);
  assert.ok(expr, text);
  const found = why(recording, recording.steps.end(steps - 1), expr);
  assert.ok(!isFault(found));
  return found.chains.flatMap(({ links }) =>
    links.map(({ step, stack, text }) => {
      const line = step === undefined ? 0 : recording.steps.line(step) + 1;
      return `${line} ${stack.at(-1)?.split(" ")[0] ?? ""} ${text.replace(/pfn \d+/g, "pfn")}`;
    }),
  );
}

test("a refcount is told from its allocation on", () => {
  const lines = story(record(COW), 4, "page(child, p).refcount");
  assert.match(lines[0], /^2 .* pfn refcount 0 → 1$/);
  assert.match(lines[1], /^3 .* pfn refcount 1 → 2$/);
  // The copier holds the old page while it copies.
  assert.deepEqual(
    lines.slice(2).map((line) => line.replace(/^(\d+).*refcount/, "$1")),
    ["4 2 → 3", "4 3 → 2", "4 2 → 1"],
  );
});

test("a flag is told by the events that changed this flag alone", () => {
  const lines = story(record(COW), 4, "page(child, p).exclusive");
  assert.equal(lines.length, 2, lines.join("\n"));
  assert.match(lines[0], /^2 .*\+exclusive/);
  assert.match(lines[1], /^3 .*-exclusive/);
});

test("a process's counter, a VMA's end, an entry and bytes have their stories too", () => {
  const recording = record(COW);
  assert.match(story(recording, 4, "main.rss_anon").join("\n"), /^2 .*rss_anon 0 → 1/);
  assert.match(story(recording, 4, "vma(p).end").join("\n"), /^1 .* end /);
  assert.match(story(recording, 4, "pte(p).writable").join("\n"), /^4 .*writable/m);
  assert.match(story(recording, 4, "data(p)").join("\n"), /^4 .*"old" → "new"/m);
});

test("the decisions that led to a copy come with it", () => {
  const recording = record(COW);
  const { expr } = bindExpression(recording.program, "page(child, p).mapcount");
  assert.ok(expr);
  const found = why(recording, recording.steps.end(3), expr);
  assert.ok(!isFault(found));
  const last = found.chains[0].links.at(-1);
  assert.ok(
    last?.decisions.some(({ text }) => /folio_ref_count.*: no \(refcount 2\)/.test(text)),
    JSON.stringify(last),
  );
  assert.ok(last?.stack.some((frame) => frame.startsWith("wp_page_copy ")));
});

test("searches find the same writes forwards and backwards", () => {
  const recording = record(COW);
  const { journal, w } = recording.kernel;
  const cell = { field: w.mm.rss_anon, row: 0 };
  const backwards: number[] = [];
  for (let at = writeBefore(journal, cell, journal.length); at >= 0; at = writeBefore(journal, cell, at))
    backwards.push(at);
  const forwards: number[] = [];
  for (let at = writeFrom(journal, cell, 0); at >= 0; at = writeFrom(journal, cell, at + 1)) forwards.push(at);
  assert.ok(forwards.length > 0);
  assert.deepEqual(backwards.reverse(), forwards);
  assert.equal(nextWrite(journal, [cell], 0, "forwards"), forwards[0]);
  assert.equal(nextWrite(journal, [cell], journal.length, "backwards"), forwards.at(-1));
});

test("a cell's value at any position needs no seek", () => {
  const recording = record(COW);
  const { kernel } = recording;
  const cell = { field: kernel.w.mm.rss_anon, row: 0 };
  for (const cursor of [0, 20, recording.length]) {
    for (let position = 0; position <= recording.length; position++) {
      kernel.seek(position);
      const real = cell.field.data[cell.row];
      kernel.seek(cursor);
      assert.equal(valueAt(kernel, cell, position), real);
    }
  }
});

test("changes between two positions name each cell once, either way", () => {
  const recording = record(COW);
  const { steps } = recording;
  const there = changes(recording, steps.start(2), steps.end(2), 100);
  assert.equal(new Set(there.rows.map(({ name }) => name)).size, there.rows.length);
  assert.ok(
    there.rows.some(({ text }) => /refcount 1 → 2/.test(text)),
    JSON.stringify(there.rows),
  );
  const back = changes(recording, steps.end(2), steps.start(2), 100);
  assert.ok(back.rows.some(({ text }) => /refcount 2 → 1/.test(text)));
  assert.equal(changes(recording, 0, recording.length, 3).more, true);
});

test("the last fault has its access, its path and its decisions", () => {
  const recording = record(COW);
  const fault = lastFault(recording, recording.steps.end(3));
  assert.ok(fault);
  assert.deepEqual([fault.access, fault.outcome, fault.task], ["write", ["minor", "cow"], 0]);
  assert.deepEqual(
    fault.path.filter(({ name }) => /^(do_wp_page|wp_page_copy)$/.test(name)).map(({ name }) => name),
    ["do_wp_page", "wp_page_copy"],
  );
  assert.ok(fault.decisions.length > 0);
  assert.equal(lastFault(recording, recording.steps.end(2)), undefined);
});

test("a question that reclaim asks at each of its priorities stands once", () => {
  // The batch of 32 pages that are written holds reclaim up, so that it looks again and again.
  const recording = record("f = file(16K)\nq = mmap(16K, rw, shared, fd=f)\nwrite(q, 1)\nreclaim(10)\n");
  const { expr } = bindExpression(recording.program, "pte(q).none");
  assert.ok(expr);
  const found = why(recording, recording.length, expr);
  assert.ok(!isFault(found));
  const last = found.chains[0].links.at(-1);
  const texts = last?.decisions.map(({ text }) => text) ?? [];
  assert.ok(texts.some((text) => text.includes("inactive_ratio")));
  assert.deepEqual(texts, [...new Set(texts)]);
});
