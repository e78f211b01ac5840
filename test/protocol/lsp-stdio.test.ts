// The language server as an editor starts it: `mmtrace lsp --stdio`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { spawned } from "../support/lsp.ts";

const URI = "file:///cow.mmtrace";
const TRACE = 'p = mmap(4K)\nwrite(p, "a") -> anon\nc = fork()\nc: write(p, "b") -> cow\nexpect data(p) == "a"\n';

test("a session from initialize to exit", async (t) => {
  const { client, exit } = spawned(t);
  const capabilities = await client.initialize({ textDocument: { diagnostic: {} } });
  assert.equal(capabilities.positionEncoding, "utf-16");
  client.open(URI, TRACE);
  const textDocument = { uri: URI };
  const report = await client.get<{ kind: string; items: unknown[] }>("textDocument/diagnostic", { textDocument });
  assert.deepEqual({ kind: report.kind, items: report.items }, { kind: "full", items: [] });
  const hover = await client.get<{ contents: { value: string } }>("textDocument/hover", {
    textDocument,
    position: { line: 3, character: 4 },
  });
  assert.match(hover.contents.value, /minor cow/);
  assert.equal(await client.get("shutdown"), null);
  client.notify("exit");
  assert.equal(await exit, 0);
  assert.equal(client.stray, "");
});

test("exit without shutdown, and the end of the input, end the process with 1", async (t) => {
  const first = spawned(t);
  await first.client.initialize();
  first.client.notify("exit");
  assert.equal(await first.exit, 1);
  const second = spawned(t);
  await second.client.initialize();
  second.child.stdin.end();
  assert.equal(await second.exit, 1);
});

test("messages that are no JSON, no message, or have a broken header are survived", async (t) => {
  const { client } = spawned(t);
  await client.initialize();
  client.raw("Content-Length: 9\r\n\r\n{ not js}");
  client.raw("Content-Length: 2\r\n\r\n42Content-Length: 4\r\n\r\nnull");
  client.raw('Content-Length: 17\r\n\r\n{"jsonrpc":"2.0"}');
  client.raw("Content-Type: nonsense\r\n\r\n");
  client.open(URI, TRACE);
  const symbols = await client.get<unknown[]>("textDocument/documentSymbol", { textDocument: { uri: URI } });
  assert.equal(symbols.length, 2);
});
