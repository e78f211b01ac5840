// Simpler forms of one line: fewer arguments, smaller ones, done by main.

import type { OpSpec, Param } from "../../lang/ops.ts";
import { MAIN, type Operation, type Program } from "../../lang/program.ts";

// A line taken apart; arguments are as written, by the position of the parameter.
interface Parts {
  readonly process: string | undefined;
  readonly target: string | undefined;
  readonly op: OpSpec;
  readonly args: readonly (string | undefined)[];
}

// The simplest first. Whether one still says what the trace is about, only a run tells.
export function simplerLines(program: Program, statement: Operation, line: string): string[] {
  const parts = partsOf(program, statement, line);
  const { op, args } = parts;
  const found: Parts[] = [];
  if (parts.process !== undefined) found.push({ ...parts, process: undefined });
  if (args.some((arg, i) => arg !== undefined && !op.params[i].required)) {
    found.push({ ...parts, args: args.map((arg, i) => (op.params[i].required ? arg : undefined)) });
  }
  const names = program.symbols.filter(({ kind, statement: at }) => kind === "address" && at >= 0);
  const first = names.reduce((a, b) => (a === undefined || b.statement < a.statement ? b : a), names[0])?.name;
  for (const [i, arg] of args.entries()) {
    if (arg === undefined) continue;
    const param = op.params[i];
    if (!param.required) found.push({ ...parts, args: replaced(args, i, undefined) });
    for (const simpler of simplerArguments(param, arg, first)) {
      if (simpler !== arg) found.push({ ...parts, args: replaced(args, i, simpler) });
    }
  }
  return [...new Set(found.map(textOf))].filter((text) => text !== line);
}

function partsOf(program: Program, statement: Operation, line: string): Parts {
  const name = (symbol: number | undefined) => (symbol === undefined ? undefined : program.symbols[symbol].name);
  return {
    process: statement.process === MAIN ? undefined : name(statement.process),
    target: name(statement.target),
    op: statement.op,
    args: statement.op.params.map((_, i) => {
      const arg = statement.args[i];
      return arg && line.slice(arg.start, arg.end);
    }),
  };
}

// By position as long as none is left out, by name behind that.
function textOf({ process, target, op, args }: Parts): string {
  const gap = args.indexOf(undefined);
  const texts = args.flatMap((arg, i) => {
    if (arg === undefined) return [];
    return [gap >= 0 && i > gap ? `${op.params[i].name}=${arg}` : arg];
  });
  const who = process === undefined ? "" : `${process}: `;
  return `${who}${target === undefined ? "" : `${target} = `}${op.name}(${texts.join(", ")})`;
}

function replaced(args: Parts["args"], at: number, by: string | undefined): Parts["args"] {
  return args.map((arg, i) => (i === at ? by : arg));
}

function simplerArguments({ name, of }: Param, arg: string, first: string | undefined): string[] {
  switch (of.kind) {
    case "length":
    case "size":
    case "offset":
      return smallerSizes(name, arg);
    case "address": {
      const base = /^(\w+)\[/.exec(arg)?.[1];
      const shorter = base === undefined ? [] : [base, `${base}[1]`];
      return first === undefined || base === first || arg === first ? shorter : [first, ...shorter];
    }
    case "number":
    case "value":
      return /^\d+$/.test(arg) && Number(arg) > 1 ? ["1"] : [];
    case "prot":
      return arg === "rw" || arg === "r" ? [] : ["rw", "r"];
    case "flags": {
      const words = arg.split("|");
      return words.length < 2 ? [] : words.map((_, i) => words.filter((_, at) => at !== i).join("|"));
    }
    case "process":
      return ["main"];
    default:
      return [];
  }
}

function smallerSizes(name: string, arg: string): string[] {
  if (name === "offset") return ["0"];
  const pages = /^(\d+)K$/.exec(arg);
  if (!pages) return ["4K"];
  const kib = Number(pages[1]);
  const half = Math.ceil(kib / 8) * 4;
  return kib <= 4
    ? []
    : [...new Set([4, 64, half, 2048, kib - 4])].filter((size) => size < kib).map((size) => `${size}K`);
}
