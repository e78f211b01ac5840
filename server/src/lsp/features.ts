// The requests about one document, each translated to its question in ide/ and back.

import { type Connection, LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { codeActions, fixAll } from "../ide/code_actions.ts";
import { codeLenses } from "../ide/code_lens.ts";
import { completion } from "../ide/completion.ts";
import { definition } from "../ide/definition.ts";
import { documentation } from "../ide/docs.ts";
import { links } from "../ide/document_link.ts";
import { folds } from "../ide/folding.ts";
import { formatting } from "../ide/formatting.ts";
import { highlights } from "../ide/highlight.ts";
import { hover } from "../ide/hover.ts";
import { inlayHints } from "../ide/inlay_hints.ts";
import { linkedRanges } from "../ide/linked_editing.ts";
import { references } from "../ide/references.ts";
import { prepareRename, rename } from "../ide/rename.ts";
import { selectionRanges } from "../ide/selection_range.ts";
import { packed, semanticTokens } from "../ide/semantic_tokens.ts";
import { signatureHelp } from "../ide/signature_help.ts";
import { matchingSymbols, outline } from "../ide/symbols.ts";
import type { Client } from "./client.ts";
import * as convert from "./convert.ts";
import type { Documents, OpenDocument } from "./documents.ts";
import type { Guard } from "./guard.ts";
import { ends, list, position, record, text } from "./params.ts";
import { allModels, firstModel, type Runner } from "./running.ts";
import { TokenDeltas } from "./token_deltas.ts";

export interface Parts {
  readonly connection: Connection;
  readonly guard: Guard;
  readonly documents: Documents;
  readonly runner: Runner;
  // Known once the client has introduced itself.
  readonly client: () => Client;
}

// Returns what is to be called when a document is closed.
export function serveFeatures({ connection, guard, documents, runner, client }: Parts): (uri: string) => void {
  const { languages } = connection;
  const tokens = new TokenDeltas();

  connection.onCompletion(
    guard.request("completion", async (params, token) => {
      const document = documents.of(params);
      await runner.ran(document, firstModel, token);
      const { place, proposals } = completion(document.analysis, clamped(document, params.position));
      return proposals.map((proposal, i) => convert.completionItem(proposal, place, client(), i));
    }),
  );
  connection.onCompletionResolve(
    guard.request("completion resolve", (item) => {
      const data: unknown = item.data;
      const key = typeof data === "object" && data !== null && "doc" in data ? data.doc : undefined;
      const value = typeof key === "string" ? documentation(key) : undefined;
      return value === undefined ? item : { ...item, documentation: { kind: "markdown", value } };
    }),
  );
  connection.onHover(
    guard.request("hover", async (params, token) => {
      const document = documents.of(params);
      await runner.ran(document, allModels, token);
      const found = hover(document.analysis, clamped(document, params.position));
      return found ? convert.hover(found) : null;
    }),
  );
  connection.onSignatureHelp(
    guard.request("signature help", (params) => {
      const document = documents.of(params);
      const found = signatureHelp(document.analysis, clamped(document, params.position));
      return found ? convert.signatureHelp(found) : null;
    }),
  );
  connection.onDefinition(
    guard.request("definition", (params) => {
      const document = documents.of(params);
      const found = definition(document.analysis, clamped(document, params.position));
      if (!found) return null;
      if (client().linksDefinitions) return [convert.locationLink(document.uri, found)];
      return { uri: document.uri, range: convert.range(found.name) };
    }),
  );
  connection.onReferences(
    guard.request("references", (params) => {
      const document = documents.of(params);
      const declaration = record(params.context, "context").includeDeclaration !== false;
      const found = references(document.analysis, clamped(document, params.position), declaration);
      return found.map((range) => ({ uri: document.uri, range: convert.range(range) }));
    }),
  );
  connection.onDocumentHighlight(
    guard.request("highlight", (params) => {
      const document = documents.of(params);
      return highlights(document.analysis, clamped(document, params.position)).map(convert.highlight);
    }),
  );
  connection.onPrepareRename(
    guard.request("prepare rename", (params) => {
      const document = documents.of(params);
      const found = prepareRename(document.analysis, clamped(document, params.position));
      if (!found) return null;
      if ("refused" in found) throw refusal(found.refused);
      return { range: convert.range(found.range), placeholder: found.name };
    }),
  );
  connection.onRenameRequest(
    guard.request("rename", (params) => {
      const document = documents.of(params);
      const newName = text(params.newName, "newName");
      const found = rename(document.analysis, clamped(document, params.position), newName);
      if (!found) return null;
      if ("refused" in found) throw refusal(found.refused);
      return convert.workspaceEdit(
        document.uri,
        found.map((range) => ({ range, text: newName })),
      );
    }),
  );
  languages.onLinkedEditingRange(
    guard.request("linked editing", (params) => {
      const document = documents.of(params);
      const found = linkedRanges(document.analysis, clamped(document, params.position));
      return found ? { ranges: found.map(convert.range), wordPattern: "[A-Za-z_][A-Za-z0-9_]*" } : null;
    }),
  );
  connection.onDocumentSymbol(
    guard.request("document symbols", (params) => outline(documents.of(params).analysis).map(convert.documentSymbol)),
  );
  connection.onWorkspaceSymbol(
    guard.request("workspace symbols", (params) => {
      const query = text(params.query, "query");
      return documents.all.flatMap(({ uri, analysis }) =>
        matchingSymbols(analysis, query).map((found) => convert.workspaceSymbol(uri, found)),
      );
    }),
  );
  connection.onFoldingRanges(
    guard.request("folding", (params) => folds(documents.of(params).analysis).map(convert.foldingRange)),
  );
  connection.onSelectionRanges(
    guard.request("selection ranges", (params) => {
      const document = documents.of(params);
      return list(params.positions, "positions").flatMap((at) => {
        const place = clamped(document, at);
        const empty = { range: convert.range({ line: place.line, start: place.column, end: place.column }) };
        return convert.selectionRange(selectionRanges(document.analysis, place)) ?? empty;
      });
    }),
  );
  connection.onDocumentLinks(
    guard.request("links", (params) => links(documents.of(params).analysis).map(convert.documentLink)),
  );
  connection.onDocumentFormatting(
    guard.request("formatting", (params) => convert.textEdits(formatting(documents.of(params).analysis))),
  );
  connection.onDocumentRangeFormatting(
    guard.request("range formatting", (params) => {
      const { analysis } = documents.of(params);
      const { from, to } = ends(params.range);
      // A range that ends where a line begins does not mean that line.
      const last = to.column === 0 && to.line > from.line ? to.line : to.line + 1;
      return convert.textEdits(formatting(analysis, from.line, last));
    }),
  );
  connection.onCodeLens(
    guard.request("code lens", (params) => {
      const { uri, analysis } = documents.of(params);
      return analysis.settings.codeLens ? codeLenses(analysis).map((lens) => convert.codeLens(uri, lens)) : [];
    }),
  );
  connection.onCodeAction(
    guard.request("code actions", async (params, token) => {
      const document = documents.of(params);
      const { uri, analysis } = document;
      const { from, to } = ends(params.range);
      await runner.ran(document, allModels, token);
      const { only } = record(params.context ?? {}, "context");
      const wanted = (kind: string) =>
        !Array.isArray(only) || only.some((one) => kind === one || kind.startsWith(`${one}.`));
      const actions = codeActions(analysis, from.line, to.line).map((action) => convert.codeAction(uri, action));
      const all = { title: "Fix all mmtrace problems", kind: "source" as const, preferred: false, mends: undefined };
      if (Array.isArray(only) && wanted("source.fixAll")) {
        actions.push(convert.codeAction(uri, { ...all, edits: fixAll(analysis) }));
      }
      return actions.filter(({ kind }) => wanted(kind ?? ""));
    }),
  );
  languages.inlayHint.on(
    guard.request("inlay hints", async (params, token) => {
      const document = documents.of(params);
      const { from, to } = ends(params.range);
      const { outcome, counters } = document.analysis.settings.inlayHints;
      if (!outcome && !counters) return [];
      await runner.ran(document, firstModel, token);
      return inlayHints(document.analysis, from.line, to.line + 1).map(convert.inlayHint);
    }),
  );
  const allTokens = ({ analysis }: OpenDocument) => packed(semanticTokens(analysis, 0, analysis.document.lineCount));
  languages.semanticTokens.on(
    guard.request("semantic tokens", (params) => {
      const document = documents.of(params);
      return tokens.full(document.uri, allTokens(document));
    }),
  );
  languages.semanticTokens.onDelta(
    guard.request("semantic tokens delta", (params) => {
      const document = documents.of(params);
      return tokens.since(document.uri, text(params.previousResultId, "previousResultId"), allTokens(document));
    }),
  );
  languages.semanticTokens.onRange(
    guard.request("semantic tokens range", (params) => {
      const { analysis } = documents.of(params);
      const { from, to } = ends(params.range);
      return { data: packed(semanticTokens(analysis, from.line, to.line + 1)) };
    }),
  );
  return (uri) => tokens.forget(uri);
}

// A position beyond the text is its end, one beyond a line the line's end.
function clamped({ analysis: { document } }: OpenDocument, value: unknown) {
  const { line, column } = position(value);
  const last = document.lineCount - 1;
  if (line > last) return { line: last, column: document.line(last).length };
  return { line, column: Math.min(column, document.line(line).length) };
}

function refusal(message: string): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestFailed, message);
}
