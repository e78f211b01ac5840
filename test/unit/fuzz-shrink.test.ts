// Random traces from a seed, and the shortest trace that still does what a long one does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { traceOf } from "../../server/src/run/fuzz/author.ts";
import { choicesOf } from "../../server/src/run/fuzz/choice.ts";
import { USER_SPACE } from "../../server/src/run/fuzz/profile.ts";
import { random, seedOf } from "../../server/src/run/fuzz/random.ts";
import { settle } from "../../server/src/run/fuzz/settle.ts";
import { shrink } from "../../server/src/run/fuzz/shrink.ts";
import { run } from "../../server/src/run/run.ts";

function randomTrace(release: ModelName, seed: number, index: number, only?: readonly string[]): string {
  const model = MODELS.get(release);
  assert.ok(model);
  return traceOf(model, choicesOf(random(seedOf(seed, index))), { profile: USER_SPACE, most: 20, only });
}

// Whether a line comes to something with this word under the model.
async function comesTo(text: string, release: ModelName, word: string): Promise<boolean> {
  const { steps } = run(analyse(text).program, { model: release });
  return [...Array(steps.length).keys()].some((step) => steps.outcome(step).words.includes(word));
}

test("the same seed makes the same trace, another seed another one", () => {
  assert.equal(randomTrace("6.12", 7, 3), randomTrace("6.12", 7, 3));
  assert.notEqual(randomTrace("6.12", 7, 3), randomTrace("6.12", 8, 3));
  assert.notEqual(randomTrace("6.12", 7, 3), randomTrace("6.12", 7, 4));
});

test("numbers of a seed are those that every machine gives", () => {
  const next = random(1);
  assert.deepEqual([next(1000), next(1000), next(1000), next(1000)], [426, 680, 333, 609]);
});
for (const release of ["5.10", "6.1", "6.12", "6.18", "7.2"] as const) {
  test(`${release}: a random trace of user space is a trace that holds`, () => {
    for (let index = 0; index < 20; index++) {
      const text = randomTrace(release, 1, index);
      const { program } = analyse(text);
      const problems = [...program.problems, ...check(program, release)].filter(({ severity }) => severity === "error");
      assert.deepEqual(problems, [], text);
      assert.deepEqual(run(program, { model: release, checkInvariants: true }).failures, [], text);
      assert.ok(text.split("\n").length >= 20, text);
    }
  });
}

test("states that are worth a look come often", () => {
  const words = new Set<string>();
  for (let index = 0; index < 100; index++) {
    for (const word of randomTrace("6.12", 1, index).matchAll(/-> (.*)/g)) {
      for (const one of word[1].split(" ")) words.add(one);
    }
  }
  for (const word of ["cow", "reuse", "swapin", "shmem", "file", "zero", "SIGSEGV", "SIGBUS", "EFAULT"]) {
    assert.ok(words.has(word), word);
  }
});

test("a line that names what went goes too, and the others say what they come to now", () => {
  const lines = ["p = mmap(4K)", "child = fork()", "child: write(p, 1)", "write(p, 1)"];
  assert.equal(
    settle(["kernel 6.12"], lines, "6.12")?.text,
    "kernel 6.12\np = mmap(4K)\nchild = fork()\nchild: write(p, 1) -> minor anon\nwrite(p, 1) -> minor anon\n",
  );
  assert.equal(
    settle(["kernel 6.12"], [lines[0], lines[2], lines[3]], "6.12")?.text,
    "kernel 6.12\np = mmap(4K)\nwrite(p, 1) -> minor anon\n",
  );
  assert.equal(settle(["kernel 6.12"], [lines[2]], "6.12"), undefined);
});

test("a process that dies in one form of the trace goes on in another", () => {
  const lines = ["p = mmap(4K, r)", "write(p, 1)", "read(p)"];
  assert.equal(
    settle(["kernel 6.12"], lines, "6.12")?.text,
    "kernel 6.12\np = mmap(4K, r)\nwrite(p, 1) -> SIGSEGV\nread(p) -> minor zero\n",
  );
});

test("what reuses a page shrinks to a fork whose child lets go of it", async () => {
  const long = [
    "kernel 6.12",
    "p0 = mmap(64K, rw, private|anonymous)",
    "p1 = mmap(16K, rw, private|anonymous)",
    "f0 = file(16K)",
    "p2 = mmap(8K, rw, private, fd=f0)",
    "write(p0[3], 65, 12K)",
    "read(p2)",
    "child0 = fork()",
    "child1 = fork()",
    "child0: write(p1, 7, 4K)",
    "child1: exit()",
    "child0: munmap(p0[2], 20K)",
    "madvise(p2, 8K, willneed)",
    "write(p0[4], 2, 4K)",
    "read(p0[9])",
  ].join("\n");
  const { text, tries } = await shrink(long, "6.12", (trace) => comesTo(trace, "6.12", "reuse"));
  assert.equal(
    text,
    [
      "kernel 6.12",
      "p = mmap(4K)",
      "write(p) -> minor anon",
      "child = fork()",
      "child: munmap(p)",
      "write(p) -> minor reuse\n",
    ].join("\n"),
  );
  assert.ok(tries < 200, `${tries}`);
});

test("what 5.8 does otherwise than 5.7 shrinks to a page that vmsplice() is the first to touch", async () => {
  const differs = async (text: string) => {
    const { program } = analyse(text);
    const lines = program.statements.filter((statement) => statement.kind === "operation" && statement.op.access);
    const accesses = new Set(lines.map(({ line }) => line));
    const texts = (["5.7", "5.8"] as const).map((release) => {
      const { steps } = run(analyse(text).program, { model: release });
      return [...Array(steps.length).keys()]
        .filter((step) => accesses.has(steps.line(step)))
        .map((step) => steps.outcome(step).words.join(" "))
        .join("\n");
    });
    return texts[0] !== texts[1];
  };
  for (let index = 0; index < 200; index++) {
    const trace = randomTrace("5.7", 1, index, ["mmap", "write", "fork", "vmsplice", "munmap"]);
    if (!(await differs(trace))) continue;
    const { text } = await shrink(trace, "5.7", differs);
    assert.equal(text, "kernel 5.7\np = mmap(4K)\npipe = vmsplice(p)\nwrite(p) -> minor cow\n");
    assert.equal((await shrink(trace, "5.7", differs)).text, text);
    return;
  }
  assert.fail("no trace differs");
});

test("shrinking ends after so many tries", async () => {
  let tried = 0;
  const fails = async () => {
    tried++;
    return true;
  };
  const { tries } = await shrink(randomTrace("6.12", 1, 1), "6.12", fails, { tries: 3 });
  assert.equal(tries, 3);
  assert.ok(tried <= 4);
});
