// Completion: what is proposed at a cursor, and what is inserted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { completion } from "../../server/src/ide/completion.ts";
import { documentation } from "../../server/src/ide/docs.ts";
import { OPS } from "../../server/src/lang/ops.ts";
import { open } from "../support/ide.ts";

function labels(text: string): string[] {
  const { analysis, cursor } = open(text);
  return completion(analysis, cursor).proposals.map(({ label }) => label);
}

function offers(text: string, ...wanted: string[]): void {
  const found = labels(text);
  for (const label of wanted) assert.ok(found.includes(label), `${label} is not among ${found.join(" ")}`);
}

function withholds(text: string, ...unwanted: string[]): void {
  const found = labels(text);
  for (const label of unwanted) assert.ok(!found.includes(label), `${label} is among ${found.join(" ")}`);
}

test("an empty line offers operations, statements and the processes above", () => {
  offers("child = fork()\n$0", "mmap", "fork", "expect", "repeat", "child", "main");
  withholds("$0\nchild = fork()", "child");
});

test("every simulated operation is offered, and none that is not", () => {
  const found = new Set(labels("$0"));
  for (const { name, simulated, only } of OPS.values()) assert.equal(found.has(name), simulated && !only, name);
});

test("behind `p =` stand operations that give something, behind `child:` all of them", () => {
  offers("p = $0", "mmap", "fork");
  withholds("p = $0", "munmap", "expect");
  offers("child = fork()\nchild: $0", "munmap", "mmap");
  withholds("child = fork()\nchild: $0", "expect", "child");
});

test("an operation brings its required arguments, with the newest fitting name", () => {
  const { analysis, cursor } = open("p = mmap(4K)\nq = mmap(4K)\nrea$0");
  const { place, proposals } = completion(analysis, cursor);
  const read = proposals.find(({ label }) => label === "read");
  assert.equal(read?.snippet, `read(\${1:q})$0`);
  assert.deepEqual(place, { line: 2, start: 0, end: 3 });
});

test("an argument offers flags and nothing else where flags belong", () => {
  offers("p = mmap(4K, rw, $0", "private", "shared", "anonymous", "fd=", "at=");
  offers("p = mmap(4K, rw, private|$0", "anonymous", "populate");
  withholds("p = mmap(4K, rw, private|$0", "private", "fd=", "mmap");
  offers("p = mmap(4K, flags=$0", "private", "shared");
});

test("an argument offers protections, advice, files, pins and processes", () => {
  offers("p = mmap(4K, $0", "rw", "none", "rwx");
  offers("p = mmap(4K)\nmadvise(p, 4K, $0", "dontneed", "populate_write");
  withholds("p = mmap(4K, rw, $0", "refpage");
  offers("kernel refpage-v1\np = mmap(4K, rw, $0", "refpage");
  offers("kernel refpage-v2\nr = $0", "refpage_create");
  withholds("r = $0", "refpage_create");
  offers("f = memfd(4K)\np = mmap(4K, rw, shared, fd=$0", "f");
  withholds("p = mmap(4K)\nf = memfd(4K)\nclose($0", "p");
  offers("p = mmap(4K)\nv = vmsplice(p, 4K)\nrelease($0", "v");
  offers("p = mmap(4K)\nc = fork()\nprocess_vm_readv($0", "c");
});

test("arguments that are given are not offered again", () => {
  withholds("p = mmap(4K, rw, fd=f, $0", "length=", "prot=", "fd=");
  offers("p = mmap(4K, rw, fd=f, $0", "offset=");
});

test("behind a dot stand the fields of that value", () => {
  offers("p = mmap(4K)\nexpect page(p).$0", "refcount", "mapcount", "exclusive");
  withholds("p = mmap(4K)\nexpect page(p).$0", "rss", "level");
  offers("p = mmap(4K)\nexpect pte(main, p).$0", "level", "writable");
  offers("expect main.$0", "rss_anon", "minor_faults");
  offers("p = mmap(4K)\nv = vmsplice(p, 4K)\nexpect v.$0", "data", "pages", "page");
  offers("expect last.$0", "cow", "errno");
  offers("p = mmap(4K)\nexpect page(p).re$0 == 1", "refcount");
});

test("`kernel` and `@` offer releases and proposals, but for those that the line has", () => {
  offers("kernel $0", "4.19", "5.17", "6.18", "7.2");
  offers("kernel 6.1 $0", "6.12", "mapcount-mms");
  withholds("kernel 6.1 $0", "6.1");
  offers("p = mmap(4K)\nexpect @$0", "6.1", ">=");
  const { analysis, cursor } = open("kernel 6.1$0");
  assert.deepEqual(completion(analysis, cursor).place, { line: 0, start: 7, end: 10 });
});

test("`->` offers what the operation can come to", () => {
  offers("p = mmap(4K)\nwrite(p) -> $0", "anon", "cow", "SIGSEGV");
  withholds("p = mmap(4K)\nwrite(p) -> minor $0", "minor", "ok");
  offers("p = mmap(4K)\nmunmap(p) -> $0", "ok", "EINVAL");
  withholds("p = mmap(4K)\nmunmap(p) -> $0", "cow");
});

test("`machine` offers settings and their values", () => {
  offers("machine $0", "memory", "arch", "layout");
  offers("machine layout=$0", "spaced", "kernel");
  withholds("machine arch=x86_64 $0", "arch");
});

test("an expect is offered what the run really has", () => {
  const trace = 'p = mmap(4K)\nwrite(p, "hi")\nc = fork()\n';
  offers(`${trace}expect page(p).refcount == $0`, "2");
  offers(`${trace}expect data(p) == $0`, '"hi"');
  const { analysis, cursor } = open(`p = mmap(4K)\nwrite(p, "hi")\nexpect $0`);
  const checks = completion(analysis, cursor).proposals.filter(({ kind }) => kind === "value");
  assert.deepEqual(
    checks.map(({ label }) => label),
    [
      "page(p).refcount == 1",
      "page(p).mapcount == 1",
      "page(p).exclusive == 1",
      'data(p) == "hi"',
      "pte(p).writable == 1",
      "main.rss_anon == 1",
    ],
  );
});

test("an expect about a huge page is offered the counters that this release has of its folio", () => {
  const trace = (kernel: string) =>
    `kernel ${kernel}\nmachine thp=always memory=64M\np = mmap(2M, rw, private|anonymous|fixed, at=0x40000000)\nwrite(p)\nexpect $0`;
  offers(trace("6.15"), "pte(p).level == pmd", "page(p).folio.order == 9", "page(p).folio.mm_id0_mapcount == 1");
  offers(trace("6.12"), "page(p).folio.large_mapcount == 1", "page(p).folio.nr_pages_mapped == 8388608");
  withholds(trace("6.12"), "page(p).folio.mm_id0_mapcount == 1");
  offers(trace("6.1"), "page(p).folio.double_map == 0", "page(p).folio.entire_mapcount == 1");
  withholds(trace("6.1"), "page(p).folio.large_mapcount == 1");
});

test("behind `page(p).folio.` stand the fields that this release has", () => {
  const trace = (kernel: string) => `kernel ${kernel}\np = mmap(4K)\nwrite(p)\nexpect page(p).folio.$0`;
  offers(trace("6.15"), "mm_id0", "large_mapcount", "partially_mapped");
  withholds(trace("6.15"), "double_map", "trans_huge_mapcount");
  offers(trace("5.10"), "double_map", "trans_huge_mapcount", "total_mapcount");
  withholds(trace("5.10"), "mm_id0", "large_mapcount", "nr_pages_mapped");
});

test("nothing is offered in comments, strings, and where a new name belongs", () => {
  for (const text of ["# co$0", "p = mmap(4K) # $0", 'p = mmap(4K)\nwrite(p, "a$0', "process $0", "repeat 3 as $0"]) {
    assert.deepEqual(labels(text), [], text);
  }
});

test("every proposal that has documentation has it in the tables", () => {
  const texts = [
    "$0",
    "p = mmap($0",
    "p = mmap(4K, rw, $0",
    "expect $0",
    "expect main.$0",
    "kernel $0",
    "machine $0",
    "read(0) -> $0",
  ];
  for (const text of texts) {
    const { analysis, cursor } = open(text);
    for (const { label, docKey } of completion(analysis, cursor).proposals) {
      if (docKey !== undefined) assert.ok(documentation(docKey), `${label}: ${docKey} has no documentation`);
    }
  }
});
