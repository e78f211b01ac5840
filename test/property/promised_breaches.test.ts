// What older kernels break, and later ones promise not to: the search through random traces finds each breach under a
// release that has the bug, shrinks it to a few lines, and does not find it under the release that mended it.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { analyse } from "../../server/src/lang/document.ts";
import type { Rule } from "../../server/src/mm/invariants.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { traceOf } from "../../server/src/run/fuzz/author.ts";
import { EVERYTHING, type Profile } from "../../server/src/run/fuzz/profile.ts";
import { shrink } from "../../server/src/run/fuzz/shrink.ts";
import { run } from "../../server/src/run/run.ts";
import { PROMISES, promised } from "../support/promises.ts";
import { choices } from "./random_traces.ts";

interface Search {
  // Of mm-semantics §13, or of a proposal (§8).
  readonly bug: string;
  readonly rule: Rule;
  // The last release that has the bug, the first one that has not; or a proposal and its base.
  readonly broken: ModelName;
  readonly mended: ModelName;
  // The operations that the traces are made of.
  readonly only: readonly string[];
  readonly words?: Profile["words"];
  // Lines that the shrunk trace has at most, the head among them.
  readonly lines: number;
}

const ANON = { "mmap.flags": ["private|anonymous"] };

const SEARCHES: readonly Search[] = [
  {
    bug: "of the first reference pages: a page comes as shared memory and goes as anonymous memory",
    rule: "rss",
    broken: "refpage-v1",
    mended: "5.8",
    only: ["mmap", "read", "write", "munmap", "fork"],
    words: { "mmap.flags": ["private|anonymous", "private|refpage"] },
    lines: 5,
  },
  {
    bug: "1: CVE-2020-29374, a pipe's reader sees what another process writes",
    rule: "reference-sees-no-stranger",
    broken: "5.7",
    mended: "5.10",
    only: ["mmap", "write", "fork", "vmsplice", "munmap", "exit"],
    words: ANON,
    lines: 8,
  },
  {
    bug: "1 through swap: a page that comes back from the swap cache is reused under a pipe (c145e0b47c77)",
    rule: "reference-sees-no-stranger",
    broken: "5.17",
    mended: "5.18",
    only: ["mmap", "write", "fork", "vmsplice", "munmap", "exit", "reclaim"],
    words: ANON,
    lines: 10,
  },
  {
    bug: "6: fork and a pin",
    rule: "pin-follows-owner",
    broken: "5.8",
    mended: "5.10",
    only: ["mmap", "write", "fork", "io_uring_register"],
    words: ANON,
    lines: 8,
  },
  {
    bug: "T3: a read-only pin of a page that fork shared",
    rule: "pin-follows-owner",
    broken: "5.18",
    mended: "5.19",
    only: ["mmap", "write", "fork", "pin_user_pages", "read", "exit"],
    words: ANON,
    lines: 9,
  },
  {
    bug: "15: MADV_FREE under a pin",
    rule: "pinned-page-is-kept",
    broken: "5.17",
    mended: "5.18",
    only: ["mmap", "write", "madvise", "pin_user_pages", "reclaim", "swapout"],
    words: { ...ANON, "madvise.advice": ["free"] },
    lines: 8,
  },
  {
    bug: "21: a long-term pin of a private file or of the zero page",
    rule: "long-pin-follows-owner",
    broken: "6.1",
    mended: "6.6",
    only: ["mmap", "file", "read", "write", "pin_user_pages"],
    words: { "mmap.flags": ["private|anonymous", "private"], "pin_user_pages.flags": ["longterm"] },
    lines: 7,
  },
];

const SEED = 20201;
const MOST = 1000;

const folder = mkdtempSync(join(tmpdir(), "mmtrace-breaches-"));

function modelOf(name: ModelName): Model {
  const model = MODELS.get(name);
  assert.ok(model);
  return model;
}

function breaks(model: Model, text: string, says: RegExp): boolean {
  const { program } = analyse(text);
  const { failures } = run(program, { model: model.name, checkInvariants: true });
  return failures.some(({ code, message }) => code === "broken-invariant" && says.test(message));
}

// The first trace that breaks the promise, and how many were tried.
function first(search: Search, name: ModelName, tries: number): { text: string | undefined; tried: number } {
  const model = modelOf(name);
  const { says } = promiseTo(search);
  const { only, words } = search;
  const wanted = { only, profile: { ...EVERYTHING, words: { ...EVERYTHING.words, ...words } } };
  let text: string | undefined;
  const found = fc.check(
    fc.property(choices, (made) => {
      const trace = traceOf(model, made, wanted);
      if (!breaks(model, trace, says)) return true;
      text ??= trace;
      return false;
    }),
    { numRuns: tries, seed: SEED, endOnFailure: true },
  );
  return { text, tried: found.numRuns };
}

function promiseTo({ rule }: Search): (typeof PROMISES)[number] {
  const promise = PROMISES.find((one) => one.rule === rule);
  assert.ok(promise);
  return promise;
}

for (const [number, search] of SEARCHES.entries()) {
  const { bug, broken, mended, lines } = search;
  test(`${broken}: random traces come upon bug ${bug}; ${mended} keeps its promise`, async (t) => {
    const { says } = promiseTo(search);
    const { text, tried } = first(search, broken, MOST);
    assert.ok(text, `seed ${SEED}: not among ${MOST} traces`);
    const model = modelOf(broken);
    const small = await shrink(text, model.name, async (trace) => breaks(model, trace, says));
    const file = join(folder, `bug-${number}-${broken}.mmtrace`);
    writeFileSync(file, small.text);
    t.diagnostic(`seed ${SEED}, trace ${tried}: ${file}`);
    assert.ok(breaks(model, small.text, says));
    assert.ok(small.text.trimEnd().split("\n").length <= lines, small.text);
    assert.equal(first(search, mended, Math.max(100, 2 * tried)).text, undefined);
  });
}

// Five generations in one order, which no search of this size comes upon: the sample of the bug is the trace.
test("bug 23: CVE-2022-42703 breaks rmap-finds-mappings up to 5.19, and no more in 6.1", () => {
  const text = readFileSync(
    new URL("../../samples/09-bugs/cve-2022-42703-anon-vma-reuse.mmtrace", import.meta.url),
    "utf8",
  );
  const promise = PROMISES.find(({ rule }) => rule === "rmap-finds-mappings");
  assert.ok(promise);
  for (const model of MODELS.values()) {
    assert.equal(breaks(model, text, promise.says), !promised(model, promise), model.name);
  }
});

test("each promise that some release does not keep is among the searches", () => {
  for (const promise of PROMISES) {
    if (promise.rule === "rmap-finds-mappings") continue;
    const own = SEARCHES.filter(({ rule }) => rule === promise.rule);
    assert.ok(own.length > 0, promise.rule);
    for (const { broken } of own) assert.ok(!promised(modelOf(broken), promise), `${broken} keeps ${promise.rule}`);
  }
});
