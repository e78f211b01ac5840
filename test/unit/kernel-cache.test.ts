// What the cache of kernels calls there: a kernel that is whole.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cacheFolder, keptFile, readKernel, readManifest, removeKernel } from "../../server/src/cli/kernel/cache.ts";
import { alone } from "../../server/src/cli/kernel/lock.ts";
import { cachedKernel, type Place, place } from "../support/kernel.ts";

const inCache = (at: Place, ...names: string[]) => join(at.folder, "cache", "mmtrace", "kernels", ...names);

test("the cache lies where XDG says, or in the home; a relative path counts as not given", () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: "/x", HOME: "/home/a" }), "/x/mmtrace");
  assert.equal(cacheFolder({ HOME: "/home/a" }), "/home/a/.cache/mmtrace");
  assert.equal(cacheFolder({ XDG_CACHE_HOME: "x", HOME: "/home/a" }), "/home/a/.cache/mmtrace");
});

test("a kernel is read with its files", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.1", "6.1.0-50-cloud-amd64");
  const kernel = await readKernel("6.1", at.env);
  assert.equal(kernel.manifest.kernel, "6.1.0-50-cloud-amd64");
  assert.equal(kernel.vmlinuz, inCache(at, "6.1", "vmlinuz"));
});

test("a newer build takes the older one's place", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.1", "6.1.0-47-cloud-amd64");
  await cachedKernel(at, "6.1", "6.1.0-50-cloud-amd64");
  assert.equal((await readKernel("6.1", at.env)).manifest.kernel, "6.1.0-50-cloud-amd64");
});

test("a kernel that is not there says how to fetch it", async (t) => {
  await assert.rejects(readKernel("6.12", place(t).env), /mmtrace kernel fetch 6\.12/);
});

test("what an interrupted fetch left is no kernel", async (t) => {
  const at = place(t);
  mkdirSync(inCache(at, "6.1"), { recursive: true });
  writeFileSync(inCache(at, "6.1", "vmlinuz"), "half a ker");
  assert.equal(await readManifest("6.1", at.env), undefined);
});

test("a file that is not what was fetched is told, with the cure", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.1");
  writeFileSync(inCache(at, "6.1", "vmlinuz"), "half a ker");
  await assert.rejects(
    readKernel("6.1", at.env),
    /6\.1 is damaged .*vmlinuz.* kernel clean 6\.1 && mmtrace kernel fetch 6\.1/,
  );
});

test("a manifest cannot lead out of its folder", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.1");
  const path = inCache(at, "6.1", "manifest.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"modules": []', '"modules": ["../../../secret"]'));
  assert.equal(await readManifest("6.1", at.env), undefined);
});

test("a manifest that is no JSON, or of another release, counts as none", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.1");
  const path = inCache(at, "6.1", "manifest.json");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace('"release": "6.1"', '"release": "6.12"'));
  assert.equal(await readManifest("6.1", at.env), undefined);
  writeFileSync(path, text.slice(0, 40));
  assert.equal(await readManifest("6.1", at.env), undefined);
});

test("removing a kernel takes along what interrupted fetches left of it, and no other's", async (t) => {
  const at = place(t);
  await cachedKernel(at, "6.1");
  await cachedKernel(at, "6.12");
  mkdirSync(inCache(at, "6.1.new-123"));
  mkdirSync(inCache(at, "6.12.old-123"));
  const built = join(at.folder, "cache", "mmtrace", "guest");
  mkdirSync(built);
  for (const name of ["vmlinux-6.1-a", "initramfs-6.1-a.cpio.gz", "vmlinux-6.12-a"])
    writeFileSync(join(built, name), "");
  assert.equal(await removeKernel("6.1", at.env), true);
  assert.equal(await removeKernel("6.1", at.env), false);
  assert.throws(() => readFileSync(inCache(at, "6.1.new-123")), /ENOENT/);
  assert.throws(() => readFileSync(inCache(at, "6.12.old-123")), /EISDIR/);
  await readKernel("6.12", at.env);
  assert.deepEqual(readdirSync(built), ["vmlinux-6.12-a"]);
});

test("a file is made once, and one whose making failed is not there", async (t) => {
  const path = join(place(t).folder, "deep", "file");
  await assert.rejects(
    keptFile(path, async (temporary) => {
      writeFileSync(temporary, "half");
      throw new Error("no");
    }),
  );
  assert.throws(() => readFileSync(path), /ENOENT/);
  await keptFile(path, async (temporary) => writeFileSync(temporary, "whole"));
  await keptFile(path, () => Promise.reject(new Error("made twice")));
  assert.equal(readFileSync(path, "utf8"), "whole");
});

test("of what was made for older sources the latest two stay; other kinds are left alone", async (t) => {
  const { folder } = place(t);
  const names = ["guest-1", "guest-2", "guest-3", "guest-4", "initramfs-6.1-1", "notes"];
  names.forEach((name, i) => {
    writeFileSync(join(folder, name), "");
    utimesSync(join(folder, name), new Date(1000 * i), new Date(1000 * i));
  });
  await keptFile(join(folder, "guest-5"), async (temporary) => writeFileSync(temporary, ""));
  assert.deepEqual(
    readdirSync(folder)
      .filter((name) => name !== "bin")
      .sort(),
    ["guest-3", "guest-4", "guest-5", "initramfs-6.1-1", "notes"],
  );
});

test("who wants the same work waits until the first one is done, even when it fails", async () => {
  const order: string[] = [];
  const what = `a test's lock ${process.pid}`;
  const first = alone(
    what,
    () => order.push("first waits"),
    async () => {
      order.push("first begins");
      await new Promise((resolve) => setTimeout(resolve, 100));
      order.push("first ends");
      throw new Error("failed");
    },
  );
  const failed = assert.rejects(first, /failed/);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await alone(
    what,
    () => order.push("second waits"),
    async () => order.push("second"),
  );
  await failed;
  assert.deepEqual(order, ["first begins", "second waits", "first ends", "second"]);
});
