// The open documents: what the client says is in them, kept line by line so that a keystroke costs what it changes.

import { LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { Analysis, type Clock } from "../ide/analysis.ts";
import type { Settings } from "../ide/settings.ts";
import { change, invalid, list, record, text, uriOf } from "./params.ts";

export interface OpenDocument {
  readonly uri: string;
  version: number;
  readonly analysis: Analysis;
  // Differs between any two states of any documents.
  generation: number;
  closed: boolean;
}

export class Documents {
  private readonly open = new Map<string, OpenDocument>();
  private readonly clock: Clock;
  private generations = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get all(): OpenDocument[] {
    return [...this.open.values()];
  }

  find(uri: string): OpenDocument | undefined {
    return this.open.get(uri);
  }

  // The document that the params name.
  of(params: unknown): OpenDocument {
    const uri = uriOf(params);
    return this.open.get(uri) ?? fail(`${uri} is not open`);
  }

  didOpen(params: unknown, settings: Settings): OpenDocument {
    const { textDocument } = record(params, "params");
    const { uri, version, text: content } = record(textDocument, "textDocument");
    const key = text(uri, "textDocument.uri");
    const analysis = new Analysis(text(content, "textDocument.text"), settings, this.clock);
    const document = { uri: key, version: numbered(version), analysis, generation: ++this.generations, closed: false };
    const before = this.open.get(key);
    if (before) before.closed = true;
    this.open.set(key, document);
    return document;
  }

  didChange(params: unknown): OpenDocument {
    const document = this.of(params);
    const { contentChanges, textDocument } = record(params, "params");
    // All changes are read before one is applied: a broken message changes nothing.
    const changes = list(contentChanges, "contentChanges").map(change);
    for (const edit of changes) {
      if ("from" in edit) document.analysis.edit([edit]);
      else document.analysis.replace(edit.text);
    }
    document.generation = ++this.generations;
    document.version = numbered(record(textDocument, "textDocument").version);
    return document;
  }

  // True when that makes a difference.
  changeSettings(document: OpenDocument, settings: Settings): boolean {
    if (JSON.stringify(document.analysis.settings) === JSON.stringify(settings)) return false;
    document.analysis.settings = settings;
    document.generation = ++this.generations;
    return true;
  }

  didClose(params: unknown): OpenDocument | undefined {
    const uri = uriOf(params);
    const document = this.open.get(uri);
    if (document) document.closed = true;
    this.open.delete(uri);
    return document;
  }
}

// What waits for a document that is closed meanwhile has no answer any more.
export function closedMeanwhile(document: OpenDocument): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.ContentModified, `${document.uri} was closed`);
}

function fail(message: string): never {
  throw invalid(message);
}

function numbered(version: unknown): number {
  return typeof version === "number" ? version : 0;
}
