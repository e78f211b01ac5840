// The guest's file system: the bytes of its archive, and the modules in it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cpioOf } from "../../server/src/cli/kernel/cpio.ts";
import { initramfsOf } from "../../server/src/cli/kernel/initramfs.ts";
import { dependsOf, loadOrder, modulesToLoad } from "../../server/src/cli/kernel/modules.ts";
import { place } from "../support/kernel.ts";

interface Entry {
  readonly mode: number;
  readonly content: string;
}

// As init/initramfs.c reads it: a header of 110 characters, the name, the content, both padded to four bytes.
function entriesOf(archive: Uint8Array): Map<string, Entry> {
  const bytes = Buffer.from(archive);
  const entries = new Map<string, Entry>();
  for (let at = 0; ; ) {
    assert.equal(bytes.toString("latin1", at, at + 6), "070701");
    assert.equal(at % 4, 0);
    const field = (index: number) =>
      Number.parseInt(bytes.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = bytes.toString("latin1", at + 110, at + 110 + nameSize - 1);
    assert.equal(bytes[at + 110 + nameSize - 1], 0);
    const from = Math.ceil((at + 110 + nameSize) / 4) * 4;
    if (name === "TRAILER!!!") return entries;
    entries.set(name, { mode, content: bytes.toString("latin1", from, from + size) });
    at = Math.ceil((from + size) / 4) * 4;
  }
}

test("an archive holds its files and the folders on the way to them", () => {
  const archive = cpioOf([
    { path: "init", content: Buffer.from("program"), executable: true },
    { path: "a/b/c", content: Buffer.from("12345") },
    { path: "empty", content: new Uint8Array(0) },
  ]);
  assert.deepEqual(Object.fromEntries(entriesOf(archive)), {
    a: { mode: 0o040755, content: "" },
    "a/b": { mode: 0o040755, content: "" },
    "a/b/c": { mode: 0o100644, content: "12345" },
    empty: { mode: 0o100644, content: "" },
    init: { mode: 0o100755, content: "program" },
  });
});

test("a folder comes before what lies in it, as the kernel makes neither by itself", () => {
  const names = [...entriesOf(cpioOf([{ path: "a/b/c", content: Buffer.from("x") }])).keys()];
  assert.deepEqual(names, ["a", "a/b", "a/b/c"]);
});

test("the same files in another order give the same bytes", () => {
  const [one, two] = [
    { path: "one", content: Buffer.from("1") },
    { path: "two", content: Buffer.from("22") },
  ];
  assert.deepEqual(cpioOf([one, two]), cpioOf([two, one]));
});

test("the first bytes are those of the format", () => {
  const archive = Buffer.from(cpioOf([{ path: "f", content: Buffer.from("hi") }]));
  assert.equal(
    archive.toString("latin1", 0, 116),
    "070701" + // c_magic
      "00000001" + // ino
      "000081A4" + // mode
      "00000000" + // uid
      "00000000" + // gid
      "00000001" + // nlink
      "00000000" + // mtime
      "00000002" + // filesize
      "00000000".repeat(4) + // devices
      "00000002" + // namesize
      "00000000" + // check
      "f\0hi\0\0",
  );
});

test("the guest's file system has the program as init, the modules with their order, and the image", () => {
  const modules = ["zsmalloc.ko", "zram.ko"].map((name) => ({ name, content: Buffer.from(name) }));
  const entries = entriesOf(initramfsOf(Buffer.from("program"), modules, Buffer.from("image")));
  assert.deepEqual(
    [...entries.keys()],
    ["modules", "ext4.img", "init", "modules/load", "modules/zram.ko", "modules/zsmalloc.ko"],
  );
  assert.equal(entries.get("modules/load")?.content, "zsmalloc.ko\nzram.ko\n");
  assert.equal(entries.get("init")?.mode, 0o100755);
});

test("a module's dependencies are read off it", () => {
  const module = (depends: string) => Buffer.from(`ELF…\0license=GPL\0depends=${depends}\0name=zram\0`, "latin1");
  assert.deepEqual(dependsOf(module("zsmalloc,lz4hc-compress")), ["zsmalloc", "lz4hc_compress"]);
  assert.deepEqual(dependsOf(module("")), []);
  assert.deepEqual(dependsOf(Buffer.from("no such section")), []);
});

test("modules load after what they depend on, each once", async () => {
  const depends: Readonly<Record<string, readonly string[]>> = {
    zram: ["zsmalloc", "lzo"],
    lzo: ["base"],
    zsmalloc: ["base"],
  };
  const order = await loadOrder(["zram", "lzo", "loop"], async (name) => depends[name] ?? []);
  assert.deepEqual(order, ["base", "zsmalloc", "lzo", "zram", "loop"]);
});

test("modules that depend on each other do not hold up the rest", async () => {
  const order = await loadOrder(["a"], async (name) => (name === "a" ? ["b"] : ["a"]));
  assert.deepEqual(order, ["b", "a"]);
});

test("modules are found in any folder of the kernel, compressed or not", async (t) => {
  const at = place(t);
  mkdirSync(join(at.folder, "drivers/block"), { recursive: true });
  writeFileSync(join(at.folder, "drivers/block/zram.ko"), "\0depends=zsmalloc\0");
  writeFileSync(join(at.folder, "zsmalloc.ko"), "\0depends=\0");
  writeFileSync(join(at.folder, "loop.ko"), "\0depends=\0");
  execFileSync("xz", [join(at.folder, "loop.ko")]);
  const modules = await modulesToLoad(at.folder, { PATH: process.env.PATH });
  assert.deepEqual(
    modules.map(({ name, content }) => [name, Buffer.from(content).toString("latin1")]),
    [
      ["zsmalloc.ko", "\0depends=\0"],
      ["zram.ko", "\0depends=zsmalloc\0"],
      ["loop.ko", "\0depends=\0"],
    ],
  );
});

test("a kernel without the modules that traces need is refused", async (t) => {
  await assert.rejects(modulesToLoad(place(t).folder, {}), /has no module zram, loop/);
});
