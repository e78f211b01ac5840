// A line of the trace while it is translated, and its arguments in C.

import { encode } from "../../lang/bytes.ts";
import type { Expr, Operation, SymbolId } from "../../lang/program.ts";
import type { Words } from "../../lang/words.ts";
import type { Frame } from "./frame.ts";
import { refuse } from "./refusal.ts";
import { bare, testName } from "./text.ts";
import { numeric, pointer, rest } from "./value.ts";

// What an operation's translation is given.
export interface Line {
  readonly frame: Frame;
  readonly statement: Operation;
  readonly by: SymbolId;
  // The statement as it is written, with its line's number.
  readonly text: string;
  readonly number: number;
}

export function arg(line: Line, index: number): Expr | undefined {
  return line.statement.args[index];
}

export function address(line: Line, index: number): string {
  const expr = arg(line, index) ?? refuse("an address is missing");
  return pointer(expr, line.frame, line.by);
}

export function size(line: Line, index: number, standard = "0"): string {
  const expr = arg(line, index);
  return expr === undefined ? standard : bare(numeric(expr, line.frame, line.by));
}

// The length behind the address at `index - 1`.
export function length(line: Line, index: number): string {
  const expr = arg(line, index);
  if (expr !== undefined) return bare(numeric(expr, line.frame, line.by));
  return bare(rest(arg(line, index - 1) ?? refuse("the length is missing"), line.frame, line.by));
}

export function words(line: Line, index: number): Words | undefined {
  const expr = arg(line, index);
  if (expr === undefined) return undefined;
  const value = expr.kind === "literal" ? expr.value : undefined;
  if (typeof value === "object" && value?.kind === "words") return value;
  if (value === 0n) return undefined;
  return refuse("the flags must be given by their names");
}

export function named(line: Line, index: number): SymbolId {
  const expr = arg(line, index);
  return expr?.kind === "name" ? expr.symbol : refuse("it must be given by its name");
}

// The bytes of a value that is a string.
export function bytesOf(expr: Expr | undefined): Uint8Array | undefined {
  return expr?.kind === "literal" && typeof expr.value === "string" ? encode(expr.value) : undefined;
}

export function byteOf(line: Line, index: number): string {
  const expr = arg(line, index);
  const bytes = bytesOf(expr);
  if (bytes?.length === 1) return String(bytes[0]);
  return expr === undefined ? "0" : bare(numeric(expr, line.frame, line.by));
}

// A call in C.
export interface Called {
  readonly code: string;
  // The variable that the result goes to, where somebody reads it.
  readonly target?: string;
  // -1 and an errno when it fails, MAP_FAILED and an errno, or false.
  readonly gives?: "status" | "address" | "truth";
  // Who makes it, where it is not the process of the line.
  readonly by?: SymbolId;
}

export interface Named {
  readonly number: number;
  readonly text: string;
}

export function nameOf(line: Named): string {
  return testName(`line ${line.number}: ${line.text}`);
}

// A call in a step, whose last argument is the name of the test.
export function tested(call: string, line: Named): string[] {
  const width = call.indexOf("(") + 1;
  return [call, `${"\t".repeat(width >> 3)}${" ".repeat(width & 7)}${nameOf(line)});`];
}

// A step of a process.
export function step(who: string, lines: readonly string[]): string[] {
  const inner = lines.map((line) => `\t${line}`);
  const statements = lines.filter((line) => line.endsWith(";")).length;
  return statements === 1 ? [`on (${who})`, ...inner] : [`on (${who}) {`, ...inner, "}"];
}
