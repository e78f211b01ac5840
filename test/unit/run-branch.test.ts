// Branches: another value from some step on, with the past shared and the original untouched.

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../../server/src/lang/evaluate.ts";
import type { Kernel } from "../../server/src/mm/kernel.ts";
import { branch } from "../../server/src/run/branch.ts";
import { record, told, worldOf } from "../support/record.ts";

const COW =
  'p = mmap(4K)\nwrite(p, "a")\nchild = fork()\nchild: exit()\nwrite(p, "b") -> reuse\nexpect data(p) == "b"\n';

test("a branch without a poke tells the same as what it left", () => {
  const recording = record(COW);
  assert.deepEqual(told(branch(recording, 3, [], "again", {})), told(recording));
});

test("one more reference, and the write copies instead of reusing", () => {
  const recording = record(COW);
  const before = told(recording);
  const value = evaluatePfn(recording);
  const other = branch(recording, 4, [{ table: "page", field: "_refcount", row: value, to: 2 }], "pinned", {});
  assert.deepEqual(other.steps.outcome(4).words, ["minor", "cow"]);
  assert.deepEqual(other.branch?.name, "pinned");
  assert.deepEqual(
    other.failures.map(({ code }) => code),
    ["outcome-mismatch"],
  );
  assert.deepEqual(told(recording), before);
});

test("the original and the branch are sought independently", () => {
  const recording = record(COW);
  const other = branch(recording, 2, [], "twin", {});
  other.kernel.seek(0);
  recording.kernel.seek(recording.length);
  assert.deepEqual(worldOf(recording), worldOf(record(COW)));
});

test("what is written anew in the original does not reach a branch's past", () => {
  const write = (k: Kernel, events: number, value: number) => {
    for (let i = 1; i <= events; i++) k.set(k.w.machine.next_map, 0, value + i);
  };
  const original = record("p = mmap(4K)\n").kernel;
  const start = original.position;
  write(original, 60_000, 0);
  const other = original.fork(start + 50_000);
  original.truncate(start + 20_000);
  write(original, 20_000, 1_000_000);
  other.seek(start + 30_000);
  assert.equal(other.w.machine.next_map.data[0], 30_000);
});

function evaluatePfn(recording: ReturnType<typeof record>): number {
  recording.kernel.seek(recording.steps.end(3));
  const symbol = recording.program.symbols.findIndex(({ name }) => name === "p");
  const name = { kind: "name", symbol, text: "p", start: 0, end: 0 } as const;
  const page = { kind: "call", name: "page", args: [name], field: undefined, start: 0, end: 0 } as const;
  const value = evaluate(page, recording.environment(4));
  assert.ok(typeof value === "object" && value !== null && "kind" in value && value.kind === "page");
  return value.pfn;
}
