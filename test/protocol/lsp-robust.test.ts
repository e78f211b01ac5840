// What a client should not do: each message gets an answer or is passed over, and the server goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyse } from "../../server/src/lang/document.ts";
import { inProcess, type LspClient } from "../support/lsp.ts";

const URI = "untitled:t";
const textDocument = { uri: URI };
const PULLS = { textDocument: { diagnostic: {} } };

const REQUESTS = [
  "textDocument/completion",
  "textDocument/hover",
  "textDocument/signatureHelp",
  "textDocument/definition",
  "textDocument/references",
  "textDocument/documentHighlight",
  "textDocument/documentSymbol",
  "textDocument/foldingRange",
  "textDocument/selectionRange",
  "textDocument/linkedEditingRange",
  "textDocument/documentLink",
  "textDocument/formatting",
  "textDocument/rangeFormatting",
  "textDocument/codeLens",
  "textDocument/codeAction",
  "textDocument/inlayHint",
  "textDocument/semanticTokens/full",
  "textDocument/semanticTokens/full/delta",
  "textDocument/semanticTokens/range",
  "textDocument/prepareRename",
  "textDocument/rename",
  "textDocument/diagnostic",
  "workspace/symbol",
  "mmtrace/journal",
  "mmtrace/import",
  "mmtrace/exportC",
];

// It still knows what is in a document.
async function stillWorks(client: LspClient): Promise<void> {
  client.open("untitled:alive", "p = mmap(4K)\n");
  const symbols = await client.get<unknown[]>("textDocument/documentSymbol", {
    textDocument: { uri: "untitled:alive" },
  });
  assert.equal(symbols.length, 1);
}

test("before initialize and after shutdown every request is refused", async () => {
  const client = inProcess();
  client.open(URI, "p = mmap(4K)");
  const early = await client.ask("textDocument/hover", { textDocument, position: { line: 0, character: 0 } });
  assert.equal(early.error?.code, -32002);
  await client.initialize(PULLS);
  const twice = await client.ask("initialize", { capabilities: {}, processId: null, rootUri: null });
  assert.equal(twice.error?.code, -32600);
  await client.get("shutdown");
  const late = await client.ask("textDocument/foldingRange", { textDocument });
  assert.equal(late.error?.code, -32600);
});

test("unknown methods and documents are errors", async () => {
  const client = inProcess();
  await client.initialize(PULLS);
  assert.equal((await client.ask("textDocument/teleport", {})).error?.code, -32601);
  for (const method of REQUESTS.filter((name) => name.startsWith("textDocument/"))) {
    const params = { textDocument: { uri: "untitled:nowhere" }, position: { line: 0, character: 0 }, newName: "x" };
    assert.equal((await client.ask(method, params)).error?.code, -32602, method);
  }
  client.notify("textDocument/didChange", {
    textDocument: { uri: "untitled:nowhere", version: 1 },
    contentChanges: [],
  });
  client.notify("textDocument/didClose", { textDocument: { uri: "untitled:nowhere" } });
  await stillWorks(client);
});

test("parameters of any shape are answered", async () => {
  const client = inProcess();
  await client.initialize(PULLS);
  client.open(URI, "p = mmap(4K)\nwrite(p, 1)\n");
  const position = fc.record({ line: fc.anything(), character: fc.anything() });
  const params = fc.oneof(
    fc.anything(),
    fc.record({
      textDocument: fc.oneof(fc.constant(textDocument), fc.anything()),
      position: fc.oneof(position, fc.anything()),
      range: fc.oneof(fc.record({ start: position, end: position }), fc.anything()),
      positions: fc.anything(),
      context: fc.anything(),
      newName: fc.anything(),
      previousResultId: fc.anything(),
      query: fc.anything(),
      uri: fc.anything(),
      model: fc.anything(),
      name: fc.anything(),
      text: fc.anything(),
    }),
  );
  const message = fc.tuple(fc.constantFrom(...REQUESTS), params);
  await fc.assert(
    fc.asyncProperty(message, async ([method, sent]) => {
      const json: unknown = JSON.parse(
        JSON.stringify(sent, (_, value) => (typeof value === "bigint" ? 0 : value)) ?? "null",
      );
      if (typeof json !== "object" || json === null) return;
      const { error } = await client.ask(method, json);
      if (error) assert.notEqual(error.code, -32603, `${method}: ${error.message}`);
    }),
    { numRuns: 300 },
  );
  await stillWorks(client);
});

const WORDS = [
  "p",
  "=",
  "mmap",
  "(",
  ")",
  "4K",
  ",",
  " ",
  "\n",
  "\r\n",
  "\r",
  "write",
  "expect",
  "page",
  ".",
  "refcount",
  '"',
  "#",
  "@",
  "repeat 3",
  "end",
  "child:",
  "fork()",
  "-> cow",
  "é",
  "😀",
  "\u0000",
  "\ufeff",
];
const piece = fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(""));
const place = fc.record({ line: fc.integer({ min: -1, max: 12 }), character: fc.integer({ min: -1, max: 40 }) });
const edit = fc.oneof(
  { weight: 8, arbitrary: fc.record({ range: fc.record({ start: place, end: place }), text: piece }) },
  { weight: 1, arbitrary: fc.record({ text: piece }) },
);

test("after any edits the answers are those of a document opened with that text", async () => {
  await fc.assert(
    fc.asyncProperty(piece, fc.array(edit, { maxLength: 8 }), async (text, edits) => {
      const client = inProcess();
      await client.initialize(PULLS);
      client.open(URI, text);
      let expected = analyse(text);
      for (const [i, change] of edits.entries()) {
        client.notify("textDocument/didChange", {
          textDocument: { uri: URI, version: i + 2 },
          contentChanges: [change],
        });
        if (i % 2 === 0) await client.get("textDocument/diagnostic", { textDocument });
        expected = "range" in change ? expected.edit([asEdit(change)]) : analyse(change.text);
      }
      const fresh = "untitled:fresh";
      client.open(fresh, expected.text);
      for (const method of [
        "textDocument/diagnostic",
        "textDocument/semanticTokens/full",
        "textDocument/documentSymbol",
      ]) {
        const [edited, opened] = await Promise.all([
          client.get(method, { textDocument }),
          client.get(method, { textDocument: { uri: fresh } }),
        ]);
        assert.deepEqual(neutral(edited), neutral(opened), method);
      }
    }),
    { numRuns: 60 },
  );
});

type Change = {
  range: { start: { line: number; character: number }; end: { line: number; character: number } };
  text: string;
};

function asEdit({ range: { start, end }, text }: Change) {
  const at = ({ line, character }: { line: number; character: number }) => ({
    line: Math.max(0, line),
    column: Math.max(0, character),
  });
  const [from, to] = [at(start), at(end)];
  const swapped = to.line < from.line || (to.line === from.line && to.column < from.column);
  return swapped ? { from: to, to: from, text } : { from, to, text };
}

function neutral(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (key, value) => (key === "resultId" || key === "uri" ? undefined : value)));
}

test("texts that nobody writes are opened: binary, one long line, deep nesting, absurd numbers", async () => {
  const client = inProcess();
  await client.initialize(PULLS);
  const binary = Array.from({ length: 4096 }, (_, i) => String.fromCharCode((i * 7919) % 256)).join("");
  const texts = [
    "",
    binary,
    "\ufffd".repeat(1000),
    "x".repeat(10_000_000),
    `expect ${"(".repeat(100_000)}`,
    `expect ${"1+".repeat(100_000)}1`,
    "p = mmap(18446744073709551615)\nq = mmap(0)\nwrite(0xffffffffffffffff, 1)\n",
    `kernel nowhere\n${"p = mmap(4K)\n".repeat(3)}`,
  ];
  for (const [i, text] of texts.entries()) {
    const uri = `untitled:${i}`;
    client.open(uri, text);
    const { items } = await client.get<{ items: unknown[] }>("textDocument/diagnostic", { textDocument: { uri } });
    assert.equal(items.length > 0, text !== "", `text ${i}`);
    for (const method of [
      "textDocument/semanticTokens/full",
      "textDocument/foldingRange",
      "textDocument/documentSymbol",
    ]) {
      const { error } = await client.ask(method, { textDocument: { uri } });
      assert.equal(error, undefined, `${method} of text ${i}`);
    }
    client.notify("textDocument/didClose", { textDocument: { uri } });
  }
  await stillWorks(client);
});

// Bytes that are no message, or that break one: what follows is read all the same.
const frame = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const NOISE = [
  "garbage",
  "\r\n\r\n",
  "Content-Type: nonsense\r\n\r\n",
  "Content-Length: -5\r\n\r\n",
  "Content-Length: 99999999999\r\n\r\n",
  'Content-Length: 400\r\n\r\n{"jsonrpc":"2.0","method":"$/x"}',
  "Content-Length: 3\r\n\r\n{ not",
  frame("{ no json }"),
  frame("null"),
  frame("42"),
  frame("[]"),
  frame('{"jsonrpc":"2.0"}'),
  frame('{"jsonrpc":"2.0","id":77,"result":1}'),
  "x".repeat(5000),
];

test("whatever stands between two messages, the second one is read", async () => {
  const pieces = fc.array(fc.constantFrom(...NOISE), { maxLength: 5 });
  const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(pieces, cuts, async (noise, sizes) => {
      const client = inProcess();
      await client.initialize(PULLS);
      let bytes = noise.join("");
      for (const size of sizes) {
        client.raw(bytes.slice(0, size));
        bytes = bytes.slice(size);
      }
      client.raw(bytes);
      client.open(URI, "p = mmap(4K)\n");
      const symbols = await client.get<unknown[]>("textDocument/documentSymbol", { textDocument });
      assert.equal(symbols.length, 1);
    }),
    { numRuns: 100 },
  );
});
