// Which commands there are, and what `mmtrace ARGUMENTS` does: finds the command, reads its arguments, runs it, and
// turns what went wrong into an exit status.

import { nearest } from "../lang/nearest.ts";
import { paintFor } from "./colour.ts";
import { type Command, HELD, helpOf, mistakeIn, readArguments, WRONG_INPUT } from "./command.ts";
import type { Io } from "./io.ts";
import { VERSION } from "./version.ts";

// Each command is loaded when it is asked for: a debug session need not wait for the importer.
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./engine_commands.ts")).runCommand,
  test: async () => (await import("./engine_commands.ts")).testCommand,
  check: async () => (await import("./engine_commands.ts")).checkCommand,
  fmt: async () => (await import("./engine_commands.ts")).fmtCommand,
  eval: async () => (await import("./engine_commands.ts")).evalCommand,
  why: async () => (await import("./engine_commands.ts")).whyCommand,
  matrix: async () => (await import("./engine_commands.ts")).matrixCommand,
  kernels: async () => (await import("./engine_commands.ts")).kernelsCommand,
  import: async () => (await import("./engine_commands.ts")).importCommand,
  lsp: async () => (await import("./lsp.ts")).lspCommand,
  dap: async () => (await import("./dap.ts")).dapCommand,
};

export function commands(): Promise<Command[]> {
  return Promise.all(Object.values(LOADERS).map((load) => load()));
}

async function commandNamed(name: string): Promise<Command | undefined> {
  return Object.hasOwn(LOADERS, name) ? LOADERS[name]() : undefined;
}

// Runs one command line (without `node` and the script) and gives its exit status. Nothing here ends the process.
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const about = rest[0] === undefined ? undefined : await commandNamed(rest[0]);
    const text = about ? helpOf(about) : overview(await commands());
    if (name === undefined) io.err(text);
    else io.out(text);
    return name === undefined ? WRONG_INPUT : HELD;
  }
  if (name === "--version" || name === "-V") {
    io.out(`mmtrace ${VERSION}\n`);
    return HELD;
  }
  const command = await commandNamed(name);
  if (command) return runOne(command, rest, io);
  const near = nearest(name, Object.keys(LOADERS));
  io.err(`mmtrace: no command '${name}'${near ? `; did you mean '${near}'?` : ""} (mmtrace --help lists them)\n`);
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
    return WRONG_INPUT;
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
