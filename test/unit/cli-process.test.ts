// The program as a process: exit statuses, pipes that close early, standard input.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../server/src/cli/main.ts", import.meta.url));
const SHIPPED = fileURLToPath(new URL("../../dist/mmtrace.js", import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

// `most` closes standard output after so many bytes, as `head` does.
function mmtrace(args: readonly string[], input: string, most = Number.POSITIVE_INFINITY): Promise<Ended> {
  return ended(["--import", "tsx", MAIN, ...args], input, most);
}

function ended(args: readonly string[], input: string, most = Number.POSITIVE_INFINITY): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: "pipe" });
    let out = "";
    let err = "";
    child.stdout.on("data", (data: Buffer) => {
      out += data.toString();
      if (out.length > most) child.stdout.destroy();
    });
    child.stderr.on("data", (data: Buffer) => {
      err += data.toString();
    });
    child.on("close", (status) => resolve({ status, out, err }));
    child.stdin.end(input);
  });
}

test("the exit status reaches the shell", async () => {
  assert.equal((await mmtrace(["run", "-"], "expect 1 == 1\n")).status, 0);
  assert.equal((await mmtrace(["run", "-"], "expect 1 == 2\n")).status, 1);
  assert.equal((await mmtrace(["run", "-"], "nonsense\n")).status, 2);
  assert.equal((await mmtrace(["run", "-", "--limit-events", "100"], "repeat 1T\nend\n")).status, 3);
});

test("long output arrives whole", async () => {
  const { status, out } = await mmtrace(["run", "-"], "p = mmap(4K)\nrepeat 30000\nwrite(p, 1)\nend\n");
  assert.equal(status, 0);
  assert.equal(out.split("\n").length, 30_002);
});

test("a reader that goes away ends the output without a complaint", async () => {
  const { err } = await mmtrace(["run", "-"], "p = mmap(4K)\nrepeat 100000\nwrite(p, 1)\nend\n", 1000);
  assert.equal(err, "");
});

test("the built program, whose commands are a bundle of their own, tells a person's mistakes from its own", async () => {
  assert.ok(existsSync(SHIPPED), "dist/mmtrace.js is not built: npm run build");
  const missing = await ended([SHIPPED, "run", "nowhere.mmtrace"], "");
  assert.deepEqual([missing.status, missing.err], [2, "error: nowhere.mmtrace: no such file\n"]);
  const usage = await ended([SHIPPED, "run", "-", "--limit-events", "many"], "");
  assert.equal(usage.status, 2);
  assert.match(usage.err, /^error: --limit-events needs .*\nUsage: mmtrace run/);
});
