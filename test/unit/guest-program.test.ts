// The program of server/guest on this machine's own kernel: what its operations come to, seen by the reader of its answers.
// As root on x86-64 Linux alone; elsewhere each test says what it could not check.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Answer, GuestReader } from "../../server/src/run/linux/guest.ts";

const SOURCES = join(import.meta.dirname, "../../server/guest");
const FLAGS = ["-std=gnu11", "-O2", "-static", "-Wall", "-Wextra", "-Werror"];
const folder = mkdtempSync(join(tmpdir(), "guest-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const program = join(folder, "guest");

const LINUX = process.platform === "linux" && process.arch === "x64";
const COMPILER = LINUX && spawnSync("cc", ["--version"]).status === 0;
const ROOT = process.getuid?.() === 0;

function compiled(): string {
  if (!existsSync(program)) {
    const sources = readdirSync(SOURCES).filter((name) => name.endsWith(".c"));
    execFileSync("cc", [...FLAGS, "-o", program, ...sources.map((name) => join(SOURCES, name))], { stdio: "pipe" });
  }
  return program;
}

// True when this machine can run operations; else the test is skipped, and says what it would have checked.
function runs(t: TestContext): boolean {
  const missing = !LINUX ? "x86-64 Linux" : !COMPILER ? "a C compiler" : !ROOT ? "root" : undefined;
  if (missing !== undefined) t.skip(`not checked without ${missing}`);
  return missing === undefined;
}

// The answers to operations, which are numbered from 1.
function answers(operations: readonly string[], settings = ""): Answer[] {
  const commands = [`trace t ${settings}`, ...operations.map((text, i) => `op ${i + 1} ${text}`), "end", "quit", ""];
  const { stdout, status } = spawnSync(compiled(), ["--host", folder], { input: commands.join("\n"), timeout: 60_000 });
  assert.equal(status, 0);
  const reader = new GuestReader();
  const lines = stdout.toString().split("\n");
  const found = lines.slice(lines.findIndex((line) => line.startsWith("ready ")) + 1).flatMap((line) => {
    const said = reader.take(line);
    assert.ok(said === undefined || !("broken" in said), line);
    return said && "operation" in said ? [said] : [];
  });
  assert.deepEqual(
    found.map(({ operation }) => operation),
    operations.map((_, i) => i + 1),
  );
  return found;
}

const P = "0x200000000000";
const MAP = `0 mmap ${P} 16384 3 0x22 - 0`;

function texts(answer: Answer, worker = 0): (string | undefined)[] {
  const space = answer.look.spaces.find((one) => one.worker === worker);
  return space?.entries.map((entry) => entry.frame?.text) ?? [];
}

test("the guest's program compiles without a warning", (t) => {
  if (!COMPILER) return t.skip("not checked without x86-64 Linux and a C compiler");
  assert.ok(existsSync(compiled()));
});

test("each page that a write touches faults once, and is a hit the second time", (t) => {
  if (!runs(t)) return;
  const [, first, second] = answers([MAP, `0 write ${P} 8192 61`, `0 write ${P} 8192 62`]);
  const page = { minor: 1, major: 0 };
  assert.deepEqual(first.result?.pages, [
    { address: 0x200000000000, ...page },
    { address: 0x200000001000, ...page },
  ]);
  assert.deepEqual([first.result?.minorFaults, second.result?.minorFaults, second.result?.pages], [2, 0, []]);
});

test("a child has a copy of its own as soon as one of both writes", (t) => {
  if (!runs(t)) return;
  const all = answers([MAP, `0 write ${P} 3 6f6c64`, "0 fork 1", `1 write ${P} 3 6e6577`, "1 exit"]);
  const [before, behind, gone] = all.slice(2);
  const pfns = (answer: Answer) => answer.look.spaces.map(({ entries }) => entries[0]?.frame?.pfn);
  assert.equal(new Set(pfns(before)).size, 1);
  assert.equal(new Set(pfns(behind)).size, 2);
  assert.deepEqual(
    gone.look.spaces.map(({ worker }) => worker),
    [0],
  );
});

test("a process that vfork made sees its parent's pages until it calls execve", (t) => {
  if (!runs(t)) return;
  const all = answers([MAP, "0 vfork 1", `1 write ${P} 1 61`, "1 execve", `1 read ${P} 1`]);
  assert.deepEqual([texts(all[2], 0).length, texts(all[2], 1).length], [1, 1]);
  assert.deepEqual([texts(all[3], 0).length, texts(all[3], 1).length], [1, 0]);
  assert.equal(all[4].result?.signal, "SIGSEGV");
});

test("a worker lives on after the signal of an access, whose earlier pages were written", (t) => {
  if (!runs(t)) return;
  const all = answers([MAP, `0 munmap 0x200000002000 8192`, `0 write ${P} 16384 61`, `0 read ${P} 1`]);
  assert.deepEqual([all[2].result?.signal, all[2].result?.minorFaults], ["SIGSEGV", 2]);
  assert.deepEqual([all[3].result?.signal, all[3].result?.pages], [undefined, []]);
});

test("an errno is the kernel's own", (t) => {
  if (!runs(t)) return;
  const refused = ["0 munmap 0x200000000001 4096", `0 mprotect ${P} 4096 1`, "0 close 3", `0 madvise ${P} 1 free`];
  assert.deepEqual(
    answers(refused).map(({ result }) => result?.errno),
    ["EINVAL", "ENOMEM", "EBADF", "ENOMEM"],
  );
});

test("a page in a pipe keeps what it was when its owner has unmapped it", (t) => {
  if (!runs(t)) return;
  const all = answers([
    MAP,
    `0 write ${P} 3 6f6c64`,
    `0 vmsplice 0 ${P} 4096`,
    "0 tee 1 0",
    `0 munmap ${P} 4096`,
    "0 release 0",
  ]);
  assert.ok(all.every(({ refused }) => refused === undefined));
  assert.equal(all[2].result?.value, "4096");
});

test("what touches the worker's own memory is refused, not done", (t) => {
  if (!runs(t)) return;
  const all = answers(["0 munmap 0x400000 4096", "0 write 0x100000000000 1 00", `0 read ${P} 1`]);
  assert.match(all[0].refused ?? "", /where the worker itself lies/);
  assert.match(all[1].refused ?? "", /where the worker itself lies/);
  assert.equal(all[2].result?.signal, "SIGSEGV");
});

test("faults of many pages in a row are told in short", (t) => {
  if (!runs(t)) return;
  const all = answers([
    `0 mmap ${P} 0x1000000 3 0x22 - 0`,
    `0 madvise ${P} 0x1000000 nohugepage`,
    `0 write ${P} 16777216 61`,
  ]);
  const pages = all[2].result?.pages ?? [];
  assert.deepEqual([pages.length, pages.at(-1)?.address], [4096, 0x200000fff000]);
});

const HUGE = [`0 mmap ${P} 0x400000 3 0x22 - 0`, `0 madvise ${P} 0x200000 hugepage`, `0 write ${P} 1 61`];

// What translates the first page, and how many entries there are.
function leaf(answer: Answer): string {
  const { entries } = answer.look.spaces[0];
  return `${entries[0]?.level} of ${entries.length}`;
}

test("a huge page stays one when its PMD is split, and its VMA is as it was", (t) => {
  if (!runs(t)) return;
  // The machine's own khugepaged is to leave the pieces alone.
  const alone = `0 madvise ${P} 0x200000 nohugepage`;
  const all = answers([...HUGE, alone, `0 split_pmd ${P}`, `0 split_pmd 0x200000200000`], "thp=madvise");
  if (leaf(all[3]) !== "pmd of 1") return t.skip("not checked: this machine gave no huge page");
  assert.deepEqual([leaf(all[4]), leaf(all[5])], ["pte of 512", "pte of 512"]);
  const frames = all[4].look.spaces[0].entries.map(({ frame }) => frame?.pfn ?? 0);
  assert.ok(frames.every((pfn, i) => pfn === frames[0] + i));
  assert.deepEqual(all[4].look.spaces[0].vmas, all[3].look.spaces[0].vmas);
  assert.ok(all.every(({ refused }) => refused === undefined));
});

test("split_folio makes small pages of a huge one", (t) => {
  if (!runs(t)) return;
  const all = answers([...HUGE, `0 write 0x200000001000 1 62`, `0 split_folio ${P}`], "thp=madvise");
  if (leaf(all[2]) !== "pmd of 1") return t.skip("not checked: this machine gave no huge page");
  if (all[4].refused !== undefined) return t.skip(`not checked: ${all[4].refused}`);
  const [first, second] = all[4].look.spaces[0].entries;
  assert.deepEqual([first.level, first.frame?.text, second.level, second.frame?.text], ["pte", "a", "pte", "b"]);
});

test("a setting of the machine is put back even when the program is killed", async (t) => {
  if (!runs(t)) return;
  const path = "/proc/sys/vm/max_map_count";
  const read = () => Number(readFileSync(path, "utf8"));
  const before = read();
  const child = spawn(compiled(), ["--host", folder], { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.write(`trace t max_map_count=${before + 100}\n`);
  for await (const data of child.stdout) if (String(data).includes("ok trace")) break;
  assert.ok(read() > before);
  child.kill("SIGKILL");
  for (let i = 0; i < 100 && read() !== before; i++) await setTimeout(50);
  assert.equal(read(), before);
});
