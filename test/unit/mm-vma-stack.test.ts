// Stacks grow towards the accesses below them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SIGSEGV } from "../../server/src/mm/outcome.ts";
import { HERE, PAGE, space } from "../support/space.ts";

const stack = "private|anonymous|growsdown";

test("an access below a stack grows it, one far below its limit of 8 MiB does not", () => {
  const s = space();
  s.mmap(PAGE, "rw", stack, { at: HERE });
  s.write(HERE - 3n * PAGE);
  assert.equal(s.maps(), "-3 4 rw-p growsdown");
  s.write(HERE - 2048n * PAGE);
  assert.equal(s.k.outcome & SIGSEGV, SIGSEGV);
  s.write(HERE - 2047n * PAGE);
  assert.equal(s.maps(), "-2047 2048 rw-p growsdown");
});

test("a stack keeps 256 pages away from accessible memory below, not from PROT_NONE", () => {
  for (const [letters, grows] of [
    ["rw", false],
    ["", true],
  ] as const) {
    const s = space();
    s.mmap(PAGE, "rw", stack, { at: HERE });
    s.mmap(PAGE, letters, "private|anonymous", { at: HERE - 258n * PAGE });
    s.write(HERE - PAGE);
    assert.equal((s.k.outcome & SIGSEGV) === 0, true);
    s.write(HERE - 2n * PAGE);
    assert.equal((s.k.outcome & SIGSEGV) === 0, grows);
  }
});

test("no ordinary mapping grows", () => {
  const s = space();
  s.mmap(PAGE, "rw", "private|anonymous", { at: HERE });
  s.write(HERE - PAGE);
  assert.equal(s.k.outcome & SIGSEGV, SIGSEGV);
});
