import assert from "node:assert/strict";
import { test } from "node:test";
import { readFault } from "../../server/src/run/import/faults.ts";
import { data, lines, merged } from "./imported.ts";

/** A fault as `tid address read|write|?`. */
function seen(line: string): string | undefined {
  const fault = readFault(line);
  if (fault === undefined) return undefined;
  return `${fault.tid} ${fault.address.toString(16)} ${fault.write === undefined ? "?" : fault.write ? "write" : "read"}`;
}

const AT = "1795250925.695729215: page-faults:     7feef24c9068";

test("a page-faults line has a thread, an address, and seldom says what the access was", () => {
  assert.equal(
    seen(`             cow 18104/18105 ${AT} [unknown]     7feef259f08e __libc_fork`),
    "18105 7feef24c9068 ?",
  );
});

test("the kernel's own stores and a fetch do say it", () => {
  assert.equal(seen(`cow 18104/18104 ${AT} [unknown] ffffffff821ef0fd __put_user_8`), "18104 7feef24c9068 write");
  assert.equal(seen(`cow 18104/18104 ${AT} usleep     7feef24c9068 usleep`), "18104 7feef24c9068 read");
});

test("the time keeps its nine digits", () => {
  const { seconds, nanos } = readFault(`cow 18104/18104 ${AT} x 7feef259f08e y`)!;
  assert.deepEqual([seconds, nanos], [1795250925, 695729215]);
});

test("a thread's name may look like columns", () => {
  assert.equal(seen(`12.5: page-faults 1234/5678 => 20697/20700 ${AT} x 7feef259f08e y`), "20700 7feef24c9068 ?");
});

test("the tracepoints carry the error code", () => {
  const line =
    "cow 18009 [000]  3525.016972290:   exceptions:page_fault_user: address=0x7f24bd2408d0 ip=0x7f24bd277da7 error_code=0x7";
  assert.equal(seen(line), "18009 7f24bd2408d0 write");
  assert.equal(seen(line.replace("0x7\n", "").replace(/error_code=.*/, "error_code=0x4")), "18009 7f24bd2408d0 read");
});

test("perf's default columns lose the address: such a line is no fault", () => {
  assert.equal(
    seen("cow 18009  3525.016:          1                  page-faults:  7f24bd284b70 _start+0x0 (/lib/ld.so)"),
    undefined,
  );
  assert.equal(seen("	ffffffff817554ea elf_load"), undefined);
  assert.equal(seen("perf-exec 0 0.0: PERF_RECORD_COMM: perf-exec:18014/18014"), undefined);
});

for (const [file, faults] of [
  ["comm.faults", 66],
  ["old32.faults", 3],
  ["cow-callchain.script", 96],
  ["cow-dso.script", 95],
  ["cow-events.script", 95],
  ["cow-errorcode.script", 92],
] as const) {
  test(`every fault of ${file} is read`, () => {
    assert.equal(lines(data(`perf/${file}.gz`)).filter((line) => readFault(line) !== undefined).length, faults);
  });
}

test("faults stand at their time; a writable mapping's fault is a write, another's a read", async () => {
  const log = `7 1795250000.000000 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
7 1795250000.000300 mprotect(0x7f0000000000, 4096, PROT_READ) = 0
7 1795250000.000500 munmap(0x7f0000000000, 8192) = 0`;
  const faults = `x 7/7 1795250000.000200000: page-faults: 7f0000001234 [unknown] 55f1becc61ef main
x 7/7 1795250000.000400000: page-faults: 7f0000000000 [unknown] 55f1becc61ef main`;
  const { lines } = await merged([{ text: log }], faults);
  assert.deepEqual(lines, [
    "m1 = mmap(8K, rw, at=0x7f0000000000)",
    "write(m1[1])",
    "mprotect(m1, 4K, r)",
    "read(m1)",
    "munmap(m1)",
  ]);
});

test("a child faults before its first line: its birth comes first", async () => {
  const log = `7 1795250000.000000 fork( <unfinished ...>
7 1795250000.000900 <... fork resumed>) = 8`;
  const { lines } = await merged(
    [{ text: log }],
    "x 8/8 1795250000.000300000: page-faults: 7f0000000000 [unknown] ffffffff821ef0ad __put_user_4",
  );
  assert.deepEqual(lines, [
    "pid_8 = fork()",
    "pid_8: seg1 = mmap(4K, rw, private|anonymous|fixed_noreplace, at=0x7f0000000000)",
    "pid_8: write(seg1)",
  ]);
});

test("the fault of a SIGSEGV is written once, with the signal", async () => {
  const log = "7 1795250000.000000 --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---";
  const { lines } = await merged(
    [{ text: log }],
    "x 7/7 1795249999.999999000: page-faults: 10 [unknown] 55f1becc61ef main",
  );
  assert.deepEqual(lines, ["read(0x10) -> SIGSEGV"]);
});

for (const name of ["cow", "mmops", "mp", "redis", "swapcow"]) {
  test(`all faults of ${name}-merged have a place in its trace, or are counted`, async () => {
    const faults = data(`perf/${name}-merged.faults.gz`);
    const { report } = await merged([{ text: data(`perf/${name}-merged.strace.gz`) }], faults);
    let dropped = 0;
    for (const [kind, count] of report.dropped) if (kind.startsWith("page faults")) dropped += count;
    const known = lines(faults).filter((line) => readFault(line) !== undefined).length;
    assert.equal((report.accesses.get("page fault") ?? 0) + dropped, known);
    assert.ok(dropped <= 4, `${dropped} dropped`);
  });
}
