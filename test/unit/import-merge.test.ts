import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { feed, straceImport } from "../../server/src/run/import/strace.ts";
import { data, merged } from "./imported.ts";

const FILES = readdirSync(new URL("../data/strace/pipeline-ff", import.meta.url)).sort();

/** The calls of a log in the order in which the import saw them, from the trace's sources. */
const order = (text: string): string[] => [...text.matchAll(/^[^#\n].* {2,}# (log\d:\d+)/gm)].map((match) => match[1]!);

test("the files of -ff are one log, in the order of their times", async () => {
  const logs = FILES.map((name) => ({ text: data(`strace/pipeline-ff/${name}`), pid: Number(name.split(".")[1]) }));
  const { report, lines } = await merged(logs);
  assert.deepEqual([report.processes, report.succeeded, report.asOperations], [17, 351, 351]);
  assert.equal(lines.filter((line) => line.startsWith("process ")).length, 0);
});

const brk = (n: number): string => `brk(0x${n}000) = 0x${n}000`;

test("files are merged by time, the first of two equal times first", async () => {
  const { text } = await merged([
    { text: `1795250000.000001 ${brk(1)}\n1795250000.000003 ${brk(2)}`, pid: 1 },
    { text: `1795250000.000002 ${brk(1)}\n1795250000.000003 ${brk(2)}`, pid: 2 },
  ]);
  assert.deepEqual(order(text), ["log0:1", "log1:1", "log1:1", "log0:2", "log1:2"]);
});

test("a time of day goes on past midnight", async () => {
  const { text } = await merged([
    { text: `23:59:59 ${brk(1)}\n00:00:02 ${brk(2)}`, pid: 1 },
    { text: `23:59:59.5 ${brk(1)}\n00:00:01 ${brk(2)}`, pid: 2 },
  ]);
  assert.deepEqual(order(text).slice(-2), ["log1:2", "log0:2"]);
});

test("without times a child's file is read where its parent bears it", async () => {
  const { lines } = await merged([
    { text: `execve("/bin/sh", ["sh"], 0x7f /* 1 var */) = 0\nfork() = 2\nexit_group(0) = ?`, pid: 1 },
    { text: `${brk(1)}\nexit_group(0) = ?`, pid: 2 },
  ]);
  assert.deepEqual(lines, ["execve()", "sh_2 = fork()", "sh_2: brk(0x1000)", "sh_2: exit()", "exit()"]);
});

test("lines that come in pieces, from a slow reader, are merged all the same", async () => {
  const slow = async function* (text: string): AsyncGenerator<string[]> {
    for (const line of text.split("\n")) {
      await new Promise((resolve) => setImmediate(resolve));
      yield [];
      yield [line];
    }
  };
  const run = straceImport({ files: ["log0", "log1"], touch: "none" });
  await feed(run, [
    { lines: slow(`1795250000.1 ${brk(1)}\n1795250000.3 ${brk(2)}`), pid: 1 },
    { lines: slow(`1795250000.2 ${brk(1)}\n1795250000.4 ${brk(2)}`), pid: 2 },
  ]);
  assert.deepEqual(order(run.end().body.join("")), ["log0:1", "log1:1", "log1:1", "log0:2", "log1:2"]);
});

test("a long trace can be taken away while it is made", () => {
  const run = straceImport({ files: ["log0"], touch: "none" });
  let text = "";
  for (let i = 1; i <= 20_000; i++) {
    run.line(brk(i));
    text += run.drain().join("");
  }
  assert.ok(text.length > 0);
  text += run.end().body.join("");
  assert.equal(order(text).length, 20_000);
});
