// In which order the shrinker splits what waits in the deferred split queue: who comes last is the first to give memory again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deferred_split_queue } from "../../server/src/mm/deferred_split.ts";
import { deferred_split_scan } from "../../server/src/mm/deferred_split_scan.ts";
import { folio_get } from "../../server/src/mm/page_ref.ts";
import { HERE, space } from "../support/space.ts";

const HUGE = 2n ** 21n;

// Three THPs that lost a page each, one after the other, by their place in memory.
function waiting(model: string) {
  const main = space(model, { thp: "always" });
  main.mmap(3n * HUGE, "rw", "private|anonymous|fixed", { at: HERE });
  for (const i of [0n, 1n, 2n]) {
    main.write(HERE + i * HUGE);
    main.munmap(HERE + i * HUGE + 4096n, 4096n);
  }
  return main.k;
}

for (const model of ["5.10", "6.12", "7.2"]) {
  test(`${model}: folios that cannot be split are in the reverse order afterwards`, () => {
    const k = waiting(model);
    const before = deferred_split_queue(k);
    for (const folio of before) folio_get(k, folio);
    assert.equal(deferred_split_scan(k, 3), 0);
    assert.deepEqual(deferred_split_queue(k), [...before].reverse());
  });

  test(`${model}: a scan of two leaves the youngest of three alone`, () => {
    const k = waiting(model);
    const youngest = deferred_split_queue(k)[2];
    assert.equal(deferred_split_scan(k, 2), 2);
    assert.deepEqual(deferred_split_queue(k), [youngest]);
  });
}
