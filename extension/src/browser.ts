// The extension in a browser: both servers are web workers, and files are read through the editor.

import {
  type DebugAdapter,
  DebugAdapterInlineImplementation,
  type DebugProtocolMessage,
  EventEmitter,
  type ExtensionContext,
  Uri,
  workspace,
} from "vscode";
import { LanguageClient } from "vscode-languageclient/browser";
import { type Api, activateWith } from "./activate.ts";
import type { Host } from "./host.ts";

// What the desktop's client (client.cjs) has in common with this one: see esbuild.mjs.
export * as languageClient from "vscode-languageclient/browser";

export function activate(context: ExtensionContext): Api {
  const script = Uri.joinPath(context.extensionUri, "dist", "worker.js");
  const host: Host = {
    languageClient: async (options) =>
      new LanguageClient("mmtrace", "mmtrace", await startWorker(script, "lsp"), options),
    debugAdapter: {
      createDebugAdapterDescriptor: async () =>
        new DebugAdapterInlineImplementation(new WorkerAdapter(await startWorker(script, "dap"))),
    },
    adapterReadsFiles: false,
  };
  return activateWith(context, host);
}

// A worker that was told which server it is (an extension host gives workers names of its own).
async function startWorker(script: Uri, server: "lsp" | "dap"): Promise<Worker> {
  const worker = new Worker(await workerSource(script));
  worker.postMessage(server);
  return worker;
}

// A browser loads a worker from the web only. Where the extension itself lies on a remote machine, its text is read first.
async function workerSource(script: Uri): Promise<string> {
  if (/^https?$/.test(script.scheme)) return script.toString(true);
  const text = await workspace.fs.readFile(script);
  return URL.createObjectURL(new Blob([text.slice()], { type: "text/javascript" }));
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
