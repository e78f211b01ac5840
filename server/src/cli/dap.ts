// `mmtrace dap`: the debug adapter. It is loaded only when it is asked for.

import type { Command } from "./command.ts";
import { HELD, UsageError, wholeNumber } from "./command.ts";

export const dapCommand: Command = {
  name: "dap",
  synopsis: "--stdio | --port N",
  summary: "Serve debuggers: a debug adapter on standard input and output, or on a port of this machine",
  details: [
    "Speaks the Debug Adapter Protocol. With --port it listens on the loopback address only and serves one session\n" +
      "for each connection; port 0 takes a free one and says which on standard error, with the token that the launch's\n" +
      'arguments must carry ("token": "…").',
  ],
  options: [
    { name: "stdio", help: "talk over standard input and output" },
    { name: "port", value: "N", help: "listen on 127.0.0.1:N" },
  ],
  positional: { least: 0, most: 0 },
  async run(args, io) {
    const port = wholeNumber(args, "port", 0);
    if (args.on("stdio") === (port !== undefined)) throw new UsageError("dap needs either --stdio or --port N");
    if (port !== undefined && port > 65535) throw new UsageError(`--port is at most 65535, not ${port}`);
    const { serveStdio, servePort } = await import("../dap/stdio.ts");
    if (port === undefined) await serveStdio();
    else {
      await servePort(port, ({ port: taken, token }) => {
        io.err(`mmtrace dap: listening on 127.0.0.1:${taken}\nmmtrace dap: token ${token}\n`);
      });
    }
    return HELD;
  },
};
