// The extension in a browser: both servers are web workers, and files are read through the editor.

import {
  type DebugAdapter,
  DebugAdapterInlineImplementation,
  type DebugProtocolMessage,
  EventEmitter,
  type ExtensionContext,
  Uri,
} from "vscode";
import { LanguageClient } from "vscode-languageclient/browser";
import { type Api, activateWith } from "./activate.ts";
import type { Host } from "./host.ts";

export function activate(context: ExtensionContext): Api {
  const worker = (name: string) => new Worker(Uri.joinPath(context.extensionUri, "dist", name).toString(true));
  const host: Host = {
    languageClient: async (options) => new LanguageClient("mmtrace", "mmtrace", worker("lsp-worker.js"), options),
    debugAdapter: {
      createDebugAdapterDescriptor: () =>
        new DebugAdapterInlineImplementation(new WorkerAdapter(worker("dap-worker.js"))),
    },
    adapterReadsFiles: false,
  };
  return activateWith(context, host);
}

// A debug adapter in a worker: each message is one protocol message, as an object.
class WorkerAdapter implements DebugAdapter {
  private readonly worker: Worker;
  private readonly sent = new EventEmitter<DebugProtocolMessage>();
  readonly onDidSendMessage = this.sent.event;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<DebugProtocolMessage>) => this.sent.fire(data);
  }

  handleMessage(message: DebugProtocolMessage): void {
    this.worker.postMessage(message);
  }

  dispose(): void {
    this.worker.terminate();
    this.sent.dispose();
  }
}
