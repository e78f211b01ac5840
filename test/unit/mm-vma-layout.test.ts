// Where a mapping goes that names no address.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PAGE, space } from "../support/space.ts";

const MIB = 1n << 20n;
const GIB = 1n << 30n;
const FIRST = 0x2000_0000_0000n;

test("spaced: the first at 0x200000000000, each next one a GiB further, past what is mapped", () => {
  const s = space();
  assert.equal(s.mmap(PAGE), FIRST);
  assert.equal(s.mmap(GIB + PAGE), FIRST + GIB);
  assert.equal(s.mmap(PAGE), FIRST + 3n * GIB);
  s.mmap(PAGE, "rw", "private|anonymous", { at: FIRST + 4n * GIB + PAGE });
  assert.equal(s.mmap(2n * PAGE), FIRST + 5n * GIB);
});

test("spaced: an address is not given out again, nor to another process", () => {
  const s = space();
  s.munmap(s.mmap(PAGE) as bigint, PAGE);
  assert.equal(s.mmap(PAGE), FIRST + GIB);
  const child = s.fork();
  assert.equal(child.mmap(PAGE), FIRST + 2n * GIB);
  assert.equal(s.mmap(PAGE), FIRST + 3n * GIB);
});

test("spaced: past the end the search begins anew, and a mapping larger than all gaps is ENOMEM", () => {
  const s = space();
  const large = 0x7fff_f7ff_f000n - FIRST - GIB;
  assert.equal(s.mmap(large), FIRST);
  assert.equal(s.mmap(large), "ENOMEM");
  s.munmap(FIRST, large);
  assert.equal(s.mmap(2n * GIB), FIRST);
});

test("spaced: architectures of 32 bits begin at 1 GiB and go in steps of 16 MiB", () => {
  const s = space("7.2", { arch: "x86_32" });
  assert.equal(s.mmap(PAGE), GIB);
  assert.equal(s.mmap(17n * MIB), GIB + 16n * MIB);
  assert.equal(s.mmap(PAGE), GIB + 48n * MIB);
});

test("kernel: top-down from mmap_base, each right below the last, so that equal ones merge", () => {
  const s = space("7.2", { layout: "kernel" });
  assert.equal(s.mmap(PAGE), 0x7fff_f7ff_e000n);
  assert.equal(s.mmap(2n * PAGE), 0x7fff_f7ff_c000n);
  assert.equal(s.vmas(), 1);
});

test("kernel: the highest gap that is large enough is filled from its top", () => {
  const s = space("7.2", { layout: "kernel" });
  s.mmap(8n * PAGE, "r");
  s.munmap(0x7fff_f7ff_b000n, 2n * PAGE);
  assert.equal(s.mmap(PAGE), 0x7fff_f7ff_c000n);
  assert.equal(s.mmap(2n * PAGE), 0x7fff_f7ff_5000n);
});

test("kernel: from 6.7 on anonymous memory of whole huge pages is aligned to one", () => {
  for (const [release, at] of [
    ["6.1", 0x7fff_f7df_e000n],
    ["6.12", 0x7fff_f7c0_0000n],
  ] as const) {
    const s = space(release, { layout: "kernel" });
    s.mmap(PAGE);
    assert.equal(s.mmap(2n * MIB), at, release);
    assert.equal(s.mmap(2n * MIB + PAGE, "r"), at - 2n * MIB - PAGE, release);
  }
});

test("kernel: large file mappings are aligned from 5.18 on, and stay at the gap's top from 6.8 on", () => {
  for (const [release, at] of [
    ["5.10", 0x7fff_f7df_f000n],
    ["6.1", 0x7fff_f7c0_0000n],
    ["7.2", 0x7fff_f7c0_0000n],
  ] as const) {
    const s = space(release, { layout: "kernel" });
    assert.equal(s.mmap(2n * MIB, "r", "private", { fd: s.file(PAGE) }), at, release);
  }
  // With a gap whose top is aligned already, 6.1 leaves the padding above the mapping.
  for (const [release, at] of [
    ["6.1", 0x7fff_f7a0_0000n],
    ["7.2", 0x7fff_f7c0_0000n],
  ] as const) {
    const s = space(release, { layout: "kernel" });
    assert.equal(s.mmap(2n * MIB - PAGE, "none"), 0x7fff_f7e0_0000n);
    assert.equal(s.mmap(2n * MIB, "r", "private", { fd: s.file(PAGE) }), at, release);
  }
});

test("kernel: nothing comes within the guard gap of a stack", () => {
  const s = space("7.2", { layout: "kernel" });
  s.mmap(PAGE, "rw", "private|anonymous|growsdown|fixed", { at: 0x7fff_f7ff_e000n });
  assert.equal(s.mmap(PAGE), 0x7fff_f7ff_e000n - 257n * PAGE);
});

test("la57: below 47 bits, unless a hint asks for more", () => {
  const s = space("7.2", { arch: "x86_64_la57", layout: "kernel" });
  assert.equal(s.mmap(PAGE), 0x7fff_f7ff_e000n);
  assert.equal(s.mmap(PAGE, "rw", "private|anonymous", { at: 1n << 50n }), 1n << 50n);
  assert.equal(s.mmap(PAGE, "rw", "private|anonymous", { at: 1n << 50n }), 0xff_ffff_f7ff_e000n);
});
