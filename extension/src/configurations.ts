// Debug configurations: what F5 does without a launch.json, what the debug menu offers, and what a launch request finally says.

import {
  type CancellationToken,
  type DebugConfiguration,
  type DebugConfigurationProvider,
  l10n,
  Uri,
  type WorkspaceFolder,
  window,
  workspace,
} from "vscode";
import type { Host } from "./host.ts";

// A document that can be debugged: a trace, or a log that the adapter imports on the fly.
export function isTrace(uri: Uri, languageId?: string): boolean {
  return languageId === "mmtrace" || languageId === "strace" || /\.(mmtrace|strace|log)$/.test(uri.path);
}

// How a document is named in a launch request: by its path, or by its URI when it is not a file.
export function programOf(uri: Uri): string {
  return uri.scheme === "file" ? uri.fsPath : uri.toString();
}

export function configurationFor(uri: Uri): DebugConfiguration {
  const name = uri.path.slice(uri.path.lastIndexOf("/") + 1);
  return { type: "mmtrace", request: "launch", name: `mmtrace: ${name}`, program: programOf(uri), stopOnEntry: true };
}

// The debug menu's entries for the open editor.
export const dynamicConfigurationProvider: DebugConfigurationProvider = {
  provideDebugConfigurations() {
    const open = activeTrace();
    return open ? [configurationFor(open)] : [];
  },
};

export function configurationProvider(host: Host): DebugConfigurationProvider {
  return { resolveDebugConfiguration, resolveDebugConfigurationWithSubstitutedVariables };

  // F5 without a launch.json comes here with an empty configuration: it means the trace in the active editor.
  async function resolveDebugConfiguration(
    _folder: WorkspaceFolder | undefined,
    given: DebugConfiguration,
    _cancelled?: CancellationToken,
  ): Promise<DebugConfiguration | undefined> {
    const bare = !given.type && !given.request && !given.name;
    if (!bare && given.program) return given;
    const open = activeTrace();
    if (!open) {
      const which = l10n.t("Open a trace (.mmtrace) or an strace log (.strace, .log) to debug it.");
      void window.showInformationMessage(which);
      return undefined;
    }
    return { ...configurationFor(open), ...given, type: "mmtrace", request: "launch", program: programOf(open) };
  }

  // Settings fill what the configuration leaves open; a document that the adapter cannot read goes along as text.
  async function resolveDebugConfigurationWithSubstitutedVariables(
    folder: WorkspaceFolder | undefined,
    given: DebugConfiguration,
    _cancelled?: CancellationToken,
  ): Promise<DebugConfiguration | undefined> {
    const uri = locate(String(given.program), folder);
    const settings = workspace.getConfiguration("mmtrace", uri);
    const resolved: DebugConfiguration = {
      ...given,
      program: programOf(uri),
      checkInvariants: given.checkInvariants ?? settings.get("checkInvariants"),
      limits: { ...settings.get<object>("limits"), ...given.limits },
    };
    const travels = !host.adapterReadsFiles || uri.scheme !== "file";
    const defaultModel = settings.get<string>("defaultModel");
    if (!travels && (given.model || !defaultModel)) return resolved;
    const text = await textOf(uri);
    if (text === undefined) return travels ? undefined : resolved;
    if (!given.model && defaultModel && !/^[ \t]*kernel[ \t]/m.test(text)) resolved.model = defaultModel;
    if (travels) resolved.text = text;
    return resolved;
  }
}

function activeTrace(): Uri | undefined {
  const document = window.activeTextEditor?.document;
  return document && isTrace(document.uri, document.languageId) ? document.uri : undefined;
}

// A program is an absolute path, a URI, or a path below the workspace folder.
function locate(program: string, folder: WorkspaceFolder | undefined): Uri {
  if (/^[a-z][a-z0-9+.-]+:/i.test(program)) return Uri.parse(program);
  const root = folder?.uri ?? workspace.workspaceFolders?.[0]?.uri;
  if (/^([/\\]|[a-z]:)/i.test(program)) {
    const file = Uri.file(program);
    return root && root.scheme !== "file" ? root.with({ path: file.path }) : file;
  }
  return root ? Uri.joinPath(root, program) : Uri.file(program);
}

// What the editor shows of a document, saved or not. A file that cannot be read is told to the person.
async function textOf(uri: Uri): Promise<string | undefined> {
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  try {
    return new TextDecoder().decode(await workspace.fs.readFile(uri));
  } catch (error) {
    if (uri.scheme === "file") return undefined;
    const why = error instanceof Error ? error.message : String(error);
    void window.showErrorMessage(l10n.t("Cannot read {0}: {1}", uri.toString(true), why));
    return undefined;
  }
}
