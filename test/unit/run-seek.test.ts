// Time travel: the world at a position is the same however one came there.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { analyse } from "../../server/src/lang/document.ts";
import { run } from "../../server/src/run/run.ts";
import { record, told, worldOf } from "../support/record.ts";

const TEXT = `p = mmap(16K)
write(p, "a", )
child = fork()
write(p, "b")
child: pipe = vmsplice(p, 4K)
child: munmap(p)
f = file(16K)
q = mmap(16K, rw, private, fd=f)
read(q)
write(q, "z")
mprotect(p, 4K, r)
child: exit()
`.replace(", )", ")");

test("seek(0) restores the empty world", () => {
  const { kernel } = record(TEXT);
  kernel.seek(0);
  for (const table of Object.values(kernel.w)) {
    for (const field of table.fields)
      assert.ok(
        field.data.every((value) => value === 0),
        `${table.name}.${field.name}`,
      );
  }
});

test("any walk back and forth shows the worlds of a fresh run", () => {
  const walked = record(TEXT);
  const { steps, kernel } = walked;
  const worlds = Array.from({ length: steps.length + 1 }, (_, step) => {
    kernel.seek(step === 0 ? steps.boot : steps.end(step - 1));
    return worldOf(walked);
  });
  const fresh = worlds.map((_, step) => {
    const prefix = TEXT.split("\n").slice(0, step).join("\n");
    return worldOf(record(`${prefix}\n`));
  });
  assert.deepEqual(worlds, fresh);
  fc.assert(
    fc.property(fc.array(fc.nat(steps.length), { minLength: 1, maxLength: 20 }), (walk) => {
      for (const step of walk) kernel.seek(step === 0 ? steps.boot : steps.end(step - 1));
      assert.deepEqual(worldOf(walked), worlds[walk[walk.length - 1]]);
    }),
    { numRuns: 60 },
  );
});

test("every conformance trace runs the same twice, after a seek to the start and back", () => {
  const folder = new URL("../conformance/", import.meta.url);
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".mmtrace"))) {
    const { program } = analyse(readFileSync(new URL(name, folder), "utf8"));
    const one = run(program, { model: "6.12" });
    const before = told(one);
    one.kernel.seek(0);
    assert.deepEqual(told(one), before, name);
    assert.deepEqual(told(run(program, { model: "6.12" })), before, name);
  }
});
