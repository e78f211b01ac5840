// Where a command's text comes from: a file, standard input (`-`), or every trace below a folder.

import { join } from "node:path";
import { InputError } from "./command.ts";
import type { Io } from "./io.ts";

export interface Source {
  // As the person named it: what problems are printed with.
  readonly file: string;
  readonly text: string;
  readonly stray: number | undefined;
}

const decoder = new TextDecoder("utf-8");
const strict = new TextDecoder("utf-8", { fatal: true });

async function readBytes(path: string, io: Io): Promise<Uint8Array> {
  if (path === "-") return io.stdin();
  try {
    return await io.read(path);
  } catch (error) {
    throw new InputError(`${path}: ${reason(error)}`);
  }
}

// Bytes that are no UTF-8 become U+FFFD; `stray` is the first line, from 0, that has such bytes.
export async function readSource(path: string, io: Io): Promise<Source> {
  const bytes = await readBytes(path, io);
  const text = decoder.decode(bytes);
  return { file: path === "-" ? "<stdin>" : path, text, stray: text.includes("\ufffd") ? strayLine(bytes) : undefined };
}

// A line that says U+FFFD itself is none.
function strayLine(bytes: Uint8Array): number | undefined {
  let start = 0;
  for (let line = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      strict.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return undefined;
}

// The trace files that the paths mean, in order: a file is itself, a folder every *.mmtrace below it.
export async function traceFiles(paths: readonly string[], io: Io): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const kind = path === "-" ? "file" : await io.kind(path);
    if (kind === undefined) throw new InputError(`${path}: no such file or folder`);
    if (kind === "file") {
      found.push(path);
      continue;
    }
    const before = found.length;
    await collect(path, io, found);
    if (found.length === before) throw new InputError(`${path}: no .mmtrace file in this folder`);
  }
  return [...new Set(found)];
}

async function collect(folder: string, io: Io, found: string[]): Promise<void> {
  for (const name of await io.list(folder)) {
    if (name.startsWith(".") || name === "node_modules") continue;
    const path = join(folder, name);
    const kind = await io.kind(path);
    if (kind === "folder") await collect(path, io, found);
    else if (kind === "file" && name.endsWith(".mmtrace")) found.push(path);
  }
}

// Writes a file, or says as a mistake of the person's why it cannot.
export async function writeText(path: string, text: string, io: Io): Promise<void> {
  try {
    await io.write(path, text);
  } catch (error) {
    throw new InputError(`${path}: ${reason(error)}`);
  }
}

export function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "is a folder";
  if (code === "EACCES") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
