// Which commands there are, and what `mmtrace ARGUMENTS` does: finds the command, reads its arguments, runs it, and
// turns what went wrong into an exit status.

import { nearest } from "../lang/nearest.ts";
import { paintFor } from "./colour.ts";
import {
  AT_LIMIT,
  type Command,
  type CommandGroup,
  HELD,
  helpOf,
  helpOfGroup,
  mistakeIn,
  readArguments,
  WRONG_INPUT,
} from "./command.ts";
import type { Io } from "./io.ts";
import { VERSION } from "./version.ts";

// Each command is loaded when it is asked for: a debug session need not wait for the importer.
const LOADERS: Readonly<Record<string, () => Promise<Command | CommandGroup>>> = {
  run: async () => (await import("./engine_commands.ts")).runCommand,
  test: async () => (await import("./engine_commands.ts")).testCommand,
  check: async () => (await import("./engine_commands.ts")).checkCommand,
  fmt: async () => (await import("./engine_commands.ts")).fmtCommand,
  eval: async () => (await import("./engine_commands.ts")).evalCommand,
  why: async () => (await import("./engine_commands.ts")).whyCommand,
  matrix: async () => (await import("./engine_commands.ts")).matrixCommand,
  capacity: async () => (await import("./engine_commands.ts")).capacityCommand,
  hazards: async () => (await import("./engine_commands.ts")).hazardsCommand,
  kernels: async () => (await import("./engine_commands.ts")).kernelsCommand,
  import: async () => (await import("./engine_commands.ts")).importCommand,
  kernel: async () => (await import("./kernel_commands.ts")).kernelGroup,
  fuzz: async () => (await import("./kernel_commands.ts")).fuzzCommand,
  export: async () => (await import("./engine_commands.ts")).exportCommand,
  lsp: async () => (await import("./lsp.ts")).lspCommand,
  dap: async () => (await import("./dap.ts")).dapCommand,
};

// All of them, those of a group one by one.
export async function commands(): Promise<Command[]> {
  const found = await Promise.all(Object.values(LOADERS).map((load) => load()));
  return found.flatMap((one) => ("commands" in one ? one.commands : [one]));
}

async function named(name: string): Promise<Command | CommandGroup | undefined> {
  return Object.hasOwn(LOADERS, name) ? LOADERS[name]() : undefined;
}

// Runs one command line (without `node` and the script) and gives its exit status. Nothing here ends the process.
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || isHelp(name)) {
    const about = rest[0] === undefined ? undefined : await named(rest[0]);
    if (about !== undefined) return main([...rest, "--help"], io);
    const text = overview(await commands());
    if (name === undefined) io.err(text);
    else io.out(text);
    return name === undefined ? WRONG_INPUT : HELD;
  }
  if (name === "--version" || name === "-V") {
    io.out(`mmtrace ${VERSION}\n`);
    return HELD;
  }
  const found = await named(name);
  if (found && "commands" in found) return runGroup(found, rest, io);
  if (found) return runOne(found, rest, io);
  return unknown(name, Object.keys(LOADERS), "mmtrace", io);
}

async function runGroup(group: CommandGroup, argv: readonly string[], io: Io): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined || isHelp(word)) {
    if (word === undefined) io.err(helpOfGroup(group));
    else io.out(helpOfGroup(group));
    return word === undefined ? WRONG_INPUT : HELD;
  }
  const found = group.commands.find(({ name }) => name === `${group.name} ${word}`);
  if (found) return runOne(found, rest, io);
  const words = group.commands.map(({ name }) => name.slice(group.name.length + 1));
  return unknown(word, words, `mmtrace ${group.name}`, io);
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h" || word === "help";
}

function unknown(name: string, words: readonly string[], of: string, io: Io): number {
  const near = nearest(name, words);
  io.err(`${of}: no command '${name}'${near ? `; did you mean '${near}'?` : ""} (${of} --help lists them)\n`);
  return WRONG_INPUT;
}

async function runOne(command: Command, argv: readonly string[], io: Io): Promise<number> {
  const paint = paintFor(io, "err");
  try {
    const args = readArguments(command, argv);
    if (args.help) {
      io.out(helpOf(command));
      return HELD;
    }
    return await command.run(args, io);
  } catch (error) {
    const mistake = mistakeIn(error);
    if (mistake === undefined) throw error;
    const usage = mistake === "usage" ? `Usage: mmtrace ${command.name} ${command.synopsis}\n` : "";
    io.err(`${paint.bad("error:")} ${(error as Error).message}\n${usage}`);
    return mistake === "guest" ? AT_LIMIT : WRONG_INPUT;
  }
}

function overview(all: readonly Command[]): string {
  const width = Math.max(...all.map((command) => command.name.length));
  const list = all.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    "Usage: mmtrace COMMAND …",
    "",
    "Runs, checks and explains traces of Linux memory management on a simulated MMU.",
    "",
    "Commands:",
    ...list,
    "",
    "mmtrace COMMAND --help tells more. Exit status: 0 all held, 1 a check or an outcome failed,",
    "2 the input was wrong, 3 the run hit a limit.",
    "",
  ].join("\n");
}
