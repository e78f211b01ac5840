// The kernel that QEMU boots: taken out of its compressed image where that goes, else the image itself.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type CachedKernel, sha256 } from "../../server/src/cli/kernel/cache.ts";
import { bootableKernel, hasDirectEntry, payloadOf } from "../../server/src/cli/kernel/direct_kernel.ts";
import { type Place, place } from "../support/kernel.ts";

const NOTE = "\x04\0\0\0\x08\0\0\0\x12\0\0\0Xen\0";
const VMLINUX = Buffer.from(`\x7fELF and so on ${NOTE} and more`, "latin1");

// A bzImage: one boot sector and two of setup, the payload 16 bytes into what follows, and its unpacked length behind it.
function bzImage(payload: Uint8Array): Buffer {
  const image = Buffer.alloc(3 * 512 + 16 + payload.length + 4 + 100);
  image[0x1f1] = 2;
  image.write("HdrS", 0x202, "latin1");
  image.writeUInt32LE(16, 0x248);
  image.writeUInt32LE(payload.length + 4, 0x24c);
  image.set(payload, 3 * 512 + 16);
  return image;
}

function kernelIn(at: Place, image: Uint8Array): CachedKernel {
  const vmlinuz = join(at.folder, "vmlinuz");
  writeFileSync(vmlinuz, image);
  const manifest = { format: 1, release: "6.1", kernel: "6.1.0", packages: [], modules: [] } as const;
  return { manifest: { ...manifest, files: { vmlinuz: sha256(image) } }, vmlinuz, modules: [] };
}

test("the compressed kernel is found in its image, without the length behind it", () => {
  assert.deepEqual(payloadOf(bzImage(Buffer.from("payload"))), Buffer.from("payload"));
});

test("an image that is none, or whose payload lies outside, has no payload", () => {
  assert.equal(payloadOf(Buffer.from("a kernel")), undefined);
  const image = bzImage(Buffer.from("payload"));
  image.writeUInt32LE(0xffffff00, 0x24c);
  assert.equal(payloadOf(image), undefined);
});

test("a kernel can be started directly when it is ELF with Xen's note of the entry point", () => {
  assert.equal(hasDirectEntry(VMLINUX), true);
  assert.equal(hasDirectEntry(Buffer.from("\x7fELF without", "latin1")), false);
  assert.equal(hasDirectEntry(Buffer.from(NOTE, "latin1")), false);
});

test("the kernel is unpacked once", async (t) => {
  const at = place(t);
  const env = { ...at.env, PATH: process.env.PATH };
  const kernel = kernelIn(at, bzImage(execFileSync("xz", ["-c"], { input: VMLINUX })));
  const path = await bootableKernel(kernel, env);
  assert.deepEqual(readFileSync(path), VMLINUX);
  assert.equal(await bootableKernel(kernel, { ...env, PATH: "" }), path);
});

test("without the program that unpacks it, or without an entry point, the image itself boots", async (t) => {
  const at = place(t);
  const kernel = kernelIn(at, bzImage(execFileSync("xz", ["-c"], { input: VMLINUX })));
  assert.equal(await bootableKernel(kernel, at.env), kernel.vmlinuz);
  const other = kernelIn(at, bzImage(execFileSync("xz", ["-c"], { input: "no kernel" })));
  assert.equal(await bootableKernel(other, { ...at.env, PATH: process.env.PATH }), other.vmlinuz);
});
