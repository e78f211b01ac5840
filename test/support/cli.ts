// Runs the command line in this process, over files that exist only in memory.

import { main } from "../../server/src/cli/commands.ts";
import type { Io } from "../../server/src/cli/io.ts";

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  // Files as they are afterwards.
  readonly files: Map<string, string>;
}

export interface Setting {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly terminal?: boolean;
}

export async function mmtrace(argv: readonly string[], setting: Setting = {}): Promise<Ran> {
  const encoder = new TextEncoder();
  const files = new Map<string, Uint8Array>();
  for (const [path, content] of Object.entries(setting.files ?? {})) {
    files.set(path, typeof content === "string" ? encoder.encode(content) : content);
  }
  let out = "";
  let err = "";
  let now = 0;
  const read = async (path: string) => {
    const found = files.get(path);
    if (!found) throw Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
    return found;
  };
  const inside = (folder: string) => [...files.keys()].filter((path) => path.startsWith(`${folder}/`));
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    outTerminal: setting.terminal === true,
    errTerminal: setting.terminal === true,
    env: setting.env ?? {},
    now: () => now++,
    stdin: async () => encoder.encode(setting.stdin ?? ""),
    read,
    stream: async function* (path) {
      yield await read(path);
    },
    write: async (path, text) => {
      files.set(path, encoder.encode(text));
    },
    kind: async (path) => (files.has(path) ? "file" : inside(path).length > 0 ? "folder" : undefined),
    list: async (folder) =>
      [...new Set(inside(folder).map((path) => path.slice(folder.length + 1).split("/")[0]))].sort(),
    drained: async () => undefined,
  };
  const status = await main(argv, io);
  const decoder = new TextDecoder();
  return { status, out, err, files: new Map([...files].map(([path, bytes]) => [path, decoder.decode(bytes)])) };
}
