// Random system calls on memory with huge pages, against a second, naive account of what each process reads there; and
// the invariants after each of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { breaches } from "../../server/src/mm/audit.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import { contentOf } from "../../server/src/mm/observe.ts";
import * as sys from "../../server/src/mm/syscalls.ts";
import { PAGE, prot, type Space, space } from "../support/space.ts";

// Two huge pages, and room for a part of one elsewhere.
const BASE = 0x40000000n;
const ELSEWHERE = 0x80000000n;
const PAGES = 1024;
// Where ranges begin and end, and what is touched: the borders of huge pages, and what lies in them.
const POINTS = [0, 1, 7, 255, 256, 510, 511, 512, 513, 768, 1022, 1023] as const;
const MOST_PROCESSES = 3;

// What a page reads as; undefined where it may not be read.
interface Account {
  readonly s: Space;
  readonly text: (string | undefined)[];
  readonly access: number[];
}

const who = fc.nat(MOST_PROCESSES - 1);
const point = fc.constantFrom(...POINTS);
const range = fc.tuple(point, point).map(([a, b]) => ({ first: Math.min(a, b), pages: Math.abs(a - b) + 1 }));
const advice = fc.constantFrom("dontneed", "hugepage", "nohugepage", "cold", "pageout");
const action = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant("write" as const), who, point, fc.nat(9)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("read" as const), who, point) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("fork" as const), who) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("exit" as const), who) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("munmap" as const), who, range) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("mprotect" as const), who, range, fc.constantFrom("r", "rw", "")) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("madvise" as const), who, range, advice) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("there and back" as const), who, range, fc.nat(3)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("mlock" as const), who, range, fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("pin" as const), who, range, fc.boolean()) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("split" as const, "hold" as const, "clear" as const), who, point) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom("reclaim" as const, "migrate" as const), who, point) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

for (const { name } of MODELS.values()) {
  test(`${name}: huge pages hold what each process wrote, and every counter adds up`, () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(action, { minLength: 5, maxLength: 24 }), (batches, actions) => {
        const s = space(name, { lru_batch: batches, thp: "always", memory: 2 ** 26 });
        assert.equal(s.mmap(BigInt(PAGES) * PAGE, "rw", "private|anonymous|fixed", { at: BASE }), BASE);
        const all: Account[] = [{ s, text: Array(PAGES).fill(""), access: Array(PAGES).fill(prot("rw")) }];
        for (const [index, step] of actions.entries()) {
          const account = all[step[1] % all.length];
          perform(all, account, step);
          const when = `after step ${index}: ${JSON.stringify(step)}`;
          const broken = breaches(s.k).filter(({ kind }) => kind !== "promise");
          assert.deepEqual(broken, [], when);
          for (const one of all) compare(one, when);
        }
      }),
      { numRuns: 8 },
    );
  });
}

function perform(all: Account[], account: Account, step: Action): void {
  const { s, text, access } = account;
  switch (step[0]) {
    case "write": {
      const at = step[2];
      s.write(BASE + BigInt(at) * PAGE, `w${step[3]}`);
      if (access[at] & 2) text[at] = `w${step[3]}`;
      return;
    }
    case "read":
      s.read(BASE + BigInt(step[2]) * PAGE);
      return;
    case "fork":
      if (all.length < MOST_PROCESSES) all.push({ s: s.fork(), text: [...text], access: [...access] });
      return;
    case "exit":
      if (all.length === 1) return;
      sys.sys_exit(s.k, s.task);
      all.splice(all.indexOf(account), 1);
      return;
    case "split":
      sys.split_pmd(s.k, s.task, BASE + BigInt(step[2]) * PAGE);
      return;
    case "hold":
      sys.get_user_pages(s.k, s.task, BASE + BigInt(step[2]) * PAGE, PAGE, 0);
      return;
    case "reclaim":
      sys.reclaim(s.k, step[2]);
      return;
    case "migrate":
      sys.do_pages_move(s.k, s.task, BASE + BigInt(step[2]) * PAGE, 2n * PAGE);
      return;
    case "clear":
      sys.clear_refs_write(s.k, s.task);
      return;
    default:
      on_range(account, step);
  }
}

function on_range(
  { s, text, access }: Account,
  step: Extract<Action, readonly [string, number, object, ...unknown[]]>,
): void {
  const { first, pages } = step[2];
  const at = BASE + BigInt(first) * PAGE;
  const length = BigInt(pages) * PAGE;
  switch (step[0]) {
    case "munmap":
      assert.equal(s.munmap(at, length), 0);
      text.fill(undefined, first, first + pages);
      access.fill(0, first, first + pages);
      return;
    case "mprotect":
      // A hole ends it.
      s.mprotect(at, length, step[3]);
      for (let i = first; i < first + pages && text[i] !== undefined; i++) access[i] = prot(step[3]);
      return;
    case "madvise": {
      const answer = s.madvise(at, length, step[3]);
      // Locked memory ends it.
      if (step[3] !== "dontneed") return;
      const end = answer === "EINVAL" ? first_locked(s, first, pages) : first + pages;
      for (let i = first; i < end; i++) if (text[i] !== undefined) text[i] = "";
      return;
    }
    case "there and back": {
      if (text.slice(first, first + pages).includes(undefined)) return;
      const to = ELSEWHERE + BigInt(step[3] === 0 ? first : step[3] * 5) * PAGE;
      if (s.mremap(at, length, length, "maymove|move_fixed", to) !== to) return;
      assert.equal(s.mremap(to, length, length, "maymove|move_fixed", at), at);
      return;
    }
    case "mlock":
      if (step[3]) s.mlock(at, length);
      else s.munlock(at, length);
      return;
    case "pin": {
      const pin = sys.pin_user_pages(s.k, s.task, at, length, 0);
      if (step[3] && typeof pin === "number") sys.release(s.k, pin);
    }
  }
}

function first_locked(s: Space, first: number, pages: number): number {
  const mm = s.k.w.task.mm.data[s.task] - 1;
  for (let i = first; i < first + pages; i++) {
    const vma = s.k.vmas.lookup(mm, Number(BASE / PAGE) + i);
    if (vma >= 0 && s.k.w.vma.flags.data[vma] & 0x2000) return i;
  }
  return first + pages;
}

function compare({ s, text }: Account, when: string): void {
  const mm = s.k.w.task.mm.data[s.task] - 1;
  for (const at of POINTS) {
    if (text[at] === undefined) continue;
    const content = contentOf(s.k, mm, Number(BASE / PAGE) + at);
    // What is in swap is not looked at.
    if (content === undefined) continue;
    const bytes = s.k.contents.get(content);
    const seen = new TextDecoder().decode(bytes).replace(/\0.*$/s, "");
    assert.equal(seen.slice(0, text[at].length || 2), text[at], `${when}: page ${at}`);
  }
}
