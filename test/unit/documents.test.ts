// What the documents name exists, and what they show is what the program prints.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mmtrace } from "../support/cli.ts";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("every file on the map of the code exists", () => {
  const named = [...read("server/README.md").matchAll(/`((?:mm|lang|run|ide|lsp|dap|cli)\/\w+\.ts)`/g)];
  assert.ok(named.length > 40);
  for (const [, path] of named) assert.ok(existsSync(join(ROOT, "server/src", path)), path);
});

test("every link and sample of the readme leads somewhere", () => {
  const text = read("README.md");
  for (const [, path] of text.matchAll(/\]\(([^)#:]+)\)/g)) assert.ok(existsSync(join(ROOT, path)), path);
  for (const [, path] of text.matchAll(/(samples\/[\w/-]+\.\w+)/g)) assert.ok(existsSync(join(ROOT, path)), path);
});

test("the line of a run that the readme shows is what the run prints", async () => {
  const path = "samples/02-fork/01-parent-first.mmtrace";
  const { out } = await mmtrace(["run", path], { files: { [path]: read(path) } });
  const [shown] = /^ +\d+ {2}.*→.*$/m.exec(read("README.md")) ?? [];
  assert.ok(shown !== undefined && out.split("\n").includes(shown.trim()), shown);
});

test("the trace at the head of the readme holds under all of its models", async () => {
  const [, trace] = /```mmtrace\n(.*?)```/s.exec(read("README.md")) ?? [];
  const { status, out } = await mmtrace(["test", "-"], { stdin: trace });
  assert.equal(status, 0, out);
  assert.match(out, /\n4 passed, 0 failed, 4 skipped\n$/);
});
