// Which commands there are, and what `mmtrace ARGUMENTS` does: finds the command, reads its arguments, runs it, and
// turns what went wrong into an exit status.

import { nearest } from "../lang/nearest.ts";
import { checkCommand } from "./check.ts";
import { paintFor } from "./colour.ts";
import { type Command, HELD, helpOf, readArguments, UsageError, WRONG_INPUT } from "./command.ts";
import { dapCommand } from "./dap.ts";
import { evalCommand } from "./eval.ts";
import { fmtCommand } from "./fmt.ts";
import { importCommand } from "./import.ts";
import type { Io } from "./io.ts";
import { kernelsCommand } from "./kernels.ts";
import { lspCommand } from "./lsp.ts";
import { runCommand } from "./run.ts";
import { InputError } from "./sources.ts";
import { testCommand } from "./test.ts";
import { VERSION } from "./version.ts";
import { whyCommand } from "./why.ts";

export const COMMANDS: readonly Command[] = [
  runCommand,
  testCommand,
  checkCommand,
  fmtCommand,
  evalCommand,
  whyCommand,
  kernelsCommand,
  importCommand,
  lspCommand,
  dapCommand,
];

// Runs one command line (without `node` and the script) and gives its exit status. Nothing here ends the process.
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const about = rest[0] === undefined ? undefined : COMMANDS.find((command) => command.name === rest[0]);
    const text = about ? helpOf(about) : overview();
    if (name === undefined) io.err(text);
    else io.out(text);
    return name === undefined ? WRONG_INPUT : HELD;
  }
  if (name === "--version" || name === "-V") {
    io.out(`mmtrace ${VERSION}\n`);
    return HELD;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) {
    const near = nearest(
      name,
      COMMANDS.map((candidate) => candidate.name),
    );
    io.err(`mmtrace: no command '${name}'${near ? `; did you mean '${near}'?` : ""} (mmtrace --help lists them)\n`);
    return WRONG_INPUT;
  }
  return runOne(command, rest, io);
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
    if (error instanceof UsageError) {
      io.err(`${paint.bad("error:")} ${error.message}\nUsage: mmtrace ${command.name} ${command.synopsis}\n`);
      return WRONG_INPUT;
    }
    if (error instanceof InputError) {
      io.err(`${paint.bad("error:")} ${error.message}\n`);
      return WRONG_INPUT;
    }
    throw error;
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  const list = COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
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
