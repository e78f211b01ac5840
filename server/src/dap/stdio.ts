// The debug adapter as a process: on standard input and output, or on a port of the loopback address.

import { readFile } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { adapter } from "./adapter.ts";
import { FrameReader, frame } from "./framing.ts";
import type { Host } from "./launch.ts";

export { servePort } from "./port.ts";

const read = promisify(readFile);

export const nodeHost: Host = {
  readFile: async (path) => {
    try {
      return await read(path.startsWith("file:") ? fileURLToPath(path) : path);
    } catch (error) {
      throw new Error(reason(error));
    }
  },
  // The global `performance` would first load Node's performance hooks: 10 ms before the first stop.
  now: () => Number(process.hrtime.bigint()) / 1e6,
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

// One session. Resolves when the client has disconnected or its end of the stream is closed.
export function serveStreams(
  input: Readable,
  output: Writable,
  log: (line: string) => void,
  options: { token?: string } = {},
): Promise<void> {
  return new Promise((resolve) => {
    // What one turn says (an answer, and the stop that follows it) goes out with one write: the client wakes up once.
    let unsent: Uint8Array[] = [];
    const flush = () => {
      if (unsent.length > 0 && output.writable) output.write(unsent.length === 1 ? unsent[0] : Buffer.concat(unsent));
      unsent = [];
    };
    const session = adapter(
      (message) => {
        if (unsent.push(frame(message)) === 1) setImmediate(flush);
      },
      log,
      nodeHost,
      { ...options, close: () => finish() },
    );
    const reader = new FrameReader({
      message: (value) => session.receive(value),
      malformed: (why) => log(`malformed message: ${why}`),
    });
    const finish = () => {
      session.abandon();
      input.off("data", onData);
      input.pause();
      flush();
      resolve();
    };
    const onData = (bytes: Uint8Array) => reader.push(bytes);
    input.on("data", onData);
    input.once("end", finish);
    input.once("error", finish);
    output.once("error", finish);
  });
}

// Standard output carries frames and nothing else; what goes wrong with the stream is said on standard error.
export async function serveStdio(): Promise<void> {
  await serveStreams(process.stdin, process.stdout, (line) => process.stderr.write(`mmtrace dap: ${line}\n`));
  // A pipe that is merely paused would keep the process.
  process.stdin.destroy();
}
