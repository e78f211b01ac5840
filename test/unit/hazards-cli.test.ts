// `mmtrace hazards`: the same results however the work is spread.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mmtrace } from "../support/cli.ts";

const WORK = ["hazards", "--kernel", "5.7,6.1", "--scene", "page,page-disk", "--depth", "2", "--json"];
const whole = async () => (await mmtrace(WORK)).out;

test("shards of the hazards are merged to the whole, in any order", async () => {
  const first = await mmtrace([...WORK, "--shard", "1/3"]);
  const second = await mmtrace([...WORK, "--shard", "2/3"]);
  const third = await mmtrace([...WORK, "--shard", "3/3"]);
  const files = { "a.json": first.out, "b.json": second.out, "c.json": third.out };
  const merged = await mmtrace(["hazards", "--merge", "c.json", "a.json", "b.json", "--json"], { files });
  assert.equal(merged.out, await whole());
});

test("two workers find what one finds, in the same order", async () => {
  assert.equal((await mmtrace([...WORK, "--workers", "2"])).out, await whole());
});

test("a table says what was not asked, and what cannot be", async () => {
  const { out } = await mmtrace(["hazards", "--kernel", "4.19", "--scene", "page", "--depth", "3"]);
  const cells = out.split("\n")[1].split(/ +/);
  assert.deepEqual(cells.slice(0, 7), ["4.19", "safe", "4", "—", "—", "safe", "—"]);
  assert.equal(cells.at(-1), "?");
});

test("what is no result of a search is refused", async () => {
  const text = await whole();
  for (const [name, wrong] of [
    ["an operation of no scene", text.replace('"found": {}', '"found": { "loss-get": ["vfork()"] }')],
    ["another model", text.replaceAll('"5.7"', '"5.6"')],
    ["no JSON", text.slice(1)],
  ]) {
    const { status, err } = await mmtrace(["hazards", "--merge", "a.json"], { files: { "a.json": wrong } });
    assert.equal(status, 2, name);
    assert.match(err, /a\.json/, name);
  }
});

test("results that contradict each other are refused", async () => {
  const text = await whole();
  const files = { "a.json": text, "b.json": text.replace(/"states": \d+/, '"states": 1') };
  const { status, err } = await mmtrace(["hazards", "--merge", "a.json", "b.json"], { files });
  assert.equal(status, 2);
  assert.match(err, /searched twice/);
});

test("a shard that does not exist is a mistake of the command line", async () => {
  for (const shard of ["0/2", "3/2", "x"]) {
    assert.equal((await mmtrace(["hazards", "--shard", shard])).status, 2, shard);
  }
});
