// The servers as a browser has them: one bundled script in a worker, with messages for a wire and nothing of Node.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";

// What a browser's worker has, over what a thread of Node has.
const SCOPE = `
  const { parentPort } = require("node:worker_threads");
  globalThis.self = globalThis;
  self.addEventListener ??= () => undefined;
  self.postMessage = (message) => parentPort.postMessage(message);
  parentPort.on("message", (data) => self.onmessage?.({ data }));
  for (const name of ["process", "Buffer", "setImmediate", "require", "module"]) delete globalThis[name];
`;

test("the bundle answers over messages, without Node", async (t) => {
  const { outputFiles, warnings } = await build({
    entryPoints: ["server/src/worker.ts"],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    target: "es2023",
    mainFields: ["browser", "module", "main"],
    logLevel: "silent",
  });
  assert.deepEqual(warnings, []);
  const script = `${SCOPE}(function (require, process, Buffer, module) {${outputFiles[0].text}\n})();`;
  const worker = new Worker(script, { eval: true });
  t.after(() => worker.terminate());
  worker.postMessage("lsp");
  const waiting = new Map<number, (result: unknown) => void>();
  worker.on("message", (message: { id?: number; method?: string; result?: unknown }) => {
    if (message.id !== undefined && message.method === undefined) waiting.get(message.id)?.(message.result);
  });
  const ask = (id: number, method: string, params: object) =>
    new Promise<unknown>((resolve) => {
      waiting.set(id, resolve);
      worker.postMessage({ jsonrpc: "2.0", id, method, params });
    });
  const capabilities = { textDocument: { diagnostic: {} } };
  await ask(1, "initialize", { processId: null, rootUri: null, capabilities });
  const uri = "vscode-vfs://web/cow.mmtrace";
  const text = "p = mmap(4K)\nwrite(p, 1)\nexpect page(p).refcount == 2\n";
  worker.postMessage({
    jsonrpc: "2.0",
    method: "textDocument/didOpen",
    params: { textDocument: { uri, languageId: "mmtrace", version: 1, text } },
  });
  const report = (await ask(2, "textDocument/diagnostic", { textDocument: { uri } })) as {
    items: { message: string }[];
  };
  assert.deepEqual(
    report.items.map(({ message }) => message),
    ["expect fails: 1 == 2"],
  );
});
