// The command line itself: commands, help, options, exit statuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { commands } from "../../server/src/cli/commands.ts";
import { mmtrace } from "../support/cli.ts";

const COW = 'p = mmap(4K)\nwrite(p, "a") -> anon\nexpect page(p).refcount == 1\n';

test("without a command the overview goes to standard error and the status is 2", async () => {
  const { status, out, err } = await mmtrace([]);
  assert.equal(status, 2);
  assert.equal(out, "");
  for (const { name } of await commands()) assert.match(err, new RegExp(`^ {2}${name} `, "m"));
});

test("every command has a help that names all of its options", async () => {
  for (const command of await commands()) {
    const { status, out, err } = await mmtrace([...command.name.split(" "), "--help"]);
    assert.equal(status, 0);
    assert.equal(err, "");
    for (const option of command.options)
      assert.ok(out.includes(`--${option.name}`), `${command.name} --${option.name}`);
  }
});

test("a misspelt command gets the nearest one", async () => {
  const { status, err } = await mmtrace(["rnu", "x"]);
  assert.equal(status, 2);
  assert.match(err, /did you mean 'run'/);
});

test("options may stand before or after FILE", async () => {
  const files = { "a.mmtrace": COW };
  const after = await mmtrace(["run", "a.mmtrace", "--kernel", "6.1"], { files });
  const before = await mmtrace(["run", "--kernel", "6.1", "a.mmtrace"], { files });
  assert.equal(after.status, 0, after.err);
  assert.deepEqual(after, before);
});

test("an unknown option, a missing file name and a second one are usage errors", async () => {
  for (const argv of [["run", "--kernle", "a"], ["run"], ["run", "a", "b"], ["run", "a", "--limit-events", "many"]]) {
    const { status, err } = await mmtrace(argv, { files: { a: COW, b: COW } });
    assert.equal(status, 2, argv.join(" "));
    assert.match(err, /Usage: mmtrace run/);
  }
});

test("a file that is not there is an input error, not a stack trace", async () => {
  const { status, err } = await mmtrace(["run", "nowhere.mmtrace"]);
  assert.equal(status, 2);
  assert.equal(err, "error: nowhere.mmtrace: no such file\n");
});

test("`-` is standard input", async () => {
  const { status, out } = await mmtrace(["run", "-"], { stdin: COW });
  assert.equal(status, 0);
  assert.match(out, /1 passed, 0 failed, 0 skipped\n$/);
});

test("FILE:LINE of standard input is no option", async () => {
  const { status, out, err } = await mmtrace(["eval", "-:2", "page(p).refcount"], { stdin: COW });
  assert.deepEqual([status, out, err], [0, "1\n", ""]);
});

test("a number below zero is refused in one sentence", async () => {
  const { status, err } = await mmtrace(["run", "--limit-events", "-1", "a"], { files: { a: COW } });
  assert.equal(status, 2);
  assert.match(err, /^error: Option '--limit-events' argument is ambiguous\nUsage: /);
});

test("an unknown model in --kernel names the nearest one", async () => {
  const unknown = await mmtrace(["run", "a", "--kernel", "6.2"], { files: { a: COW } });
  assert.equal(unknown.status, 2);
  assert.match(unknown.err, /no model '6\.2'/);
  const near = await mmtrace(["run", "a", "--kernel", "refcount46"], { files: { a: COW } });
  assert.match(near.err, /no model 'refcount46'; did you mean 'refcount64'\?/);
});

test("colour appears on a terminal, and NO_COLOR takes it away", async () => {
  const files = { a: COW };
  const coloured = await mmtrace(["run", "a"], { files, terminal: true });
  assert.ok(coloured.out.includes("\x1b["));
  for (const setting of [{ files }, { files, terminal: true, env: { NO_COLOR: "1" } }]) {
    const { out } = await mmtrace(["run", "a"], setting);
    assert.ok(!out.includes("\x1b["));
  }
});

test("the servers refuse to start without saying how to talk", async () => {
  assert.equal((await mmtrace(["lsp"])).status, 2);
  assert.equal((await mmtrace(["dap"])).status, 2);
  assert.equal((await mmtrace(["dap", "--stdio", "--port", "4711"])).status, 2);
  assert.equal((await mmtrace(["dap", "--port", "70000"])).status, 2);
});

test("fmt leaves a file alone whose bytes are not UTF-8", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode("p=mmap(4K)\n# "), 0xff, 0x0a]);
  const { status, err, files } = await mmtrace(["fmt", "a.mmtrace"], { files: { "a.mmtrace": bytes } });
  assert.equal(status, 2);
  assert.equal(err, "error: a.mmtrace:2: the text is not UTF-8, left as it is\n");
  assert.equal(files.get("a.mmtrace"), new TextDecoder().decode(bytes));
});
