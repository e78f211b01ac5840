// What `mmtrace capacity` prints. UPDATE=1 rewrites test/golden/capacity.*; the numbers in it are derived by hand in
// run-capacity.test.ts.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { mmtrace } from "../support/cli.ts";

const SAMPLE = "samples/11-proposals/31-refcount-of-a-huge-page.mmtrace";
const text = readFileSync(new URL(`../../${SAMPLE}`, import.meta.url), "utf8");
const files = { [SAMPLE]: text };

function golden(name: string, out: string): void {
  const file = new URL(`../golden/${name}`, import.meta.url);
  if (process.env.UPDATE === "1") writeFileSync(file, out);
  assert.equal(out, readFileSync(file, "utf8"));
}

test("capacity prints what grows in each repeat, and where it ends", async () => {
  const { out, err } = await mmtrace(["capacity", SAMPLE, "--kernel", "6.6,refcount-fail-early,refcount64"], { files });
  assert.equal(err, "");
  golden("capacity.txt", out);
});

test("capacity --json says the same", async () => {
  const { out } = await mmtrace(["capacity", SAMPLE, "--json"], { files });
  golden("capacity.json", out);
  const [{ model, repeats }] = JSON.parse(out);
  assert.equal(model, "6.6");
  const end = repeats[0].ends.find((one: { what: string }) => one.what === "refcount");
  assert.equal(end.round, 4194303);
});

test("the status says whether all growth is steady", async () => {
  const steady = "p = mmap(4K, rw, private|anonymous)\nrepeat 2\n  v = vmsplice(p, 4K)\nend\n";
  const fails = "p = mmap(8K, rw, private|anonymous)\nrepeat 2 as i\n  write(p[i], 1)\nend\n";
  assert.equal((await mmtrace(["capacity", "a"], { files: { a: steady } })).status, 0);
  const failed = await mmtrace(["capacity", "a"], { files: { a: fails } });
  assert.equal(failed.status, 1);
  assert.match(failed.out, /^ {2}not steady: in round 3 line 3 does not come to what the trace expects$/m);
  const stopped = await mmtrace(["capacity", "a", "--limit-events", "30"], { files: { a: steady } });
  assert.equal(stopped.status, 3);
  assert.match(stopped.out, /^ {2}stopped after \d rounds: the run made more than 30 events$/m);
  assert.equal((await mmtrace(["capacity", "a"], { files: { a: "repeat\n" } })).status, 2);
});

test("a trace without a repeat has nothing that grows from round to round", async () => {
  const { status, out } = await mmtrace(["capacity", "a"], { files: { a: "p = mmap(4K)\n" } });
  assert.equal(status, 0);
  assert.match(out, /no repeat: nothing grows from round to round/);
});
