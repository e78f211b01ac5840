// Which kernel models there are to choose from, and which one runs a trace that names none.

import { ConfigurationTarget, type Disposable, extensions, l10n, languages, window, workspace } from "vscode";

// The names are those of the setting's schema, so that this list cannot differ from it.
export function modelNames(): readonly string[] {
  const manifest = extensions.getExtension("mmtrace.mmtrace")?.packageJSON as Manifest | undefined;
  return (
    manifest?.contributes.configuration.properties["mmtrace.defaultModel"].enum.filter((name) => name !== "") ?? []
  );
}

interface Manifest {
  contributes: { configuration: { properties: { "mmtrace.defaultModel": { enum: string[] } } } };
}

export async function pickModel(placeHolder: string): Promise<string | undefined> {
  const items = modelNames().map((name) => ({ label: name, description: `Linux ${name}` }));
  return (await window.showQuickPick(items.reverse(), { placeHolder }))?.label;
}

// Asks for the model that runs traces without a `kernel` line, and keeps the answer in the settings.
export async function selectDefaultModel(): Promise<void> {
  const model = await pickModel(l10n.t("Kernel model for traces without a kernel line"));
  if (model === undefined) return;
  const target = workspace.workspaceFolders ? ConfigurationTarget.Workspace : ConfigurationTarget.Global;
  await workspace.getConfiguration("mmtrace").update("defaultModel", model, target);
}

// The language status of a trace: the default model, one click from being changed.
export function defaultModelStatus(): Disposable {
  const item = languages.createLanguageStatusItem("mmtrace.model", { language: "mmtrace" });
  const show = () => {
    const model = workspace.getConfiguration("mmtrace").get<string>("defaultModel");
    item.text = model ? `Linux ${model}` : l10n.t("newest kernel model");
  };
  item.name = l10n.t("mmtrace kernel model");
  item.detail = l10n.t("for traces without a kernel line");
  item.command = { command: "mmtrace.selectModel", title: l10n.t("Select") };
  show();
  const changed = workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration("mmtrace.defaultModel")) show();
  });
  return { dispose: () => [item, changed].forEach((part) => void part.dispose()) };
}
