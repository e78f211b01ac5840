// From an entry of the table to an operation: the synopsis, and arguments as the simulated kernel wants them.
//
// An entry's `perform` gets arguments of the kinds that its parameters promise. Whatever else a trace may pass — `none`
// of a call that failed, a process where an address belongs — is turned away here.

import { type Errno, isErrno } from "../mm/abi.ts";
import { bug } from "../mm/errors.ts";
import { condition } from "../mm/frames.ts";
import type { Kernel } from "../mm/kernel.ts";
import { refused } from "../mm/refused.ts";
import { encode } from "./bytes.ts";
import { listed } from "./nearest.ts";
import { parseNumber } from "./number.ts";
import type { OpCall, OpResult, OpSpec, Param, ParamKind } from "./ops.ts";
import { absent } from "./since.ts";
import { kindOf, type Value } from "./value.ts";
import { findWord, isSpecial, protection, type Words, wordsOf } from "./words.ts";

// What is asked for came with a later kernel, or with a proposal.
const UNKNOWN = condition("unknown to this kernel", "");

// What an argument has become: an address or number is a bigint, words are their names and bits, a row is a number.
export interface Arguments {
  readonly k: Kernel;
  readonly task: number;
  // What the new process of a line without a name is called.
  readonly name: string;
  // Whether the line gives the argument.
  has(param: number): boolean;
  number(param: number): bigint;
  words(param: number): Words;
  // A row of the world: of a task, a file or a pin.
  row(param: number): number;
  // A string's bytes, or undefined when the argument is a number.
  bytes(param: number): Uint8Array | undefined;
}

export interface Entry
  extends Omit<OpSpec, "synopsis" | "run" | "given" | "simulated" | "access" | "errnos" | "result"> {
  readonly result?: OpSpec["result"];
  readonly access?: boolean;
  readonly errnos?: OpSpec["errnos"];
  // Absent where this version does not simulate it yet.
  readonly perform?: (args: Arguments) => OpResult;
}

export function operation(entry: Entry): OpSpec {
  const { perform, ...rest } = entry;
  const standards = entry.params.map(standardOf);
  const spec: OpSpec = {
    result: undefined,
    access: false,
    errnos: [],
    ...rest,
    synopsis: synopsis(entry.name, entry.params),
    simulated: perform !== undefined,
    run: (call) => run(spec, entry, standards, call),
    given: (call) => given(spec, standards, call),
  };
  return spec;
}

// The arguments of a call that run() would accept, with what the line leaves out; undefined for those of any other.
function given(spec: OpSpec, standards: readonly (Value | undefined)[], call: OpCall): Arguments | undefined {
  const all = new Given(call, spec.params, standards);
  return spec.params.every((_, i) => all.check(i) === undefined) ? all : undefined;
}

// The value of a parameter that the line leaves to its default.
function standardOf(param: Param): Value | undefined {
  const text = param.default ?? "";
  const { of } = param;
  if (of.kind === "flags" || of.kind === "word") {
    const names = text === "" ? [] : text.split("|");
    return wordsOf(names.map((name) => findWord(of.words, name) ?? bug(`the default ${name} is no word`)));
  }
  if (text === "") return undefined;
  if (of.kind === "prot") return protection(text);
  const value = parseNumber(text);
  return typeof value === "bigint" ? value : bug(`the default ${text} is no number`);
}

function synopsis(name: string, params: readonly Param[]): string {
  const shown = params.map((param) => (param.default === undefined ? param.name : `${param.name}=${param.default}`));
  return `${name}(${shown.join(", ")})`;
}

// How parameters are written in the table.
export function required(name: string, of: ParamKind, doc: string): Param {
  return { name, of, required: true, doc };
}

export function optional(name: string, of: ParamKind, standard: string, doc: string): Param {
  return { name, of, required: false, default: standard, doc };
}

export const ADDRESS: ParamKind = { kind: "address" };
const LENGTH: ParamKind = { kind: "length" };
export const SIZE: ParamKind = { kind: "size" };
export const OFFSET: ParamKind = { kind: "offset" };
export const NUMBER: ParamKind = { kind: "number" };

export const addr = required("addr", ADDRESS, "Where the range begins.");
export const length: Param = {
  name: "length",
  of: LENGTH,
  required: false,
  doc: "Bytes; left out, the rest of the mapping from `addr` to its end as it was mapped.",
};

// What a system call of the simulated kernel gives: 0 or an errno.
export function done(result: 0 | Errno): OpResult {
  return result === 0 ? {} : { errno: result };
}

// The same for one that gives a row, which becomes the value.
export function made(result: number | Errno, kind: "process" | "file" | "pin"): OpResult {
  if (isErrno(result)) return { errno: result };
  if (kind === "process") return { value: { kind, task: result } };
  return { value: kind === "file" ? { kind, file: result } : { kind, pin: result } };
}

function run(spec: OpSpec, entry: Entry, standards: readonly (Value | undefined)[], call: OpCall): OpResult {
  const model = call.k.model.name;
  if (isSpecial(spec) && absent(model, spec)) return { errno: refused(call.k, UNKNOWN, 0, spec.errno ?? "ENOSYS") };
  let unknown: string | undefined;
  for (const arg of call.args) {
    if (typeof arg !== "object" || arg === null || arg.kind !== "words") continue;
    for (const word of arg.special) {
      if (absent(model, word)) return { errno: refused(call.k, UNKNOWN, 0, word.errno) };
      if (!word.simulated) unknown = word.name;
    }
  }
  const given = new Given(call, spec.params, standards);
  for (let i = 0; i < spec.params.length; i++) {
    const fault = given.check(i);
    if (fault) return { fault };
  }
  if (unknown !== undefined) return notSimulated(unknown);
  return entry.perform?.(given) ?? notSimulated(spec.name);
}

function notSimulated(name: string): OpResult {
  return { fault: { param: 0, code: "not-simulated", message: `\`${name}\` is not simulated yet` } };
}

class Given implements Arguments {
  readonly k: Kernel;
  readonly task: number;
  readonly name: string;
  private readonly params: readonly Param[];
  private readonly values: readonly (Value | undefined)[];
  private readonly standards: readonly (Value | undefined)[];
  // The length that was left out.
  private rest = 0n;

  constructor(call: OpCall, params: readonly Param[], standards: readonly (Value | undefined)[]) {
    this.k = call.k;
    this.task = call.task;
    this.name = call.name ?? "";
    this.params = params;
    this.values = call.args;
    this.standards = standards;
  }

  has(param: number): boolean {
    return this.values[param] !== undefined;
  }

  number(param: number): bigint {
    const value = this.values[param] ?? this.standards[param];
    if (typeof value === "bigint") return value;
    return typeof value === "object" && value?.kind === "address" ? value.at : this.rest;
  }

  words(param: number): Words {
    return (this.values[param] ?? this.standards[param]) as Words;
  }

  row(param: number): number {
    const value = this.values[param];
    if (typeof value !== "object" || value === null) return -1;
    return value.kind === "process"
      ? value.task
      : value.kind === "file"
        ? value.file
        : value.kind === "pin"
          ? value.pin
          : -1;
  }

  bytes(param: number): Uint8Array | undefined {
    const value = this.values[param];
    return typeof value === "string" ? encode(value) : undefined;
  }

  check(index: number): OpResult["fault"] {
    const param = this.params[index];
    const value = this.values[index];
    if (value === undefined) {
      if (param.of.kind === "length" && param.default === undefined) return this.restOfMapping(index);
      return param.required
        ? { param: index, code: "missing-argument", message: `\`${param.name}\` is missing` }
        : undefined;
    }
    const kind = kindOf(value);
    if (kind === "none") {
      return {
        param: index,
        code: "none-argument",
        message: `\`${param.name}\` is none: what it stands for was not made`,
      };
    }
    const accepted = ACCEPTED[param.of.kind];
    if (accepted.includes(kind)) return undefined;
    return {
      param: index,
      code: "wrong-kind",
      message: `\`${param.name}\` is ${listed(accepted, "or")}, not a ${kind}`,
    };
  }

  // From the address to the end of the mapping that it came from.
  private restOfMapping(index: number): OpResult["fault"] {
    const from = this.values[index - 1];
    if (typeof from !== "object" || from === null || from.kind !== "address") {
      if (from === undefined || from === null) return undefined;
      const message = "the length is missing: a plain number comes from no mapping";
      return { param: index - 1, code: "missing-argument", message };
    }
    if (from.at < from.start || from.at > from.end) {
      return {
        param: index - 1,
        code: "outside-mapping",
        message: "the address lies outside of its mapping: give a length",
      };
    }
    this.rest = from.end - from.at;
    return undefined;
  }
}

const ADDRESSES = ["address", "number"];
export const ACCEPTED: Readonly<Record<ParamKind["kind"], readonly string[]>> = {
  address: ADDRESSES,
  length: ["number"],
  size: ["number"],
  offset: ADDRESSES,
  number: ADDRESSES,
  prot: ["words"],
  flags: ["words"],
  word: ["words"],
  value: ["number", "string"],
  string: ["string"],
  process: ["process"],
  file: ["file"],
  pin: ["pin"],
};
