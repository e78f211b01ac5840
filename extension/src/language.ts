// The language client: started beside activation, restarted on request, stopped with the extension.

import { type Disposable, l10n, window, workspace } from "vscode";
import type { BaseLanguageClient, LanguageClientOptions } from "vscode-languageclient";
import type { Host } from "./host.ts";

export class Language implements Disposable {
  private readonly host: Host;
  private readonly log = window.createOutputChannel("mmtrace", { log: true });
  private client: Promise<BaseLanguageClient> | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  // Neither waits nor loads the client's library: an editor that opens a trace must not wait for that.
  start(): void {
    this.client = this.launch();
    this.client.catch((error: unknown) => this.complain(error));
  }

  // The client once it is ready; rejects when the server did not come up.
  async running(): Promise<BaseLanguageClient> {
    if (!this.client) throw new Error(l10n.t("The mmtrace language server is not running."));
    return this.client;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
    await this.running();
  }

  async dispose(): Promise<void> {
    await this.stop();
    this.log.dispose();
  }

  private async launch(): Promise<BaseLanguageClient> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    const client = await this.host.languageClient(this.options());
    await client.start();
    return client;
  }

  // A server that never came up needs no stopping, and its complaint was already shown.
  private async stop(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    this.client = undefined;
    await client?.dispose();
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [{ language: "mmtrace" }],
      outputChannel: this.log,
      // Its plain values: a worker takes no object with functions.
      initializationOptions: { settings: JSON.parse(JSON.stringify(workspace.getConfiguration("mmtrace"))) },
      synchronize: { configurationSection: "mmtrace" },
    };
  }

  private async complain(error: unknown): Promise<void> {
    this.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const show = l10n.t("Show Log");
    const chosen = await window.showErrorMessage(l10n.t("The mmtrace language server did not start."), show);
    if (chosen === show) this.log.show();
  }
}
