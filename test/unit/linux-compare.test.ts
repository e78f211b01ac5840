import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { modelsOf } from "../../server/src/lang/models.ts";
import { compareOn, type TraceReport, tallyOf } from "../../server/src/run/linux/against.ts";
import { GuestReader } from "../../server/src/run/linux/guest.ts";
import { planOf, refusal } from "../../server/src/run/linux/plan.ts";
import { runOn } from "../../server/src/run/linux/real_run.ts";
import { run } from "../../server/src/run/run.ts";
import { simulatedGuest } from "../support/simulated_guest.ts";

function recorded(text: string, model: string) {
  return run(analyse(text).program, { model });
}

async function against(text: string, change?: (line: string) => string, model = "6.12"): Promise<TraceReport> {
  return compareOn(simulatedGuest(recorded(text, model), change), 1, recorded(text, model));
}

function disagreements({ lines }: TraceReport): string[] {
  return lines.flatMap(({ line, observables }) =>
    observables
      .filter(({ verdict }) => verdict === "disagree")
      .map(({ subject, name, simulated, real }) => `${line + 1} ${subject} ${name} ${simulated}/${real}`),
  );
}

const FORK = 'p = mmap(4K)\nwrite(p, "old") -> anon\nchild = fork()\nwrite(p, "new") -> cow\n';

test("a guest that does as the simulation agrees with it in everything that is visible", async () => {
  for (const file of readdirSync("test/conformance").filter((name) => name.endsWith(".mmtrace"))) {
    const text = readFileSync(`test/conformance/${file}`, "utf8");
    for (const model of modelsOf(analyse(text).program).slice(0, 2)) {
      const report = await against(text, undefined, model);
      assert.deepEqual(disagreements(report), [], `${file} under ${model}`);
      assert.equal(report.end, undefined, file);
    }
  }
});

test("the checks of the conformance traces hold or cannot be seen on a guest that does as the simulation", async () => {
  let passed = 0;
  for (const file of readdirSync("test/conformance").filter((name) => name.endsWith(".mmtrace"))) {
    const text = readFileSync(`test/conformance/${file}`, "utf8");
    for (const model of modelsOf(analyse(text).program).slice(0, 2)) {
      const recording = recorded(text, model);
      const real = await runOn(simulatedGuest(recorded(text, model)), 1, recording);
      assert.deepEqual(
        real.failures.map(({ range, message }) => `${range.line + 1}: ${message}`),
        [],
        file,
      );
      assert.equal(real.checks.passed + real.checks.notVisible, recording.checks.passed, `${file} under ${model}`);
      passed += real.checks.passed;
    }
  }
  assert.ok(passed > 800, `${passed}`);
});

test("another refcount is one disagreement, at the line where it shows", async () => {
  const report = await against(FORK, (line) => line.replace(/^(f \d+ )ref=2/, "$1ref=3"));
  assert.deepEqual(disagreements(report), ["3 main 0x200000000000 refcount 2/3"]);
});

test("an older kernel's reuse in place of a copy shows as outcome, sharing and counters", async () => {
  const pinned =
    'p = mmap(4K)\nwrite(p, "old")\npipe = vmsplice(p, 4K)\nmprotect(p, 4K, r)\nmprotect(p, 4K, rw)\nwrite(p, "new")\n';
  const report = await compareOn(simulatedGuest(recorded(pinned, "5.10")), 1, recorded(pinned, "6.12"));
  const found = disagreements(report).filter((line) => line.startsWith("6 "));
  assert.ok(found.includes("6  outcome hit/cow minor"), found.join("\n"));
  assert.ok(found.includes("6 pipe page 0 frame main 0x200000000000/pipe page 0"), found.join("\n"));
});

test("what the guest does not show is not visible, neither agreed nor disagreed", async () => {
  const all = tallyOf([await against(FORK)]);
  const fewer = tallyOf([await against(FORK, (line) => line.replace(/ map=\d+/, ""))]);
  assert.equal(fewer.disagreed, 0);
  assert.ok(fewer.notVisible > all.notVisible && fewer.agreed < all.agreed);
});

test("a kernel that shows neither writable bits nor levels nor what a pin holds disagrees in none of them", async () => {
  const bare = (line: string) =>
    line
      .replace(/^(e .*) level=\w+/, "$1")
      .replace(/^(e .*) w=\d/, "$1")
      .replace(/^(b \d+ \d+) .*/, "$1");
  const text = `${FORK}pipe = vmsplice(p, 4K)\nchild: write(p, "old") -> reuse\n`;
  const report = await against(text, bare);
  assert.deepEqual(disagreements(report), []);
  const reused = report.lines.at(-1)?.observables.find(({ name }) => name === "outcome reuse");
  assert.equal(reused?.verdict, "not visible");
});

test("accessed bits are never compared", async () => {
  const report = await against(FORK, (line) => line.replace(" a=1", " a=0"));
  assert.deepEqual(disagreements(report), []);
});

test("a line that the guest cannot do ends the comparison there, with its reason", async () => {
  const recording = recorded(FORK, "6.12");
  const guest = simulatedGuest(recorded(FORK, "6.12"), (line) =>
    line.startsWith("r 3 ") ? "x no more processes" : line,
  );
  const report = await compareOn(guest, 1, recording);
  assert.deepEqual(report.end, { line: 2, reason: "the guest cannot do it: no more processes" });
  assert.deepEqual(
    report.lines.map(({ line }) => line),
    [0, 1],
  );
  assert.equal(guest.heard.at(-1), "end");
});

test("a guest that says what the protocol does not have is not believed", async () => {
  for (const bad of [
    "hello",
    "e 0 zzz level=pte",
    "e 0 0x1000 level=pte kind=odd",
    "f 12 ref",
    ". 77",
    "x".repeat(100_000),
  ]) {
    const guest = {
      send: () => undefined,
      next: () => Promise.resolve(bad === ". 77" || !bad.startsWith("e ") ? bad : (guestLines.shift() ?? "")),
    };
    const guestLines = ["s 0 rss_anon=0", bad, ". 1"];
    await assert.rejects(compareOn(guest, 1, recorded(FORK, "6.12")), { name: "GuestNonsense" }, bad.slice(0, 40));
  }
});

test("operations are sent with their arguments evaluated, at the simulated addresses", async () => {
  const guest = simulatedGuest(recorded(FORK, "6.12"));
  await compareOn(guest, 7, recorded(FORK, "6.12"));
  assert.deepEqual(guest.heard, [
    "trace 7 lru_batch=0 thp=madvise swap=268435456 max_map_count=65530 fault_around=65536 ksm_zero_pages=0",
    "op 1 0 mmap 0x200000000000 4096 3 1048610 - 0",
    "op 2 0 write 0x200000000000 3 6f6c64",
    "op 3 0 fork 1",
    "op 4 0 write 0x200000000000 3 6e6577",
    "end",
  ]);
});

test("a mapping that the simulation moved is moved to the same place", async () => {
  const text = "p = mmap(4K)\nmmap(4K, at=p + 4K)\nq = mremap(p, 4K, 8K, maymove)\n";
  const guest = simulatedGuest(recorded(text, "6.12"));
  await compareOn(guest, 1, recorded(text, "6.12"));
  assert.equal(guest.heard[3], "op 3 0 mremap 0x200000000000 4096 8192 3 0x200040000000");
});

test("a process that dies of a signal dies on the real kernel too", async () => {
  const text = "p = mmap(4K)\nchild = fork()\nchild: read(p + 64K)\nwrite(p, 1)\n";
  const guest = simulatedGuest(recorded(text, "6.12"));
  const report = await compareOn(guest, 1, recorded(text, "6.12"));
  assert.deepEqual(guest.heard.slice(3, 5), ["op 3 1 read 0x200000010000 1", "op 4 1 exit"]);
  assert.deepEqual(disagreements(report), []);
});

test("what no real kernel can run is refused as a whole", () => {
  const machine = (text: string) => recorded(text, "6.12").kernel.machine;
  assert.match(refusal("6.12", machine("machine arch=arm64_4k\nmmap(4K)\n")) ?? "", /x86_64/);
  assert.match(refusal("exclusive-bit", machine("mmap(4K)\n")) ?? "", /proposal/);
  assert.equal(refusal("6.12", machine("mmap(4K)\n")), undefined);
});

test("a line that user space cannot cause ends what is compared and says so", async () => {
  const report = await against("p = mmap(4K)\nd = o_direct_read(p, 4K)\nwrite(p, 1)\n");
  assert.equal(report.end?.line, 1);
  assert.match(report.end?.reason ?? "", /direct I\/O/);
});

test("control characters of a guest never reach a terminal", async () => {
  await assert.rejects(
    against(FORK, (line) => line.replace(/^(r 1 .*)signal=0/, "$1signal=\x1b[31mSIG")),
    /`r 1 [^\x1b]*\?\[31mSIG.*` is no line of the protocol/,
  );
});

test("a guest cannot have pages of pins made without bound", () => {
  const reader = new GuestReader();
  for (let pin = 0; pin < 3; pin++) assert.equal(reader.take(`b ${pin} 500000 pfn=1`), undefined);
  assert.deepEqual(reader.take(". 1"), { broken: "`b 1 500000` is no line of the protocol" });
});

test("a guest that talks on without an answer is not listened to for ever", () => {
  const reader = new GuestReader();
  const line = `x ${"-".repeat(60_000)}`;
  const taken = Array.from({ length: 5_000 }, () => reader.take(line));
  assert.match(JSON.stringify(taken.at(-1)), /characters and no answer/);
});

test("a line of a process that has ended is told as that", async () => {
  const report = await against("p = mmap(4K)\nwrite(p+4K, 1)\nwrite(p, 1)\n");
  assert.deepEqual(report.end, { line: 2, reason: "its process, main, has ended" });
});

test("of a trace without an end the first operations are compared", () => {
  const plan = planOf(recorded("p = mmap(4K)\nrepeat 60000\n  read(p)\nend\n", "6.12"));
  assert.equal(plan.steps.length, 50_000);
  assert.equal(plan.end?.line, 2);
  assert.match(plan.end?.reason ?? "", /^more than 50000 operations/);
});

test("6.18 splits a folio that PTEs and a PMD map by the order of its mappings, which a guest's split_pmd changes", () => {
  const text = "machine thp=always\np = mmap(2M)\nwrite(p)\nchild = fork()\nsplit_pmd(p)\nsplit_folio(p)\n";
  assert.match(planOf(recorded(text, "6.18")).end?.reason ?? "", /order/);
  assert.equal(planOf(recorded(text, "6.12")).end, undefined);
});

test("a fault of GUP on hugetlb that 5.10 does not count is seen by its entry", async () => {
  const text = "p = mmap(4M, flags=private|anonymous|hugetlb)\nbuffer = io_uring_register(p, 4K)\n";
  assert.deepEqual(disagreements(await against(text, undefined, "5.10")), []);
  const other = (line: string) => line.replace(/^(r 2 .*)minflt=0/, "$1minflt=1");
  assert.deepEqual(disagreements(await against(text, other, "5.10")), ["2  minor faults 0/1"]);
});

test("pins that a host does not show are not visible, and no disagreement", async () => {
  const blind = (line: string) => (/^-?b /.test(line) ? "" : line.replace(/ page_tables=\d+/, ""));
  const report = await against("p = mmap(4K)\nwrite(p, 1)\npipe = vmsplice(p, 4K)\n", blind);
  assert.deepEqual(disagreements(report), []);
});
