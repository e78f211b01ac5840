// The journal's lines in the kernel's words: names where a bare number would say nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countersAfter } from "../../server/src/run/counters.ts";
import { journalLines } from "../../server/src/run/journal_text.ts";
import { record } from "../support/record.ts";

function journal(text: string, model?: string): string[] {
  const recording = record(text, model === undefined ? {} : { model });
  return Array.from(
    journalLines(recording, () => ""),
    (line) => line.trim(),
  );
}

function has(lines: readonly string[], expected: string): void {
  assert.ok(lines.includes(expected), `${expected}\n  is not among\n${lines.join("\n")}`);
}

test("an LRU batch goes by its name, and says which page it holds", () => {
  const lines = journal("machine lru_batch=on\np = mmap(4K)\nwrite(p)\nlru_add_drain()\n");
  has(lines, "LRU batch lru_add holds pfn 6");
  has(lines, "LRU batch lru_add lets go of pfn 6");
  has(lines, "LRU batch lru_add count 0 → 1");
});

test("a decision names the mapping and the flags that it looked at", () => {
  const lines = journal("f = file(8K)\np = mmap(8K, r, private, fd=f)\nread(p)\nread(0x1000) -> SIGSEGV\n");
  has(lines, "? vma && vma->vm_start <= address: yes (vma 0x200000000000-0x200000002000)");
  has(lines, "? vma && vma->vm_start <= address: no (vma none)");
  has(lines, "? vmf->flags & FAULT_FLAG_WRITE: no (fault flags allow_retry)");
  has(lines, "? vmf->flags & FAULT_FLAG_WRITE: no (fault flags allow_retry|tried)");
});

test("a slot of a page cache without a page holds none", () => {
  const lines = journal("f = file(4K)\np = mmap(4K, r, shared, fd=f)\nread(p)\n");
  has(lines, "page cache of f page 0 pfn none → 5");
  has(lines, "f is a regular file");
});

test("a pin says its flags by name", () => {
  const lines = journal("p = mmap(4K)\nwrite(p)\nd = pin_user_pages(p, 4K, write|longterm)\n");
  has(lines, "pin 0 flags FOLL_PIN|FOLL_WRITE|FOLL_LONGTERM");
});

test("an address that KSM has not stored yet is not the address 0", () => {
  const lines = journal("p = mmap(4K)\nwrite(p)\nmadvise(p, 4K, mergeable)\nksm_scan()\n");
  has(lines, "rmap item #0 address → 0x200000000000");
});

test("an allocation that fails says how much was wanted", () => {
  const lines = journal("machine memory=256K swap=0\np = mmap(1M)\nwrite(p, 1, 1M) -> OOM\n");
  has(lines, "! mm_page_alloc_failed 1 page wanted, 0 pages free");
});

test("a page that comes back from swap is compared by its index, in the form of page numbers", () => {
  const lines = journal("machine swap_device=disk\np = mmap(4K)\nwrite(p)\nswapout(p)\nread(p)\n");
  const index = lines.find((line) => line.includes("linear_page_index"));
  assert.match(index ?? "", /\(index 0x200000000\)$/);
});

test("a step that leaves no page tells what stands in its place", () => {
  const recording = record("p = mmap(8K)\nwrite(p)\nswapout(p, 4K)\nmadvise(p[1], 4K, guard_install)\n", {
    model: "7.2",
  });
  const after = (step: number) => {
    recording.kernel.seek(recording.steps.end(step));
    return countersAfter(recording, step);
  };
  assert.equal(after(2), "swap slot 1 exclusive soft_dirty");
  assert.equal(after(3), "guard");
});
