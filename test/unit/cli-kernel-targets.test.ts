// On what `kernel run` and `kernel compare` refuse to begin, without a kernel being booted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mmtrace } from "../support/cli.ts";

test("a trace that no real kernel can run is named with its reason, and the status is 2", async () => {
  const files = { a: "machine arch=arm64_4k\np = mmap(4K)\n" };
  const compared = await mmtrace(["kernel", "compare", "a", "--kernel", "6.12"], { files });
  assert.equal(compared.status, 2);
  assert.match(compared.out, /^# a on 6\.12\n {4}not run: machine arch=arm64_4k: the kernels are x86_64$/m);
  assert.match(compared.out, /0 compared, 0 agreed, 0 disagreed, 0 not visible\n$/);
  const ran = await mmtrace(["kernel", "run", "a", "--kernel", "6.12"], { files });
  assert.equal(ran.status, 2);
  assert.match(ran.out, /^a: not run on 6\.12: machine arch=arm64_4k/);
});

test("a trace whose models are no kernels that can be fetched is not run", async () => {
  const { status, out } = await mmtrace(["kernel", "compare", "a"], { files: { a: "kernel 5.7 6.6\np = mmap(4K)\n" } });
  assert.equal(status, 2);
  assert.match(out, /not run: its models \(5\.7, 6\.6\) are no kernels that can be fetched/);
});

test("a trace that the chosen release does not know is not run on it, with the line", async () => {
  const files = { a: "kernel 6.12\np = mmap(4K)\nmadvise(p, 4K, populate_read)\n" };
  const { status, out } = await mmtrace(["kernel", "compare", "a", "--kernel", "5.10", "--json"], { files });
  assert.equal(status, 2);
  assert.match(JSON.parse(out).traces[0].refused, /^line 3: 5\.10 has no `madvise/);
});

test("a trace with a problem is printed with it, and the status is 2", async () => {
  const { status, err } = await mmtrace(["kernel", "run", "a"], { files: { a: "p = mmap(4K)\nread(q)\n" } });
  assert.equal(status, 2);
  assert.match(err, /^a:2:6: error: .*\[unknown-name\]$/m);
});

test("a kernel that does not exist is told with its neighbour", async () => {
  const { status, err } = await mmtrace(["kernel", "compare", "a", "--kernel", "6.13"], { files: { a: "mmap(4K)\n" } });
  assert.equal(status, 2);
  assert.match(err, /no kernel '6\.13'/);
});
