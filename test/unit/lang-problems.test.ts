// What is wrong with a text, where, and what would mend it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { clean, finds, fixed, found } from "../support/marked.ts";

test("a statement begins with a word", () => finds("«(»1)", ["syntax"]));
test("an operation has brackets", () => finds("«foo»", ["syntax"]));
test("a closing bracket is missed where it should be", () => finds("p = mmap(4K«»", ["syntax"]));
test("a string ends in its own line", () => finds('p = mmap(4K)\nwrite(p, «"abc)»\nread(p)', ["unterminated-string"]));
test("an escape is one of five", () => finds('p = mmap(4K)\nwrite(p, "a«\\q»")', ["bad-escape"]));
test("a number fits into 64 bits", () => finds("mmap(«18446744073709551616»)", ["bad-number"]));
test("the largest number does", () => clean("mmap(18446744073709551615)"));
test("a suffix counts", () => finds("mmap(«16777216T»)", ["bad-number"]));
test("a number is written one way", () => finds("mmap(«4k»)", ["bad-number"]));
test("= is no comparison", () => {
  finds("expect 1 «=» 1", ["syntax"]);
  assert.equal(fixed("expect 1 = 1"), "expect 1 == 1");
});
test("a strange character is named", () => finds("p «¿»= mmap(4K)", ["unknown-character"]));
test("only the first syntax error of a line is told", () => finds("expect («)»)) ((", ["syntax"]));
test("brackets do not nest without end", () => finds(`expect ${"(".repeat(100)}«(»${"(".repeat(1000)}1`, ["too-deep"]));

test("the version is 1", () => finds("mmtrace «2»", ["unknown-version"]));
test("the version stands in the first line", () => finds("\n«mmtrace 1»", ["misplaced"]));
test("the models come before the first operation", () => finds("mmap(4K)\n«kernel 6.1»", ["misplaced"]));
test("the models are named once", () => finds("kernel 6.1\n«kernel 6.12»", ["misplaced"]));
test("machine lines may repeat", () => clean("machine memory=1G\nmachine layout=kernel max_map_count=100\nmmap(4K)"));
test("a release that is not listed names its neighbours", () => {
  const [problem] = found("kernel «6.2»", ["unknown-model"]);
  assert.equal(problem.message, "6.2 is not one of the releases; its neighbours are `6.1` and `6.6`");
});
test("6.9 lies between 6.8 and 6.10", () => {
  const [problem] = found("kernel «6.9»", ["unknown-model"]);
  assert.match(problem.message, /`6.8` and `6.10`/);
});
test("a proposal is a model like a release", () => clean("kernel 5.15 mapcount-mms"));
test("a proposal's name is corrected", () => assert.equal(fixed("kernel refpage-2"), "kernel refpage-v2"));
test("a machine has the settings that it has", () => {
  finds("machine «memry»=1G", ["unknown-setting"]);
  assert.equal(fixed("machine memry=1G"), "machine memory=1G");
});
test("a setting has the values that it has", () => finds("machine layout=«spread»", ["bad-setting"]));
test("a setting has bounds", () => finds("machine refcount_bits=«40»", ["bad-setting"]));
test("a setting's default is always simulated", () => clean("machine thp=madvise swap=256M seed=0"));
test("so is a value that changes nothing", () => clean("machine thp=never hugetlb_pages=0 page_mapcount=off seed=7"));
test("a size of multi-size THP is a power of two", () => finds("machine mthp=«64K|12K»", ["bad-setting"]));

test("include is refused", () => finds('«include "x"»', ["not-supported"]));
test("interleave is refused", () => finds("«interleave»", ["not-supported"]));
test("the end of an interleave is none of a repeat", () => {
  finds("«interleave»\nmmap(4K)\n«and»\nmmap(8K)\nend\n«end»", ["not-supported", "not-supported", "stray-end"]);
  finds("repeat 2\n«interleave»\nend\nend", ["not-supported"]);
});
test("a range of releases is not empty", () => {
  finds("expect @«6.1..5.7» 1 == 1", ["empty-range"]);
  assert.equal(fixed("expect @6.1..5.7 1 == 1"), "expect @5.7..6.1 1 == 1");
  clean("expect @6.1..6.1 1 == 1");
});
test("a model is named once", () => finds("kernel 6.1 6.12 «6.1»", ["repeated-model"]));
test("a repeat ends", () => finds("«repeat 3»\nmmap(4K)", ["unclosed-repeat"]));
test("an end closes something", () => finds("«end»", ["stray-end"]));
test("a repeat of 10^12 is fine", () => clean("p = mmap(4K)\nrepeat 1000000000000\n  read(p)\nend"));
test("a repeat's count is a number", () => finds('repeat «"x"»\nend', ["wrong-kind"]));

test("a name is bound before it is used", () => {
  const [problem] = found("read(«p»)\np = mmap(4K)", ["used-before"]);
  assert.deepEqual(problem.related?.[0].range, { line: 1, start: 0, end: 1 });
});
test("a name is bound at all, and did you mean another", () => {
  finds("secret = mmap(4K)\nread(«secert»)", ["unknown-name"]);
  assert.equal(fixed("secret = mmap(4K)\nread(secert)"), "secret = mmap(4K)\nread(secret)");
});
test("a process that nobody made can be declared", () => {
  finds("«other»: mmap(4K)", ["unknown-name"]);
  assert.equal(fixed("other: mmap(4K)"), "process other\nother: mmap(4K)");
});
test("a name is bound once", () => {
  const [problem] = found("p = mmap(4K)\n«p» = mmap(4K)", ["bound-twice"]);
  assert.equal(problem.message, "`p` is bound already, in line 1");
});
test("inside of a repeat it may be bound again", () => clean("p = mmap(4K)\nrepeat 3\n  p = mmap(4K)\nend\nread(p)"));
test("to something of the same kind", () => finds("p = mmap(4K)\nrepeat 3\n  «p» = fork()\nend", ["wrong-kind"]));
test("two repeats may count by the same name", () => clean("repeat 3 as i\nend\nrepeat 4 as i\nend"));
test("but not one inside of the other", () => finds("repeat 3 as i\n  repeat 4 as «i»\n  end\nend", ["bound-twice"]));
test("main always exists", () => finds("«main» = fork()", ["bound-twice"]));
test("main does what nobody else does", () => clean("main: mmap(4K)"));
test("a reserved word is no name", () => finds("«end» = fork()", ["reserved-word"]));
test("a value's word is no name", () => finds("«none» = fork()", ["reserved-word"]));
test("a function's name may be one", () => clean("page = mmap(4K)\nread(page)\nexpect page(page) != none"));
test("an operation's name may be one", () => clean("read = mmap(4K)\nread(read)"));

test("an operation that nothing stands for tells what brings it about", () => {
  const [problem] = analyse("d = device(pfnmap, 4K)\nunplug(d)").program.problems;
  assert.match(problem.message, /`unplug`: a device goes when nobody has it open or mapped any more/);
});
test("an unknown operation is corrected", () => {
  finds("«mmpa»(4K)", ["unknown-operation"]);
  assert.equal(fixed("mmpa(4K)"), "mmap(4K)");
});
test("an unknown flag is corrected", () =>
  assert.equal(fixed("mmap(4K, rw, privat|anonymous)"), "mmap(4K, rw, private|anonymous)"));
test("an unknown argument is corrected", () =>
  assert.equal(fixed("mmap(4K, flag=private)"), "mmap(4K, flags=private)"));
test("an unknown advice is named", () => finds("p = mmap(4K)\nmadvise(p, 4K, «dontned»)", ["unknown-word"]));
test("protection is letters of rwx", () => finds("mmap(4K, «rwz»)", ["unknown-word"]));
test("in any order, or joined", () => clean("mmap(4K, wr)\nmmap(4K, r|x)\nmmap(4K, none)"));
test("short forms are accepted", () => clean("mmap(4K, rwx, private|anon)"));
test("a flag is never a bound name", () => clean("f = file(16K)\nr = mmap(16K, r, shared, fd=f)\nread(r)"));
test("an argument is missed", () => finds("p = mmap(4K)\nmprotect(p, 4K«)»", ["missing-argument"]));
test("the length may be left out", () => clean("p = mmap(4K)\nmunmap(p)\nmprotect(p, prot=r)"));
test("but not of a plain number", () => finds("munmap(0x1000«)»", ["missing-argument"]));
test("arguments end where the signature ends", () => finds("fork(«1»)", ["too-many-arguments"]));
test("an argument is given once", () => finds("mmap(4K, «length=8K»)", ["repeated-argument"]));
test("positional arguments come first", () => finds("mmap(length=4K, «rw»)", ["argument-order"]));
test("a process is no address", () => finds("child = fork()\nread(«child»)", ["wrong-kind"]));
test("an address is no process", () => finds("p = mmap(4K)\n«p»: read(p)", ["wrong-kind"]));
test("a string is no address", () => finds('read(«"p"»)', ["wrong-kind"]));
test("a byte is at most 255", () => finds("p = mmap(4K)\nwrite(p, «256»)", ["bad-value"]));
test("a string brings its length", () => finds('p = mmap(4K)\nwrite(p, "a", «8»)', ["bad-value"]));
test("what returns nothing binds nothing", () => finds("p = mmap(4K)\n«x» = read(p)", ["nothing-to-bind"]));
test("an anonymous mapping ignores a file", () => {
  const [problem] = found("f = file(4K)\nmmap(4K, rw, fd=«f»)", ["ignored-argument"]);
  assert.equal(problem.severity, "warning");
});

test("an outcome is one of the words", () => finds("p = mmap(4K)\nread(p) -> «zeo»", ["unknown-outcome"]));
test("a call gives no outcome of an access", () => finds("fork() -> «cow»", ["impossible-outcome"]));
test("an access gives no errno", () => finds("p = mmap(4K)\nread(p) -> «EINVAL»", ["impossible-outcome"]));
test("a hit is no fault", () => finds("p = mmap(4K)\nread(p) -> «hit minor»", ["impossible-outcome"]));
test("a success has no errno", () => finds("fork() -> «ok ENOMEM»", ["impossible-outcome"]));

test("an unknown field is corrected", () => {
  finds("p = mmap(4K)\nexpect page(p).«refcnt» == 1", ["unknown-field"]);
  assert.equal(fixed("p = mmap(4K)\nexpect page(p).refcnt == 1"), "p = mmap(4K)\nexpect page(p).refcount == 1");
});
test("an address's field is its page's", () =>
  assert.equal(fixed("p = mmap(4K)\nexpect p.mapcount == 1"), "p = mmap(4K)\nexpect page(p).mapcount == 1"));
test("a folio's field that a page is asked for leads to its folio", () =>
  assert.equal(
    fixed("p = mmap(4K)\nexpect page(p).large_mapcount == 1"),
    "p = mmap(4K)\nexpect page(p).folio.large_mapcount == 1",
  ));
test("compound_mapcount is known by its later name", () =>
  assert.equal(
    fixed("p = mmap(4K)\nexpect page(p).folio.compound_mapcount == 1"),
    "p = mmap(4K)\nexpect page(p).folio.entire_mapcount == 1",
  ));
test("a process has fields of its own", () => finds("c = fork()\nexpect c.«refcount» == 1", ["unknown-field"]));
test("a number has none", () => finds("expect min(1, 2).«x» == 1", ["unknown-field"]));
test("an unknown function is corrected", () => assert.equal(fixed("expect paeg(0) == none"), "expect page(0) == none"));
test("a function has its arguments", () => finds("expect «abs()» == 1", ["missing-argument"]));
test("and no more", () => finds("expect min(1, 2, «3») == 1", ["too-many-arguments"]));
test("a literal division by zero is seen at once", () => finds("expect 1 / «0» == 1", ["division-by-zero"]));
test("a named value is one of the field's", () =>
  finds("p = mmap(4K)\nexpect pte(p).level == «pdm»", ["unknown-word"]));
test("a bound name does not hide a named value", () => clean("pmd = mmap(4K)\nexpect pte(pmd).level == pmd"));
test("a sum is over numbers", () => finds("p = mmap(4K)\nexpect sum(p, 1, «data») == 1", ["wrong-kind"]));
test("count takes pte's fields where page has none", () => clean("p = mmap(4K)\nexpect count(p, 1, writable) == 0"));

test("WHEN is read", () =>
  clean("expect @5.7 1\nexpect @>=5.19,<5.9 1\nexpect @5.19..6.9 1\nexpect @refpage-v2,6.1 1"));
test("a bare release is a model", () => finds("expect @«5.9» 1", ["unknown-model"]));
test("a comparison takes any release", () => clean("expect @>=5.9 1"));
test("a strange WHEN is told", () => finds("expect @«>=» 1", ["bad-when"]));

test("a misspelt statement is corrected", () => {
  finds("«expet» 1", ["syntax"]);
  assert.equal(fixed("expet 1 == 1"), "expect 1 == 1");
  assert.equal(fixed("edn"), "end");
});
test("what stands behind a process is an operation, no statement", () => finds("main: expet «1»", ["syntax"]));
test("a message is one line, however long the word or wild the character that it quotes", () => {
  for (const text of ["a".repeat(100_000), "\u001b[31m\u0007", `expect ${"b".repeat(100_000)}`, "p = fork(\u202ex)"]) {
    for (const { message } of analyse(text).program.problems) {
      assert.ok(message.length < 900, message.slice(0, 100));
      assert.doesNotMatch(message, /[\p{Cc}\u202e]/u);
    }
  }
});
