// What the client at the other end can do, read once from its initialize request.

import type { ClientCapabilities, InitializeParams } from "vscode-languageserver";

export interface Client {
  readonly pullsDiagnostics: boolean;
  readonly refreshesDiagnostics: boolean;
  readonly refreshesHints: boolean;
  readonly refreshesLenses: boolean;
  readonly hasConfiguration: boolean;
  readonly registersConfiguration: boolean;
  readonly hasFolders: boolean;
  readonly snippets: boolean;
  readonly linksDefinitions: boolean;
  // Whether it is this project's own extension, which knows the editor's commands.
  readonly isOwn: boolean;
  readonly initialSettings: unknown;
  readonly folders: readonly string[];
}

export function readClient(params: InitializeParams): Client {
  const { textDocument, workspace }: ClientCapabilities = params.capabilities ?? {};
  const options: unknown = params.initializationOptions;
  const settings =
    typeof options === "object" && options !== null && "settings" in options ? options.settings : undefined;
  const root = params.rootUri ? [params.rootUri] : [];
  return {
    pullsDiagnostics: textDocument?.diagnostic !== undefined,
    refreshesDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    refreshesHints: workspace?.inlayHint?.refreshSupport === true,
    refreshesLenses: workspace?.codeLens?.refreshSupport === true,
    hasConfiguration: workspace?.configuration === true,
    registersConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    hasFolders: workspace?.workspaceFolders === true,
    snippets: textDocument?.completion?.completionItem?.snippetSupport === true,
    linksDefinitions: textDocument?.definition?.linkSupport === true,
    isOwn: settings !== undefined,
    initialSettings: settings,
    folders: params.workspaceFolders?.map(({ uri }) => uri) ?? root,
  };
}
