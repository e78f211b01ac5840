import assert from "node:assert/strict";
import { test } from "node:test";
import { Comparison } from "../../server/src/run/linux/compare.ts";
import { entryOver, frameAt } from "../../server/src/run/linux/entry_look.ts";
import { type Answer, GuestReader } from "../../server/src/run/linux/guest.ts";
import type { Look } from "../../server/src/run/linux/look.ts";
import { resultLook } from "../../server/src/run/linux/outcome.ts";

const THP = 0x40000000;
const PAGE = 4096;
const MMAP = "v 0 0x40000000 end=0x40200000 perm=rw-p off=0x0";
const PMD = "e 0 0x40000000 level=pmd raw=0x0 kind=present w=1 d=1 a=1 special=0 softdirty=1 pfn=1024";
const FOLIO = "order=9 head=1024 entire=1 nrmapped=8388608 large=1 pincount=0 mmid0=7 mmid1=0 mmcount0=1 mmcount1=0";
const FRAME = "anon=1 ksm=0 zero=0 swapcache=0 dirty=0 lru=1 file=0";
const HEAD = `f 1024 ref=1 map=1 excl=1 ${FRAME} ${FOLIO} shared=0 partial=0 hash=1 text=68`;
const TAILS = `f 1025+511 ref=1 map=1 excl=0 ${FRAME} ${FOLIO} shared=0 partial=0 hash=2 text=`;
const SPACE = "s 0 rss_anon=512 rss_file=0 rss_shmem=0 swap=0 page_tables=16384 hugetlb=0 mmid=7";
const LINES = [SPACE, MMAP, PMD, HEAD, TAILS];

function answerOf(lines: readonly string[]): Answer {
  const reader = new GuestReader();
  for (const line of ["r 1 ret=0 errno=0 signal=0 minflt=1 majflt=0 a=0x40005000:1:0", ...lines]) {
    assert.equal(reader.take(line), undefined, line);
  }
  const answer = reader.take(". 1");
  assert.ok(answer && "look" in answer, JSON.stringify(answer));
  return answer;
}

function disagreements(simulated: readonly string[], real: readonly string[]): string[] {
  const comparison = new Comparison({ process: (worker) => `task${worker}`, pin: (pin) => `pin${pin}` });
  const seen = (lines: readonly string[]) => ({ look: answerOf(lines).look, result: undefined });
  return comparison
    .after(seen(simulated), seen(real))
    .filter(({ verdict }) => verdict === "disagree")
    .map((one) => `${one.subject} ${one.name} ${one.simulated}/${one.real}`);
}

function words(before: readonly string[] | undefined, lines: readonly string[], write: boolean): readonly string[] {
  const answer = answerOf(lines);
  const access = { kind: "user", worker: 0, write, givesAddress: false, moves: false, unsaid: undefined } as const;
  const old: Look | undefined = before && answerOf(before).look;
  const backings = [{ start: THP, end: THP + 512 * PAGE, kind: "anon" }] as const;
  assert.ok(answer.result);
  return resultLook(answer.result, access, old, answer.look, backings).outcome;
}

test("a run of lines stands for each of its pages", () => {
  const entries = ["e 0 0x40000000+3 level=pte raw=0x0 kind=present w=0 d=0 a=1 special=0 pfn=1024", ...LINES.slice(3)];
  const { look } = answerOf([SPACE, MMAP, ...entries, "b 4 1+2 pfn=1500"]);
  const shown = look.spaces[0].entries.map(({ address, frame }) => [
    address,
    frame?.pfn,
    frame?.text,
    frame?.exclusive,
  ]);
  assert.deepEqual(shown, [
    [THP, 1024, "h", true],
    [THP + PAGE, 1025, "", false],
    [THP + 2 * PAGE, 1026, "", false],
  ]);
  assert.deepEqual(
    look.pins.map(({ pages }) => pages.map((page) => page?.pfn)),
    [[undefined, 1500, 1501]],
  );
});

test("entries of a run may all name one page", () => {
  const zero = "e 0 0x40000000+4 level=pte raw=0x0 kind=present w=0 d=0 a=1 special=1 pfn=9 step=0";
  const { look } = answerOf([SPACE, MMAP, zero, "f 9 anon=0 zero=1"]);
  assert.deepEqual(
    look.spaces[0].entries.map(({ frame }) => frame?.pfn),
    [9, 9, 9, 9],
  );
});

test("a page in the middle of what a PMD maps is the folio's page there", () => {
  const { entries } = answerOf(LINES).look.spaces[0];
  const entry = entryOver(entries, THP + 5 * PAGE + 17);
  assert.ok(entry);
  assert.equal(frameAt(entry, THP + 5 * PAGE + 17)?.pfn, 1029);
  assert.equal(entryOver(entries, THP + 512 * PAGE), undefined);
  assert.equal(entryOver(entries, THP - 1), undefined);
});

test("a guest cannot have pages made without bound", () => {
  for (const key of ["f 1+999999999", "e 0 0x1000+1000001"]) {
    const reader = new GuestReader();
    reader.take(SPACE);
    reader.take(`${key} level=pte kind=present pfn=1`);
    assert.match(JSON.stringify(reader.take(". 1")), /broken/, key);
  }
});

test("a huge page that is alike on both sides agrees whatever its frames are called", () => {
  const moved = LINES.map((line) => line.replace(/\b1024\b/g, "2048").replace("1025+511", "2049+511"));
  assert.deepEqual(disagreements(LINES, moved), []);
});

test("each counter of a folio is compared, and once", () => {
  for (const [field, name, values] of [
    ["ref=1", "refcount", "1/7"],
    ["entire=1", "entire_mapcount", "1/7"],
    ["large=1", "large_mapcount", "1/7"],
    ["nrmapped=8388608", "nr_pages_mapped", "8388608/7"],
    ["pincount=0", "pincount", "0/7"],
    ["mmcount0=1", "mm_id0_mapcount", "1/7"],
    ["mmcount1=0", "mm_id1_mapcount", "0/7"],
  ]) {
    const [before] = field.split("=");
    const real = LINES.map((line) => (line.startsWith("f") ? line.replace(field, `${before}=7`) : line));
    assert.deepEqual(disagreements(LINES, real), [`task0 0x40000000 ${name} ${values}`]);
  }
  const flags = (from: string, to: string) => LINES.map((line) => line.replace(from, to));
  assert.deepEqual(disagreements(LINES, flags("partial=0", "partial=1")), ["task0 0x40000000 partially_mapped 0/1"]);
  assert.deepEqual(disagreements(LINES, flags("shared=0", "shared=1")), ["task0 0x40000000 maybe_mapped_shared 0/1"]);
});

test("of pages that a PMD maps each one's own count, flag and bytes are compared", () => {
  const [head, tails] = [`f 1025+4 ${TAILS.slice(11)}`, `f 1030+506 ${TAILS.slice(11)}`];
  const other = (from: string, to: string) => [
    ...LINES.slice(0, 4),
    head,
    `f 1029 ${TAILS.slice(11)}`.replace(from, to),
    tails,
  ];
  assert.deepEqual(disagreements(LINES, other("map=1", "map=2")), ["task0 0x40005000 mapcount 1/2"]);
  assert.deepEqual(disagreements(LINES, other("excl=0", "excl=1")), ["task0 0x40005000 exclusive 0/1"]);
  assert.deepEqual(disagreements(LINES, other("hash=2 text=", "hash=3 text=61")), ['task0 0x40005000 contents ""/"a"']);
});

test("an owner of a folio is compared by whose id it is", () => {
  const another = LINES.map((line) => line.replaceAll("mmid=7", "mmid=3").replaceAll("mmid0=7", "mmid0=3"));
  assert.deepEqual(disagreements(LINES, another), []);
  const nobody = LINES.map((line) => line.replaceAll("mmid0=7", "mmid0=0"));
  assert.deepEqual(disagreements(LINES, nobody), ["task0 0x40000000 mm_id0 task0/none"]);
});

test("pages of one folio are told from pages of two", () => {
  const ptes = "level=pte raw=0x0 kind=present w=1 d=1 a=1 special=0 softdirty=1";
  const of = (head: number) => `${FRAME} order=4 head=${head} entire=0 nrmapped=16 large=16`;
  const one = [`e 0 0x40000000+16 ${ptes} pfn=1024`, `f 1024+16 ref=16 map=1 excl=1 ${of(1024)} hash=2 text=`];
  const two = [
    ...[`e 0 0x40000000+8 ${ptes} pfn=1024`, `f 1024+8 ref=16 map=1 excl=1 ${of(1024)} hash=2 text=`],
    ...[`e 0 0x40008000+8 ${ptes} pfn=2048`, `f 2048+8 ref=16 map=1 excl=1 ${of(2048)} hash=2 text=`],
  ];
  const found = disagreements([SPACE, MMAP, ...one], [SPACE, MMAP, ...two]);
  assert.deepEqual(found, ["task0 0x40008000 folio task0 0x40000000 + 8/its page 0"]);
});

test("a PMD beside PTEs is one disagreement of the entry, not of each of its pages", () => {
  const ptes = "e 0 0x40000000+512 level=pte raw=0x0 kind=present w=1 d=1 a=1 special=0 softdirty=1 pfn=1024";
  const found = disagreements(LINES, [SPACE, MMAP, ptes, HEAD, TAILS]);
  assert.deepEqual(found, ["task0 0x40000000 entry present pmd/present pte"]);
});

test("a write that maps a PMD is huge, and one that copies a page out of a PMD is a copy", () => {
  assert.deepEqual([...words([SPACE, MMAP], LINES, true)].sort(), ["anon", "huge", "minor"]);
  const split = [
    "e 0 0x40000000+5 level=pte raw=0x0 kind=present w=0 d=1 a=1 special=0 pfn=1024",
    "e 0 0x40005000 level=pte raw=0x0 kind=present w=1 d=1 a=1 special=0 pfn=77",
    "f 77 ref=1 map=1 excl=1 anon=1 zero=0",
  ];
  assert.deepEqual([...words(LINES, [SPACE, MMAP, ...split, HEAD, TAILS], true)].sort(), ["cow", "minor"]);
  const locked = LINES.map((line) => line.replace("kind=present w=1", "kind=present w=0"));
  assert.deepEqual([...words(locked, LINES, true)].sort(), ["minor", "reuse"]);
});

test("a hugetlb page is called so, whoever owns it", () => {
  const lines = LINES.map((line) => line.replace("file=0", "file=0 hugetlb=1"));
  assert.ok(words([SPACE, MMAP], lines, true).includes("hugetlb"));
});
