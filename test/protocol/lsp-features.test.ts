// Every feature once through the protocol, in the shapes that the protocol wants.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { inProcess, type LspClient } from "../support/lsp.ts";

const URI = "untitled:cow";
const textDocument = { uri: URI };
const TRACE = 'p = mmap(4K)\nwrite(p, "a")\nc = fork()\nc: write(p, "b")\nexpect page(p).refcount == 1\n';
const PULLS = { textDocument: { diagnostic: {}, completion: { completionItem: { snippetSupport: true } } } };

interface Report {
  readonly kind: string;
  readonly resultId?: string;
  readonly items: {
    readonly code: string;
    readonly message: string;
    readonly severity: number;
    readonly range: unknown;
    readonly relatedInformation?: unknown[];
  }[];
}

async function started(text = TRACE, capabilities: object = PULLS, more: object = {}): Promise<LspClient> {
  const client = inProcess();
  await client.initialize(capabilities, more);
  client.open(URI, text);
  return client;
}

const pull = (client: LspClient, previousResultId?: string) =>
  client.get<Report>("textDocument/diagnostic", { textDocument, previousResultId });

test("a keystroke is answered with the run of the edited text", async () => {
  const client = await started();
  const clean = await pull(client);
  assert.deepEqual(clean.items, []);
  const range = { start: { line: 4, character: 27 }, end: { line: 4, character: 28 } };
  client.notify("textDocument/didChange", {
    textDocument: { uri: URI, version: 2 },
    contentChanges: [{ range, text: "2" }],
  });
  const { items } = await pull(client, clean.resultId);
  assert.equal(items.length, 1);
  assert.equal(items[0].code, "expect-failed");
  assert.equal(items[0].severity, 1);
});

test("a pull of what has not changed says so", async () => {
  const client = await started();
  const { resultId } = await pull(client);
  const again = await pull(client, resultId);
  assert.equal(again.kind, "unchanged");
});

test("a client that does not pull is told", async () => {
  const client = await started("p = mmap(4K)\nexpect data(p) == 1", {});
  const told = (items: number) =>
    client.told<{ version?: number; diagnostics: unknown[] }>(
      "textDocument/publishDiagnostics",
      ({ diagnostics }) => diagnostics.length === items,
    );
  assert.equal((await told(1)).version, 1);
  client.notify("textDocument/didChange", {
    textDocument: { uri: URI, version: 2 },
    contentChanges: [{ text: "p = mmap(4K)" }],
  });
  assert.equal((await told(0)).version, 2);
  client.notify("textDocument/didChange", {
    textDocument: { uri: URI, version: 3 },
    contentChanges: [{ text: "nonsense" }],
  });
  await told(1);
  client.notify("textDocument/didClose", { textDocument });
  await told(0);
});

test("completion inserts over the typed word, and resolves its documentation", async () => {
  const client = await started("p = mmap(4K)\nrea");
  const position = { line: 1, character: 3 };
  const items = await client.get<{ label: string; textEdit: unknown; insertTextFormat?: number }[]>(
    "textDocument/completion",
    { textDocument, position },
  );
  const read = items.find(({ label }) => label === "read");
  assert.deepEqual(read?.textEdit, {
    range: { start: { line: 1, character: 0 }, end: position },
    newText: `read(\${1:p})$0`,
  });
  const resolved = await client.get<{ documentation: { value: string } }>("completionItem/resolve", read);
  assert.match(resolved.documentation.value, /Loads bytes/);
});

test("hover, signature, definition, references and highlights", async () => {
  const client = await started();
  const at = (line: number, character: number) => ({ textDocument, position: { line, character } });
  const hover = await client.get<{ contents: { kind: string; value: string } }>("textDocument/hover", at(1, 2));
  assert.equal(hover.contents.kind, "markdown");
  assert.match(hover.contents.value, /minor anon/);
  const signature = await client.get<{ signatures: { label: string }[]; activeParameter: number }>(
    "textDocument/signatureHelp",
    at(1, 9),
  );
  assert.match(signature.signatures[0].label, /^write\(addr/);
  assert.equal(signature.activeParameter, 1);
  const definition = await client.get("textDocument/definition", at(3, 0));
  assert.deepEqual(definition, {
    uri: URI,
    range: { start: { line: 2, character: 0 }, end: { line: 2, character: 1 } },
  });
  const references = await client.get<unknown[]>("textDocument/references", {
    ...at(0, 0),
    context: { includeDeclaration: true },
  });
  assert.equal(references.length, 4);
  assert.equal((await client.get<unknown[]>("textDocument/documentHighlight", at(0, 0))).length, 4);
  assert.equal(await client.get("textDocument/hover", at(900, 900)), null);
});

test("rename edits all uses, and refuses with a message", async () => {
  const client = await started();
  const at = { textDocument, position: { line: 2, character: 0 } };
  assert.deepEqual(await client.get("textDocument/prepareRename", at), {
    range: { start: { line: 2, character: 0 }, end: { line: 2, character: 1 } },
    placeholder: "c",
  });
  const edit = await client.get<{ changes: Record<string, unknown[]> }>("textDocument/rename", {
    ...at,
    newName: "kid",
  });
  assert.equal(edit.changes[URI].length, 2);
  const refused = await client.ask("textDocument/rename", { ...at, newName: "p" });
  assert.match(refused.error?.message ?? "", /bound already/);
});

test("symbols, folding, selection, linked editing and links", async () => {
  const client = await started("# ── Work ──\nc = fork()\nrepeat 2\n  c: read(4096) -> SIGSEGV # mm/memory.c\nend\n");
  const symbols = await client.get<{ name: string; children: { name: string }[] }[]>("textDocument/documentSymbol", {
    textDocument,
  });
  assert.deepEqual(
    symbols.map(({ name, children }) => `${name}: ${children.map((child) => child.name)}`),
    ["Work: c,repeat 2"],
  );
  const found = await client.get<{ name: string }[]>("workspace/symbol", { query: "c" });
  assert.deepEqual(
    found.map(({ name }) => name),
    ["c"],
  );
  assert.equal((await client.get<unknown[]>("textDocument/foldingRange", { textDocument })).length, 2);
  const [selection] = await client.get<{ parent?: unknown }[]>("textDocument/selectionRange", {
    textDocument,
    positions: [{ line: 3, character: 6 }],
  });
  assert.ok(selection.parent);
  const linked = await client.get<{ ranges: unknown[] }>("textDocument/linkedEditingRange", {
    textDocument,
    position: { line: 1, character: 0 },
  });
  assert.equal(linked.ranges.length, 2);
  assert.equal((await client.get<unknown[]>("textDocument/documentLink", { textDocument })).length, 1);
});

test("semantic tokens: all, the difference, a part", async () => {
  const client = await started();
  const full = await client.get<{ resultId: string; data: number[] }>("textDocument/semanticTokens/full", {
    textDocument,
  });
  assert.equal(full.data.length % 5, 0);
  client.notify("textDocument/didChange", {
    textDocument: { uri: URI, version: 2 },
    contentChanges: [{ range: { start: { line: 2, character: 0 }, end: { line: 2, character: 1 } }, text: "kid" }],
  });
  const delta = await client.get<{ edits: { start: number; deleteCount: number; data: number[] }[] }>(
    "textDocument/semanticTokens/full/delta",
    { textDocument, previousResultId: full.resultId },
  );
  const data = [...full.data];
  for (const { start, deleteCount, data: inserted } of delta.edits) data.splice(start, deleteCount, ...inserted);
  const again = await client.get<{ data: number[] }>("textDocument/semanticTokens/full", { textDocument });
  assert.deepEqual(data, again.data);
  const part = await client.get<{ data: number[] }>("textDocument/semanticTokens/range", {
    textDocument,
    range: { start: { line: 0, character: 0 }, end: { line: 0, character: 12 } },
  });
  assert.deepEqual(part.data, again.data.slice(0, part.data.length));
});

test("formatting gives edits that make the text what `fmt` writes", async () => {
  const client = await started("p=mmap(4K)\n");
  const options = { tabSize: 2, insertSpaces: true };
  const edits = await client.get<{ newText: string }[]>("textDocument/formatting", { textDocument, options });
  assert.ok(edits.length > 0);
  const none = await client.get<unknown[]>("textDocument/rangeFormatting", {
    textDocument,
    options,
    range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } },
  });
  assert.deepEqual(none, []);
});

test("inlay hints and lenses", async () => {
  const client = await started();
  const range = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
  const hints = await client.get<{ label: string }[]>("textDocument/inlayHint", { textDocument, range });
  assert.match(hints[1].label, /^→ minor anon · pfn \d+ ref 1 map 1 excl$/);
  const lenses = await client.get<{ command: { command: string; arguments: unknown[] } }[]>("textDocument/codeLens", {
    textDocument,
  });
  assert.deepEqual(
    lenses.map(({ command }) => command.command),
    ["mmtrace.run", "mmtrace.debug", "mmtrace.runAllModels"],
  );
  assert.deepEqual(lenses[0].command.arguments, [URI]);
});

test("a quick fix accepts the actual value", async () => {
  const client = await started(TRACE.replace("== 1", "== 9"));
  const { items } = await pull(client);
  const actions = await client.get<
    { title: string; kind: string; edit: { changes: Record<string, { newText: string }[]> } }[]
  >("textDocument/codeAction", { textDocument, range: items[0].range, context: { diagnostics: items } });
  const [accept] = actions;
  assert.match(accept.title, /^Accept the actual value/);
  assert.equal(accept.kind, "quickfix");
  assert.equal(accept.edit.changes[URI][0].newText, "1");
  const refactorings = await client.get<unknown[]>("textDocument/codeAction", {
    textDocument,
    range: items[0].range,
    context: { diagnostics: [], only: ["refactor"] },
  });
  assert.deepEqual(refactorings, []);
});

test("settings: from the start, from the workspace, and null is the default", async () => {
  const off = { settings: { inlayHints: { outcome: false, counters: false }, codeLens: false } };
  const client = await started(TRACE, PULLS, { initializationOptions: off });
  const range = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
  const hints = () => client.get<unknown[]>("textDocument/inlayHint", { textDocument, range });
  assert.deepEqual(await hints(), []);
  assert.deepEqual(await client.get("textDocument/codeLens", { textDocument }), []);
  client.notify("workspace/didChangeConfiguration", { settings: { mmtrace: { inlayHints: null, codeLens: null } } });
  assert.ok((await hints()).length > 0);

  const asked = inProcess();
  asked.answers.set("workspace/configuration", () => [{ limits: { events: 2 }, defaultModel: null }]);
  await asked.initialize({ ...PULLS, workspace: { configuration: true } });
  asked.open(URI, "p = mmap(4M)\nrepeat 100 as i\n  write(p[i], 1)\nend");
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(
    (await pull(asked)).items.map(({ code, severity }) => `${code} ${severity}`),
    ["limit 2"],
  );
});

test("the problems of a workspace are those of its files, open or not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mmtrace-"));
  try {
    await writeFile(join(folder, "good.mmtrace"), "p = mmap(4K)\n");
    await writeFile(join(folder, "bad.mmtrace"), "p = mmpa(4K)\n");
    await writeFile(join(folder, "other.txt"), "p = mmpa(4K)\n");
    const client = inProcess();
    await client.initialize(PULLS, { workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "w" }] });
    const open = pathToFileURL(join(folder, "good.mmtrace")).href;
    client.open(open, "p = mmap(4K)\nexpect 1 == 2\n");
    type Items = { items: { uri: string; kind: string; resultId: string; items: { code: string }[] }[] };
    const { items } = await client.get<Items>("workspace/diagnostic", { previousResultIds: [] });
    const codes = items
      .map(({ uri, items: found }) => `${uri.split("/").at(-1)} ${found.map(({ code }) => code)}`)
      .sort();
    assert.deepEqual(codes, ["bad.mmtrace unknown-operation", "good.mmtrace expect-failed"]);
    const previousResultIds = items.map(({ uri, resultId }) => ({ uri, value: resultId }));
    const again = await client.get<Items>("workspace/diagnostic", { previousResultIds });
    assert.deepEqual(
      again.items.map(({ kind }) => kind),
      ["unchanged", "unchanged"],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the journal of a run, and a log of strace as a trace", async () => {
  const client = await started();
  const journal = await client.get<{ text: string }>("mmtrace/journal", { uri: URI, model: "6.1" });
  assert.match(journal.text, /do_anonymous_page \(mm\/memory\.c\)/);
  const log =
    "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n+++ exited with 0 +++\n";
  const imported = await client.get<{ text: string; report: string }>("mmtrace/import", { name: "a.log", text: log });
  assert.match(imported.text, /mmap\(8K/);
  const none = await client.ask("mmtrace/import", { name: "a.log", text: "hello\n" });
  assert.ok(none.error);
});

test("an open trace as a C program, or why it cannot be one", async () => {
  const client = await started();
  const made = await client.get<{ text: string; report: string }>("mmtrace/exportC", { uri: URI, model: "6.1" });
  assert.match(made.text, /for the rules of Linux 6\.1/);
  assert.match(made.report, /^\d+ tests/);
  client.open("untitled:device", "f = device(pfnmap, 4K)\n");
  const refused = await client.ask("mmtrace/exportC", { uri: "untitled:device" });
  assert.match(refused.error?.message ?? "", /^Line 1 cannot be exported/);
});

test("a long run is answered when it is over, and other requests in between", async () => {
  const trace = "p = mmap(4K)\nrepeat 300000\n  write(p, 1)\n  madvise(p, 4K, dontneed)\nend\nexpect 1 == 2\n";
  const client = await started(trace);
  const order: string[] = [];
  const long = pull(client).then((report) => {
    order.push("diagnostics");
    return report;
  });
  await client.get("textDocument/foldingRange", { textDocument });
  order.push("folding");
  const { items } = await long;
  assert.deepEqual(order, ["folding", "diagnostics"]);
  assert.deepEqual(
    items.map(({ code }) => code),
    ["expect-failed"],
  );
});

test("a request about a long run can be cancelled", async () => {
  const client = await started("p = mmap(4K)\nrepeat 10000000\n  write(p, 1)\n  madvise(p, 4K, dontneed)\nend\n");
  const answer = client.ask("textDocument/diagnostic", { textDocument });
  client.notify("$/cancelRequest", { id: 2 });
  assert.equal((await answer).error?.code, -32800);
});
