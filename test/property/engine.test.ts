import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { breaches } from "../../server/src/mm/audit.ts";
import type { Kernel } from "../../server/src/mm/kernel.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { known } from "../support/promises.ts";
import { calls, make, smallMachine } from "./random_calls.ts";

const RUNS = { numRuns: 300 };

function modelOf(name: ModelName): Model {
  const model = MODELS.get(name);
  assert.ok(model);
  return model;
}

// Every cell of the world, as text. A column's capacity grows and never shrinks: zeroes past the rows mean nothing.
function worldOf(k: Kernel): string {
  const tables = Object.values(k.w).map((table) =>
    table.fields.map((field) => {
      // Ids of contents depend on the order of their making; what counts is the bytes.
      const bytes = field === k.w.page.content || field === k.w.cache.disk || field === k.w.swap.content;
      const before = field === k.w.ksm_rmap_item.oldchecksum ? 1 : 0;
      const data = Array.from(field.data, (value) =>
        (bytes || before) && value !== 0 ? String(k.contents.get(value - before)) : value,
      );
      while (data.length > 0 && data[data.length - 1] === 0) data.pop();
      return data;
    }),
  );
  return JSON.stringify(tables);
}

for (const model of MODELS.values()) {
  test(`${model.name}: counters equal their holders, and promises hold, after every call of random traces`, () => {
    fc.assert(
      fc.property(calls, fc.constantFrom("sync", "disk"), (trace, swap_device) => {
        const k = smallMachine(model, { swap_device });
        for (const call of trace) {
          make(k, call);
          // What older kernels are known to break shows in samples.
          const found = breaches(k).filter(({ message }) => !known(model, message));
          assert.deepEqual(found, [], `after ${call.op}`);
        }
      }),
      RUNS,
    );
  });
}

for (const name of ["5.10", "6.1", "7.2"] as const) {
  test(`${name}: they do with pages that wait in LRU batches`, () => {
    fc.assert(
      fc.property(calls, (trace) => {
        const k = smallMachine(modelOf(name), { lru_batch: true });
        for (const call of trace) {
          make(k, call);
          const found = breaches(k).filter(({ message }) => !known(k.model, message));
          assert.deepEqual(found, [], `after ${call.op}`);
        }
      }),
      RUNS,
    );
  });
}

test("seek(0) restores the empty world, and any walk back and forth the world of a fresh run", () => {
  fc.assert(
    fc.property(fc.constantFrom(...MODELS.keys()), calls, fc.array(fc.nat()), (name, trace, walk) => {
      const k = smallMachine(modelOf(name));
      const worlds = new Map<number, string>();
      for (const call of trace) {
        worlds.set(k.position, worldOf(k));
        make(k, call);
      }
      worlds.set(k.position, worldOf(k));
      const places = [...worlds.keys()];
      for (const at of walk) {
        k.seek(places[at % places.length]);
        assert.equal(worldOf(k), worlds.get(k.position));
      }
      k.seek(0);
      assert.ok(!/[1-9]/.test(worldOf(k)));
    }),
    RUNS,
  );
});

test("a run that is cut back and run on is the run that was never cut", () => {
  fc.assert(
    fc.property(fc.constantFrom(...MODELS.keys()), calls, fc.nat(), (name, trace, cut) => {
      const k = smallMachine(modelOf(name));
      const starts = trace.map((call) => {
        const start = k.position;
        make(k, call);
        return start;
      });
      const whole = worldOf(k);
      const length = k.journal.length;
      const from = cut % trace.length;
      k.truncate(starts[from]);
      for (const call of trace.slice(from)) make(k, call);
      assert.equal(worldOf(k), whole);
      assert.equal(k.journal.length, length);
    }),
    RUNS,
  );
});

test("a branch shares the past and leaves the original's future alone", () => {
  fc.assert(
    fc.property(fc.constantFrom(...MODELS.keys()), calls, calls, fc.nat(), (name, trace, other, cut) => {
      const k = smallMachine(modelOf(name));
      const starts = trace.map((call) => {
        const start = k.position;
        make(k, call);
        return start;
      });
      const end = k.position;
      const before = worldOf(k);
      const branch = k.fork(starts[cut % trace.length]);
      const parting = worldOf(branch);
      for (const call of other) make(branch, call);
      branch.seek(starts[cut % trace.length]);
      assert.equal(worldOf(branch), parting);
      k.seek(0);
      k.seek(end);
      assert.equal(worldOf(k), before);
    }),
    RUNS,
  );
});
