// How the test client reaches an adapter: in the same process, or as a process of its own over standard input and output.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { adapter } from "../../../server/src/dap/adapter.ts";
import { FrameReader, frame } from "../../../server/src/dap/framing.ts";
import { nodeHost } from "../../../server/src/dap/stdio.ts";
import type { Transport } from "./client.ts";

export interface InProcess extends Transport {
  readonly logged: string[];
  closed: boolean;
}

// Messages are copied by way of JSON, as a wire would.
export function inProcess(options: { token?: string; files?: Readonly<Record<string, string>> } = {}): InProcess {
  const logged: string[] = [];
  let handler: (message: P.ProtocolMessage) => void = () => undefined;
  const { files, token } = options;
  const host = files
    ? {
        ...nodeHost,
        readFile: (path: string) =>
          path in files
            ? Promise.resolve(new TextEncoder().encode(files[path]))
            : Promise.reject(new Error("no such file")),
      }
    : nodeHost;
  const made = adapter(
    (message) => handler(JSON.parse(JSON.stringify(message)) as P.ProtocolMessage),
    (line) => logged.push(line),
    host,
    { token, close: () => (transport.closed = true) },
  );
  const transport: InProcess = {
    logged,
    closed: false,
    send: (message) => made.receive(JSON.parse(JSON.stringify(message))),
    receive: (to) => {
      handler = to;
    },
    close: () => Promise.resolve(),
  };
  return transport;
}

export interface Spawned extends Transport {
  // What standard output carried that was no frame.
  readonly garbage: string[];
  readonly errors: string[];
  // Bytes as they are, framed or not.
  write(bytes: Uint8Array | string): void;
  readonly exit: Promise<number | null>;
}

const MAIN = fileURLToPath(new URL("../../../server/src/cli/main.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

// `mmtrace dap --stdio`, from the sources.
export function spawned(): Spawned {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, "dap", "--stdio"], { cwd: ROOT });
  const garbage: string[] = [];
  const errors: string[] = [];
  let handler: (message: P.ProtocolMessage) => void = () => undefined;
  const reader = new FrameReader({
    message: (message) => handler(message as P.ProtocolMessage),
    malformed: (why) => garbage.push(why),
  });
  child.stdout.on("data", (bytes: Uint8Array) => reader.push(bytes));
  child.stderr.on("data", (bytes: Uint8Array) => errors.push(new TextDecoder().decode(bytes)));
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  // A process that never ends fails its test by how it ended.
  const overdue = setTimeout(() => child.kill(), 60_000);
  exit.then(() => clearTimeout(overdue));
  return {
    garbage,
    errors,
    exit,
    send: (message) => child.stdin.write(frame(message)),
    write: (bytes) => child.stdin.write(bytes),
    receive: (to) => {
      handler = to;
    },
    close: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill(), 5000);
      await exit;
      clearTimeout(timer);
    },
  };
}
