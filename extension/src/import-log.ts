// Turns an strace log into a trace: in a new editor, not saved until the person likes it.

import { l10n, ProgressLocation, type Uri, window, workspace } from "vscode";
import { isTrace } from "./configurations.ts";
import type { Language } from "./language.ts";

// Without a file given, the log in the active editor is meant; without one there, the person is asked.
export async function importLog(language: Language, given: Uri | undefined): Promise<void> {
  const log = given ?? activeLog() ?? (await ask());
  if (!log) return;
  const name = log.path.slice(log.path.lastIndexOf("/") + 1);
  const open = workspace.textDocuments.find((document) => document.uri.toString() === log.toString());
  const text = open?.getText() ?? new TextDecoder().decode(await workspace.fs.readFile(log));
  const client = await language.running();
  const answer = await window.withProgress(
    { location: ProgressLocation.Notification, title: l10n.t("Importing {0}", name), cancellable: true },
    (_progress, cancelled) =>
      client.sendRequest<{ text: string; report: string }>("mmtrace/import", { name, text }, cancelled),
  );
  const document = await workspace.openTextDocument({ language: "mmtrace", content: answer.text });
  await window.showTextDocument(document);
  void window.showInformationMessage(answer.report);
}

function activeLog(): Uri | undefined {
  const document = window.activeTextEditor?.document;
  return document && document.languageId !== "mmtrace" && isTrace(document.uri, document.languageId)
    ? document.uri
    : undefined;
}

async function ask(): Promise<Uri | undefined> {
  const filters = { [l10n.t("strace logs")]: ["strace", "log", "txt"], [l10n.t("All files")]: ["*"] };
  const chosen = await window.showOpenDialog({ openLabel: l10n.t("Import"), filters });
  return chosen?.[0];
}
