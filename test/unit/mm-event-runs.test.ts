// Runs: which changes of many rows become one event, and what such an event costs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LimitReached } from "../../server/src/mm/errors.ts";
import { Kernel, type Limits } from "../../server/src/mm/kernel.ts";
import { DEFAULT_MACHINE } from "../../server/src/mm/machine.ts";
import { MODELS } from "../../server/src/mm/models.ts";

const ROWS = 2048;

function emptyKernel(limits: Partial<Limits> = {}, journal = true): Kernel {
  const model = MODELS.get("6.12");
  assert.ok(model);
  const k = new Kernel(model, DEFAULT_MACHINE, { limits, journal });
  k.ensure(k.w.page, ROWS);
  return k;
}

// The mapcounts of the first rows, from row 1 on.
function holding(values: readonly number[]): Kernel {
  const k = emptyKernel();
  for (const [i, value] of values.entries()) k.set(k.w.page._mapcount, i + 1, value);
  k.truncate(k.position);
  return k;
}

// `1×4 0+0→1+0`: first row, rows, the value before and its step, the value after and its step.
function eventsSince(k: Kernel, start: number): string[] {
  return Array.from({ length: k.journal.length - start }, (_, i) => {
    const { row, count, from, fromStep, to, toStep } = k.journal.at(start + i);
    return count === 1 ? `${row} ${from}→${to}` : `${row}×${count} ${from}+${fromStep}→${to}+${toStep}`;
  });
}

function setRun(values: readonly number[], to: number, step = 0): string[] {
  const k = holding(values);
  const start = k.position;
  k.setRun(k.w.page._mapcount, 1, values.length, to, step);
  return eventsSince(k, start);
}

function addRun(values: readonly number[], delta: number): string[] {
  const k = holding(values);
  const start = k.position;
  k.addRun(k.w.page._mapcount, 1, values.length, delta);
  return eventsSince(k, start);
}

test("equal rows that change alike are one event", () => {
  assert.deepEqual(setRun([0, 0, 0, 0], 1), ["1×4 0+0→1+0"]);
  assert.deepEqual(addRun([2, 2, 2], -1), ["1×3 2+0→1+0"]);
});

test("values that go by even steps are one event, before and after", () => {
  assert.deepEqual(setRun([0, 0, 0], 4096, 4096), ["1×3 0+0→4096+4096"]);
  assert.deepEqual(setRun([3, 5, 7], 0), ["1×3 3+2→0+0"]);
  assert.deepEqual(addRun([3, 4, 5], 10), ["1×3 3+1→13+1"]);
});

test("rows that held something else are events of their own", () => {
  assert.deepEqual(setRun([0, 0, 5, 0, 0], 1), ["1×2 0+0→1+0", "3 5→1", "4×2 0+0→1+0"]);
  assert.deepEqual(setRun([5, 0, 0, 0], 1), ["1 5→1", "2×3 0+0→1+0"]);
  assert.deepEqual(addRun([1, 1, 2, 2], 1), ["1×2 1+0→2+0", "3×2 2+0→3+0"]);
});

test("rows that do not change are no events", () => {
  assert.deepEqual(setRun([1, 0, 0, 1, 0, 1], 1), ["2×2 0+0→1+0", "5 0→1"]);
  assert.deepEqual(setRun([1, 1], 1), []);
  assert.deepEqual(addRun([1, 2], 0), []);
  assert.deepEqual(setRun([], 1), []);
});

test("a run of one row is an event like any other", () => {
  const k = holding([7]);
  const start = k.position;
  k.setRun(k.w.page._mapcount, 1, 1, 9, 5);
  const { frame, ...event } = k.journal.at(start);
  k.truncate(start);
  k.set(k.w.page._mapcount, 1, 9);
  const { frame: _, ...plain } = k.journal.at(start);
  assert.deepEqual(event, plain);
});

test("a seek lands before or after all of a run", () => {
  const k = emptyKernel();
  k.setRun(k.w.page._mapcount, 0, 512, 1);
  assert.equal(k.position, 1);
  k.seek(0);
  assert.ok(k.w.page._mapcount.data.subarray(0, 512).every((value) => value === 0));
  k.seek(1);
  assert.ok(k.w.page._mapcount.data.subarray(0, 512).every((value) => value === 1));
});

test("a branch shares runs of full chunks and keeps its own later ones", () => {
  const k = emptyKernel();
  const { _mapcount } = k.w.page;
  for (let i = 0; i < 3000; i++) k.addRun(_mapcount, i % 512, 512, 1);
  const worldAt = (of: Kernel, position: number) => {
    of.seek(position);
    return Array.from(of.w.page._mapcount.data);
  };
  const [middle, end] = [worldAt(k, 1024), worldAt(k, 3000)];
  const branch = k.fork(1500);
  for (let i = 0; i < 3000; i++) branch.addRun(branch.w.page._mapcount, 1024, 3, i + 1);
  assert.deepEqual(worldAt(branch, 1024), middle);
  assert.equal(worldAt(branch, 4500)[1025], (3000 * 3001) / 2);
  assert.deepEqual(worldAt(k, 3000), end);
});

test("a recording that was cut behind or before a run goes on from there", () => {
  for (const cut of [1, 2]) {
    const k = emptyKernel();
    const { _mapcount } = k.w.page;
    k.set(_mapcount, 3, 7);
    k.setRun(_mapcount, 8, 4, 1);
    k.setRun(_mapcount, 8, 4, 5, 2);
    k.truncate(cut);
    k.setRun(_mapcount, 9, 2, 4);
    k.seek(0);
    k.seek(cut + 1);
    assert.deepEqual(Array.from(_mapcount.data.subarray(8, 12)), cut === 1 ? [0, 4, 4, 0] : [1, 4, 4, 1]);
  }
});

test("a run counts as one event, and what it keeps counts as bytes", () => {
  const k = emptyKernel();
  const before = k.bytes;
  k.setRun(k.w.page._mapcount, 0, ROWS, 1);
  assert.equal(k.journal.length, 1);
  assert.ok(k.bytes > before);
  k.truncate(0);
  assert.equal(k.bytes, before);
});

test("the limit of events ends a recording of runs, and a look at the clock ends long ones", () => {
  const k = emptyKernel({ events: 3000 });
  const { _mapcount } = k.w.page;
  assert.throws(() => {
    for (let i = 0; i < 10_000; i++) k.addRun(_mapcount, 0, 4, 1);
  }, LimitReached);
  assert.ok(k.position <= 3000 + 1024);
  let looks = 0;
  const long = emptyKernel();
  long.interrupt = () => looks++;
  // 64 runs of 2048 rows: less events than lie between two looks, and the work of 8,192.
  for (let i = 0; i < 64; i++) long.addRun(long.w.page._mapcount, 0, ROWS, 1);
  assert.equal(looks, 8);
});

test("without a recording runs are counted and made, and nothing is kept of them", () => {
  const k = emptyKernel({}, false);
  const before = k.bytes;
  for (let i = 0; i < 2000; i++) k.addRun(k.w.page._mapcount, 0, 512, 1);
  assert.equal(k.position, 2000);
  assert.equal(k.w.page._mapcount.data[511], 2000);
  assert.equal(k.bytes, before);
});
