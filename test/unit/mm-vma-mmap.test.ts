// mmap and munmap: what is granted, what merges, what is split, what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HERE, K, PAGE, space } from "../support/space.ts";

const RELEASES = ["5.7", "5.10", "6.1", "6.12", "6.18", "7.2"];
const anonymous = "private|anonymous";

test("refuses what the kernel refuses, with its errno", () => {
  const s = space();
  const fd = s.file(8n * K);
  const refusals: [string, bigint | string][] = [
    ["EINVAL", s.mmap(0n)],
    ["EINVAL", s.mmap(PAGE, "rw", "anonymous")],
    ["EINVAL", s.mmap(PAGE, "rw", "private|shared|anonymous")],
    ["EINVAL", s.mmap(PAGE, "rw", "shared|anonymous|growsdown")],
    ["EINVAL", s.mmap(PAGE, "rw", "private|growsdown", { fd })],
    ["EINVAL", s.mmap(PAGE, "rw", "private", { fd, offset: 1n })],
    ["EINVAL", s.mmap(PAGE, "rw", `${anonymous}|fixed`, { at: HERE + 1n })],
    ["EBADF", s.mmap(PAGE, "rw", "private")],
    ["ENOMEM", s.mmap(1n << 47n)],
    ["ENOMEM", s.mmap(0xffff_ffff_ffff_ffffn)],
    ["ENOMEM", s.mmap(2n * PAGE, "rw", `${anonymous}|fixed`, { at: 0x7fff_ffff_e000n })],
    ["ENOMEM", s.mmap(PAGE, "rw", `${anonymous}|fixed`, { at: 0xffff_ffff_ffff_f000n })],
    ["EOVERFLOW", s.mmap(PAGE, "rw", "private", { fd, offset: (1n << 63n) - PAGE })],
    ["EOPNOTSUPP", s.mmap(PAGE, "rw", "private|shared|fixed_noreplace", { fd, at: HERE })],
  ];
  for (const [errno, result] of refusals) assert.equal(result, errno);
  assert.equal(s.vmas(), 0);
});

test("both type bits on a file are MAP_SHARED_VALIDATE, which maps shared", () => {
  const s = space();
  s.mmap(PAGE, "r", "private|shared", { fd: s.memfd(PAGE), at: HERE });
  assert.equal(s.maps(), "0 1 r--s");
});

test("the last page of user space can be mapped", () => {
  const s = space();
  assert.equal(s.mmap(PAGE, "rw", `${anonymous}|fixed`, { at: 0x7fff_ffff_e000n }), 0x7fff_ffff_e000n);
});

test("lengths are rounded up to pages", () => {
  const s = space();
  s.mmap(1n, "rw", anonymous, { at: HERE });
  assert.equal(s.maps(), "0 1 rw-p");
});

test("neighbours with equal rights become one VMA: behind, before, and into the gap", () => {
  const s = space();
  s.mmap(PAGE, "rw", anonymous, { at: HERE + PAGE });
  s.mmap(PAGE, "rw", anonymous, { at: HERE + 2n * PAGE });
  assert.equal(s.maps(), "1 2 rw-p");
  s.mmap(PAGE, "rw", anonymous, { at: HERE });
  assert.equal(s.maps(), "0 3 rw-p");
  s.mmap(PAGE, "rw", anonymous, { at: HERE + 4n * PAGE });
  assert.equal(s.maps(), "0 3 rw-p\n4 1 rw-p");
  s.mmap(PAGE, "rw", anonymous, { at: HERE + 3n * PAGE });
  assert.equal(s.maps(), "0 5 rw-p");
});

test("other rights, noreserve or a shared mapping stay apart", () => {
  const s = space();
  s.mmap(PAGE, "rw", anonymous, { at: HERE });
  s.mmap(PAGE, "r", anonymous, { at: HERE + PAGE });
  s.mmap(PAGE, "rw", `${anonymous}|noreserve`, { at: HERE + 2n * PAGE });
  s.mmap(PAGE, "rw", "shared|anonymous", { at: HERE + 3n * PAGE });
  s.mmap(PAGE, "rw", "shared|anonymous", { at: HERE + 4n * PAGE });
  assert.equal(s.vmas(), 5);
});

test("file mappings merge where the file goes on, and only there", () => {
  const s = space();
  const fd = s.file(64n * K);
  s.mmap(PAGE, "r", "private", { fd, at: HERE });
  s.mmap(PAGE, "r", "private", { fd, at: HERE + PAGE, offset: PAGE });
  assert.equal(s.maps(), "0 2 r--p");
  s.mmap(PAGE, "r", "private", { fd, at: HERE + 2n * PAGE });
  assert.equal(s.maps(), "0 2 r--p\n2 1 r--p");
  assert.equal(s.k.w.file.users.data[fd], 2);
});

test("fixed replaces what is there, pages and all, and leaves both sides", () => {
  const s = space();
  s.mmap(3n * PAGE, "rw", anonymous, { at: HERE });
  for (const page of [0n, 1n, 2n]) s.write(HERE + page * PAGE);
  s.mmap(PAGE, "r", `${anonymous}|fixed`, { at: HERE + PAGE });
  assert.equal(s.maps(), "0 1 rw-p\n1 1 r--p\n2 1 rw-p");
  assert.equal(s.k.w.mm.rss_anon.data[0], 2);
});

test("fixed_noreplace takes free addresses only", () => {
  const s = space();
  const flags = `${anonymous}|fixed_noreplace`;
  assert.equal(s.mmap(2n * PAGE, "rw", flags, { at: HERE }), HERE);
  assert.equal(s.mmap(PAGE, "rw", flags, { at: HERE + PAGE }), "EEXIST");
  assert.equal(s.mmap(PAGE, "rw", flags, { at: HERE + 2n * PAGE }), HERE + 2n * PAGE);
});

test("a hint is rounded down and taken when it is free, else forgotten", () => {
  const s = space();
  assert.equal(s.mmap(PAGE, "rw", anonymous, { at: HERE + 5n }), HERE);
  assert.equal(s.mmap(PAGE, "rw", anonymous, { at: HERE }), 0x2000_0000_0000n);
  assert.equal(s.mmap(PAGE, "rw", anonymous, { at: PAGE }), 65536n);
});

test("munmap of a middle leaves two VMAs, of an end one, of a hole nothing new", () => {
  const s = space();
  s.mmap(5n * PAGE, "rw", anonymous, { at: HERE });
  assert.equal(s.munmap(HERE + 2n * PAGE, PAGE), 0);
  assert.equal(s.maps(), "0 2 rw-p\n3 2 rw-p");
  assert.equal(s.munmap(HERE + 2n * PAGE, PAGE), 0);
  assert.equal(s.munmap(HERE, PAGE), 0);
  assert.equal(s.munmap(HERE + 4n * PAGE, 100n * PAGE), 0);
  assert.equal(s.maps(), "1 1 rw-p\n3 1 rw-p");
});

test("munmap refuses unaligned, empty and impossible ranges", () => {
  const s = space();
  const all = 0xffff_ffff_ffff_ffffn;
  for (const [addr, length] of [
    [1n, PAGE],
    [HERE, 0n],
    [HERE, all],
    [1n << 47n, PAGE],
    [all - PAGE + 1n, PAGE],
  ]) {
    assert.equal(s.munmap(addr, length), "EINVAL");
  }
  assert.equal(s.munmap(0n, (1n << 47n) - PAGE), 0);
});

test("page tables go when no VMA needs them any more, and stay while one does", () => {
  const s = space();
  const tables = () => s.k.w.mm.pgtables_bytes.data[0];
  s.mmap(4n * PAGE, "rw", anonymous, { at: HERE });
  s.write(HERE);
  s.write(HERE + 3n * PAGE);
  assert.equal(tables(), 3 * 4096);
  s.munmap(HERE, 2n * PAGE);
  assert.equal(tables(), 3 * 4096);
  s.munmap(HERE, 4n * PAGE);
  assert.equal(tables(), 0);
});

test("shared anonymous memory is a file that goes with its last mapping", () => {
  const s = space();
  const p = s.mmap(PAGE, "rw", "shared|anonymous");
  s.write(p as bigint);
  assert.equal(s.k.w.mm.rss_shmem.data[0], 1);
  const free = s.k.w.machine.free_pages.data[0];
  s.munmap(p as bigint, PAGE);
  // The page and the three tables that reached it.
  assert.equal(s.k.w.machine.free_pages.data[0], free + 4);
});

test("max_map_count: mmap goes one past it, a split does not, a munmap of an end always works", () => {
  const s = space("7.2", { max_map_count: 3 });
  for (const i of [0n, 2n, 4n]) s.mmap(3n * PAGE, "rw", anonymous, { at: HERE + i * 16n * PAGE });
  assert.equal(s.munmap(HERE + PAGE, PAGE), "ENOMEM");
  assert.equal(s.mprotect(HERE, PAGE, "r"), "ENOMEM");
  assert.equal(s.madvise(HERE, PAGE, "dontfork"), "EAGAIN");
  assert.equal(typeof s.mmap(PAGE, "rw", anonymous, { at: HERE + 96n * PAGE }), "bigint");
  assert.equal(s.mmap(PAGE, "rw", anonymous, { at: HERE + 112n * PAGE }), "ENOMEM");
  assert.equal(s.munmap(HERE + 2n * PAGE, 31n * PAGE), 0);
  assert.equal(s.vmas(), 4);
});

test("a child of fork does not merge its touched memory with fresh mappings, its parent does", () => {
  for (const release of RELEASES) {
    const s = space(release);
    s.mmap(PAGE, "rw", anonymous, { at: HERE });
    s.write(HERE);
    const child = s.fork();
    for (const who of [s, child]) who.mmap(PAGE, "rw", anonymous, { at: HERE + PAGE });
    assert.equal(s.maps(), "0 2 rw-p", release);
    assert.equal(child.maps(), "0 1 rw-p\n1 1 rw-p", release);
  }
});

test("populate brings the pages in", () => {
  const s = space();
  s.mmap(4n * PAGE, "rw", `${anonymous}|populate`);
  s.mmap(4n * PAGE, "none", `${anonymous}|populate`);
  assert.equal(s.k.w.mm.rss_anon.data[0], 4);
});
