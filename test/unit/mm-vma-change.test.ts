// mprotect, madvise, mlock, msync and brk: VMAs whose flags change, and what their entries make of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PTE_DIRTY, PTE_PROTNONE, PTE_WRITE, pte_offset } from "../../server/src/mm/pgtable.ts";
import { HERE, K, PAGE, type Space, space } from "../support/space.ts";

const RELEASES = ["5.7", "5.10", "6.1", "6.12", "6.18", "7.2"];
const MODERN = ["6.1", "6.12", "6.18", "7.2"];
const anonymous = "private|anonymous";
const ALL = 0xffff_ffff_ffff_ffffn;

function at(page: bigint): bigint {
  return HERE + page * PAGE;
}

function mapped(release: string, pages: bigint, letters = "rw"): Space {
  const s = space(release);
  s.mmap(pages * PAGE, letters, anonymous, { at: HERE });
  return s;
}

function entry(s: Space, page: bigint): number {
  const { k } = s;
  const row = pte_offset(k, k.w.task.mm.data[s.task] - 1, Number(at(page) / PAGE));
  return row < 0 ? 0 : k.w.pte.entry.data[row];
}

test("mprotect splits at both ends and merges back", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 5n);
    s.mprotect(at(1n), 3n * PAGE, "r");
    assert.equal(s.maps(), "0 1 rw-p\n1 3 r--p\n4 1 rw-p", release);
    s.mprotect(at(2n), PAGE, "rw");
    assert.equal(s.vmas(), 5, release);
    s.mprotect(HERE, 5n * PAGE, "rw");
    assert.equal(s.maps(), "0 5 rw-p", release);
  }
});

test("mprotect moves the border between two VMAs without making a third", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 4n);
    s.mprotect(at(2n), 2n * PAGE, "r");
    s.mprotect(at(1n), PAGE, "r");
    assert.equal(s.maps(), "0 1 rw-p\n1 3 r--p", release);
    s.mprotect(at(1n), PAGE, "rw");
    assert.equal(s.maps(), "0 2 rw-p\n2 2 r--p", release);
  }
});

test("mprotect over a hole is ENOMEM and has changed what lies before it", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 4n);
    s.munmap(at(2n), PAGE);
    assert.equal(s.mprotect(HERE, 4n * PAGE, "r"), "ENOMEM", release);
    assert.equal(s.maps(), "0 2 r--p\n3 1 rw-p", release);
    assert.equal(s.mprotect(at(2n), PAGE, "r"), "ENOMEM", release);
  }
});

test("mprotect refuses unaligned addresses and ranges that wrap, and takes an empty one", () => {
  const s = mapped("7.2", 1n);
  assert.equal(s.mprotect(HERE + 1n, PAGE, "r"), "EINVAL");
  assert.equal(s.mprotect(HERE, 0n, "r"), 0);
  assert.equal(s.mprotect(HERE, ALL, "r"), "ENOMEM");
  assert.equal(s.mprotect(HERE, ALL - HERE - PAGE, "r"), "ENOMEM");
  assert.equal(s.maps(), "0 1 r--p");
  assert.equal(s.mprotect(1n << 60n, PAGE, "r"), "ENOMEM");
});

test("a private page that loses the write bit gets it back when the release upgrades", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 2n);
    s.write(HERE);
    s.read(at(1n));
    s.mprotect(HERE, 2n * PAGE, "r");
    assert.equal(entry(s, 0n) & PTE_WRITE, 0, release);
    s.mprotect(HERE, 2n * PAGE, "rw");
    assert.equal((entry(s, 0n) & PTE_WRITE) !== 0, MODERN.includes(release), release);
    assert.equal(entry(s, 1n) & PTE_WRITE, 0, `${release}: the zero page is never writable`);
    assert.notEqual(entry(s, 0n) & PTE_DIRTY, 0, release);
  }
});

test("a right that was there before costs 5.10 its write bit too, as its entries start over", () => {
  for (const [release, writable] of [
    ["5.10", false],
    ["7.2", true],
  ] as const) {
    const s = mapped(release, 1n);
    s.write(HERE);
    s.mprotect(HERE, PAGE, "rwx");
    assert.equal((entry(s, 0n) & PTE_WRITE) !== 0, writable, release);
  }
});

test("PROT_NONE keeps the page mapped but closed, whichever way it comes back", () => {
  const s = mapped("7.2", 1n);
  s.write(HERE);
  s.mprotect(HERE, PAGE, "");
  assert.notEqual(entry(s, 0n) & PTE_PROTNONE, 0);
  assert.equal(s.k.w.mm.rss_anon.data[0], 1);
  s.mprotect(HERE, PAGE, "r");
  assert.equal(entry(s, 0n) & PTE_PROTNONE, 0);
});

test("shared entries become writable at once where the file does not track writes, else only dirty ones", () => {
  for (const release of RELEASES) {
    const s = space(release);
    const memory = s.memfd(4n * K);
    const disk = s.file(8n * K, true);
    s.mmap(PAGE, "r", "shared", { fd: memory, at: at(0n) });
    s.mmap(PAGE, "r", "shared", { fd: disk, at: at(2n) });
    s.mmap(PAGE, "rw", "shared", { fd: disk, at: at(4n), offset: PAGE });
    s.read(at(0n));
    s.read(at(2n));
    s.write(at(4n));
    for (const page of [0n, 2n, 4n]) {
      s.mprotect(at(page), PAGE, "r");
      s.mprotect(at(page), PAGE, "rw");
    }
    assert.deepEqual(
      [0n, 2n, 4n].map((page) => (entry(s, page) & PTE_WRITE) !== 0),
      [true, false, true],
      release,
    );
  }
});

test("untouched memory that mprotect closes merges with memory mapped so, in 6.12 but not in 6.1", () => {
  for (const [release, vmas] of [
    ["6.1", 2],
    ["6.12", 1],
  ] as const) {
    const s = mapped(release, 1n, "r");
    s.mmap(PAGE, "rw", anonymous, { at: at(1n) });
    s.mprotect(at(1n), PAGE, "r");
    assert.equal(s.vmas(), vmas, release);
  }
});

test("a touched VMA merges into a neighbour that was never touched from 6.16 on, not before", () => {
  for (const [release, vmas] of [
    ["6.12", 2],
    ["6.18", 1],
  ] as const) {
    const s = mapped(release, 1n);
    s.mmap(PAGE, "rwx", anonymous, { at: at(1n) });
    s.write(at(1n));
    s.mprotect(at(1n), PAGE, "rw");
    assert.equal(s.vmas(), vmas, release);
  }
});

test("two VMAs that faulted apart share an anon_vma when they could be one, and then merge", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 2n);
    s.mprotect(at(1n), PAGE, "r");
    s.write(HERE);
    s.mprotect(at(1n), PAGE, "rwx");
    s.write(at(1n));
    s.mprotect(at(1n), PAGE, "rw");
    assert.equal(s.maps(), "0 2 rw-p", release);
  }
});

test("madvise flags split and merge, and a child does not get what is not for it", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 4n);
    s.madvise(at(1n), PAGE, "dontfork");
    s.madvise(at(2n), PAGE, "wipeonfork");
    assert.equal(s.maps(), "0 1 rw-p\n1 1 rw-p dontfork\n2 1 rw-p wipeonfork\n3 1 rw-p", release);
    s.madvise(HERE, 4n * PAGE, "dofork");
    s.madvise(HERE, 4n * PAGE, "keeponfork");
    assert.equal(s.maps(), "0 4 rw-p", release);
  }
});

test("madvise goes on after a hole and then says ENOMEM", () => {
  const s = mapped("7.2", 3n);
  for (const page of [0n, 2n]) s.write(at(page));
  s.munmap(at(1n), PAGE);
  assert.equal(s.madvise(HERE, 3n * PAGE, "dontneed"), "ENOMEM");
  assert.equal(s.k.w.mm.rss_anon.data[0], 0);
});

test("madvise refuses unaligned addresses and lengths that wrap, and takes an empty range", () => {
  const s = mapped("7.2", 1n);
  assert.equal(s.madvise(HERE + 1n, PAGE, "dontneed"), "EINVAL");
  assert.equal(s.madvise(HERE, ALL, "dontneed"), "EINVAL");
  assert.equal(s.madvise(HERE, ALL - HERE, "dontneed"), "EINVAL");
  assert.equal(s.madvise(HERE, 0n, "dontneed"), 0);
  assert.equal(s.madvise(1n << 60n, 0n, "dontneed"), 0);
  assert.equal(s.madvise(1n << 60n, PAGE, "dontneed"), "ENOMEM");
});

test("populate passes holes in 6.1 and stops at them later; 5.10 does not know it", () => {
  for (const [release, answer, pages] of [
    ["5.10", "EINVAL", 0],
    ["6.1", "ENOMEM", 2],
    ["6.12", "ENOMEM", 1],
  ] as const) {
    const s = mapped(release, 3n);
    s.munmap(at(1n), PAGE);
    assert.equal(s.madvise(HERE, 3n * PAGE, "populate_write"), answer, release);
    assert.equal(s.k.w.mm.rss_anon.data[0], pages, release);
  }
});

test("willneed reads the mapped part of a file ahead", () => {
  const s = space();
  const fd = s.file(64n * K);
  s.mmap(2n * PAGE, "r", "private", { fd, at: HERE, offset: PAGE });
  s.madvise(HERE, 2n * PAGE, "willneed");
  s.mmap(16n * PAGE, "r", "private", { fd, at: at(16n) });
  s.read(at(17n));
  assert.equal(s.k.w.mm.rss_file.data[0], 2);
});

test("advice that the release does not know is refused, and so is an address within a page", () => {
  const s = mapped("6.12", 1n);
  assert.equal(s.madvise(HERE, PAGE, "guard_install"), "EINVAL");
  assert.equal(s.madvise(HERE + 1n, PAGE, "hugepage"), "EINVAL");
});

test("pageout and cold refuse locked memory, free refuses files, and a hole is ENOMEM", () => {
  const s = mapped("6.12", 1n);
  assert.equal(s.madvise(HERE, 2n * PAGE, "pageout"), "ENOMEM");
  s.mlock(HERE, PAGE);
  for (const advice of ["pageout", "cold", "free"]) assert.equal(s.madvise(HERE, PAGE, advice), "EINVAL", advice);
  s.mmap(PAGE, "r", "private", { fd: s.file(PAGE), at: at(2n) });
  assert.deepEqual([s.madvise(at(2n), PAGE, "free"), s.madvise(at(2n), PAGE, "pageout")], ["EINVAL", 0]);
});

test("mlock brings pages in and forbids to drop them; a hole is ENOMEM", () => {
  const s = mapped("7.2", 2n);
  assert.equal(s.mlock(HERE + 100n, 1n), 0);
  assert.equal(s.maps(), "0 1 rw-p locked\n1 1 rw-p");
  assert.equal(s.k.w.mm.rss_anon.data[0], 1);
  assert.equal(s.madvise(HERE, 2n * PAGE, "dontneed"), "EINVAL");
  assert.equal(s.mlock(HERE, 3n * PAGE), "ENOMEM");
  assert.equal(s.maps(), "0 2 rw-p locked");
  assert.equal(s.munlock(HERE, 2n * PAGE), 0);
  assert.equal(s.maps(), "0 2 rw-p");
  assert.equal(s.mlock(HERE, 0n), 0);
  assert.equal(s.mlock(ALL, PAGE), "EINVAL");
});

test("mlock past the end of a file is ENOMEM, and locked memory that becomes writable is copied at once", () => {
  const s = space();
  s.mmap(2n * PAGE, "rw", "shared", { fd: s.memfd(PAGE), at: HERE });
  assert.equal(s.mlock(HERE, 2n * PAGE), "ENOMEM");
  s.mmap(PAGE, "r", anonymous, { at: at(8n) });
  s.mlock(at(8n), PAGE);
  s.mprotect(at(8n), PAGE, "rw");
  assert.equal(s.k.w.mm.rss_anon.data[0], 1);
});

test("msync cleans the shared file pages of its range; the next write faults", () => {
  const s = space();
  s.mmap(2n * PAGE, "rw", "shared", { fd: s.file(8n * K), at: HERE });
  s.write(HERE);
  s.write(at(1n));
  assert.equal(s.msync(HERE, PAGE), 0);
  assert.deepEqual([entry(s, 0n) & PTE_WRITE, entry(s, 1n) & PTE_WRITE], [0, PTE_WRITE]);
});

test("msync: holes are ENOMEM, unaligned is EINVAL, empty is fine", () => {
  const s = mapped("7.2", 1n);
  assert.equal(s.msync(at(1n), PAGE), "ENOMEM");
  assert.equal(s.msync(HERE, 2n * PAGE), "ENOMEM");
  assert.equal(s.msync(HERE - PAGE, 2n * PAGE), "ENOMEM");
  assert.equal(s.msync(HERE + 1n, PAGE), "EINVAL");
  assert.equal(s.msync(HERE, ALL - 5000n), "ENOMEM");
  assert.equal(s.msync(HERE, 0n), 0);
});

test("brk places the heap, grows it as one VMA, shrinks it, and answers a refusal with the old break", () => {
  for (const release of RELEASES) {
    const s = space(release);
    const start = 0x5555_5556_0000n;
    assert.equal(s.brk(0n), start, release);
    assert.equal(s.brk(start + 3n), start + 3n, release);
    assert.equal(s.brk(start + 4n * PAGE), start + 4n * PAGE, release);
    assert.equal(s.vmas(), 1, release);
    s.write(start + 2n * PAGE);
    assert.equal(s.vmas(), 1, release);
    assert.equal(s.brk(start + 5n * PAGE), start + 5n * PAGE, release);
    assert.equal(s.vmas(), 1, release);
    assert.equal(s.brk(start - 1n), start + 5n * PAGE, release);
    assert.equal(s.brk(ALL), start + 5n * PAGE, release);
    assert.equal(s.brk(start), start, release);
    assert.equal(s.vmas(), 0, release);
    assert.equal(s.k.w.mm.rss_anon.data[0], 0, release);
  }
});

test("brk starts where its first call asks, and keeps a page free before the next mapping", () => {
  const s = space();
  assert.equal(s.brk(HERE + 5n), HERE + 5n);
  s.mmap(PAGE, "rw", anonymous, { at: at(4n) });
  assert.equal(s.brk(at(4n)), HERE + 5n);
  assert.equal(s.brk(at(3n)), at(3n));
  assert.equal(s.maps(), "1 2 rw-p\n4 1 rw-p");
});

test("the heap merges with memory below its start up to 5.10, and shrinks over a hole only there", () => {
  for (const [release, vmas, shrunk] of [
    ["5.10", 1, at(1n)],
    ["6.1", 2, at(3n)],
  ] as const) {
    const s = mapped(release, 1n);
    s.brk(at(1n));
    s.brk(at(3n));
    assert.equal(s.vmas(), vmas, release);
    s.munmap(at(1n), 2n * PAGE);
    assert.equal(s.brk(at(1n)), shrunk, release);
  }
});
