// What a command may touch of the machine it runs on, so that tests can run commands in-process.

// `node:fs/promises` by its lazy name: loading it takes 10 ms, which a debug session that never reads by it should not wait.
import { createReadStream, promises as disk } from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";

export interface Io {
  out(text: string): void;
  err(text: string): void;
  // Whether the stream is a terminal that shows colours and can redraw its line.
  readonly outTerminal: boolean;
  readonly errTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  // Milliseconds on a clock that never goes back.
  now(): number;
  stdin(): Promise<Uint8Array>;
  read(path: string): Promise<Uint8Array>;
  // The same in pieces, for what need not be in memory as a whole.
  stream(path: string): AsyncIterable<Uint8Array>;
  write(path: string, text: string): Promise<void>;
  // What stands at the path: undefined when nothing does.
  kind(path: string): Promise<"file" | "folder" | undefined>;
  list(folder: string): Promise<string[]>;
  // Resolves once everything written so far has left, so that long output never piles up in memory.
  drained(): Promise<void>;
}

async function readAll(stream: Readable): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
}

export const files: Pick<Io, "read" | "stream" | "write" | "kind" | "list"> = {
  read: (path) => disk.readFile(path),
  stream: (path) => createReadStream(path, { highWaterMark: 1 << 18 }),
  write: async (path, text) => {
    await disk.mkdir(dirname(path), { recursive: true });
    await disk.writeFile(path, text);
  },
  kind: async (path) => {
    const found = await disk.stat(path).catch(() => undefined);
    if (!found) return undefined;
    return found.isDirectory() ? "folder" : "file";
  },
  list: async (folder) => (await disk.readdir(folder)).sort(),
};

// The real terminal and disk. A reader that goes away (`mmtrace run x | head`) ends the output, not the program.
export function processIo(): Io {
  let gone = false;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    gone = true;
  });
  process.stderr.on("error", () => undefined);
  return {
    ...files,
    out: (text) => {
      if (!gone) process.stdout.write(text);
    },
    err: (text) => {
      process.stderr.write(text);
    },
    outTerminal: process.stdout.isTTY === true,
    errTerminal: process.stderr.isTTY === true,
    env: process.env,
    // The global `performance` would first load Node's performance hooks.
    now: () => Number(process.hrtime.bigint()) / 1e6,
    stdin: () => readAll(process.stdin),
    drained: () =>
      gone || !process.stdout.writableNeedDrain
        ? Promise.resolve()
        : new Promise((resolve) => {
            const done = () => {
              process.stdout.off("drain", done);
              process.stdout.off("error", done);
              resolve();
            };
            process.stdout.on("drain", done);
            process.stdout.on("error", done);
          }),
  };
}
