// What differs between the desktop and the browser: how the language server, the debug adapter and the command line are reached.

import type { DebugAdapterDescriptorFactory } from "vscode";
import type { BaseLanguageClient, LanguageClientOptions } from "vscode-languageclient";

export interface Host {
  // A client that is made but not started. Each call makes a new one, since a stopped client is not started again.
  languageClient(options: LanguageClientOptions): Promise<BaseLanguageClient>;
  readonly debugAdapter: DebugAdapterDescriptorFactory;
  // Whether the debug adapter can open files by itself; otherwise the text goes along with the launch request.
  readonly adapterReadsFiles: boolean;
  // A browser has no processes, hence no command line.
  readonly commandLine?: CommandLine;
}

// Starts `mmtrace ARGS`.
export type CommandLine = (args: readonly string[], call: Call) => Running;

export interface Call {
  readonly folder?: string;
  // What it reads from standard input; nothing when left out.
  readonly input?: string;
  // Whether it prints for a terminal, which shows colours.
  readonly terminal: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export interface Running {
  readonly status: Promise<number>;
  stop(): void;
}
