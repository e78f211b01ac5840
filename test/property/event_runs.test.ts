// One event for a run of equal changes is the same to the world as an event for each row, wherever one seeks.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Kernel } from "../../server/src/mm/kernel.ts";
import { DEFAULT_MACHINE } from "../../server/src/mm/machine.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { Field } from "../../server/src/mm/world.ts";

const ROWS = 24;

interface Write {
  readonly op: "set" | "setRun" | "addRun";
  readonly column: number;
  readonly row: number;
  readonly count: number;
  readonly value: number;
  readonly step: number;
}

const write: fc.Arbitrary<Write> = fc.record({
  op: fc.constantFrom("set", "setRun", "addRun"),
  column: fc.nat(1),
  row: fc.nat(ROWS - 1),
  count: fc.nat(ROWS),
  value: fc.integer({ min: -2, max: 3 }),
  step: fc.constantFrom(0, 0, 0, 1, -1, 4096),
});

function emptyKernel(): Kernel {
  const model = MODELS.get("6.12");
  assert.ok(model);
  const k = new Kernel(model, DEFAULT_MACHINE);
  k.ensure(k.w.page, ROWS);
  return k;
}

const columnsOf = (k: Kernel): Field[] => [k.w.page._mapcount, k.w.page.flags];

function make(k: Kernel, { op, column, row, count, value, step }: Write): void {
  const field = columnsOf(k)[column];
  const rows = Math.min(count, ROWS - row);
  if (op === "set") k.set(field, row, value);
  else if (op === "setRun") k.setRun(field, row, rows, value, step);
  else k.addRun(field, row, rows, value);
}

// Row by row: what the columns hold after the write.
function naive(columns: readonly number[][], { op, column, row, count, value, step }: Write): number[][] {
  const next = columns.map((values) => [...values]);
  const rows = op === "set" ? 1 : Math.min(count, ROWS - row);
  for (let i = 0; i < rows; i++) {
    next[column][row + i] = op === "addRun" ? next[column][row + i] + value : value + i * (op === "set" ? 0 : step);
  }
  return next;
}

const worldOf = (k: Kernel): number[][] => columnsOf(k).map(({ data }) => Array.from(data.subarray(0, ROWS)));

const EMPTY = [0, 1].map(() => new Array<number>(ROWS).fill(0));

test("a seek to any write, in any order, shows what writes of each row would have left", () => {
  const property = fc.property(
    fc.array(write, { minLength: 1, maxLength: 30 }),
    fc.array(fc.nat(), { maxLength: 12 }),
    (writes, walk) => {
      const k = emptyKernel();
      const worlds = [EMPTY];
      const places = [0];
      for (const each of writes) {
        make(k, each);
        worlds.push(naive(worlds[worlds.length - 1], each));
        places.push(k.position);
        assert.deepEqual(worldOf(k), worlds[worlds.length - 1]);
      }
      for (const step of walk) {
        k.seek(places[step % places.length]);
        assert.deepEqual(worldOf(k), worlds[step % places.length]);
      }
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test("what an event says of its rows is what a seek over it changes", () => {
  const property = fc.property(fc.array(write, { minLength: 1, maxLength: 20 }), (writes) => {
    const k = emptyKernel();
    for (const each of writes) make(k, each);
    const { journal } = k;
    for (let at = 0; at < journal.length; at++) {
      const field = columnsOf(k).find(({ id }) => id === journal.field(at));
      assert.ok(field);
      k.seek(at);
      const before = Array.from(field.data.subarray(0, ROWS));
      k.seek(at + 1);
      const visited: number[] = [];
      journal.each(at, (row, from, to) => {
        visited.push(row);
        assert.deepEqual([from, to], [before[row], field.data[row]]);
        assert.deepEqual([journal.fromAt(at, row), journal.toAt(at, row)], [from, to]);
      });
      for (let row = 0; row < ROWS; row++) {
        assert.equal(journal.covers(at, row), visited.includes(row));
        assert.equal(
          journal.covers(at, row),
          before[row] !== field.data[row],
          "a row that does not change is no event",
        );
      }
      assert.equal(journal.count(at), visited.length);
      assert.equal(journal.row(at), visited[0]);
    }
  });
  fc.assert(property, { numRuns: 300 });
});

test("a branch and a truncated recording go on as if the rest had never been", () => {
  const property = fc.property(
    fc.array(write, { minLength: 1, maxLength: 20 }),
    fc.array(write, { minLength: 1, maxLength: 20 }),
    fc.nat(),
    (writes, others, cut) => {
      const k = emptyKernel();
      const places = [0];
      for (const each of writes) {
        make(k, each);
        places.push(k.position);
      }
      const at = cut % places.length;
      const left = [...writes.slice(0, at), ...others].reduce(naive, EMPTY);
      const branch = k.fork(places[at]);
      for (const each of others) make(branch, each);
      assert.deepEqual(worldOf(branch), left);
      assert.deepEqual(worldOf(k), writes.reduce(naive, EMPTY), "the recording that was left");
      const end = branch.position;
      branch.seek(0);
      assert.deepEqual(worldOf(branch), EMPTY);
      branch.seek(end);
      assert.deepEqual(worldOf(branch), left);
      k.seek(0);
      k.seek(places[at]);
      k.truncate(places[at]);
      for (const each of others) make(k, each);
      k.seek(0);
      k.seek(end);
      assert.deepEqual(worldOf(k), left);
      const events = (of: Kernel) => Array.from({ length: of.journal.length }, (_, event) => of.journal.at(event));
      assert.deepEqual(events(branch), events(k));
    },
  );
  fc.assert(property, { numRuns: 300 });
});
