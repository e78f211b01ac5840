// Plain answers to the protocol's shapes. This is the one place that knows both.

import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  Diagnostic,
  DocumentHighlight,
  DocumentLink,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  LocationLink,
  Range,
  SelectionRange,
  SignatureHelp,
  TextEdit,
  WorkspaceEdit,
  WorkspaceSymbol,
} from "vscode-languageserver";
import {
  CodeActionKind,
  CompletionItemKind,
  DiagnosticSeverity,
  DocumentHighlightKind,
  FoldingRangeKind,
  InlayHintKind,
  InsertTextFormat,
  MarkupKind,
  SymbolKind,
} from "vscode-languageserver";
import type { Action } from "../ide/code_actions.ts";
import type { Lens } from "../ide/code_lens.ts";
import type { Proposal } from "../ide/completion.ts";
import type { Definition } from "../ide/definition.ts";
import type { Diagnostic as Found } from "../ide/diagnostics.ts";
import type { Link } from "../ide/document_link.ts";
import type { Fold } from "../ide/folding.ts";
import type { Replacement } from "../ide/formatting.ts";
import type { Highlight } from "../ide/highlight.ts";
import type { Hover as Hovered } from "../ide/hover.ts";
import type { Hint } from "../ide/inlay_hints.ts";
import type { Stretch } from "../ide/position.ts";
import type { Signature } from "../ide/signature_help.ts";
import type { NamedPlace, OutlineItem } from "../ide/symbols.ts";
import type { Range as Span } from "../lang/text.ts";
import type { Client } from "./client.ts";

export function range({ line, start, end }: Span): Range {
  return { start: { line, character: start }, end: { line, character: end } };
}

function stretchRange({ from, to }: Stretch): Range {
  return { start: { line: from.line, character: from.column }, end: { line: to.line, character: to.column } };
}

export function textEdits(replacements: readonly Replacement[]): TextEdit[] {
  return replacements.map(({ range: at, text }) => ({ range: range(at), newText: text }));
}

export function workspaceEdit(uri: string, replacements: readonly Replacement[]): WorkspaceEdit {
  return { changes: { [uri]: textEdits(replacements) } };
}

export function diagnostic(uri: string, found: Found): Diagnostic {
  const { severity, code, message, related } = found;
  return {
    range: range(found.range),
    severity: severity === "error" ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    source: "mmtrace",
    message,
    ...(related && {
      relatedInformation: related.map((other) => ({
        location: { uri, range: range(other.range) },
        message: other.message,
      })),
    }),
  };
}

export function hover({ range: at, markdown }: Hovered): Hover {
  return { range: range(at), contents: { kind: MarkupKind.Markdown, value: markdown } };
}

const COMPLETION_KINDS: Readonly<Record<Proposal["kind"], CompletionItemKind>> = {
  keyword: CompletionItemKind.Keyword,
  operation: CompletionItemKind.Function,
  function: CompletionItemKind.Function,
  name: CompletionItemKind.Variable,
  process: CompletionItemKind.Module,
  parameter: CompletionItemKind.Property,
  word: CompletionItemKind.EnumMember,
  field: CompletionItemKind.Field,
  model: CompletionItemKind.Constant,
  setting: CompletionItemKind.Property,
  outcome: CompletionItemKind.EnumMember,
  value: CompletionItemKind.Value,
  snippet: CompletionItemKind.Snippet,
};

// What resolving needs to find the proposal's documentation again.
export interface ProposalKey {
  readonly doc: string;
}

export function completionItem(
  proposal: Proposal,
  place: Span,
  { snippets, isOwn }: Pick<Client, "snippets" | "isOwn">,
  rank: number,
): CompletionItem {
  const { label, kind, detail, insert, snippet, docKey, filter } = proposal;
  const asSnippet = snippets && snippet !== undefined;
  return {
    label,
    kind: COMPLETION_KINDS[kind],
    // The order of the proposals is the order in which they are shown.
    sortText: String(rank).padStart(4, "0"),
    textEdit: { range: range(place), newText: asSnippet ? snippet : (insert ?? label) },
    ...(asSnippet && { insertTextFormat: InsertTextFormat.Snippet }),
    ...(filter !== undefined && { filterText: filter }),
    ...(detail !== undefined && { detail }),
    ...(docKey !== undefined && { data: { doc: docKey } satisfies ProposalKey }),
    ...(proposal.asksAgain && isOwn && { command: { title: "Suggest", command: "editor.action.triggerSuggest" } }),
  };
}

export function signatureHelp({ label, doc, parameters, active }: Signature): SignatureHelp {
  return {
    signatures: [
      {
        label,
        documentation: { kind: MarkupKind.Markdown, value: doc },
        parameters: parameters.map(({ start, end, doc: about }) => ({
          label: [start, end],
          documentation: { kind: MarkupKind.Markdown, value: about },
        })),
        // Beyond the last parameter when the cursor is at none.
        activeParameter: active ?? parameters.length,
      },
    ],
    activeSignature: 0,
    activeParameter: active ?? parameters.length,
  };
}

export function locationLink(uri: string, { origin, name, statement }: Definition): LocationLink {
  return {
    originSelectionRange: range(origin),
    targetUri: uri,
    targetRange: range(statement),
    targetSelectionRange: range(name),
  };
}

export function highlight({ range: at, kind }: Highlight): DocumentHighlight {
  return { range: range(at), kind: kind === "read" ? DocumentHighlightKind.Read : DocumentHighlightKind.Write };
}

const SYMBOL_KINDS: Readonly<Record<OutlineItem["kind"], SymbolKind>> = {
  process: SymbolKind.Module,
  address: SymbolKind.Variable,
  file: SymbolKind.File,
  pin: SymbolKind.Key,
  number: SymbolKind.Number,
  unknown: SymbolKind.Variable,
  section: SymbolKind.Namespace,
  repeat: SymbolKind.Array,
};

export function documentSymbol(item: OutlineItem): DocumentSymbol {
  return {
    name: item.name,
    detail: item.detail,
    kind: SYMBOL_KINDS[item.kind],
    range: stretchRange(item.whole),
    selectionRange: range(item.selection),
    children: item.children.map(documentSymbol),
  };
}

export function workspaceSymbol(uri: string, { name, kind, range: at }: NamedPlace): WorkspaceSymbol {
  return { name, kind: SYMBOL_KINDS[kind], location: { uri, range: range(at) } };
}

export function foldingRange({ from, to, kind }: Fold): FoldingRange {
  return {
    startLine: from,
    endLine: to,
    kind: kind === "comment" ? FoldingRangeKind.Comment : FoldingRangeKind.Region,
  };
}

// From the innermost outwards, each the child of the next.
export function selectionRange(stretches: readonly Stretch[]): SelectionRange | undefined {
  return stretches.reduceRight<SelectionRange | undefined>(
    (parent, found) => ({ range: stretchRange(found), ...(parent && { parent }) }),
    undefined,
  );
}

export function inlayHint({ at, text, tooltip }: Hint): InlayHint {
  return {
    position: { line: at.line, character: at.column },
    label: text,
    kind: InlayHintKind.Type,
    tooltip,
    paddingLeft: true,
  };
}

const COMMANDS: Readonly<Record<Lens["action"], string>> = {
  run: "mmtrace.run",
  debug: "mmtrace.debug",
  runAllModels: "mmtrace.runAllModels",
};

export function codeLens(uri: string, { line, title, action }: Lens): CodeLens {
  return {
    range: range({ line, start: 0, end: 0 }),
    command: { title, command: COMMANDS[action], arguments: [uri] },
  };
}

const ACTION_KINDS: Readonly<Record<Action["kind"], string>> = {
  quickfix: CodeActionKind.QuickFix,
  refactor: CodeActionKind.RefactorRewrite,
  source: CodeActionKind.SourceFixAll,
};

export function codeAction(uri: string, action: Action): CodeAction {
  return {
    title: action.title,
    kind: ACTION_KINDS[action.kind],
    edit: workspaceEdit(uri, action.edits),
    ...(action.mends && { diagnostics: [diagnostic(uri, action.mends)] }),
    ...(action.preferred && { isPreferred: true }),
  };
}

export function documentLink({ range: at, target, tooltip }: Link): DocumentLink {
  return { range: range(at), target, tooltip };
}
