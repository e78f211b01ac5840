// The extension on the desktop and in a remote extension host: servers and the command line are processes of their own,
// so that a long run never blocks the thread that all extensions share.

import { spawn } from "node:child_process";
import { DebugAdapterExecutable, type ExtensionContext } from "vscode";
import { type Api, activateWith } from "./activate.ts";
import type { Call, Host, Running } from "./host.ts";

export function activate(context: ExtensionContext): Api {
  return activateWith(context, desktop(context.asAbsolutePath("dist/mmtrace.js")));
}

function desktop(program: string): Host {
  // The editor's own executable runs as Node; nothing has to be installed beside it.
  const node = process.execPath;
  const env = { ELECTRON_RUN_AS_NODE: "1" };
  return {
    languageClient: async (options) => {
      const { desktopClient } = await import("./desktop-client.ts");
      return desktopClient(node, [program, "lsp", "--stdio"], env, options);
    },
    debugAdapter: {
      createDebugAdapterDescriptor: () => new DebugAdapterExecutable(node, [program, "dap", "--stdio"], { env }),
    },
    adapterReadsFiles: true,
    commandLine: (args, call) => run(node, [program, ...args], env, call),
  };
}

function run(
  command: string,
  args: readonly string[],
  env: Record<string, string>,
  { folder, input, terminal, out, err }: Call,
): Running {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env, ...(terminal && { FORCE_COLOR: "1" }) },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdout.setEncoding("utf8").on("data", out);
  child.stderr.setEncoding("utf8").on("data", err);
  // A program that ends before it has read everything says why by itself.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const status = new Promise<number>((resolve) => {
    child.on("error", (error) => {
      err(`${error.message}\n`);
      resolve(127);
    });
    child.on("close", (code) => resolve(code ?? 130));
  });
  return { status, stop: () => void child.kill() };
}
