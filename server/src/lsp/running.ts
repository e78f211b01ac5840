// Runs of open documents, in slices: between two of them the server answers other messages.

import { type CancellationToken, LSPErrorCodes, type RemoteConsole, ResponseError } from "vscode-languageserver";
import { closedMeanwhile, type OpenDocument } from "./documents.ts";

// Milliseconds of running between two looks at the messages.
const SLICE = 25;

export type Models = (document: OpenDocument) => readonly string[];
export const firstModel: Models = ({ analysis }) => analysis.models.slice(0, 1);
export const allModels: Models = ({ analysis }) => analysis.models;

export function isRun(document: OpenDocument, models: Models): boolean {
  return models(document).every((model) => document.analysis.isRun(model));
}

export class Runner {
  private readonly log: Pick<RemoteConsole, "error">;

  constructor(log: Pick<RemoteConsole, "error">) {
    this.log = log;
  }

  // Runs the document under the models to the end (or to a limit of the run); false when it was stopped before.
  // The first slice is run before this returns.
  async run(document: OpenDocument, models: Models, stopped: () => boolean): Promise<boolean> {
    for (;;) {
      // Edits may come in while others are served, and with them other models.
      const model = models(document).find((candidate) => !document.analysis.isRun(candidate));
      if (model === undefined) return true;
      if (this.advance(document, model)) continue;
      await breathe();
      if (stopped()) return false;
    }
  }

  // The same for a request: what stops it is its answer.
  async ran(document: OpenDocument, models: Models, token: CancellationToken): Promise<void> {
    await this.run(document, models, () => document.closed || token.isCancellationRequested);
    if (document.closed) throw closedMeanwhile(document);
    if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled");
  }

  // A mistake of ours in a run is logged once; the trace then has no run until its next edit.
  private advance(document: OpenDocument, model: string): boolean {
    try {
      return document.analysis.advance(model, SLICE);
    } catch (error) {
      const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.log.error(`run of ${document.uri} under ${model}: ${story}`);
      return true;
    }
  }
}

// Lets waiting messages be served.
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
