// Which large folios are locked (PG_mlocked), where no trace can see it: as long as a locked mapping stands, nothing takes them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PG_mlocked } from "../../server/src/mm/flags.ts";
import { page_folio } from "../../server/src/mm/folio.ts";
import { split_pmd } from "../../server/src/mm/huge_pmd_split.ts";
import { do_pages_move } from "../../server/src/mm/move_pages.ts";
import { pageAt } from "../../server/src/mm/observe.ts";
import { HERE, type Space, space } from "../support/space.ts";

const HUGE = 2n ** 21n;

function thp(model: string): Space {
  const main = space(model, { thp: "always" });
  main.mmap(HUGE, "rw", "private|anonymous|fixed", { at: HERE });
  main.write(HERE);
  return main;
}

function mlocked({ k, task }: Space): boolean {
  const page = pageAt(k, k.w.task.mm.data[task] - 1, Number(HERE / 4096n));
  return (k.w.page.flags.data[page_folio(k, page)] & PG_mlocked) !== 0;
}

for (const [model, locks] of [
  ["5.10", false],
  ["5.17", false],
  ["6.6", false],
  ["6.8", true],
  ["7.2", true],
] as const) {
  test(`${model}: mlock ${locks ? "locks" : "does not lock"} a THP that PTEs map`, () => {
    const main = thp(model);
    split_pmd(main.k, main.task, HERE);
    main.mlock(HERE, HUGE);
    assert.equal(mlocked(main), locks);
  });
}

for (const model of ["5.10", "6.1", "7.2"]) {
  test(`${model}: mlock locks a THP that a PMD maps`, () => {
    const main = thp(model);
    main.mlock(HERE, HUGE);
    assert.equal(mlocked(main), true);
  });
}

test("5.10: mlock does not lock the huge zero folio", () => {
  const main = space("5.10", { thp: "always" });
  main.mmap(HUGE, "r", "private|anonymous|fixed", { at: HERE });
  main.read(HERE);
  main.mlock(HERE, HUGE);
  assert.equal(mlocked(main), false);
});

for (const [model, locked] of [
  ["5.10", true],
  ["6.6", true],
  ["6.8", false],
  ["6.12", false],
  ["7.2", true],
] as const) {
  test(`${model}: a THP that was locked ${locked ? "still is" : "is not"} where it moved to`, () => {
    const main = thp(model);
    main.mlock(HERE, HUGE);
    assert.equal(do_pages_move(main.k, main.task, HERE, HUGE), 0);
    assert.equal(mlocked(main), locked);
  });
}
