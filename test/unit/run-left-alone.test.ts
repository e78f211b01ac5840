// What the kernel's own work leaves alone it leaves for a reason, and the recording names it: the question and the answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { journalLines } from "../../server/src/run/journal_text.ts";
import { run } from "../../server/src/run/run.ts";

// The questions of the last line that were answered so that something stays.
function reasons(model: string, text: string): string {
  const { program } = analyse(text);
  assert.deepEqual(program.problems, []);
  const recording = run(program, { model });
  assert.deepEqual(
    recording.failures.map(({ message }) => message),
    [],
  );
  const last = program.statements.length - 1;
  const lines = [...journalLines(recording, (index) => `LINE ${index}`)];
  return lines.slice(lines.findIndex((line) => line.includes(`LINE ${last}`))).join("\n");
}

const LEFT: readonly [string, string, string, RegExp][] = [
  [
    "swapout leaves a page that fork shared",
    "7.2",
    "p = mmap(4K)\nwrite(p, 1)\nfork()\nswapout(p, 4K)",
    /\? folio_mapcount\(folio\) == folio_nr_pages\(folio\): no \(mapcount 2\)/,
  ],
  [
    "swapout leaves the zero page",
    "7.2",
    "p = mmap(4K)\nread(p)\nswapout(p, 4K)",
    /\? vm_normal_folio\(vma, addr, ptent\): no \(special 1\)/,
  ],
  [
    "swapout leaves a pinned page",
    "7.2",
    "p = mmap(4K)\nwrite(p, 1)\npin_user_pages(p, 4K)\nswapout(p, 4K)",
    /\? folio_maybe_dma_pinned\(folio\): yes \(refcount 1026\)/,
  ],
  [
    "swapout leaves a referenced page in the swap cache",
    "7.2",
    "p = mmap(4K)\nwrite(p, 1)\nvmsplice(p, 4K)\nswapout(p, 4K)",
    /\? folio_ref_count\(folio\) == 1 \+ folio_nr_pages\(folio\): no \(refcount 3\)/,
  ],
  [
    "swapout leaves what another process has locked",
    "5.10",
    "f = memfd(4K)\np = mmap(4K, rw, shared, fd=f)\nwrite(p, 1)\nmlock(p, 4K)\nmunlock(p, 4K)\nq = mmap(4K, rw, shared, fd=f)\nmlock(q, 4K)\nswapout(p, 4K)",
    /folio_mapcount\(folio\) == folio_nr_pages\(folio\): no/,
  ],
  [
    "MADV_FREE leaves a dirty page that fork shared",
    "7.2",
    "p = mmap(4K)\nwrite(p, 1)\nswapout(p, 4K)\nread(p)\nvmsplice(p, 4K)\nswapout(p, 4K)\nread(p)\nfork()\nmadvise(p, 4K, free)",
    /\? folio_mapcount\(folio\) == folio_nr_pages\(folio\): no \(mapcount 2\)/,
  ],
  [
    "reclaim gives a used page another round",
    "7.2",
    "p = mmap(4K)\nwrite(p, 1)\nreclaim(1)",
    /\? folio_referenced\(folio, 1, sc->target_mem_cgroup, &vm_flags\): yes \(entries 1\)/,
  ],
  [
    "migrate leaves a page with a further reference",
    "7.2",
    "p = mmap(4K)\nwrite(p, 1)\nvmsplice(p, 4K)\nmigrate(p, 4K)",
    /\? folio_ref_count\(src\) == folio_expected_ref_count\(src\) \+ 1: no/,
  ],
  [
    "migrate leaves the zero page",
    "7.2",
    "p = mmap(4K)\nread(p)\nmigrate(p, 4K)",
    /\? folio_walk_start\(&fw, vma, addr, FW_ZEROPAGE\): no \(special 1\)/,
  ],
  [
    "migrate leaves a driver's mapping",
    "7.2",
    "d = device(pfnmap, 4K)\np = mmap(4K, rw, shared, fd=d)\nmigrate(p, 4K)",
    /\? vma_migratable\(vma\): no/,
  ],
  [
    "compact leaves an anonymous page with a further reference",
    "7.2",
    "p = mmap(4K)\nwrite(p, 1)\nvmsplice(p, 4K)\ncompact()",
    /\? folio_ref_count\(folio\) <= folio_mapcount\(folio\): no \(refcount 2\)/,
  ],
  [
    "ksm_scan leaves a page with a further reference",
    "7.2",
    "p = mmap(8K)\nmadvise(p, 8K, mergeable)\nwrite(p, 1, 8K)\nvmsplice(p, 8K)\nksm_scan()",
    /folio_mapcount\(folio\) \+ 1 \+ folio_test_swapcache\(folio\) == folio_ref_count\(folio\): no/,
  ],
  [
    "ksm_scan leaves a page that it sees for the first time",
    "7.2",
    "p = mmap(4K)\nmadvise(p, 4K, mergeable)\nwrite(p, 1)\nksm_scan()",
    /\? rmap_item->oldchecksum == checksum: no \(scans before 0\)/,
  ],
  [
    "ksm_scan leaves a page of a file",
    "7.2",
    "f = file(4K, cached=yes)\np = mmap(8K, rw, private, fd=f)\nmadvise(p, 8K, mergeable)\nwrite(p, 1)\nread(p)\nmadvise(p, 4K, dontneed)\nread(p)\nksm_scan()",
    /\? folio_test_anon\(folio\): no/,
  ],
];

for (const [what, model, text, reason] of LEFT) {
  test(`${what}, and the recording says why`, () => assert.match(reasons(model, text), reason));
}
