// `mmtrace import strace`: a trace out of what strace wrote.

import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { LineSplitter } from "../run/import/lines.ts";
import { feed, type LogSource } from "../run/import/merge.ts";
import { type ImportResult, reportLines, straceImport } from "../run/import/strace.ts";
import { type Command, HELD, InputError, oneOf, UsageError } from "./command.ts";
import type { Io } from "./io.ts";
import { type Progress, progressOn } from "./progress.ts";
import { reason, writeText } from "./sources.ts";

const TOUCHES = ["none", "first", "all"] as const;

export const importCommand: Command = {
  name: "import",
  synopsis: "strace FILE [-o OUT] [--touch none|first|all] [--faults FILE]",
  summary: "Turn a log of strace into a trace",
  details: [
    "FILE is what `strace -f -o FILE` wrote, plain or gzipped; a folder holds the files of `strace -ff`; `-` is standard input.",
    "The trace goes to OUT or to standard output, what was dropped is counted on standard error and in the trace's header.",
  ],
  options: [
    { name: "output", short: "o", value: "OUT", help: "write the trace to this file" },
    {
      name: "touch",
      value: "WHAT",
      help: "which pages of writable mappings to write to: none, first (default) or all",
    },
    { name: "faults", value: "FILE", help: "merge the page faults of `perf script` from the same run" },
  ],
  positional: { least: 2, most: 2 },
  async run(args, io) {
    const [format, path] = args.positional;
    if (format !== "strace") throw new UsageError(`no importer for '${format}'; there is 'strace'`);
    const faults = args.text("faults");
    const logs = await logsOf(path, io);
    const into = straceImport({
      files: logs.map((log) => (log.path === "-" ? "<stdin>" : basename(log.path))),
      faults: faults === undefined ? undefined : basename(faults),
      touch: oneOf(args, "touch", TOUCHES),
    });
    const progress = progressOn(io);
    const sources: LogSource[] = logs.map((log) => ({ lines: batches(log.path, io, progress), pid: log.pid }));
    await feed(into, sources, faults === undefined ? undefined : batches(faults, io, progress));
    const result = into.end();
    progress.end();
    return finish(result, args.text("output"), io);
  },
};

async function finish(result: ImportResult, output: string | undefined, io: Io): Promise<number> {
  if (result.error !== undefined) throw new InputError(result.error);
  const parts = [result.header, ...result.body];
  if (output === undefined) {
    for (const part of parts) {
      io.out(part);
      await io.drained();
    }
  } else await writeText(output, parts.join(""), io);
  for (const line of reportLines(result.report)) io.err(`${line}\n`);
  return HELD;
}

interface Log {
  readonly path: string;
  // Whose log it is, of the files of -ff; 0 when the lines tell.
  readonly pid: number;
}

async function logsOf(path: string, io: Io): Promise<Log[]> {
  const kind = path === "-" ? "file" : await io.kind(path);
  if (kind === undefined) throw new InputError(`${path}: no such file`);
  if (kind === "file") return [{ path, pid: 0 }];
  const logs: Log[] = [];
  for (const name of await io.list(path)) {
    const [, pid] = /\.(\d+)(?:\.gz)?$/.exec(name) ?? [];
    if (pid !== undefined) logs.push({ path: join(path, name), pid: Number(pid) });
  }
  if (logs.length === 0) throw new InputError(`${path}: no file NAME.PID of strace -ff in this folder`);
  return logs.sort((a, b) => a.pid - b.pid);
}

// The lines of a file in batches, as they are read. What begins like gzip is unpacked, whatever its name.
async function* batches(path: string, io: Io, progress: Progress): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8");
  const splitter = new LineSplitter();
  let bytes = 0;
  try {
    for await (const chunk of unpacked(path === "-" ? [await io.stdin()] : io.stream(path))) {
      bytes += chunk.length;
      progress.say(`${path}: ${(bytes / 1e6).toFixed(1)} MB`);
      yield splitter.push(decoder.decode(chunk, { stream: true }));
    }
  } catch (error) {
    throw new InputError(`${path}: ${reason(error)}`);
  }
  yield [...splitter.push(decoder.decode()), ...splitter.end()];
}

async function* unpacked(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = iterate(pieces);
  const first = await iterator.next();
  if (first.done) return;
  const packed = first.value[0] === 0x1f && first.value[1] === 0x8b;
  const whole = async function* () {
    yield first.value;
    yield* iterator;
  };
  if (!packed) yield* whole();
  else yield* Readable.from(whole()).compose(createGunzip()) as AsyncIterable<Uint8Array>;
}

async function* iterate(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
