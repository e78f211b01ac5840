// What is kept beside the world, in step with its events, is what the world says: the LRU lists and the rows in use.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PG_lru } from "../../server/src/mm/flags.ts";
import type { Kernel } from "../../server/src/mm/kernel.ts";
import { folio_lru_list, LRU_NAMES } from "../../server/src/mm/lru_list.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import { livePins, liveTasks } from "../../server/src/mm/observe.ts";
import { calls, make, smallMachine } from "./random_calls.ts";

// The pages of each list, from its tail on.
function lists(k: Kernel): number[][] {
  const { flags, lru_order } = k.w.page;
  const found: number[][] = LRU_NAMES.map(() => []);
  for (let pfn = 1; pfn < k.w.machine.next_pfn.data[0]; pfn++) {
    if (flags.data[pfn] & PG_lru) found[folio_lru_list(flags.data[pfn])].push(pfn);
  }
  return found.map((pages) => pages.sort((a, b) => lru_order.data[a] - lru_order.data[b]));
}

function compare(k: Kernel): void {
  const pages = lists(k);
  assert.deepEqual(
    k.lrus.sizes(),
    pages.map(({ length }) => length),
  );
  for (const [lru, [tail = -1]] of pages.entries()) assert.equal(k.lrus.last(lru), tail, LRU_NAMES[lru]);
  assert.deepEqual(k.live.tasks.rows(), liveTasks(k));
  assert.deepEqual(k.live.pins.rows(), livePins(k));
  const { mm } = k.w;
  const used = Array.from({ length: k.rows(mm) }, (_, row) => row).filter((row) => mm.users.data[row] > 0);
  assert.deepEqual(k.live.mms.rows(), used);
}

// Whether somebody asks after a call, and whether the world is somewhere else then.
const asked = fc.array(fc.constantFrom("", "ask", "ask", "seek", "truncate"), { minLength: 60, maxLength: 60 });

for (const [name, lru_batch] of [
  ["5.7", false],
  ["6.1", true],
  ["7.2", false],
] as const) {
  test(`${name}, batches ${lru_batch ? "on" : "off"}: the LRU lists and the live rows that are kept are those of the world`, () => {
    const model = MODELS.get(name);
    assert.ok(model);
    const property = fc.property(calls, asked, fc.nat(), (trace, questions, cut) => {
      const k = smallMachine(model, { lru_batch });
      const places: number[] = [];
      for (const [i, call] of trace.entries()) {
        places.push(k.position);
        make(k, call);
        const question = questions[i];
        const place = places[cut % places.length];
        if (question === "seek") {
          const here = k.position;
          k.seek(place);
          compare(k);
          k.seek(here);
        }
        if (question === "truncate") {
          k.truncate(place);
          places.length = (cut % places.length) + 1;
        }
        if (question !== "") compare(k);
      }
    });
    fc.assert(property, { numRuns: 200 });
  });
}

test("without a recording the LRU lists are those of the world too", () => {
  const model = MODELS.get("6.12");
  assert.ok(model);
  const property = fc.property(calls, (trace) => {
    const k = smallMachine(model, {}, false);
    for (const call of trace) {
      make(k, call);
      compare(k);
    }
  });
  fc.assert(property, { numRuns: 100 });
});
