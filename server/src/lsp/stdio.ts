// The language server on standard input and output.

import type { Readable, Writable } from "node:stream";
import { createConnection } from "vscode-languageserver/node";
import { files } from "./files.ts";
import { FrameWriter } from "./frame_writer.ts";
import { FrameReader } from "./framing.ts";
import { serve } from "./server.ts";

export function serveStreams(input: Readable, output: Writable): void {
  const connection = createConnection(new FrameReader(input), new FrameWriter(output));
  // The global `performance` would first load Node's performance hooks: 10 ms before the first diagnostics.
  serve(connection, { clock: () => Number(process.hrtime.bigint()) / 1e6, files });
}

// Never settles: the `exit` message, or the end of the input, ends the process.
export function serveStdio(): Promise<never> {
  const { stdin, stdout } = process;
  serveStreams(stdin, stdout);
  stdin.on("end", () => process.exit(1));
  // A client that is gone reads no answers.
  stdout.on("error", () => process.exit(1));
  return new Promise(() => {});
}
