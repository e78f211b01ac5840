// From the launch's arguments to a recording: reads the trace (or imports the log), checks it, runs it.

import { check } from "../lang/check.ts";
import { analyse } from "../lang/document.ts";
import { nearest } from "../lang/nearest.ts";
import type { Problem } from "../lang/problem.ts";
import type { Program } from "../lang/program.ts";
import { DEFAULT_MODEL, MODELS } from "../mm/models.ts";
import { MODEL_NAMES, type ModelName } from "../mm/releases.ts";
import { LineSplitter } from "../run/import/lines.ts";
import { straceImport } from "../run/import/strace.ts";
import { type MachineOverrides, overrideProblem } from "../run/machine.ts";
import type { Recording } from "../run/recording.ts";
import { type RunOptions, start } from "../run/run.ts";
import type { Args } from "./arguments.ts";
import { RequestError } from "./reply.ts";
import { nameOf, type Trace } from "./trace.ts";

export interface LaunchArguments {
  readonly program: string;
  readonly text: string | undefined;
  readonly model: string | undefined;
  readonly stopOnEntry: boolean;
  readonly stopOnExit: boolean;
  readonly noDebug: boolean;
  readonly checkInvariants: boolean;
  readonly limits: NonNullable<RunOptions["limits"]>;
  readonly machine: MachineOverrides;
}

// What the adapter may touch of the machine that it runs on.
export interface Host {
  // The bytes of a file; rejects with a message for people.
  readFile(path: string): Promise<Uint8Array>;
  // Milliseconds that never go back.
  now(): number;
  // Lets other work happen: messages that arrived in between are received.
  pause(): Promise<void>;
}

export function launchArguments(args: Args): LaunchArguments {
  const limits = args.object("limits");
  return {
    program: args.string("program"),
    text: args.optionalString("text"),
    model: args.optionalString("model") || undefined,
    stopOnEntry: args.flag("stopOnEntry"),
    stopOnExit: args.flag("stopOnExit"),
    noDebug: args.flag("noDebug"),
    checkInvariants: args.flag("checkInvariants"),
    limits: {
      events: limits.optionalPositive("events"),
      bytes: scaled(limits.optionalPositive("memory"), 2 ** 20),
      milliseconds: scaled(limits.optionalPositive("time"), 1000),
    },
    machine: overrides(args.object("machine")),
  };
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

// A configuration may say `"memory": 4096` as well as `"memory": "4K"`.
function overrides(machine: Args): MachineOverrides {
  const settings = Object.fromEntries(machine.keys().map((key) => [key, String(machine.raw(key))]));
  const problem = overrideProblem(settings);
  if (problem !== undefined) throw new RequestError("bad-arguments", `machine: ${problem}`);
  return settings;
}

export async function loadTrace({ program: path, text }: LaunchArguments, host: Host): Promise<Trace> {
  if (path === "")
    throw new RequestError("no-program", "`program` is empty: name a trace (.mmtrace) or a log of strace");
  const bytes = text === undefined ? await read(path, host) : undefined;
  const isLog = /\.(strace|log)(\.gz)?$/i.test(path);
  if (isLog) {
    const log = text ?? decode(await unpacked(bytes ?? new Uint8Array()));
    const trace = imported(path, log);
    return { path, text: trace, program: analyse(trace).program, imported: true };
  }
  const own = text ?? decode(bytes ?? new Uint8Array());
  return { path, text: own, program: analyse(own).program, imported: false };
}

async function read(path: string, host: Host): Promise<Uint8Array> {
  try {
    return await host.readFile(path);
  } catch (error) {
    throw new RequestError(
      "no-program",
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

// A log may be gzipped, whatever its name.
async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new RequestError("no-program", "the log begins like gzip, but it cannot be unpacked");
  }
}

function imported(path: string, log: string): string {
  const importer = straceImport({ files: [nameOf(path)] });
  const splitter = new LineSplitter();
  for (const line of [...splitter.push(log), ...splitter.end()]) importer.line(line);
  const { header, body, error } = importer.end();
  if (error !== undefined) throw new RequestError("no-program", error);
  return [header, ...body].join("");
}

// The model that was asked for, or the trace's first, or the newest release.
export function chooseModel(program: Program, wanted: string | undefined): string {
  if (wanted !== undefined) {
    if (MODELS.has(wanted as ModelName)) return wanted;
    const near = nearest(wanted, MODEL_NAMES);
    throw new RequestError("bad-arguments", `there is no model "${wanted}"${near ? `; did you mean ${near}?` : ""}`);
  }
  return program.kernels.map(({ model }) => model).find((model) => MODELS.has(model as ModelName)) ?? DEFAULT_MODEL;
}

// All problems of the text, worst first; a launch is refused when one is an error.
export function problemsOf(program: Program, model: string): Problem[] {
  const all = [...program.problems, ...check(program, model)];
  return all.sort((a, b) => a.range.line - b.range.line || a.range.start - b.range.start);
}

// Runs the whole trace, in slices, so that a client that goes away ends it.
export async function record(
  trace: Trace,
  model: string,
  { limits, machine, checkInvariants }: LaunchArguments,
  host: Host,
  cancelled: () => boolean,
): Promise<Recording> {
  const options = { model, limits, machine, checkInvariants, cancelled, clock: () => host.now() };
  const execution = start(trace.program, options);
  while (!execution.advance(SLICE)) await host.pause();
  return execution.recording;
}

// Milliseconds of running between two looks at what the client sent.
const SLICE = 100;
