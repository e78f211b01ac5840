// Shows a trace as a C program, in the manner of the kernel's selftests: in a new editor, not saved until the person likes it.

import { type Uri, window, workspace } from "vscode";
import type { Language } from "./language.ts";

export async function exportC(language: Language, trace: Uri): Promise<void> {
  // The server knows the text of open documents only.
  await workspace.openTextDocument(trace);
  const client = await language.running();
  const answer = await client.sendRequest<{ text: string; report: string }>("mmtrace/exportC", {
    uri: trace.toString(),
  });
  const document = await workspace.openTextDocument({ language: "c", content: answer.text });
  await window.showTextDocument(document);
  void window.showInformationMessage(answer.report);
}
