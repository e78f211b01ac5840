// mremap: shrinking, growing, moving, and what each release checks first.

import assert from "node:assert/strict";
import { test } from "node:test";
import { PTE_SOFT_DIRTY, PTE_WRITE, pte_offset } from "../../server/src/mm/pgtable.ts";
import { HERE, PAGE, type Space, space } from "../support/space.ts";

const RELEASES = ["5.7", "5.10", "6.1", "6.12", "6.18", "7.2"];
const anonymous = "private|anonymous";
const FAR = HERE + (1n << 40n);
const MIB = 1n << 20n;
const GIB = 1n << 30n;
const ALL = 0xffff_ffff_ffff_ffffn;

function at(page: bigint): bigint {
  return HERE + page * PAGE;
}

function mapped(release: string, pages: bigint, flags = anonymous): Space {
  const s = space(release);
  s.mmap(pages * PAGE, "rw", flags, { at: HERE });
  return s;
}

function entry(s: Space, addr: bigint): number {
  const row = pte_offset(s.k, s.k.w.task.mm.data[s.task] - 1, Number(addr / PAGE));
  return row < 0 ? 0 : s.k.w.pte.entry.data[row];
}

// The VMAs, those of FAR counted from there.
function maps(s: Space): string {
  return s.maps().replaceAll(/^\d{6,}/gm, (page) => `far+${BigInt(page) - (FAR - HERE) / PAGE}`);
}

test("refuses nonsense with EINVAL", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 4n);
    const nonsense: [bigint, bigint, bigint, string, bigint?][] = [
      [HERE + 1n, PAGE, PAGE, ""],
      [HERE, PAGE, 0n, ""],
      [HERE, PAGE, ALL, ""],
      [HERE, PAGE, PAGE, "move_fixed", FAR],
      [HERE, PAGE, PAGE, "dontunmap"],
      [HERE, PAGE, 2n * PAGE, "maymove|dontunmap"],
      [HERE, PAGE, PAGE, "maymove|move_fixed", FAR + 1n],
      [HERE, PAGE, PAGE, "maymove|move_fixed", 1n << 47n],
      [HERE, 2n * PAGE, PAGE, "maymove|move_fixed", at(1n)],
      [HERE, 0n, PAGE, "maymove"],
    ];
    for (const [addr, old, length, flags, to] of nonsense) {
      assert.equal(s.mremap(addr, old, length, flags, to), "EINVAL", `${release}: ${[addr, old, length, flags, to]}`);
    }
    assert.equal(maps(s), "0 4 rw-p", release);
  }
});

test("a hole, or a growing range past its VMA, is EFAULT", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 2n);
    assert.equal(s.mremap(at(8n), PAGE, 2n * PAGE, "maymove"), "EFAULT", release);
    assert.equal(s.mremap(at(1n), 2n * PAGE, 3n * PAGE, "maymove"), "EFAULT", release);
  }
});

test("a range of no size change in a hole is the address itself up to 5.10, EFAULT later", () => {
  for (const [release, answer] of [
    ["5.10", at(8n)],
    ["6.1", "EFAULT"],
    ["7.2", "EFAULT"],
  ] as const) {
    assert.equal(mapped(release, 2n).mremap(at(8n), PAGE, PAGE), answer, release);
  }
});

test("a refused move has cleared its target up to 6.16, not later", () => {
  for (const [release, left] of [
    ["5.10", "0 2 rw-p"],
    ["6.12", "0 2 rw-p"],
    ["6.18", "0 2 rw-p\nfar+0 1 rw-p"],
  ] as const) {
    const s = mapped(release, 2n);
    s.mmap(PAGE, "rw", anonymous, { at: FAR });
    assert.equal(s.mremap(at(1n), 2n * PAGE, 3n * PAGE, "maymove|move_fixed", FAR), "EFAULT", release);
    assert.equal(maps(s), left, release);
  }
});

test("shrinking unmaps the tail, also across VMAs", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 4n);
    s.mprotect(at(2n), PAGE, "r");
    s.write(at(3n));
    assert.equal(s.mremap(HERE, 4n * PAGE, PAGE), HERE, release);
    assert.equal(maps(s), "0 1 rw-p", release);
    assert.equal(s.k.w.mm.rss_anon.data[0], 0, release);
  }
});

test("growing in place takes the free pages behind, and from 6.0 on merges with what then follows", () => {
  for (const [release, touch, left] of [
    ["5.10", false, "0 3 rw-p\n3 1 rw-p"],
    ["6.1", false, "0 4 rw-p"],
    ["6.12", true, "0 3 rw-p\n3 1 rw-p"],
    ["7.2", true, "0 4 rw-p"],
  ] as const) {
    const s = mapped(release, 2n);
    s.mmap(PAGE, "rw", anonymous, { at: at(3n) });
    if (touch) s.write(HERE);
    assert.equal(s.mremap(HERE, 2n * PAGE, 3n * PAGE), HERE, release);
    assert.equal(maps(s), left, release);
  }
});

test("what cannot grow in place moves, if it may", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 2n);
    s.mmap(PAGE, "r", anonymous, { at: at(2n) });
    s.write(HERE, "kept");
    assert.equal(s.mremap(HERE, 2n * PAGE, 4n * PAGE), "ENOMEM", release);
    const to = s.mremap(HERE, 2n * PAGE, 4n * PAGE, "maymove") as bigint;
    assert.equal(to, 0x2000_0000_0000n, release);
    assert.notEqual(entry(s, to), 0, release);
    assert.equal(s.maps().split("\n").length, 2, release);
  }
});

test("a locked mapping that grows is filled", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 2n);
    s.mlock(HERE, 2n * PAGE);
    s.mremap(HERE, 2n * PAGE, 3n * PAGE);
    assert.equal(s.k.w.mm.rss_anon.data[0], 3, release);
    s.mremap(HERE, 3n * PAGE, 5n * PAGE, "maymove|move_fixed", FAR);
    assert.equal(maps(s), "far+0 5 rw-p locked", release);
    assert.equal(s.k.w.mm.rss_anon.data[0], 5, release);
  }
});

test("moving keeps the entry but for soft-dirty, and changes no counter", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 4n);
    s.write(at(1n));
    s.read(at(2n));
    const [page, zero] = [entry(s, at(1n)), entry(s, at(2n))];
    s.mremap(at(1n), 2n * PAGE, 2n * PAGE, "maymove|move_fixed", FAR);
    assert.equal(maps(s), "0 1 rw-p\n3 1 rw-p\nfar+0 2 rw-p", release);
    assert.deepEqual([entry(s, FAR), entry(s, FAR + PAGE)], [page, zero + PTE_SOFT_DIRTY], release);
    assert.notEqual(entry(s, FAR) & PTE_WRITE, 0, release);
    assert.equal(s.k.w.mm.rss_anon.data[0], 1, release);
  }
});

test("a page table that is moved whole costs no new one, and its entries stay as they are", () => {
  for (const release of RELEASES) {
    const s = space(release);
    s.mmap(4n * MIB, "rw", anonymous, { at: HERE });
    s.read(HERE);
    s.read(HERE + 2n * MIB);
    const before = entry(s, HERE);
    s.mremap(HERE, 4n * MIB, 4n * MIB, "maymove|move_fixed", FAR);
    assert.equal(entry(s, FAR), before, release);
    assert.equal(entry(s, FAR + 2n * MIB), before, release);
    // Two tables of entries, and one of each level above.
    assert.equal(s.k.w.mm.pgtables_bytes.data[0], 4 * 4096, release);
    s.munmap(FAR, 4n * MIB);
    assert.equal(s.k.w.mm.pgtables_bytes.data[0], 0, release);
  }
});

test("a GiB moves as one table from 5.11 on, with what hangs below it", () => {
  for (const release of RELEASES) {
    const s = space(release);
    s.mmap(GIB, "rw", anonymous, { at: HERE });
    s.read(HERE + 511n * 2n * MIB);
    const events = s.k.journal.length;
    s.mremap(HERE, GIB, GIB, "maymove|move_fixed", FAR);
    assert.notEqual(entry(s, FAR + 511n * 2n * MIB), 0, release);
    assert.ok(s.k.journal.length - events < 60, release);
    s.read(FAR + MIB);
    s.munmap(FAR, GIB);
    assert.equal(s.k.w.mm.pgtables_bytes.data[0], 0, release);
  }
});

test("a mapping that begins amid a page table moves with the whole table from 6.7 on", () => {
  for (const [release, kept] of [
    ["6.1", false],
    ["6.12", true],
  ] as const) {
    const s = space(release);
    s.mmap(4n * MIB, "rw", anonymous, { at: HERE + MIB });
    s.read(HERE + MIB);
    const before = entry(s, HERE + MIB);
    s.mremap(HERE + MIB, 4n * MIB, 4n * MIB, "maymove|move_fixed", FAR + MIB);
    assert.equal(entry(s, FAR + MIB) === before, kept, release);
    assert.equal(entry(s, HERE + MIB), 0, release);
  }
});

test("moved memory that was touched keeps its page offsets and stays apart; untouched memory merges", () => {
  for (const release of RELEASES) {
    for (const touch of [false, true]) {
      const s = mapped(release, 2n);
      if (touch) s.write(HERE);
      s.mmap(PAGE, "rw", anonymous, { at: FAR });
      s.mremap(HERE, PAGE, PAGE, "maymove|move_fixed", FAR + PAGE);
      assert.equal(maps(s), touch ? "1 1 rw-p\nfar+0 1 rw-p\nfar+1 1 rw-p" : "1 1 rw-p\nfar+0 2 rw-p", release);
    }
  }
});

test("untouched memory moved right behind itself merges with itself", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 3n);
    s.mremap(HERE, PAGE, PAGE, "maymove|move_fixed", at(3n));
    assert.equal(maps(s), "1 3 rw-p", release);
  }
});

test("length 0 maps shared pages a second time", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 2n, "shared|anonymous");
    s.write(HERE);
    assert.equal(s.mremap(HERE, 0n, 2n * PAGE, "maymove|move_fixed", FAR), FAR, release);
    s.read(FAR);
    assert.equal(maps(s), "0 2 rw-s\nfar+0 2 rw-s", release);
    assert.equal(entry(s, FAR) >> 16, entry(s, HERE) >> 16, release);
  }
});

test("dontunmap leaves an empty VMA, also of files from 5.13 on", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 2n);
    s.write(HERE);
    s.mremap(HERE, 2n * PAGE, 2n * PAGE, "maymove|dontunmap", FAR);
    assert.equal(maps(s), "0 2 rw-p\nfar+0 2 rw-p", release);
    assert.equal(entry(s, HERE), 0, release);
    assert.notEqual(entry(s, FAR), 0, release);
    s.mmap(PAGE, "r", "private", { fd: s.file(PAGE), at: at(8n) });
    const old = ["5.7", "5.10"].includes(release);
    assert.equal(s.mremap(at(8n), PAGE, PAGE, "maymove|dontunmap", FAR + MIB), old ? "EINVAL" : FAR + MIB, release);
  }
});

test("dontunmap unlocks the VMA that it leaves: all of it, from 7.2 on the moved part", () => {
  for (const [release, left] of [
    ["6.18", "0 3 rw-p\nfar+0 1 rw-p locked"],
    ["7.2", "0 1 rw-p locked\n1 1 rw-p\n2 1 rw-p locked\nfar+0 1 rw-p locked"],
  ] as const) {
    const s = mapped(release, 3n);
    s.mlock(HERE, 3n * PAGE);
    s.mremap(at(1n), PAGE, PAGE, "maymove|dontunmap", FAR);
    assert.equal(maps(s), left, release);
  }
});

test("several VMAs move at once from 6.17 on, with their gaps; before it is EFAULT", () => {
  for (const release of RELEASES) {
    const s = mapped(release, 5n);
    s.write(HERE);
    s.write(at(4n));
    s.mprotect(at(1n), PAGE, "r");
    s.munmap(at(2n), PAGE);
    const result = s.mremap(HERE, 5n * PAGE, 5n * PAGE, "maymove|move_fixed", FAR);
    if (["6.18", "7.2"].includes(release)) {
      assert.equal(result, FAR, release);
      assert.equal(maps(s), "far+0 1 rw-p\nfar+1 1 r--p\nfar+3 2 rw-p", release);
      assert.notEqual(entry(s, FAR + 4n * PAGE), 0, release);
    } else {
      assert.equal(result, "EFAULT", release);
    }
  }
});

test("a move needs room for the VMAs that it may make: four below the limit, two in 7.2", () => {
  for (const [release, limit, result] of [
    ["6.12", 6, "ENOMEM"],
    ["6.12", 7, FAR],
    ["7.2", 4, "ENOMEM"],
    ["7.2", 5, FAR],
  ] as const) {
    const s = space(release, { max_map_count: limit });
    s.mmap(PAGE, "rw", anonymous, { at: HERE });
    assert.equal(s.mremap(HERE, PAGE, PAGE, "maymove|move_fixed", FAR), result, `${release} ${limit}`);
  }
});

test("without memory for page tables everything goes back", () => {
  for (const release of RELEASES) {
    const s = space(release, { memory: 2 ** 18, swap: 0 });
    s.mmap(2n * PAGE, "rw", anonymous, { at: HERE });
    s.write(HERE);
    s.write(at(1n));
    const before = [entry(s, HERE), entry(s, at(1n))];
    const spare = s.mmap(200n * PAGE) as bigint;
    for (let page = 0n; (s.k.outcome & (1 << 16)) === 0; page++) s.write(spare + page * PAGE);
    assert.equal(s.mremap(HERE, 2n * PAGE, 2n * PAGE, "maymove|move_fixed", FAR), "ENOMEM", release);
    assert.deepEqual(
      [entry(s, HERE) & ~PTE_SOFT_DIRTY, entry(s, at(1n)) & ~PTE_SOFT_DIRTY],
      before.map((e) => e & ~PTE_SOFT_DIRTY),
      release,
    );
    assert.equal(s.vmas(), 2, release);
  }
});
