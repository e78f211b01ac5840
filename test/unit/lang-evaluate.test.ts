// What expressions are worth: each story is a trace whose checks hold.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MODEL, record } from "../support/record.ts";

function holds(text: string, model = MODEL): void {
  const recording = record(text, { model });
  assert.deepEqual(
    recording.failures.map((failure) => failure.message),
    [],
  );
}

function fails(text: string, message: RegExp): void {
  const [failure] = record(text).failures;
  assert.match(failure?.message ?? "nothing failed", message);
}

const P = 'p = mmap(16K)\nwrite(p, "abc")\n';

test("|| is the loosest, && next, then comparisons", () => holds("expect 1 == 2 || 3 == 3 && 4 == 4"));
test("* before +, + before &, & before |", () =>
  holds("expect 1 + 2 * 3 == 7\nexpect (6 & 3 + 1) == 4\nexpect (1 | 2 & 2) == 3"));
test("the left goes first", () => holds("expect 10 - 3 - 2 == 5\nexpect 100 / 10 / 5 == 2\nexpect 7 % 4 % 2 == 1"));
test("brackets go before all", () => holds("expect (1 + 2) * 3 == 9"));
test("suffixes are binary", () =>
  holds("expect 4K == 4096\nexpect 1M == 1024 * 1024\nexpect 0x10 == 16\nexpect 1T == 1G * 1K"));
test("numbers wrap at 64 bits", () =>
  holds("expect 0 - 1 == 0xffffffffffffffff\nexpect 0xffffffffffffffff + 1 == 0\nexpect 0x8000000000000000 * 2 == 0"));
test("a minus sign wraps, too", () => holds("expect -1 == 0xffffffffffffffff"));
test("! makes truth", () => holds("expect !0\nexpect !5 == 0\nexpect !none"));
test("&& and || stop early", () => holds("expect 0 && 1 / (1 - 1) == 1 || 1\nexpect 1 || 1 / (1 - 1)"));
test("a division by zero is a problem", () => fails(`${P}expect 1 / (2 - 2) == 0`, /division by zero/));
test("a comparison with none is false", () =>
  holds(
    "x = mmap(0) -> EINVAL\nexpect !(page(0) == 1)\nexpect !(page(0) < 1)\nexpect !(page(0) != 1)\nexpect !(x == 0)",
  ));
test("none is itself", () => holds("expect page(0) == none\nexpect none == none\nexpect !(page(0) != none)"));
test("a field of none is none", () => holds("expect page(0).folio.refcount == none"));
test("strings compare by their bytes", () =>
  holds('expect "abc" == "a\\x62c"\nexpect "abc" < "abd"\nexpect "é" == "\\xc3\\xa9"\nexpect "\\xff" != "\\xfe"'));
test("min, max, abs", () => holds("expect min(3, 2) == 2\nexpect max(3, 2) == 3\nexpect abs(0 - 7) == 7"));

test("an address counts pages", () => holds(`${P}expect p[2] == p + 8K\nexpect p[3] - p == 12K`));
test("pages are equal when they are the same frame", () =>
  holds(`${P}child = fork()\nexpect page(main, p) == page(child, p)\nwrite(p, 1)\nexpect page(p) != page(child, p)`));
test("without a process it is main's address space", () =>
  holds(
    `process other\nother: q = mmap(4K, at=0x10000)\nother: write(q, "x")\nexpect data(q) == none\nexpect data(other, q) == "x"`,
  ));
test("looking never faults", () =>
  holds(
    "p = mmap(4K)\nexpect page(p) == none\nexpect data(p) == none\nexpect pte(p).none\nexpect main.minor_faults == 0",
  ));
test("data goes on across pages up to a zero byte", () =>
  holds(
    'p = mmap(8K)\nwrite(p, 65, 4K)\nwrite(p[1], "end")\nexpect data(p + 4094) == "AAend"\nexpect byte(p + 4095) == 65',
  ));
test("bytes that are no UTF-8 stay bytes", () =>
  holds('p = mmap(4K)\nwrite(p, "\\xff\\x41")\nexpect data(p) == "\\xffA"\nexpect byte(p) == 0xff'));
test("a mapping has its protection, flags and file", () =>
  holds(
    "f = file(8K)\np = mmap(8K, r, shared, fd=f, offset=4K)\nexpect vma(p).prot == r\nexpect vma(p).flags & shared\nexpect !(vma(p).flags & locked)\nexpect vma(p).file == f\nexpect vma(p).offset == 4K\nexpect vma(p).start == p\nexpect vma(p).end == p + 8K",
  ));
test("a protection is compared by its letters", () =>
  holds("p = mmap(4K, wr)\nexpect vma(p).prot == rw\nmprotect(p, 4K, none)\nexpect vma(p).prot == none"));
test("a level is a word", () => holds(`${P}expect pte(p).level == pte\nexpect pte(p).level != pmd`));
test("last is a set", () =>
  holds(
    "p = mmap(4K)\nread(p)\nexpect last.zero && last.minor && !last.hit\nmunmap(p, 0) -> EINVAL\nexpect last.errno == EINVAL",
  ));
test("a pin has pages and data", () =>
  holds(
    `${P}pipe = vmsplice(p, 4K)\nexpect pipe.pages == 1\nexpect pipe.page(0) == page(p)\nexpect pipe.page(1) == none\nexpect pipe.data == "abc"`,
  ));
test("a pin's data begins where the range began", () =>
  holds(`${P}pipe = vmsplice(p + 1, 2)\nexpect pipe.data == "bc"`));
test("a process has counters", () =>
  holds(
    `${P}expect main.rss == 1\nexpect main.rss_anon == 1\nexpect main.vmas == 1\nexpect main.uss == 1\nexpect main.pss == 4096\nexpect main.alive`,
  ));
test("shared pages count by half in pss", () => holds(`${P}c = fork()\nexpect main.pss == 2048\nexpect main.uss == 0`));
test("a dead process has nothing", () =>
  holds(`${P}c = fork()\nc: exit()\nexpect !c.alive\nexpect c.rss == 0\nexpect page(c, p) == none`));
test("a file has a size and cached pages", () =>
  holds("f = file(5000, cached=yes)\nexpect f.size == 5000\nexpect f.cached == 2"));
test("sum and count go over pages", () =>
  holds(
    `${P}write(p[2], 1)\nexpect count(p, 4, exclusive) == 2\nexpect sum(p, 4, refcount) == 2\nexpect count(p, 4, writable) == 2`,
  ));
test("a field that the release has not is none", () =>
  holds(`${P}expect page(p).exclusive == none\nexpect count(p, 4, exclusive) == 0`, "5.10"));
test("model and machine", () =>
  holds('expect model.name == "6.12"\nexpect model.release == "6.12"\nexpect machine.swap_used == 0'));
test("a call that failed binds none", () => holds("x = mmap(0) -> EINVAL\nexpect x == none"));
test("a round counts from 0", () =>
  holds("p = mmap(16K)\nrepeat 4 as i\n  write(p[i], i)\nend\nexpect byte(p[3]) == 3"));
test("the length left out is the rest of the mapping", () =>
  holds("p = mmap(16K)\nmunmap(p[1])\nexpect vma(p).end == p + 4K"));
test("none cannot be used", () => fails("x = mmap(0) -> EINVAL\nread(x)", /none/));
test("a length cannot be left out outside of the mapping", () =>
  fails("p = mmap(4K)\nmunmap(p[5])", /outside of its mapping/));
test("a dead pin writes nothing", () =>
  fails(`${P}g = get_user_pages(p, 4K)\nrelease(g)\ndma_write(g, 1)`, /released before/));
