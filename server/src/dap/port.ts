// The debug adapter on a port of the loopback address: one session for each connection.
//
// Whoever can run a program on this machine can connect, and a web page can post to it; a session reads files. So each
// server has a token, and a launch is refused whose arguments do not carry it: `"token": "…"` in the configuration.

import { createServer } from "node:net";
import { serveStreams } from "./stdio.ts";

export interface Listening {
  readonly port: number;
  readonly token: string;
}

// Port 0 takes a free one. Resolves when the server is closed, which is when the process is told to end.
export async function servePort(port: number, listening: (at: Listening) => void, signal?: AbortSignal): Promise<void> {
  // Loaded here, so that a session on standard input and output does not wait for it.
  const { randomBytes } = await import("node:crypto");
  const token = randomBytes(16).toString("hex");
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.setNoDelay(true);
      const log = (line: string) => process.stderr.write(`mmtrace dap: ${line}\n`);
      serveStreams(socket, socket, log, { token }).then(() => socket.end());
    });
    server.once("error", reject);
    server.once("close", resolve);
    signal?.addEventListener("abort", () => server.close());
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      listening({ port: typeof address === "object" && address !== null ? address.port : port, token });
    });
  });
}
