// Hovers and signatures.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hover } from "../../server/src/ide/hover.ts";
import { signatureHelp } from "../../server/src/ide/signature_help.ts";
import { open } from "../support/ide.ts";

function check(text: string, ...patterns: readonly RegExp[]): void {
  const { analysis, cursor } = open(text);
  const found = hover(analysis, cursor);
  assert.ok(found, `no hover in ${text}`);
  for (const pattern of patterns) assert.match(found.markdown, pattern);
}

const SECRET =
  'kernel 5.7 6.18\np = mmap(4K)\nwrite(p, "old")\nc = fork()\nc: v = vmsplice(p, 4K)\nc: munmap(p)\nwri$0te(p, "new")';

test("an operation shows what it did under each of the trace's models", () => {
  check(SECRET, /\| 5\.7 \| minor reuse \|/, /\| 6\.18 \| minor cow \| .*pfn \d+ ref 0 → 1/, /do_wp_page\(\)/);
});

test("an operation shows its synopsis, what it does and its errors", () => {
  check("p = m$0map(4K)", /mmap\(length, prot=rw/, /EINVAL/);
});

test("an address shows its mapping and its pages", () => {
  check(
    'p = mmap(8K)\nwrite($0p, "hi")',
    /\*\*p\*\* — address of line 1/,
    /prot `rw`/,
    /\| \[0\] \| \d+ \| 1 \| 1 \| 1 \| "hi" \|/,
  );
});

const HUGE = "kernel 6.15\nmachine thp=always memory=64M\np = mmap(2M, rw, private|anonymous|fixed, at=0x40000000)\n";
const SHARED = `${HUGE}write(p, "huge")\nc = fork()\n`;

test("an address of a huge page shows its pages in runs, which of which folio they are, and who holds it", () => {
  check(
    `${SHARED}mprotect($0p[9], 4K, r)`,
    /\| \[0\] \| 5 \(page 0 of folio 5\) \| 513 \| 2 \| 0 \| "huge" \|\n\| \[1…511\] \| 6…516 \(pages 1…511 of folio 5\) \| 513 \| 2 \| 0 \|/,
    /folio 5, order 9: ref 513 map 513 entire 1 anon, .* — held by main 0x40000000 pages 0…511 ×512, c 0x40000000 whole$/m,
  );
});

test("an operation shows what it changed of the folio", () => {
  check(`${HUGE}wri$0te(p, "huge")`, /\+folio 5 of order 9/);
  check(
    `${SHARED}mpro$0tect(p[9], 4K, r)`,
    /pfn 5…516 map 0 → 1|pfn 6…516 map 0 → 1/,
    /folio 5 entire_mapcount 2 → 1 large_mapcount 2 → 513 nr_pages_mapped ENTIRELY_MAPPED → ENTIRELY_MAPPED \+ 512/,
  );
});

test("a folio and its owners are told by name", () => {
  check(
    `${SHARED}expect page(p).fo$0lio.order == 9`,
    /`page\(p\)\.folio` is \*\*folio of pfn 5\*\*/,
    /held by main .* whole, c .* whole/,
  );
  check(`${SHARED}expect page(p).folio.mm_$0id1 == 2`, /The address space 2 \(c\)\./);
  check(`${SHARED}expect page(p).folio.nr_pages_map$0ped > 0`, /is \*\*8388608\*\*/, /^ENTIRELY_MAPPED\.$/m);
});

test("the outcome words of huge pages say what was mapped", () => {
  check(`${HUGE}write(p) -> anon hu$0ge`, /PMD-sized folio was newly mapped/);
  check(`${HUGE}write(p) -> huge$0tlb`, /hugetlb folio was newly mapped/);
});

test("an operation shows the swap entries and markers that it left", () => {
  check(
    "p = mmap(8K)\nwrite(p)\nswap$0out(p, 4K)",
    /\| ok \| .*pte main 0x200000000000 → swap slot 1 exclusive soft_dirty; main rss_anon 1 → 0; main rss_swap 0 → 1 \|/,
  );
  check("p = mmap(8K)\nmad$0vise(p[1], 4K, guard_install)", /\| ok \| pte main 0x200000001000 → guard;/);
});

test("an address shows what is in swap, and its guards", () => {
  check(
    'p = mmap(8K)\nwrite(p, "away")\nswapout(p, 4K)\nmadvise($0p[1], 4K, guard_install)',
    /\| \[0\] \| swap slot 1 exclusive soft_dirty \| \| \| \| "away" \|/,
    /\| \[1\] \| guard \| \| \| \| {2}\|/,
  );
});

test("a process shows how much of it is in swap", () => {
  check("p = mmap(4K)\nwrite(p)\nswapout(p, 4K)\n$0main: lru_add_drain()", /swap `1`/);
});

test("a process shows its rss, a pin what it sees, a file its size", () => {
  check("p = mmap(4K)\nwrite(p, 1)\nc = fork()\n$0c: exit()", /process of line 3/, /alive `0`/);
  check("p = mmap(4K)\nwrite(p, 1)\nm$0ain: read(p)", /rss_anon `1`/);
  check('p = mmap(4K)\nwrite(p, "x")\nv$0 = vmsplice(p, 4K)', /pin of line 3/, /data `"x"`/);
  check("f$0 = memfd(8K)", /file of line 1/, /size `8192`/);
  check('kernel refpage-v2\nf$0 = refpage_create("x")', /reference page pfn \d+, open, mapped by 0 VMAs/);
});

test("a field shows its value here, its meaning and its place in the kernel", () => {
  check(
    "p = mmap(4K)\nwrite(p, 1)\nexpect page(p).ref$0count == 1",
    /`page\(p\)\.refcount` is \*\*1\*\* here/,
    /Kernel: .*_refcount/,
  );
});

test("an expect shows under which models it holds", () => {
  check(
    'kernel 5.7 6.1 6.18\nexpe$0ct @>=6.0 model.name == "6.1"',
    /Holds under 6\.1\. \*\*Fails\*\* under 6\.18\. Is skipped under 5\.7\./,
  );
});

test("a condition shows which of the trace's models it means", () => {
  check("kernel 5.7 5.10 6.1\nexpect @>=5$0.9 1 == 1", /^Counts under 5\.10 and 6\.1\.$/);
  check("kernel 5.7\nexpect @refpage$0-v2 1 == 1", /none of the trace's models/);
});

test("an address is looked up in the process whose line it is", () => {
  check('p = mmap(4K)\nwrite(p, "a")\nc = fork()\nc: write($0p, "b")', /\| "b" \|/);
  check('p = mmap(4K)\nwrite(p, "a")\nc = fork()\nc: munmap(p)\nc: read($0p) -> SIGSEGV', /No VMA of c holds it/);
});

test("words have their documentation: flags, advice, protections, outcomes, models, settings, keywords", () => {
  check("p = mmap(4K, rw, priv$0ate|anonymous)", /\*\*private\*\*/);
  check("p = mmap(4K)\nmadvise(p, 4K, dont$0need)", /\*\*dontneed\*\*/);
  check("p = mmap(4K, r$0w)", /readable, writable/);
  check("p = mmap(4K)\nwrite(p) -> an$0on", /new anonymous folio/);
  check("munmap(1, 4K) -> EIN$0VAL", /errno \(22\)/);
  check("kernel 6.1$0", /Linux 6\.1/);
  check("machine lay$0out=kernel", /mmap_base/);
  check("exp$0ect 1 == 1", /A check/);
  check("p = mmap(4K)\nexpect da$0ta(p) == none", /data\(\[PROC,\] addr\)/);
});

test("numbers, strings, comments and blanks have none", () => {
  for (const text of ["p = mmap(4$0K)", 'p = mmap(4K)\nwrite(p, "a$0b")', "# a co$0mment", "$0"]) {
    const { analysis, cursor } = open(text);
    assert.equal(hover(analysis, cursor), undefined, text);
  }
});

// The label with the active parameter marked.
function signature(text: string): string | undefined {
  const { analysis, cursor } = open(text);
  const found = signatureHelp(analysis, cursor);
  if (!found) return undefined;
  const { label, parameters, active } = found;
  if (active === undefined) return label;
  const { start, end } = parameters[active];
  return `${label.slice(0, start)}«${label.slice(start, end)}»${label.slice(end)}`;
}

test("a signature follows the cursor through positional and named arguments", () => {
  assert.equal(signature("p = mmap($0"), "mmap(«length», prot=rw, flags=private|anonymous, fd=, offset=0, at=)");
  assert.equal(signature("p = mmap(4K, $0"), "mmap(length, «prot=rw», flags=private|anonymous, fd=, offset=0, at=)");
  assert.equal(
    signature("p = mmap(4K, at=$0)"),
    "mmap(length, prot=rw, flags=private|anonymous, fd=, offset=0, «at=»)",
  );
  assert.equal(
    signature("p = mmap(4K, rw, private|$0"),
    "mmap(length, prot=rw, «flags=private|anonymous», fd=, offset=0, at=)",
  );
});

test("functions have signatures too, with the process that may be left out", () => {
  assert.equal(signature("expect page($0"), "page([PROC], «addr»)");
  assert.equal(signature("c = fork()\nexpect page(c$0"), "page(«[PROC]», addr)");
  assert.equal(signature("p = mmap(8K)\nexpect count(p, $0"), "count(addr, «pages», field)");
});

test("outside of brackets there is no signature", () => {
  assert.equal(signature("p = mmap(4K)$0"), undefined);
  assert.equal(signature("$0"), undefined);
});
