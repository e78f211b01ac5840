import assert from "node:assert/strict";
import { test } from "node:test";
import { MAP } from "../../server/src/run/import/abi.ts";
import {
  exact,
  field,
  flags,
  number,
  pathOf,
  quoted,
  readResult,
  splitArguments,
} from "../../server/src/run/import/call.ts";
import { readLine } from "../../server/src/run/import/line.ts";
import { LineSplitter } from "../../server/src/run/import/lines.ts";

/** The front and the kind of a line, as one short text. */
function seen(line: string): string {
  const { kind, pid, comm, clock, seconds, nanos, name, brackets } = readLine(line);
  const time = clock === "none" ? "-" : `${clock} ${seconds}.${nanos}`;
  return `${kind} ${name || "-"} pid=${pid}${comm === undefined ? "" : ` comm=${comm}`} ${time}${brackets && ` ${brackets}`}`;
}

const CALL = "brk(NULL) = 0x55a7";

test("a line begins with the call itself when strace had neither -f nor a time", () => {
  assert.equal(seen(CALL), "call brk pid=0 -");
});

test("a pid stands before the call with -o and -f", () => {
  assert.equal(seen(`17287 ${CALL}`), "call brk pid=17287 -");
});

test("-ttt is a time of unix, with all nine digits when there are nine", () => {
  assert.equal(seen(`17287 1795250892.452864 ${CALL}`), "call brk pid=17287 unix 1795250892.452864000");
  assert.equal(seen(`17287 1795250892.452864123 ${CALL}`), "call brk pid=17287 unix 1795250892.452864123");
});

test("a first number too large for a pid is a time in whole seconds", () => {
  assert.equal(seen(`1795250892 ${CALL}`), "call brk pid=0 unix 1795250892.0");
});

test("-t and -tt are times of day", () => {
  assert.equal(seen(`17287 08:41:32 ${CALL}`), "call brk pid=17287 day 31292.0");
  assert.equal(seen(`17287 08:41:32.000019 ${CALL}`), "call brk pid=17287 day 31292.19000");
});

test("-r is padded with blanks and counts from the line before", () => {
  assert.equal(seen(`17287      0.000123 ${CALL}`), "call brk pid=17287 relative 0.123000");
});

test("-i and -n put columns in brackets before the call", () => {
  assert.equal(seen(`17287 1795250892.4 [00007ffa7a2fcc47] ${CALL}`), "call brk pid=17287 unix 1795250892.400000000 i");
  assert.equal(seen(`17287 [????????????????] +++ exited with 0 +++`), "exited - pid=17287 - i");
  assert.equal(seen(`17287 [  12] ${CALL}`), "call brk pid=17287 - n");
});

test("-Y names the thread, blanks and brackets and all", () => {
  assert.equal(
    seen(`20693<[pid 42] x> 1795251057.5 ${CALL}`),
    "call brk pid=20693 comm=[pid 42] x unix 1795251057.500000000",
  );
});

test("without -o the pid stands in brackets", () => {
  assert.equal(seen(`[pid  17287] ${CALL}`), "call brk pid=17287 -");
  assert.equal(seen(`[pid 17287<a b>] 08:41:32 ${CALL}`), "call brk pid=17287 comm=a b day 31292.0");
});

test("the halves of a split call, a signal, an end and a notice are told apart", () => {
  assert.equal(seen("7 mmap(NULL, 4096 <unfinished ...>"), "unfinished mmap pid=7 -");
  assert.equal(seen("7 <... mmap resumed>) = 0x7f00"), "resumed mmap pid=7 -");
  assert.equal(
    seen('7 execve("/bin/true", ["true"], 0x7f /* 6 vars */ <pid changed to 6 ...>'),
    "unfinished execve pid=7 -",
  );
  assert.equal(seen("7 nanosleep({tv_sec=1},  <detached ...>"), "detached nanosleep pid=7 -");
  assert.equal(seen("7 --- SIGSEGV {si_signo=SIGSEGV, si_addr=0x10} ---"), "signal SIGSEGV pid=7 -");
  assert.equal(seen("7 +++ killed by SIGSEGV (core dumped) +++"), "killed SIGSEGV pid=7 -");
  assert.equal(seen("7 +++ superseded by execve in pid 9 +++"), "superseded - pid=7 -");
  assert.equal(seen("strace: Process 9 attached"), "notice - pid=0 -");
  assert.equal(
    seen("1795251353.548793 [ Process PID=23633 runs in 32 bit mode. ]"),
    "notice - pid=0 unix 1795251353.548793000",
  );
  assert.equal(seen(" > /lib/ld.so(_dl_start+0x3d) [0x1ab70]"), "stack - pid=0 -");
  assert.equal(seen("% time     seconds  usecs/call     calls    errors syscall"), "other - pid=0 -");
});

test("arguments are split outside of strings, brackets, comments and paths", () => {
  const args = splitArguments(
    '"a, \\"b)", [1, {x=2, y=(3)}], 0x66 /* A|B, ) */, 3</tmp/a, b)>, 21<<MAP_HUGE_SHIFT) = 0',
  );
  assert.deepEqual(args.list, [
    '"a, \\"b)"',
    "[1, {x=2, y=(3)}]",
    "0x66 /* A|B, ) */",
    "3</tmp/a, b)>",
    "21<<MAP_HUGE_SHIFT",
  ]);
});

test("a call without arguments has none, and a cut one has no end", () => {
  assert.deepEqual(splitArguments(") = 0"), { list: [], end: 1 });
  assert.equal(splitArguments('"never closed').end, -1);
});

test("a result is a number, an errno, or unknown", () => {
  assert.deepEqual(readResult("   = 0x7f00 <0.000045>", 0), { value: 0x7f00, text: "0x7f00", errno: "" });
  assert.equal(readResult(" = -1 ENOMEM (Cannot allocate memory)", 0)?.errno, "ENOMEM");
  assert.equal(readResult(" = 16869<python3>", 0)?.value, 16869);
  assert.ok(Number.isNaN(readResult(" = ?", 0)?.value));
});

test("a number of 64 bits is known to be more than a double holds", () => {
  assert.ok(exact(number("0x7f78853ca000")));
  assert.ok(!exact(number("18446744073709551615")));
  assert.equal(number("NULL"), 0);
  assert.equal(number("-1"), -1);
});

test("flags are the same by name, by number and with both", () => {
  const wanted = { bits: 0x22, unknown: false };
  assert.deepEqual(flags("MAP_PRIVATE|MAP_ANONYMOUS", MAP), wanted);
  assert.deepEqual(flags("0x22", MAP), wanted);
  assert.deepEqual(flags("0x22 /* MAP_PRIVATE|MAP_ANONYMOUS */", MAP), wanted);
  assert.ok(flags("MAP_NOVELTY", MAP).unknown);
});

test("fields, strings and paths are found in an argument", () => {
  assert.equal(field("{si_signo=SIGSEGV, si_addr=0x10}", "si_addr"), "0x10");
  assert.equal(field("{xflags=1, flags=2} => {parent_tid=[3]}", "flags"), "2");
  assert.equal(quoted('"/bin/true"'), "/bin/true");
  assert.equal(pathOf("3</etc/ld.so.cache>"), "/etc/ld.so.cache");
});

test("lines are the same however the text is cut into chunks", () => {
  const text = "one\ntwo\r\n\nfour";
  for (let size = 1; size <= text.length; size++) {
    const splitter = new LineSplitter();
    const found: string[] = [];
    for (let at = 0; at < text.length; at += size) found.push(...splitter.push(text.slice(at, at + size)));
    assert.deepEqual([...found, ...splitter.end()], ["one", "two\r", "", "four"]);
  }
});

test("a line without an end is cut at a megabyte", () => {
  const splitter = new LineSplitter();
  for (let i = 0; i < 40; i++) splitter.push("x".repeat(100_000));
  const [line] = splitter.push("\nnext");
  assert.equal(line!.length, 1 << 20);
  assert.deepEqual([splitter.cut, splitter.end()], [1, ["next"]]);
});
