// The commands of the palette, of the editor's Run menu, of the code lenses and of the debug toolbar.

import { commands, type Disposable, debug, l10n, tasks, Uri, window, workspace } from "vscode";
import { configurationFor, isTrace } from "./configurations.ts";
import { exportC } from "./export-c.ts";
import type { Host } from "./host.ts";
import { importLog } from "./import-log.ts";
import { journalDocuments, openJournal } from "./journal.ts";
import type { RealKernels } from "./kernel/command.ts";
import type { Language } from "./language.ts";
import { modelNames, pickModel, selectDefaultModel } from "./models.ts";
import { traceTask } from "./tasks.ts";

export function registerCommands(host: Host, language: Language, realKernels: RealKernels): Disposable[] {
  const journals = journalDocuments(language);
  const table: Record<string, (...args: never[]) => unknown> = {
    "mmtrace.run": (uri?: Uri | string) => onTrace(uri, (trace) => runTrace(host, trace)),
    "mmtrace.runAllModels": (uri?: Uri | string) => onTrace(uri, (trace) => runTrace(host, trace, true)),
    "mmtrace.debug": (uri?: Uri | string) => onTrace(uri, debugTrace),
    "mmtrace.openJournal": (uri?: Uri | string) => onTrace(uri, openJournal),
    "mmtrace.importStrace": (uri?: Uri) => importLog(language, uri),
    "mmtrace.exportC": (uri?: Uri | string) => onTrace(uri, (trace) => exportC(language, trace)),
    "mmtrace.runOnRealKernel": (given?: unknown, kernels?: unknown) => realKernels.run(given, kernels),
    "mmtrace.clearRealKernelResults": () => realKernels.shown.clear(),
    "mmtrace.selectModel": selectDefaultModel,
    "mmtrace.pickModel": () => pickModel(l10n.t("Kernel model to debug under")),
    "mmtrace.restartServer": () => language.restart(),
    "mmtrace.reverseStepOver": () => reverse("reverseNext"),
    "mmtrace.reverseStepInto": () => reverse("reverseStepIn"),
    "mmtrace.reverseStepOut": () => reverse("reverseStepOut"),
  };
  return [journals, ...Object.entries(table).map(([name, act]) => commands.registerCommand(name, act))];
}

// A command comes with a URI from a menu, with a string from a code lens, and with nothing from the palette.
async function onTrace(given: Uri | string | undefined, act: (uri: Uri) => unknown): Promise<void> {
  const uri = typeof given === "string" ? Uri.parse(given) : (given ?? window.activeTextEditor?.document.uri);
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri?.toString());
  if (uri && isTrace(uri, open?.languageId)) await act(uri);
  else void window.showInformationMessage(l10n.t("Open a trace first."));
}

async function debugTrace(uri: Uri): Promise<void> {
  await debug.startDebugging(workspace.getWorkspaceFolder(uri), configurationFor(uri));
}

// The command line runs files; where there is none, or no file, the debug adapter runs the text to its end, model by model.
async function runTrace(host: Host, uri: Uri, everywhere = false): Promise<void> {
  const document = await workspace.openTextDocument(uri);
  if (host.commandLine && uri.scheme === "file") {
    await document.save();
    const kernel = everywhere ? { kernel: "all" } : {};
    await tasks.executeTask(
      traceTask(host.commandLine, { type: "mmtrace", command: "run", file: uri.fsPath, ...kernel }),
    );
    return;
  }
  const folder = workspace.getWorkspaceFolder(uri);
  for (const model of everywhere ? modelsOf(document.getText()) : [undefined]) {
    const configuration = configurationFor(uri);
    const under = model === undefined ? {} : { model, name: `${configuration.name} under ${model}` };
    await debug.startDebugging(folder, { ...configuration, stopOnEntry: false, ...under }, { noDebug: true });
  }
}

// The models of the trace's kernel line, or all there are.
function modelsOf(text: string): readonly string[] {
  const named = /^[ \t]*kernel[ \t]+([^#\r\n]+)/m
    .exec(text)?.[1]
    .trim()
    .split(/[ \t,]+/);
  return named ?? modelNames();
}

// VS Code has no keys for stepping back into and out of a call, so the adapter takes requests of its own for them.
async function reverse(request: string): Promise<void> {
  const session = debug.activeDebugSession;
  const frame = debug.activeStackItem;
  if (session?.type !== "mmtrace") return;
  await session.customRequest(request, { threadId: frame && "threadId" in frame ? frame.threadId : undefined });
}
