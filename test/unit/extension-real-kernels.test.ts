// What the editor shows of a comparison with real kernels, without an editor.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Comparison, readComparison } from "../../extension/src/kernel/comparison.ts";
import { kernelTable } from "../../extension/src/kernel/hover.ts";
import { installCommand, lacking, type OnThisMachine, unfetched } from "../../extension/src/kernel/machine.ts";
import { findings, remarks, summary } from "../../extension/src/kernel/remarks.ts";
import { compareJson } from "../../server/src/cli/kernel/compare_command.ts";
import type { Target } from "../../server/src/cli/kernel/targets.ts";
import { traceOf } from "../../server/src/cli/trace.ts";
import { compareOn } from "../../server/src/run/linux/against.ts";
import { run } from "../../server/src/run/run.ts";
import { simulatedGuest } from "../support/simulated_guest.ts";

const FORK = 'p = mmap(4K)\nwrite(p, "old") -> anon\nchild = fork()\nwrite(p, "new") -> cow\n';

// What the command line says of guests that answer as the simulation does, but for what is changed on the way.
async function compared(
  text: string,
  changes: Readonly<Record<string, ((line: string) => string) | undefined>>,
): Promise<Comparison> {
  const trace = traceOf({ file: "<stdin>", text, stray: undefined });
  const found = Object.entries(changes).map(async ([release, change]) => {
    const model = release === "host" ? "6.18" : release;
    const recorded = () => run(trace.program, { model });
    const result = await compareOn(simulatedGuest(recorded(), change), 1, recorded());
    return {
      job: { trace, target: release as Target, model, refused: undefined },
      kernel: `${release}.0-1-cloud-amd64`,
      result,
    };
  });
  const read = readComparison(JSON.stringify(compareJson(await Promise.all(found), true)));
  assert.ok(read);
  return read;
}

const oneMore = (line: string) => (line.startsWith("f ") ? line.replace(/ref=1 /, "ref=2 ") : line);

function shown(comparison: Comparison): string[] {
  return remarks(comparison).map(({ line, tone, text }) => `${line + 1} ${tone}: ${text}`);
}

test("kernels that agree stand behind each line, with the real outcome and counters", async () => {
  assert.deepEqual(shown(await compared(FORK, { "6.1": undefined, "6.12": undefined })), [
    "1 agrees: ✓ 6.1 6.12: ok",
    "2 agrees: ✓ 6.1 6.12: minor anon · ref 1 map 1 excl",
    "3 agrees: ✓ 6.1 6.12: ok",
    "4 agrees: ✓ 6.1 6.12: minor cow · ref 1 map 1 excl",
  ]);
});

test("a kernel that disagrees stands first, with both values, and the others still have theirs", async () => {
  const lines = shown(await compared(FORK, { "6.1": undefined, "6.12": oneMore }));
  assert.ok(lines.includes("2 disagrees: ✗ 6.12: refcount: simulated 1, real 2"), lines.join("\n"));
  assert.ok(lines.includes("2 agrees: ✓ 6.1: minor anon · ref 1 map 1 excl"), lines.join("\n"));
});

test("a disagreement is one finding for all kernels that have it alike", async () => {
  const [first] = findings(await compared(FORK, { "6.1": oneMore, "6.12": oneMore, "6.18": undefined }));
  assert.deepEqual(first, {
    line: 1,
    message: "refcount of main 0x200000000000: simulated 1, real 2 (Linux 6.1, 6.12)",
  });
});

test("where all agree there is nothing to find, and the sum says so", async () => {
  const comparison = await compared(FORK, { "6.1": undefined, host: undefined });
  assert.deepEqual(findings(comparison), []);
  assert.match(
    summary(comparison),
    /^\d+ compared, \d+ agreed, 0 disagreed, \d+ not visible \(Linux 6\.1, this machine's kernel\)$/,
  );
});

test("the table under the mouse has a column for each kernel and both values where they differ", async () => {
  const table = kernelTable(await compared(FORK, { "6.1": undefined, "6.12": oneMore }), 1) ?? "";
  const lines = table.split("\n");
  assert.equal(lines[0], "**On real kernels** · `write`");
  assert.equal(lines[2], "|  | 6.1 | 6.12 |");
  assert.ok(lines.includes("|  | `minor anon · ref 1 map 1 excl` | `minor anon · ref 2 map 1 excl` |"), table);
  assert.ok(lines.includes("| `main 0x200000000000 refcount` | `1` | ⚠ simulated `1`, real **`2`** |"), table);
  assert.ok(lines.includes('| `main 0x200000000000 contents` | `"old"` | `"old"` |'), table);
});

test("a line without an operation has no table", async () => {
  assert.equal(kernelTable(await compared(`# nothing\n${FORK}`, { "6.1": undefined }), 0), undefined);
});

test("a line that runs more than once says what it came to last, and every disagreement of it", async () => {
  const text = "p = mmap(8K)\nrepeat 2 as i\n  write(p[i])\nend\n";
  const lines = shown(await compared(text, { "6.1": undefined }));
  assert.ok(lines.includes("3 agrees: ✓ 6.1: minor anon · ref 1 map 1 excl (last of 2)"), lines.join("\n"));
  const apart = findings(await compared(text, { "6.1": oneMore }));
  assert.deepEqual(
    apart.filter(({ message }) => message.startsWith("refcount")).map(({ line }) => line),
    [2, 2],
  );
});

test("a kernel that died or refused the trace is kept with its reason", () => {
  const traces = [
    { release: "7.2", model: "7.2", kernel: "", refused: "refpage-v2 is not simulated" },
    { release: "6.1", model: "6.1", kernel: "6.1.0", died: "kernel 6.1 panicked" },
  ];
  const totals = { compared: 0, agreed: 0, disagreed: 0, notVisible: 0 };
  const comparison = readComparison(JSON.stringify({ traces, totals }));
  assert.deepEqual(
    comparison?.kernels.map(({ missing }) => missing),
    ["refpage-v2 is not simulated", "the guest died: kernel 6.1 panicked"],
  );
});

test("where a comparison ends, its line says why", () => {
  const traces = [{ release: "6.1", kernel: "6.1.0", lines: [], end: { line: 7, reason: "no such call" } }];
  const comparison = readComparison(JSON.stringify({ traces, totals: {} }));
  assert.ok(comparison);
  assert.deepEqual(shown(comparison), ["7 unknown: – 6.1: not compared from here on: no such call"]);
});

test("words of a guest mean nothing in the table's Markdown", () => {
  const hostile = "a|b`c\\|d\n[x](command:y)";
  const values = { subject: hostile, name: hostile, simulated: hostile, real: hostile };
  const traces = [
    { release: "6.1", kernel: hostile, lines: [{ line: 1, operation: hostile, disagreed: [values], notVisible: [] }] },
  ];
  const table = kernelTable(readComparison(JSON.stringify({ traces, totals: {} })) as Comparison, 0) ?? "";
  for (const line of table.split("\n")) {
    assert.equal((line.match(/`/g) ?? []).length % 2, 0, line);
    if (line.startsWith("|")) assert.equal(line.replace(/\\\|/g, "").split("|").length, 4, line);
    // Outside of code spans nothing of it is left.
    assert.doesNotMatch(line.replace(/`[^`]*`/g, ""), /command/, line);
  }
});

test("a text that is no comparison is none", () => {
  for (const text of ["", "{", "[]", "{}", '{"traces":1}']) assert.equal(readComparison(text), undefined, text);
});

const MACHINE: OnThisMachine = {
  kernels: [
    { release: "6.1", kernel: "6.1.0-50-cloud-amd64", megabytes: 26 },
    { release: "6.12", kernel: null, megabytes: 34 },
    { release: "7.2", kernel: null, megabytes: 37 },
  ],
  programs: { "qemu-system-x86_64": null, cc: "/usr/bin/cc", mke2fs: "/sbin/mke2fs" },
  missing: "qemu-system-x86_64; install qemu-system-x86 (on Debian: apt-get install qemu-system-x86)",
  host: { kernel: "6.18.44", cannot: null },
};

test("what is not here is fetched with its size, and the machine's own kernel needs neither fetching nor QEMU", () => {
  assert.deepEqual(unfetched(MACHINE, ["6.1", "6.12", "7.2", "host"]), { releases: ["6.12", "7.2"], megabytes: 71 });
  assert.equal(lacking(MACHINE, ["6.1"]), MACHINE.missing);
  assert.equal(lacking(MACHINE, ["host"]), undefined);
  assert.equal(lacking({ ...MACHINE, missing: null }, ["6.1"]), undefined);
});

test("a message that says what to install has the command to copy, and no other message has", () => {
  assert.equal(installCommand(MACHINE.missing ?? ""), "sudo apt-get install qemu-system-x86");
  assert.equal(
    installCommand("cc is needed; install gcc and libc6-dev (on Debian: apt-get install gcc libc6-dev)"),
    "sudo apt-get install gcc libc6-dev",
  );
  assert.equal(installCommand("(on Debian: apt-get install x; rm -rf /)"), undefined);
});
