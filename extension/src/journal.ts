// The journal of a run as a read-only document: every write to the simulated world, indented by kernel function.

import { type Disposable, EventEmitter, Uri, window, workspace } from "vscode";
import type { Language } from "./language.ts";

const SCHEME = "mmtrace-journal";

// The journal's address is that of its trace under another scheme, so that it is named after it and found again.
export async function openJournal(trace: Uri): Promise<void> {
  const address = Uri.from({
    scheme: SCHEME,
    path: `${trace.path}.journal`,
    query: trace.toString(),
  });
  const document = await workspace.openTextDocument(address);
  await window.showTextDocument(document, { preview: false });
}

// Serves journals and renews the open ones whenever their trace is saved.
export function journalDocuments(language: Language): Disposable {
  const changed = new EventEmitter<Uri>();
  const provider = workspace.registerTextDocumentContentProvider(SCHEME, {
    onDidChange: changed.event,
    async provideTextDocumentContent(address) {
      const trace = Uri.parse(address.query);
      // The server knows the text of open documents only.
      await workspace.openTextDocument(trace);
      const client = await language.running();
      const answer = await client.sendRequest<{ text: string }>("mmtrace/journal", { uri: trace.toString() });
      return answer.text;
    },
  });
  const saved = workspace.onDidSaveTextDocument((trace) => {
    for (const { uri } of workspace.textDocuments)
      if (uri.scheme === SCHEME && uri.query === trace.uri.toString()) changed.fire(uri);
  });
  return { dispose: () => [provider, saved, changed].forEach((part) => void part.dispose()) };
}
