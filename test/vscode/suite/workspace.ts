// Traces to work on, as documents that need no file.

import {
  type Diagnostic,
  extensions,
  languages,
  type Position,
  type TextDocument,
  Uri,
  window,
  workspace,
} from "vscode";
import type { Api } from "../../../extension/src/activate.ts";
import { eventually } from "./harness.ts";

export async function api(): Promise<Api> {
  const extension = extensions.getExtension<Api>("mmtrace.mmtrace");
  if (!extension) throw new Error("the extension is not there");
  return extension.activate();
}

// Opens a trace that is in no file. `$0` in the text is the cursor.
export async function opened(text: string): Promise<{ document: TextDocument; cursor: Position }> {
  const at = Math.max(text.indexOf("$0"), 0);
  await (await api()).client();
  const document = await workspace.openTextDocument({ language: "mmtrace", content: text.replace("$0", "") });
  await window.showTextDocument(document);
  return { document, cursor: document.positionAt(at) };
}

// A trace of the workspace, which the runner made of the project's samples.
export async function sample(part: string): Promise<TextDocument> {
  await (await api()).client();
  const found = await workspace.findFiles(`**/*${part}*.mmtrace`);
  if (found.length === 0) throw new Error(`no sample has '${part}' in its name`);
  return workspace.openTextDocument(Uri.parse(found[0].toString()));
}

// What the editor shows below the text once the server has spoken.
export async function problems(document: TextDocument, least = 1): Promise<Diagnostic[]> {
  return eventually(() => {
    const known = languages.getDiagnostics(document.uri);
    return known.length >= least ? known : undefined;
  }, `${least} problem(s) of ${document.uri.path}`);
}
