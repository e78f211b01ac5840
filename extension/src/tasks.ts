// Tasks that run the command line on a trace, in a terminal of the editor, with problems picked up from its output.

import {
  CustomExecution,
  EventEmitter,
  type Pseudoterminal,
  Task,
  type TaskDefinition,
  TaskPanelKind,
  type TaskProvider,
  TaskRevealKind,
  TaskScope,
  Uri,
  window,
  workspace,
} from "vscode";
import type { CommandLine, Running } from "./host.ts";

export interface TraceTask extends TaskDefinition {
  readonly type: "mmtrace";
  readonly command: "run" | "test" | "check";
  readonly file: string;
  readonly kernel?: string;
}

// Offers the open trace's tasks, and completes those that a person wrote into tasks.json.
export function taskProvider(commandLine: CommandLine): TaskProvider {
  return {
    provideTasks() {
      const document = window.activeTextEditor?.document;
      if (document?.languageId !== "mmtrace" || document.uri.scheme !== "file") return [];
      const file = document.uri.fsPath;
      return [
        traceTask(commandLine, { type: "mmtrace", command: "run", file }),
        traceTask(commandLine, { type: "mmtrace", command: "run", file, kernel: "all" }),
        traceTask(commandLine, { type: "mmtrace", command: "test", file }),
      ];
    },
    resolveTask: (task) => traceTask(commandLine, task.definition as TraceTask),
  };
}

export function traceTask(commandLine: CommandLine, definition: TraceTask): Task {
  const folder = workspace.getWorkspaceFolder(Uri.file(definition.file)) ?? workspace.workspaceFolders?.[0];
  const args = [definition.command, definition.file, ...(definition.kernel ? ["--kernel", definition.kernel] : [])];
  const shown = folder ? workspace.asRelativePath(definition.file, false) : definition.file;
  const name = [definition.command, shown, ...(definition.kernel ? ["--kernel", definition.kernel] : [])].join(" ");
  const task = new Task(
    definition,
    folder ?? TaskScope.Global,
    name,
    "mmtrace",
    new CustomExecution(async () => terminal(commandLine, args, folder?.uri.fsPath)),
    "$mmtrace",
  );
  task.presentationOptions = { reveal: TaskRevealKind.Always, panel: TaskPanelKind.Shared, clear: true };
  return task;
}

// A terminal of the extension's own: it needs no shell, hence no quoting, and works where no shell may be started.
function terminal(commandLine: CommandLine, args: readonly string[], folder: string | undefined): Pseudoterminal {
  const printed = new EventEmitter<string>();
  const closed = new EventEmitter<number>();
  let running: Running | undefined;
  return {
    onDidWrite: printed.event,
    onDidClose: closed.event,
    open() {
      printed.fire(`\x1b[2m$ mmtrace ${args.join(" ")}\x1b[0m\r\n`);
      const print = (text: string) => printed.fire(text.replace(/\r?\n/g, "\r\n"));
      running = commandLine(args, { folder, terminal: true, out: print, err: print });
      void running.status.then((status) => closed.fire(status));
    },
    close: () => running?.stop(),
    handleInput(data) {
      if (data === "\x03") running?.stop();
    },
  };
}
