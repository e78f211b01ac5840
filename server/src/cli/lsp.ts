// `mmtrace lsp`: the language server. It is loaded only when it is asked for.

import type { Command } from "./command.ts";
import { HELD, UsageError } from "./command.ts";

export const lspCommand: Command = {
  name: "lsp",
  synopsis: "--stdio",
  summary: "Serve editors: a language server on standard input and output",
  details: ["Speaks the Language Server Protocol 3.17. Nothing but protocol messages is written to standard output."],
  options: [{ name: "stdio", help: "talk over standard input and output (the only way)" }],
  positional: { least: 0, most: 0 },
  async run(args) {
    if (!args.on("stdio")) throw new UsageError("lsp needs --stdio");
    const { serveStdio } = await import("../lsp/stdio.ts");
    await serveStdio();
    return HELD;
  },
};
