// The language server on standard input and output.

import { createConnection } from "vscode-languageserver/node";
import { files } from "./files.ts";
import { FrameWriter } from "./frame_writer.ts";
import { FrameReader } from "./framing.ts";
import { serve } from "./server.ts";

// Never settles: the `exit` message, or the end of the input, ends the process.
export function serveStdio(): Promise<never> {
  const { stdin, stdout } = process;
  const connection = createConnection(new FrameReader(stdin), new FrameWriter(stdout));
  stdin.on("end", () => process.exit(1));
  // A client that is gone reads no answers.
  stdout.on("error", () => process.exit(1));
  serve(connection, { clock: () => performance.now(), files });
  return new Promise(() => {});
}
