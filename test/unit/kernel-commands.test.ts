// `mmtrace kernel fetch`, `list` and `clean`, with the real apt over an archive on the disk.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { archiveAt } from "../support/archive.ts";
import { mmtrace } from "../support/cli.ts";
import { cachedKernel, place } from "../support/kernel.ts";

const KERNELS = {
  "6.1.0-9-cloud-amd64": "6.1.20-1",
  "6.1.0-50-cloud-amd64": "6.1.176-1",
  "6.12.1-cloud-amd64": "6.12.1-1",
};
const hasApt = existsSync("/usr/bin/apt-get");

test("fetch brings the newest build of a release, with what the guest needs of it and no more", {
  skip: !hasApt,
}, async (t) => {
  const at = place(t);
  const { env } = archiveAt(at, "bookworm", KERNELS);
  const { status, out, err } = await mmtrace(["kernel", "fetch", "6.1"], { env });
  assert.equal(status, 0, err);
  assert.match(
    out,
    /^6\.1 {3}6\.1\.0-50-cloud-amd64 {2}fetched in .* s \(linux-image-6\.1\.0-50-cloud-amd64 6\.1\.176-1\)\n$/,
  );
  const folder = join(at.folder, "cache/mmtrace/kernels/6.1");
  assert.deepEqual(readdirSync(folder).sort(), ["loop.ko", "manifest.json", "vmlinuz", "zram.ko", "zsmalloc.ko"]);
  assert.equal(readFileSync(join(folder, "vmlinuz"), "utf8"), "the kernel 6.1.0-50-cloud-amd64");
  assert.deepEqual(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")).modules, [
    "zsmalloc.ko",
    "zram.ko",
    "loop.ko",
  ]);
  assert.deepEqual(readdirSync(join(at.folder, "cache/mmtrace/download")), []);
});

test("a release that is here is not fetched again, and needs no archive", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env } = archiveAt(at, "bookworm", KERNELS);
  await mmtrace(["kernel", "fetch", "6.1"], { env });
  renameSync(join(at.folder, "archive"), join(at.folder, "gone"));
  const { status, out } = await mmtrace(["kernel", "fetch", "6.1"], { env });
  assert.equal(status, 0);
  assert.match(out, /is here already/);
});

test("--update replaces a build by a newer one", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env } = archiveAt(at, "bookworm", KERNELS);
  await cachedKernel(at, "6.1", "6.1.0-9-cloud-amd64");
  const { status, out, err } = await mmtrace(["kernel", "fetch", "6.1", "--update"], { env });
  assert.equal(status, 0, err);
  assert.match(out, /6\.1\.0-50-cloud-amd64 {2}fetched/);
});

test("a fetch that failed in the middle leaves no kernel, and the next one goes on", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env, pool } = archiveAt(at, "bookworm", KERNELS);
  renameSync(pool, `${pool}-away`);
  const failed = await mmtrace(["kernel", "fetch", "6.1"], { env });
  assert.equal(failed.status, 2);
  assert.match(
    failed.err,
    /^error: 6\.1: linux-image-6\.1\.0-50-cloud-amd64=6\.1\.176-1 cannot be downloaded; apt says:\n {2}E: /,
  );
  assert.match(
    (await mmtrace(["kernel", "list"], { env })).out,
    /^6\.1 {3}not here; mmtrace kernel fetch 6\.1 \(about 26 MB\)$/m,
  );
  renameSync(`${pool}-away`, pool);
  assert.equal((await mmtrace(["kernel", "fetch", "6.1"], { env })).status, 0);
});

test("a package that is not what the archive's list says is refused", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env, pool } = archiveAt(at, "bookworm", KERNELS);
  const path = join(pool, "linux-image-6.1.0-50-cloud-amd64_6.1.176-1_amd64.deb");
  const content = readFileSync(path);
  content[content.length - 1] ^= 1;
  writeFileSync(path, content);
  const { status, err } = await mmtrace(["kernel", "fetch", "6.1"], { env });
  assert.equal(status, 2);
  assert.match(err, /cannot be downloaded; apt says:[\s\S]*Hash Sum mismatch/);
});

test("an archive that is not signed by a key of this machine is refused", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env } = archiveAt(at, "bookworm", KERNELS);
  const list = join(at.folder, "etc/sources.list");
  writeFileSync(list, readFileSync(list, "utf8").replace("[trusted=yes] ", ""));
  const { status, err } = await mmtrace(["kernel", "fetch", "6.1"], { env });
  assert.equal(status, 2);
  assert.match(err, /is not signed/);
});

test("two fetches at the same time both end with the kernel", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env } = archiveAt(at, "bookworm", KERNELS);
  const both = await Promise.all([0, 1].map(() => mmtrace(["kernel", "fetch", "6.1"], { env })));
  assert.deepEqual(
    both.map(({ status }) => status),
    [0, 0],
    both.map(({ err }) => err).join(""),
  );
  assert.equal(both.filter(({ out }) => out.includes("is here already")).length, 1);
});

test("one release that cannot be fetched does not keep the others away", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env } = archiveAt(at, "bookworm", KERNELS);
  const { status, out, err } = await mmtrace(["kernel", "fetch", "5.10", "6.1"], { env });
  assert.equal(status, 2);
  assert.match(out, /^6\.1 {3}6\.1\.0-50/);
  assert.match(err, /^error: 5\.10: the archive's lists cannot be read: is there a network\?; apt says:/);
});

test("a series that the suite does not carry is told", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env } = archiveAt(at, "bookworm", { "6.12.1-cloud-amd64": "6.12.1-1" });
  const { status, err } = await mmtrace(["kernel", "fetch", "6.1"], { env });
  assert.equal(status, 2);
  assert.match(err, /^error: 6\.1: the archive has no kernel 6\.1 for amd64 in bookworm \(any more\)$/m);
});

test("a machine whose apt knows no Debian archive is told what to add", { skip: !hasApt }, async (t) => {
  const at = place(t);
  const { env } = archiveAt(at, "bookworm", KERNELS);
  writeFileSync(join(at.folder, "etc/sources.list"), "deb http://archive.example/ubuntu jammy main\n");
  const { status, err } = await mmtrace(["kernel", "fetch", "6.1"], { env });
  assert.equal(status, 2);
  assert.match(err, /apt sources name no archive of Debian's releases/);
});

test("without apt-get fetch says where the kernels come from", async (t) => {
  const { status, out, err } = await mmtrace(["kernel", "fetch", "6.1"], { env: { ...place(t).env, PATH: "" } });
  assert.equal(status, 2);
  assert.equal(out, "");
  assert.match(
    err,
    /^error: 6\.1: \S+ is needed to (fetch kernels|unpack a kernel), and is not on this machine's PATH; the kernels come from Debian's archive/,
  );
});

test("list tells each release, what is here of it, and what to install for booting", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.12", "6.12.107+deb13-cloud-amd64");
  const { status, out } = await mmtrace(["kernel", "list"], { env: { ...at.env, PATH: "" } });
  assert.equal(status, 0);
  assert.deepEqual(out.split("\n"), [
    "5.10  not here; mmtrace kernel fetch 5.10 (about 21 MB)",
    "6.1   not here; mmtrace kernel fetch 6.1 (about 26 MB)",
    "6.12  6.12.107+deb13-cloud-amd64  linux-image-6.12.107+deb13-cloud-amd64 6.12.1-1",
    "6.18  not here; mmtrace kernel fetch 6.18 (about 49 MB)",
    "7.2   not here; mmtrace kernel fetch 7.2 (about 37 MB)",
    "missing to boot them: qemu-system-x86_64, cc, mke2fs; install qemu-system-x86 and gcc and libc6-dev and e2fsprogs " +
      "(on Debian: apt-get install qemu-system-x86 gcc libc6-dev e2fsprogs)",
    "",
  ]);
});

test("list --json has the same, with the programs' paths", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.12");
  const { out } = await mmtrace(["kernel", "list", "--json"], { env: { ...at.env, PATH: "" } });
  const found = JSON.parse(out);
  assert.equal(found.folder, join(at.folder, "cache/mmtrace/kernels"));
  assert.deepEqual(
    found.kernels.map(({ release, kernel }: { release: string; kernel: string | null }) => [release, kernel]),
    [
      ["5.10", null],
      ["6.1", null],
      ["6.12", "6.12.0-1-cloud-amd64"],
      ["6.18", null],
      ["7.2", null],
    ],
  );
  assert.deepEqual(found.programs, { "qemu-system-x86_64": null, cc: null, mke2fs: null });
});

test("clean removes the releases that are named", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.1");
  await cachedKernel(at, "6.12");
  const { out } = await mmtrace(["kernel", "clean", "6.1", "5.10"], { env: at.env });
  assert.equal(out, "5.10  was not here\n6.1   removed\n");
  assert.deepEqual(readdirSync(join(at.folder, "cache/mmtrace/kernels")), ["6.12"]);
});

test("clean without a release removes all kernels and what was built for them", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.1");
  mkdirSync(join(at.folder, "cache/mmtrace/guest"));
  await mmtrace(["kernel", "clean"], { env: at.env });
  assert.deepEqual(readdirSync(join(at.folder, "cache/mmtrace/kernels")), []);
  assert.equal(existsSync(join(at.folder, "cache/mmtrace/guest")), false);
});

test("a kernel that does not exist gets the nearest one", async (t) => {
  const { status, err } = await mmtrace(["kernel", "fetch", "6.11"], { env: place(t).env });
  assert.equal(status, 2);
  assert.match(err, /no kernel '6\.11'; did you mean '6\.1/);
});

test("a misspelt command of the group gets the nearest one, and none of them the list", async () => {
  const misspelt = await mmtrace(["kernel", "fecth"]);
  assert.equal(misspelt.status, 2);
  assert.match(misspelt.err, /^mmtrace kernel: no command 'fecth'; did you mean 'fetch'\?/);
  const none = await mmtrace(["kernel"]);
  assert.equal(none.status, 2);
  assert.match(none.err, /^ {2}kernel list {3}/m);
});

test("help tells of the group and of each of its commands", async () => {
  assert.match((await mmtrace(["help", "kernel"])).out, /^Usage: mmtrace kernel COMMAND/);
  assert.match((await mmtrace(["kernel", "--help"])).out, /^Usage: mmtrace kernel COMMAND/);
  assert.match((await mmtrace(["help", "kernel", "list"])).out, /^Usage: mmtrace kernel list \[--json\]/);
});
