// An operation of the trace as statements of C.

import { MAIN } from "../../lang/program.ts";
import { outcomeNames } from "../../mm/outcome.ts";
import { CALLS } from "./calls.ts";
import { address, arg, bytesOf, type Called, type Line, nameOf, size, step, tested, words } from "./line.ts";
import { refuse } from "./refusal.ts";
import { bare, bytesLiteral } from "./text.ts";
import { constant } from "./value.ts";

export interface Emitted {
  readonly lines: readonly string[];
  // How many tests it makes each time that it runs, and what of it cannot be seen.
  readonly tests: number;
  readonly unseen?: string;
}

export function operation(line: Line): Emitted {
  const { frame, statement, by } = line;
  if (!frame.living.includes(by)) refuse(`${frame.name(by)} has ended before`);
  const { name } = statement.op;
  frame.last = by;
  frame.lastIsAccess = name === "read" || name === "write";
  if (frame.lastIsAccess) return access(line);
  if (name === "fork" || name === "clone") return fork(line);
  if (name === "exit") return exit(line);
  const translate = CALLS[name] ?? refuse(`\`${name}\` is nothing that a program can bring about`);
  return call(line, translate(line));
}

function call(line: Line, { code, target, gives = "status", by = line.by }: Called): Emitted {
  const { frame, statement } = line;
  const { expected } = statement;
  const who = frame.process(by);
  const set = target === undefined ? [] : [`${target} = ${code};`];
  const result = target ?? code;
  if (expected !== undefined) {
    if (expected.errno === undefined && !expected.ok) refuse("a call comes to `ok` or to an errno");
    const status = gives === "truth" ? `${result} ? 0 : -1` : gives === "address" ? `(long)${result}` : result;
    const lines = [...set, ...tested(`expect_errno(${expected.errno ?? "0"}, ${status},`, line)];
    return { lines: step(who, lines), tests: 1 };
  }
  const holds = gives === "truth" ? result : gives === "address" ? `${result} != MAP_FAILED` : `${result} >= 0`;
  return { lines: step(who, [...set, `must(${line.number}, ${holds});`]), tests: 0 };
}

const OUTCOME_WORDS: Readonly<Record<string, string>> = {
  hit: "HIT",
  minor: "MINOR",
  major: "MAJOR",
  zero: "ZERO",
  anon: "ANON",
  file: "FILE_PAGE",
  shmem: "SHMEM",
  cow: "COW",
  reuse: "REUSE",
  swapin: "SWAPIN",
  hugetlb: "HUGETLB",
  huge: "HUGE",
  SIGSEGV: "SEGV",
  SIGBUS: "BUS",
};

export function outcomeWord(word: string): string | undefined {
  return OUTCOME_WORDS[word];
}

function access(line: Line): Emitted {
  const { frame, statement, by } = line;
  const { expected } = statement;
  const who = frame.process(by);
  const did = `${touch(line)};`;
  if (expected === undefined) return { lines: step(who, [did, `survives(${line.number});`]), tests: 0 };
  const wanted = outcomeNames(expected.bits);
  const strange = wanted.find((word) => outcomeWord(word) === undefined);
  if (strange !== undefined) refuse(`a program cannot come to \`${strange}\``);
  if (expected.errno !== undefined) refuse("an access gives no errno");
  const bits = wanted.map((word) => outcomeWord(word)).join(" | ") || "0";
  return { lines: step(who, [did, `expect_outcome(${bits}, ${nameOf(line)});`]), tests: 1 };
}

function touch(line: Line): string {
  const { statement } = line;
  const at = bare(address(line, 0));
  if (statement.op.name === "read") return `load(${at}, ${size(line, 1, "1")})`;
  const bytes = bytesOf(arg(line, 1));
  if (bytes !== undefined) return `store(${at}, ${bytesLiteral(bytes)}, ${bytes.length})`;
  const byte = arg(line, 1);
  const value = byte === undefined ? 0n : constant(byte);
  if (value !== undefined && value > 255n) refuse("a byte is at most 255");
  return `fill(${at}, ${size(line, 1, "0")}, ${size(line, 2, "1")})`;
}

function fork(line: Line): Emitted {
  const { frame, statement, by } = line;
  const { target, expected } = statement;
  if (statement.op.name === "clone" && (words(line, 0)?.bits ?? 0) !== 0)
    refuse("`clone` with flags cannot be written in one story of C yet");
  if (expected !== undefined) refuse("a fork whose outcome is asked for cannot be exported");
  if (target === undefined) refuse("the new process needs a name");
  frame.living = [...frame.living.filter((process) => process !== target), target];
  return { lines: [`start(${frame.process(target)}, ${frame.process(by)});`], tests: 0 };
}

function exit(line: Line): Emitted {
  const { frame, by } = line;
  frame.living = frame.living.filter((process) => process !== by);
  const lines: string[] = [];
  for (const [pin, { kind, owner }] of frame.pins) {
    if (kind !== "ring" || owner !== by) continue;
    lines.push(...step(frame.process(by), [`ring_release(&${frame.place(pin)});`]));
    frame.pins.delete(pin);
  }
  const witness = frame.living.includes(MAIN) ? MAIN : frame.living[0];
  lines.push(`leave(${frame.process(by)}, ${witness === undefined ? "NOBODY" : frame.process(witness)});`);
  return { lines, tests: 0 };
}
