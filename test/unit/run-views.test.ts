// The world as rows: what the debugger's scopes show.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type EntryRow, entryRows, hugeMappings, topTableOf } from "../../server/src/run/table_view.ts";
import {
  folioRow,
  holdersByFrame,
  pinRows,
  processRows,
  refpageText,
  setSizes,
  vmaRows,
} from "../../server/src/run/views.ts";
import { record } from "../support/record.ts";

const TRACE = `p = mmap(8K)
write(p, "secret")
child = fork()
child: pipe = vmsplice(p, 4K)
f = file(8K, yes)
q = mmap(8K, r, shared, fd=f)
read(q)
`;

test("processes show their counters, in pages", () => {
  const { kernel } = record(TRACE);
  const [main, child] = processRows(kernel);
  assert.deepEqual([main.name, main.rssAnon, main.rssFile, main.vmas, main.alive], ["main", 1, 2, 2, true]);
  assert.deepEqual([child.name, child.parent, child.rssAnon], ["child", "main", 1]);
  assert.deepEqual(setSizes(kernel, 1), { pss: 2048, uss: 0 });
});

test("mappings read as /proc/PID/maps does", () => {
  const { kernel } = record(TRACE);
  const rows = vmaRows(kernel, processRows(kernel)[0].mm);
  assert.deepEqual(
    rows.map(({ prot, what }) => `${prot} ${what}`),
    ["rw-p anonymous", "r--s f"],
  );
});

test("page tables are a tree whose leaves are frames", () => {
  const { kernel } = record(TRACE);
  const leaves: number[] = [];
  const visit = (table: number) => {
    for (const row of entryRows(kernel, table)) {
      if (row.table !== undefined) visit(row.table);
      else if (row.pfn !== undefined) leaves.push(row.pfn);
    }
  };
  visit(topTableOf(kernel, processRows(kernel)[0].mm));
  assert.equal(leaves.length, 3);
});

test("the holders of every folio add up to its refcount", () => {
  const { kernel } = record(TRACE);
  for (const [pfn, holders] of holdersByFrame(kernel)) {
    assert.equal(
      folioRow(kernel, pfn).refcount,
      holders.reduce((sum, { count }) => sum + count, 0),
      `pfn ${pfn}`,
    );
    assert.equal(new Set(holders.map(({ name }) => name)).size, holders.length);
  }
});

test("who holds the secret is named", () => {
  const { kernel } = record(TRACE);
  const [pin] = pinRows(kernel);
  const names = holdersByFrame(kernel)
    .get(pin.pages[0])
    ?.map(({ name }) => name);
  assert.deepEqual(names?.sort(), ["child 0x200000000000", "main 0x200000000000", "pin 0 (vmsplice by child)"]);
  assert.equal(folioRow(kernel, pin.pages[0]).data, "secret");
});

test("while a huge page moves, its PMD is a migration entry, and it still counts as a huge mapping", () => {
  const { kernel, steps } = record(
    "p = mmap(4M, at=0x40000000)\nmadvise(p, 4M, hugepage)\nwrite(p, 1)\nmigrate(p, 2M)\n",
  );
  const mm = processRows(kernel)[0].mm;
  const leaves = (table: number): EntryRow[] =>
    entryRows(kernel, table).flatMap((row) => (row.table === undefined ? [row] : leaves(row.table)));
  const seen: string[] = [];
  for (let event = steps.start(3); event < steps.end(3); event++) {
    if (kernel.journal.at(event).table !== "pte") continue;
    kernel.seek(event + 1);
    const { AnonHugePages } = hugeMappings(kernel, mm);
    seen.push(
      ...leaves(topTableOf(kernel, mm)).map(
        ({ name, present, pfn, pages, text }) =>
          `${name} ${present ? "maps" : "waits for"} ${pages}, frame ${pfn}: ${text.replace(/pfn \d+/, "pfn")}, ${AnonHugePages}`,
      ),
    );
  }
  assert.deepEqual(
    seen.map((line) => line.replace(/frame \d+/, "frame N")),
    [
      "pmd 0x40000000 waits for 512, frame undefined: migration pfn write young dirty soft_dirty, 2097152",
      "pmd 0x40000000 maps 512, frame N: pfn writable dirty accessed soft_dirty, 2097152",
    ],
  );
});

test("the page of an address is mapped where nothing was written, and says whose it is", () => {
  const { kernel } = record("p = mmap(4K)\nwrite(p)\nq = mmap(8K, rw, private|refpage, offset=p)\nread(q)\n", {
    model: "refpage-v1",
  });
  const [main] = processRows(kernel);
  assert.deepEqual(
    vmaRows(kernel, main.mm).map(({ what }) => what),
    ["anonymous", "the page at 0x200000000000, where nothing was written"],
  );
  const pfn = [...holdersByFrame(kernel)].find(([, [{ name }]]) => name === "main 0x200000000000")?.[0] ?? -1;
  assert.deepEqual(
    holdersByFrame(kernel)
      .get(pfn)
      ?.map(({ name, count }) => [name, count]),
    [
      ["main 0x200000000000", 1],
      ["main 0x200040000000", 1],
    ],
  );
});

test("a reference page is held by its file and by pins, not by the entries that show it", () => {
  const { kernel } = record(
    'r = refpage_create("x")\np = mmap(8K, rw, private, fd=r)\nread(p, 8K)\nv = vmsplice(p, 4K)\nclose(r)\n',
    { model: "refpage-v2" },
  );
  const [pin] = pinRows(kernel);
  const names = holdersByFrame(kernel)
    .get(pin.pages[0])
    ?.map(({ name }) => name);
  assert.deepEqual(names?.sort(), ["pin 0 (vmsplice by main)", "reference page of r"]);
  assert.equal(refpageText(kernel, 0), `reference page pfn ${pin.pages[0]}, closed, mapped by 1 VMA`);
  assert.deepEqual(
    vmaRows(kernel, processRows(kernel)[0].mm).map(({ what }) => what),
    ["r"],
  );
});
