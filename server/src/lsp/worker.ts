// The language server in a browser's worker: messages instead of streams, and no files beside the open documents.

import { BrowserMessageReader, BrowserMessageWriter, createConnection } from "vscode-languageserver/browser";
import { serve } from "./server.ts";

export function serveLsp(scope: DedicatedWorkerGlobalScope): void {
  const connection = createConnection(new BrowserMessageReader(scope), new BrowserMessageWriter(scope));
  serve(connection, { clock: () => performance.now(), files: undefined });
}
