// What a command of `mmtrace` is: its name, options and help, and how its arguments are read.

import { parseArgs } from "node:util";
import type { Io } from "./io.ts";

export interface Option {
  // A long name without the dashes, and perhaps a letter.
  readonly name: string;
  readonly short?: string;
  // What the value is called in the help; absent for a switch.
  readonly value?: string;
  readonly help: string;
}

export interface Arguments {
  readonly positional: readonly string[];
  // The option's value, the last one when it was given twice.
  text(name: string): string | undefined;
  on(name: string): boolean;
}

export interface Command {
  readonly name: string;
  // What stands after the name: `FILE`, `FILE:LINE EXPR`.
  readonly synopsis: string;
  readonly summary: string;
  // Paragraphs of the help below the summary.
  readonly details?: readonly string[];
  readonly options: readonly Option[];
  readonly positional: { readonly least: number; readonly most: number };
  run(args: Arguments, io: Io): Promise<number>;
}

// Commands that go by a common first word: `kernel fetch`, `kernel list`. Each has both words for its name.
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

// Exit statuses: LANGUAGE.md, section 7.
export const HELD = 0;
export const FAILED = 1;
export const WRONG_INPUT = 2;
export const AT_LIMIT = 3;

// The command line cannot be understood: printed with the command's synopsis, exit status 2.
export class UsageError extends Error {
  override readonly name = "UsageError";
}

// A file that is not there or cannot be read: printed as it is, exit status 2.
export class InputError extends Error {
  override readonly name = "InputError";
}

// Whether the person, or a real kernel, and not the program made a mistake, and which. Commands are loaded from a bundle that has its own copies of
// these classes, so that only the name tells.
export function mistakeIn(error: unknown): "usage" | "input" | "guest" | undefined {
  return error instanceof Error && Object.hasOwn(MISTAKES, error.name) ? MISTAKES[error.name] : undefined;
}

// A guest that hangs or panics is nobody's mistake here, but an end that the machine it runs on has to expect.
const MISTAKES: Readonly<Record<string, "usage" | "input" | "guest" | undefined>> = {
  UsageError: "usage",
  InputError: "input",
  GuestDied: "guest",
};

const HELP: Option = { name: "help", short: "h", help: "print this help" };

export function readArguments(command: Command, argv: readonly string[]): Arguments & { readonly help: boolean } {
  const options = [...command.options, HELP];
  const { values, positionals } = parse(argv, options);
  const help = values.help === true;
  const { least, most } = command.positional;
  if (!help && positionals.length < least) throw new UsageError(`${command.name} needs ${command.synopsis}`);
  if (!help && positionals.length > most) throw new UsageError(`unexpected argument '${positionals[most]}'`);
  return {
    positional: positionals,
    help,
    text: (name) => {
      const value = values[name];
      return typeof value === "string" ? value : undefined;
    },
    on: (name) => values[name] === true,
  };
}

// A whole number that an option asks for, at least `least`.
export function wholeNumber(args: Arguments, name: string, least: number): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`--${name} needs a whole number of at least ${least}, not '${text}'`);
  }
  return number;
}

export function oneOf<T extends string>(args: Arguments, name: string, words: readonly T[]): T | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new UsageError(`--${name} is one of ${words.join(", ")}, not '${text}'`);
  return word;
}

export function helpOfGroup(group: CommandGroup): string {
  const width = Math.max(...group.commands.map(({ name }) => name.length));
  const list = group.commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  const more = `mmtrace ${group.name} COMMAND --help tells more.`;
  return [`Usage: mmtrace ${group.name} COMMAND …`, "", group.summary, "", "Commands:", ...list, "", more, ""].join(
    "\n",
  );
}

export function helpOf(command: Command): string {
  const lines = [`Usage: mmtrace ${command.name} ${command.synopsis}`, "", command.summary];
  for (const detail of command.details ?? []) lines.push("", detail);
  const options = [...command.options, HELP].map((option) => {
    const letter = option.short ? `-${option.short}, ` : "";
    const value = option.value ? ` ${option.value}` : "";
    return { spelled: `${letter}--${option.name}${value}`, help: option.help };
  });
  const width = Math.max(...options.map((option) => option.spelled.length));
  lines.push("", "Options:");
  for (const option of options) lines.push(`  ${option.spelled.padEnd(width)}  ${option.help}`);
  return `${lines.join("\n")}\n`;
}

// FILE:LINE of standard input begins with a dash and is no option. No argument of a process holds a NUL.
const STANDARD_INPUT = /^-:\d+$/;
const NO_OPTION = "\0";

function parse(argv: readonly string[], options: readonly Option[]) {
  const config = Object.fromEntries(
    options.map((option) => [
      option.name,
      { type: option.value ? ("string" as const) : ("boolean" as const), ...(option.short && { short: option.short }) },
    ]),
  );
  try {
    const args = argv.map((arg) => (STANDARD_INPUT.test(arg) ? NO_OPTION + arg : arg));
    const { values, positionals } = parseArgs({ args, options: config, allowPositionals: true, strict: true });
    return { values, positionals: positionals.map((arg) => (arg.startsWith(NO_OPTION) ? arg.slice(1) : arg)) };
  } catch (error) {
    if (error instanceof Error && "code" in error) throw new UsageError(error.message.split(/\.\s/)[0]);
    throw error;
  }
}
