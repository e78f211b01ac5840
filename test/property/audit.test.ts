// Checking what an operation touched finds what a check of everything finds, in worlds that are right and in broken ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Audit, breaches } from "../../server/src/mm/audit.ts";
import type { Kernel } from "../../server/src/mm/kernel.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { Field } from "../../server/src/mm/world.ts";
import { calls, make, smallMachine } from "./random_calls.ts";

// One cell is made wrong: which column, which of its rows, by how much.
const damage = fc.record({ column: fc.nat(), row: fc.nat(), by: fc.constantFrom(1, -1, 2, 3, 16, 0x10000, -0x10000) });

// Columns whose values rules look at. A row that the kernel never made is left alone.
function columns(k: Kernel): Field[] {
  const { page, pte, mm, vma, table, cache, pin, machine, task } = k.w;
  return [
    ...[page._refcount, page._mapcount, page.flags, pte.entry, pte.entry, pte.entry, vma.start, vma.end],
    ...[mm.rss_file, mm.rss_anon, mm.rss_shmem, mm.rss_swap, mm.map_count, table.first, table.mm],
    ...[cache.pfn, pin.live, machine.free_pages, task.alive],
  ];
}

// The rows of the column that hold something, so that most damage is done where something is.
function break_cell(k: Kernel, { column, row, by }: { column: number; row: number; by: number }): () => void {
  const all = columns(k);
  const field = all[column % all.length];
  const used = [...field.data.keys()].filter((at) => field.data[at] !== 0);
  if (used.length === 0) return () => {};
  const at = used[row % used.length];
  const was = field.data[at];
  const wrong = field.name === "flags" ? was ^ Math.abs(by) : Math.max(0, was + by);
  k.set(field, at, wrong);
  return () => k.set(field, at, was);
}

const steps = fc.array(fc.option(fc.array(damage, { minLength: 1, maxLength: 3 }), { freq: 2 }), { minLength: 60 });

for (const model of MODELS.values()) {
  test(`${model.name}: what an audit finds step by step is what a check of everything finds`, () => {
    let broken = 0;
    fc.assert(
      fc.property(calls, steps, (trace, damages) => {
        const k = smallMachine(model);
        const audit = new Audit(k);
        const same = (what: string) => {
          const all = breaches(k);
          broken += all.length;
          assert.deepEqual(audit.look(), all, what);
        };
        for (const [i, call] of trace.entries()) {
          make(k, call);
          same(`after ${call.op}`);
          const repairs = (damages[i] ?? []).map((one) => break_cell(k, one));
          if (repairs.length === 0) continue;
          same("after damage");
          for (const repair of repairs.reverse()) repair();
          same("after its repair");
        }
      }),
      { numRuns: 15 },
    );
    assert.ok(broken > 50, `only ${broken} breaches were compared`);
  });
}

test("an audit follows a seek, a branch and a run that was cut back", () => {
  const model = MODELS.get("6.12");
  assert.ok(model);
  fc.assert(
    fc.property(calls, fc.nat(), (trace, cut) => {
      const k = smallMachine(model);
      const audit = new Audit(k);
      const places = trace.map((call) => {
        const at = k.position;
        make(k, call);
        audit.look();
        return at;
      });
      const at = places[cut % places.length];
      k.seek(at);
      assert.deepEqual(audit.look(), breaches(k));
      const branch = k.fork(at);
      const there = new Audit(branch);
      make(branch, trace[0]);
      assert.deepEqual(there.look(), breaches(branch));
      k.truncate(at);
      make(k, trace[0]);
      assert.deepEqual(audit.look(), breaches(k));
    }),
    { numRuns: 50 },
  );
});

test("a counter that is wrong is found by the step that made it wrong, and only while it is", () => {
  const model = MODELS.get("6.12");
  assert.ok(model);
  const k = smallMachine(model);
  const audit = new Audit(k);
  assert.deepEqual(audit.look(), []);
  k.add(k.w.page._refcount, 2, 1);
  assert.deepEqual(
    audit.look().map(({ rule, pfn }) => [rule, pfn]),
    [["refcount", 2]],
  );
  k.add(k.w.page._refcount, 2, -1);
  assert.deepEqual(audit.look(), []);
});
