// The tables: complete by LANGUAGE.md, each entry documented and usable as its example says, and nothing derived is stale.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check } from "../../server/src/lang/check.ts";
import { CODES } from "../../server/src/lang/codes.ts";
import { analyse } from "../../server/src/lang/document.ts";
import { FIELDS, fieldsOf } from "../../server/src/lang/fields.ts";
import { ADVICE, GUP_FLAGS, MAP_FLAGS } from "../../server/src/lang/op_words.ts";
import { OPS } from "../../server/src/lang/ops.ts";
import { derived, root } from "../../server/tools/generate.ts";
import { operationBody } from "../../server/tools/snippets.ts";

// LANGUAGE.md, section 4.
const OPERATIONS =
  "mmap munmap mprotect mremap madvise brk mlock munlock msync read write file memfd refpage_create device close ftruncate fallocate fork vfork clone execve exit get_user_pages pin_user_pages release vmsplice io_uring_register o_direct_read o_direct_write process_vm_readv ptrace_poke dma_write tee swapout reclaim swapoff migrate compact ksm_scan khugepaged split_folio split_pmd lru_add_drain writeback drop_caches deferred_split_scan clear_refs";

// LANGUAGE.md, section 5.
const FIELDS_OF = {
  page: "pfn refcount mapcount exclusive anon file shmem ksm zero swapcache dirty lru pinned data index folio",
  folio:
    "order pages refcount entire_mapcount large_mapcount nr_pages_mapped pincount maybe_mapped_shared partially_mapped mm_id0 mm_id1 mm_id0_mapcount mm_id1_mapcount holders double_map total_mapcount trans_huge_mapcount",
  pte: "none present writable dirty accessed special soft_dirty swap migration exclusive pfn level",
  vma: "start end prot flags offset file anon_vma",
  process:
    "alive rss rss_anon rss_file rss_shmem swap pss uss vmas minor_faults major_faults page_tables has_pinned hugetlb pss_precise",
  pin: "pages data",
  file: "size cached",
  machine: "free swap_used zero_pfn",
  model: "name release",
} as const;

function sorted(words: Iterable<string>): string[] {
  return [...words].sort();
}

test("all operations of the language are there", () =>
  assert.deepEqual(sorted(OPS.keys()), sorted(OPERATIONS.split(" "))));
test("all that a release has are simulated", () => {
  const left = [...OPS.values()].filter((spec) => !spec.simulated && spec.only === undefined);
  assert.deepEqual(
    left.map(({ name }) => name),
    [],
  );
});
test("all flags of mmap are there", () => {
  const known = "private shared anonymous fixed fixed_noreplace populate hugetlb noreserve growsdown refpage";
  assert.deepEqual(sorted(MAP_FLAGS.map(({ name }) => name)), sorted(known.split(" ")));
});
test("all advice is there", () => {
  const known =
    "normal dontneed free cold pageout willneed hugepage nohugepage collapse populate_read populate_write mergeable unmergeable dontfork dofork wipeonfork keeponfork remove guard_install guard_remove";
  assert.deepEqual(sorted(ADVICE.map(({ name }) => name)), sorted(known.split(" ")));
});
test("all flags of GUP are there", () => {
  assert.deepEqual(sorted(GUP_FLAGS.map(({ name }) => name)), sorted("write longterm force fast nofault".split(" ")));
});
test("all fields are there", () => {
  for (const [owner, names] of Object.entries(FIELDS_OF)) {
    const known = fieldsOf(owner as keyof typeof FIELDS_OF).map(({ name }) => name);
    assert.deepEqual(sorted(known), sorted(names.split(" ")), owner);
  }
});
test("the signatures are the language's", () => {
  const said = ["mmap", "mremap", "read", "write", "madvise"].map((name) => OPS.get(name)?.synopsis);
  assert.deepEqual(said, [
    "mmap(length, prot=rw, flags=private|anonymous, fd=, offset=0, at=)",
    "mremap(addr, old_length, new_length, flags=, to=)",
    "read(addr, length=1)",
    "write(addr, value=0, length)",
    "madvise(addr, length, advice)",
  ]);
});

const PRELUDE =
  "p = mmap(16K)\nsecret = mmap(4K)\nf = file(16K)\nm = memfd(8K)\nchild = fork()\npipe = vmsplice(p, 4K)\nd = pin_user_pages(p, 4K)\npin = tee(pipe)\n";

// A line with its target renamed, so that it stands beside the prelude.
function beside(line: string): string {
  return PRELUDE + line.replace(/^((?:\w+: )?)\w+ = /, "$1new = ");
}

test("every operation is documented, and its example is right", () => {
  for (const spec of OPS.values()) {
    assert.ok(spec.doc.length > 60 && /mm-semantics|\.c[`.;]|\.c$/.test(spec.doc), spec.name);
    for (const param of spec.params) assert.match(param.doc, /\.$/, `${spec.name}.${param.name}`);
    const { program } = analyse(beside(spec.example));
    const problems = [...program.problems, ...check(program, "7.2")].filter(
      ({ code }) => code !== "not-simulated" && code !== "not-in-release",
    );
    assert.deepEqual(problems, [], spec.name);
  }
});
test("every snippet is a right line", () => {
  for (const spec of OPS.values()) {
    if (!spec.simulated) continue;
    const line = operationBody(spec).replace(/\$\{\d+:([^}]*)\}/g, "$1");
    assert.deepEqual(analyse(beside(line)).program.problems, [], line);
  }
});
test("every field is documented, with its place in Linux", () => {
  for (const spec of FIELDS) assert.ok(spec.doc.length > 10 && spec.source.length > 5, `${spec.of}.${spec.name}`);
});
test("every code is explained", () => {
  for (const [code, doc] of Object.entries(CODES)) assert.match(doc, /\.$/, code);
});
test("what is derived from the tables is up to date", () => {
  for (const { path, text } of derived()) {
    if (process.env.UPDATE) writeFileSync(join(root, path), text);
    assert.equal(
      readFileSync(join(root, path), "utf8"),
      text,
      `${path} is stale: run npx tsx server/tools/generate.ts`,
    );
  }
});
