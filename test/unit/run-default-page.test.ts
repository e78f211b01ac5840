// What people see of reference pages that a mapping holds, and of default pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pageAt } from "../../server/src/mm/observe.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { holderRowsOf, vmaRows } from "../../server/src/run/views.ts";
import { record } from "../support/record.ts";

const BASE = 0x10000000;

// Who holds the page that main maps at page `i` of the mapping at BASE, and how often.
function holders(model: ModelName, text: string, i: number): string[] {
  const { kernel } = record(text, { model });
  const pfn = pageAt(kernel, 0, BASE / kernel.pageSize + i);
  return holderRowsOf(kernel, pfn).map(({ name, count }) => `${name}: ${count}`);
}

const IN_MAPPING = `p = mmap(64K, rw, private|refpage, at=${BASE})\nwrite(p[2], "pattern")\nread(p[3], 16K)\nread(p[9])\n`;

test("entries in a row that show the default page are one holder", () =>
  assert.deepEqual(holders("refpage-in-mapping", IN_MAPPING, 9), [
    "main 0x10002000 and the next 4 pages: 5",
    "main 0x10009000: 1",
  ]));

test("when its home is written to, the mapping itself holds the default page", () =>
  assert.deepEqual(holders("refpage-in-mapping", `${IN_MAPPING}write(p[2], 1)`, 9), [
    "main 0x10003000 and the next 3 pages: 4",
    "main 0x10009000: 1",
    "the mapping main 0x10000000 itself: 1",
  ]));

test("each mapping of a reference page is a holder of it, its entries are none", () =>
  assert.deepEqual(
    holders(
      "refpage-per-mapping",
      `r = refpage_create("a")\np = mmap(64K, rw, private, r, at=${BASE})\nread(p, 64K)`,
      1,
    ),
    ["the mapping main 0x10000000 itself: 1", "reference page of r: 1"],
  ));

test("a mapping says which page it shows where nothing was written", () => {
  const { kernel } = record(`${IN_MAPPING}q = mmap(4K, rw, private|refpage)`, { model: "refpage-in-mapping" });
  const [p, q] = vmaRows(kernel, 0);
  assert.equal(
    p.what,
    `pfn ${pageAt(kernel, 0, BASE / kernel.pageSize + 2)}, its default page, where nothing was written`,
  );
  assert.equal(q.what, "anonymous, with a default page from the first touch on");
  assert.ok(q.flags.includes("refpage") && q.flags.includes("dontexpand"));
});
