// What the extension does when it wakes: registers what VS Code may ask for, and starts the language server beside that.

import { DebugConfigurationProviderTriggerKind, debug, type ExtensionContext, languages, tasks } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { registerCommands } from "./commands.ts";
import { configurationProvider, dynamicConfigurationProvider } from "./configurations.ts";
import { evaluatableExpression } from "./evaluatable.ts";
import type { Host } from "./host.ts";
import { RealKernels } from "./kernel/command.ts";
import { Language } from "./language.ts";
import { defaultModelStatus } from "./models.ts";
import { taskProvider } from "./tasks.ts";

// What other extensions, and the tests, get from `getExtension("mmtrace.mmtrace").activate()`.
export interface Api {
  // The running language client. It is replaced when the server is restarted.
  client(): Promise<BaseLanguageClient>;
  // Which real kernels this machine has, and what stands beside traces that ran there. `shown.show` takes what
  // `mmtrace kernel compare --json --verbose` printed elsewhere.
  readonly realKernels: Pick<RealKernels, "machine" | "shown">;
}

export function activateWith(context: ExtensionContext, host: Host): Api {
  const language = new Language(host);
  const realKernels = new RealKernels(host, context.globalState);
  context.subscriptions.push(
    language,
    realKernels,
    debug.registerDebugAdapterDescriptorFactory("mmtrace", host.debugAdapter),
    debug.registerDebugConfigurationProvider("mmtrace", configurationProvider(host)),
    debug.registerDebugConfigurationProvider(
      "mmtrace",
      dynamicConfigurationProvider,
      DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    languages.registerEvaluatableExpressionProvider({ language: "mmtrace" }, evaluatableExpression),
    defaultModelStatus(),
    ...registerCommands(host, language, realKernels),
  );
  if (host.commandLine)
    context.subscriptions.push(tasks.registerTaskProvider("mmtrace", taskProvider(host.commandLine)));
  language.start();
  return { client: () => language.running(), realKernels };
}
