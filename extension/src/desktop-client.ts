// The language client of the desktop. It is a file of its own because its library is large: it is loaded after activation.

import { LanguageClient, type LanguageClientOptions } from "vscode-languageclient/node";

export function desktopClient(
  node: string,
  args: string[],
  env: Record<string, string>,
  options: LanguageClientOptions,
): LanguageClient {
  const server = { command: node, args, options: { env: { ...process.env, ...env } } };
  return new LanguageClient("mmtrace", "mmtrace", server, options);
}
