// package.json says the same as the tables of the model and of the editor's answers, and refers to nothing that is missing.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { manifest } from "../../extension/tools/manifest.ts";
import { TOKEN_TYPES } from "../../server/src/ide/semantic_tokens.ts";

const text = readFileSync("package.json", "utf8");
const { contributes, ...about } = JSON.parse(text);

test("models and machine settings are those of the tables (npx tsx extension/tools/manifest.ts)", () => {
  assert.deepEqual(JSON.parse(text), JSON.parse(manifest(text)));
});

test("each token type of the server is a standard one or is contributed with a type to fall back on", () => {
  const standard = ["comment", "keyword", "string", "number", "variable", "parameter", "property", "function"];
  const ours = contributes.semanticTokenTypes.map(({ id }: { id: string }) => id);
  assert.deepEqual([...standard, ...ours].sort(), [...TOKEN_TYPES].sort());
});

test("each text that the manifest names is in package.nls.json, and none is there for nothing", () => {
  const named = new Set([...text.matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key));
  assert.deepEqual([...named].sort(), Object.keys(JSON.parse(readFileSync("package.nls.json", "utf8"))).sort());
});

test("each file that the manifest names is there", () => {
  const files = [...text.matchAll(/"(\.?\.?\/?(?:extension|syntaxes|snippets)\/[\w./-]+\.(?:json|svg|png))"/g)];
  assert.ok(files.length > 10);
  for (const [, file] of files) assert.ok(existsSync(file), file);
  assert.equal(about.icon, "extension/icons/mmtrace.png");
});

test("each command has a category and a place where it can be used", () => {
  for (const { command, category } of contributes.commands) {
    assert.equal(category, "mmtrace", command);
    assert.match(command, /^mmtrace\./);
  }
});

test("keys are bound only inside a debug session of ours", () => {
  for (const { when } of contributes.keybindings) assert.match(when, /inDebugMode && debugType == mmtrace/);
});

test("the lock file and the manifests name no address to download from", () => {
  for (const file of ["package-lock.json", "test/vscode/server/package-lock.json"])
    assert.doesNotMatch(readFileSync(file, "utf8"), /"resolved"/, file);
});
