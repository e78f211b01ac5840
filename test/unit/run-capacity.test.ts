// How many rounds of a repeat the machine can take: answers that were worked out by hand, and the same with few bits, where the
// trace is run on to see whether it ends in the round that was told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { overflowed } from "../../server/src/mm/overflow.ts";
import { roundsThatFit } from "../../server/src/run/capacity/bound.ts";
import { type Capacity, capacities } from "../../server/src/run/capacity/capacity.ts";
import type { End } from "../../server/src/run/capacity/grown.ts";
import type { Recording } from "../../server/src/run/recording.ts";
import { run } from "../../server/src/run/run.ts";

function judged(text: string, model = "6.6"): Capacity {
  const { program } = analyse(text);
  assert.deepEqual(program.problems, []);
  const all = [...capacities(program, { model })];
  return all[all.length - 1];
}

// `refcount 2147483647 jump` of the ends whose `what` it is.
function ends(text: string, what: string, model = "6.6"): string[] {
  const { ends } = judged(text, model);
  return ends.filter((end) => end.what === what).map(({ round, proof }) => `${round} ${proof}`);
}

const PAGE = `p = mmap(4K, rw, private|anonymous)
write(p, 1)
`;
const PIPES = `${PAGE}repeat 3
  pipe = vmsplice(p, 4K)
end
`;
const PINS = `${PAGE}repeat 3
  pin = pin_user_pages(p, 4K)
end
`;

test("a page that is mapped once has room for 2^31 - 2 pipes", () => {
  // 1 + n > 2^31 - 1
  assert.deepEqual(ends(PIPES, "refcount"), ["2147483647 jump"]);
});

test("FOLL_PIN of a small page: the 2,097,152nd is one too many, less what is held", () => {
  // 1 + 1024 n > 2^31 - 1
  assert.deepEqual(ends(PINS, "refcount"), ["2097152 jump"]);
  // 1025 + 1024 n > 2^31 - 1: one of them is held already
  const held = PINS.replace("repeat", "held = pin_user_pages(p, 4K)\nrepeat");
  assert.deepEqual(ends(held, "refcount"), ["2097151 jump"]);
});

test("without FOLL_PIN's 1024 it is one reference each", () => {
  assert.deepEqual(ends(PINS, "refcount", "4.19"), ["2147483647 jump"]);
});

const THP = `p = mmap(2M, rw, private|anonymous)
madvise(p, 2M, hugepage)
write(p, 1)
repeat 3
  child = fork()
  child: split_pmd(p)
end
`;

test("a huge page that is mapped by PTEs: 2^31 / 512 = 4,194,304 address spaces", () => {
  // 1 + 512 n > 2^31 - 1
  assert.deepEqual(ends(THP, "refcount"), ["4194304 jump"]);
  // Process ids are 1 to 2^22 - 1, and main has one of them.
  assert.deepEqual(ends(THP, "processes"), ["4194303 arithmetic"]);
});

const FILE = `f = memfd(2M)
w = mmap(2M, rw, shared, fd=f, at=0x40000000)
write(w, 1)
madvise(w, 2M, collapse)
repeat 3 as i
  p = mmap(2M, r, shared, fd=f, at=0x50001000 + i * 4M)
  madvise(p, 2M, populate_read)
end
`;

test("2^22 VMAs of a file's huge page, less one for its page cache; max_map_count ends them before", () => {
  // 513 + 512 n > 2^31 - 1; each of 512 pages 1 + n > 2^31 - 1
  assert.deepEqual(ends(FILE, "refcount"), ["4194303 jump"]);
  assert.deepEqual(ends(FILE, "mapcount"), ["2147483648 arithmetic"]);
  // mmap adds one as long as there are no more than 65,530; there is one before.
  assert.deepEqual(ends(FILE, "vmas"), ["65531 jump"]);
});

test("with 64 bits for a large folio its pages' mapcounts end first", () => {
  assert.deepEqual(ends(FILE, "refcount", "refcount64"), []);
  assert.deepEqual(ends(FILE, "mapcount", "refcount64"), ["2147483648 jump"]);
});

test("a kernel that fails early ends at 2^30, and says so at once", () => {
  assert.deepEqual(ends(PIPES, "refcount", "refcount-fail-early"), ["1073741824 jump"]);
  assert.deepEqual(ends(PINS, "refcount", "refcount-fail-early"), ["1048576 jump"]);
  // 513 + 512 n > 2^30
  assert.deepEqual(ends(FILE, "refcount", "refcount-fail-early"), ["2097151 jump"]);
  const [end] = judged(PIPES, "refcount-fail-early").ends;
  assert.deepEqual(end.after, { round: 2 ** 30, line: 3, text: "comes to ENOMEM, not ok" });
});

test("GUP refuses from the round after the overflow on, fork never does", () => {
  const [gup] = judged(PIPES).ends;
  assert.deepEqual(gup.after, { round: 2 ** 31, line: 3, text: "comes to ENOMEM, not ok" });
  // A pipe that gets one page of two is no failure.
  const two = PIPES.replace("4K, rw", "8K, rw")
    .replace("write(p, 1)", "write(p[1], 1)")
    .replace("pipe = vmsplice(p, 4K)", "write(p, 1)\n  pipe = vmsplice(p, 8K)\n  madvise(p, 4K, dontneed)");
  const second = judged(two).ends.find((end) => end.what === "refcount");
  assert.equal(second?.round, 2 ** 31 - 1);
  assert.deepEqual(second?.after, {
    round: 2 ** 31,
    line: 4,
    text: "finds `folio_ref_count(folio) > 0` false in follow_page_pte()",
  });
  const forks = `${PAGE}repeat 3\n  child = fork()\nend\n`;
  const fork = judged(forks).ends.find((end) => end.what === "refcount");
  assert.equal(fork?.proof, "jump");
  assert.equal(fork?.after, undefined);
});

test("a large folio counts its pins beside its references", () => {
  const pins = THP.replace(/repeat[\s\S]*/, "repeat 2\n  pin = pin_user_pages(p, 2M)\nend\n");
  // 1 + 512 n > 2^31 - 1; 512 n > 2^31 - 1
  assert.deepEqual(ends(pins, "refcount"), ["4194304 jump"]);
  assert.deepEqual(ends(pins, "pincount"), ["4194304 jump"]);
});

test("a question about the counter that is answered otherwise on the way is found: 1024 references look like a pin", () => {
  const text = `${PINS.replace(/repeat[\s\S]*/, "")}q = mmap(4K, rw, private|anonymous)
write(q, 1)
pin = pin_user_pages(q, 4K)
release(pin)
repeat 3
  pipe = vmsplice(p, 4K)
  child = fork()
  child: exit()
end
`;
  const { change, ends } = judged(text, "5.10");
  // 1 + 1023 pipes in round 1023: fork takes the page for pinned, and copies it.
  assert.equal(change?.round, 1023);
  assert.equal(change?.line, 8);
  assert.equal(ends.find((end) => end.what === "refcount")?.proof, "change");
});

test("rounds by turns: the LRU batch is full every fifteenth page in 6.6", () => {
  const text = `machine lru_batch=on memory=4M\np = mmap(2M, rw, private|anonymous)
repeat 3 as i\n  write(p[i], 1)\nend\n`;
  assert.equal(judged(text).steady?.period, 15);
});

test("what grows faster from round to round is not steady", () => {
  const text = `f = memfd(4K)\nrepeat 3\n  p = mmap(4K, rw, shared, fd=f)\n  read(p)\n  child = fork()\n  child: read(p)\nend\n`;
  const { came, why } = judged(text);
  assert.equal(came, "not steady");
  assert.equal(why, "of 200 rounds those in a row did not do the same, nor by turns");
});

test("a line that fails in a round is told", () => {
  const text = "p = mmap(16K, rw, private|anonymous)\nrepeat 4 as i\n  write(p[i], 1)\nend\n";
  assert.equal(judged(text).why, "in round 5 line 3 does not come to what the trace expects");
});

test("a repeat to which control never comes is told", () => {
  const text = `repeat 0\n  repeat 3\n    read(0)\n  end\nend\n`;
  assert.equal(judged(text).why, "control never comes there");
});

test("a repeat of no rounds is not run", () => {
  const { came, why } = judged(PIPES.replace("repeat 3", 'repeat model.name == "7.2"'));
  assert.deepEqual([came, why], ["not run", "no round of it runs"]);
});

test("a limit ends it", () => {
  const { program } = analyse(PIPES);
  const [capacity] = [...capacities(program, { model: "6.6", limits: { events: 20 } })];
  assert.equal(capacity.came, "limited");
  assert.match(capacity.why ?? "", /more than 20 events/);
});

test("the round of the highest value on the way counts", () => {
  // 10, 11 on the way to 10 + 0: never more; then 5 up and 4 down in turns.
  assert.equal(roundsThatFit(10, [{ sum: 0, peak: 1 }], 10), 0);
  assert.equal(roundsThatFit(10, [{ sum: 0, peak: 1 }], 11), undefined);
  assert.equal(roundsThatFit(0, [{ sum: 1, peak: 5 }], 7), 3); // 5, 6, 7, 8
  const turns = [
    { sum: 5, peak: 5 },
    { sum: -4, peak: 0 },
  ];
  assert.equal(roundsThatFit(0, turns, 7), 6); // 5, 6, 7, 8 in rounds 1, 3, 5, 7
});

// ── the same with few bits: run on to the end ──

function ran(text: string, rounds: number, model: string): Recording {
  const { program } = analyse(text.replace(/^repeat \d+/m, `repeat ${rounds}`));
  return run(program, { model });
}

function endOf(text: string, what: string, model: string): End {
  const end = judged(text, model).ends.find((one) => one.what === what);
  assert.ok(end, `no end of ${what}`);
  return end;
}

const FEW = "machine refcount_bits=13 mapcount_bits=14\n";

for (const [name, text, model] of [
  [
    "pipes",
    PIPES.replace(/pipe = .*/, "pipe = tee(first)").replace("repeat", "first = vmsplice(p, 4K)\nrepeat"),
    "6.6",
  ],
  ["pins", PINS, "6.12"],
  ["children", `${PAGE}repeat 3\n  child = fork()\nend\n`, "7.2"],
  ["a huge page", THP, "6.18"],
] as const) {
  test(`${name}: the counter leaves its few bits in the round that is told`, () => {
    const few = `${FEW}${text}`;
    const { ends } = judged(few, model);
    const first = Math.min(...ends.map(({ own }) => own?.round ?? Number.POSITIVE_INFINITY));
    assert.ok(first > 1);
    assert.equal(overflowed(ran(few, first - 1, model).kernel), false);
    assert.equal(overflowed(ran(few, first, model).kernel), true);
  });
}

for (const [name, text] of [
  ["pipes", PIPES],
  ["children", `${PAGE}repeat 3\n  child = fork()\nend\n`],
  ["a file's huge page", FILE],
] as const) {
  test(`${name}: a kernel that fails early does so in the round that is told`, () => {
    const few = `${FEW}${text}`;
    const { own } = endOf(few, "refcount", "refcount-fail-early");
    assert.ok(own);
    assert.equal(ran(few, own.round - 1, "refcount-fail-early").failed, false);
    assert.equal(ran(few, own.round, "refcount-fail-early").failed, true);
  });
}

test("VMAs: mmap fails in the round that is told", () => {
  const text = `machine max_map_count=40\nrepeat 3 as i\n  mmap(4K, r, shared|anonymous)\nend\n`;
  const { round } = endOf(text, "vmas", "6.6");
  assert.equal(ran(text, round - 1, "6.6").failed, false);
  assert.equal(ran(text, round, "6.6").failed, true);
});

test("VMAs: a split fails before mmap would, and a jump finds it", () => {
  const text = `machine max_map_count=40
p = mmap(4M, rw, private|anonymous)
repeat 3 as i
  mprotect(p + i * 16K + 4K, 4K, r)
end
`;
  const { change, ends } = judged(text);
  const round = change?.round ?? ends.find((end) => end.what === "vmas")?.round ?? 0;
  assert.equal(ran(text, round - 1, "6.6").failed, false);
  assert.equal(ran(text, round, "6.6").failed, true);
});

test("memory: the process is killed in the round that is told", () => {
  const text = `machine memory=1M swap=0\np = mmap(2M, rw, private|anonymous)
repeat 3 as i\n  write(p[i], 1)\nend\n`;
  const { round } = endOf(text, "pages", "6.6");
  assert.equal(ran(text, round - 1, "6.6").failed, false);
  assert.equal(ran(text, round, "6.6").failed, true);
});
