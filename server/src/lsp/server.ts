// The language server: wires a connection to the answers of ide/. Which connection it is (standard input and output, a
// browser's worker) is the caller's business.

import { type Connection, DidChangeConfigurationNotification, type InitializeResult } from "vscode-languageserver";
import type { Settings } from "../ide/settings.ts";
import { capabilities } from "./capabilities.ts";
import { type Client, readClient } from "./client.ts";
import { DiagnosticFeed } from "./diagnostics.ts";
import { Documents, type OpenDocument } from "./documents.ts";
import { serveExport } from "./export.ts";
import { type Parts, serveFeatures } from "./features.ts";
import { Guard } from "./guard.ts";
import type { Host } from "./host.ts";
import { serveImport } from "./import.ts";
import { serveJournal } from "./journal.ts";
import { Runner } from "./running.ts";
import { readSettings } from "./settings.ts";
import { WorkspaceDiagnostics } from "./workspace_diagnostics.ts";

const SECTION = "mmtrace";

export function serve(connection: Connection, host: Host): void {
  new Server(connection, host).listen();
}

class Server {
  private readonly connection: Connection;
  private readonly guard: Guard;
  private readonly documents: Documents;
  private readonly parts: Parts;
  private readonly feed: DiagnosticFeed;
  private readonly workspace: WorkspaceDiagnostics | undefined;
  private client: Client = readClient({ capabilities: {}, processId: null, rootUri: null });
  private settings: Settings = readSettings(undefined);
  private folders: readonly string[] = [];

  constructor(connection: Connection, host: Host) {
    const runner = new Runner(connection.console);
    this.connection = connection;
    this.guard = new Guard(connection.console);
    this.documents = new Documents(host.clock);
    this.parts = { connection, guard: this.guard, documents: this.documents, runner, client: () => this.client };
    this.feed = new DiagnosticFeed(this.parts, host.clock);
    this.workspace = host.files && new WorkspaceDiagnostics(this.parts, host.files, host.clock, () => this.settings);
  }

  listen(): void {
    this.serveLife();
    this.serveDocuments(serveFeatures(this.parts));
    this.feed.serve();
    this.workspace?.serve(() => this.folders);
    serveJournal(this.parts);
    serveImport(this.parts);
    serveExport(this.parts);
    this.connection.listen();
  }

  private serveLife(): void {
    const { connection, guard } = this;
    connection.onInitialize((params): InitializeResult => {
      guard.initialize();
      this.client = readClient(params);
      this.settings = readSettings(this.client.initialSettings);
      this.folders = this.client.folders;
      return { capabilities: capabilities(this.workspace !== undefined), serverInfo: { name: "mmtrace" } };
    });
    connection.onInitialized(
      guard.notification("initialized", async () => {
        if (this.client.registersConfiguration) {
          await connection.client.register(DidChangeConfigurationNotification.type, { section: SECTION });
        }
        if (this.client.hasFolders) {
          connection.workspace.onDidChangeWorkspaceFolders(
            guard.notification("folders", ({ added, removed }) => {
              const gone = new Set(removed.map(({ uri }) => uri));
              this.folders = [...this.folders.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => uri)];
              this.feed.refresh();
            }),
          );
        }
        await this.askSettings();
      }),
    );
    connection.onDidChangeConfiguration(
      guard.notification("settings", async ({ settings }) => {
        const section: unknown = typeof settings === "object" && settings !== null ? settings[SECTION] : undefined;
        if (section !== undefined && !this.client.hasConfiguration) this.settings = readSettings(section);
        await this.askSettings();
      }),
    );
    connection.onShutdown(() => guard.shutDown());
  }

  private serveDocuments(closed: (uri: string) => void): void {
    const { connection, guard, documents, feed } = this;
    connection.onDidOpenTextDocument(
      guard.notification("open", async (params) => {
        const document = documents.didOpen(params, this.settings);
        await Promise.all([feed.changed(document), this.askSettingsOf(document)]);
      }),
    );
    connection.onDidChangeTextDocument(
      guard.notification("change", async (params) => feed.changed(documents.didChange(params))),
    );
    connection.onDidCloseTextDocument(
      guard.notification("close", (params) => {
        const document = documents.didClose(params);
        if (!document) return;
        closed(document.uri);
        feed.closed(document);
      }),
    );
    // A file that changed on disk is noticed by its stamp, at the next pull.
    connection.onDidChangeWatchedFiles(guard.notification("watched files", () => feed.refresh()));
  }

  // The settings of the workspace, and those of each open document, which may lie in a folder with its own.
  private async askSettings(): Promise<void> {
    if (this.client.hasConfiguration) {
      this.settings = readSettings(await this.connection.workspace.getConfiguration(SECTION));
    }
    this.workspace?.forget();
    await Promise.all(this.documents.all.map((document) => this.askSettingsOf(document)));
  }

  private async askSettingsOf(document: OpenDocument): Promise<void> {
    const { connection, client, documents, feed } = this;
    const settings = client.hasConfiguration
      ? readSettings(await connection.workspace.getConfiguration({ scopeUri: document.uri, section: SECTION }))
      : this.settings;
    if (document.closed || !documents.changeSettings(document, settings)) return;
    feed.refresh();
    if (client.refreshesHints) connection.languages.inlayHint.refresh();
    if (client.refreshesLenses) void connection.sendRequest("workspace/codeLens/refresh");
    await feed.changed(document);
  }
}
