// One argument of a random statement: as the trace says it and as the operation gets it.

import type { OpSpec, Param } from "../../lang/ops.ts";
import { absent } from "../../lang/since.ts";
import type { Address, Value } from "../../lang/value.ts";
import { protection, type WordSpec, wordsOf } from "../../lang/words.ts";
import type { Kernel } from "../../mm/kernel.ts";
import type { Model } from "../../mm/model.ts";
import { pinKind } from "../../mm/observe.ts";
import type { Profile } from "./profile.ts";

export interface Named<T> {
  readonly name: string;
  readonly value: T;
}

// What a trace can name so far.
export interface Things {
  mappings: Named<Address>[];
  files: Named<number>[];
  pins: Named<number>[];
  tasks: Named<number>[];
  // Where the last operation was.
  focus: Named<Address> | undefined;
}

export interface Argument {
  readonly text: string;
  readonly value: Value;
}

export interface Context {
  readonly k: Kernel;
  // All of them know what the argument says.
  readonly models: readonly Model[];
  readonly profile: Profile;
  readonly things: Things;
  // A number below `of`; 0 when `of` is.
  pick(of: number): number;
  readonly wish: Wish;
}

// What a phrase wants of an argument.
export interface Wish {
  // Its flags or its word.
  readonly word: string | undefined;
  // All of a mapping.
  readonly whole: boolean;
  // Where the operation before it was.
  readonly inPhrase: boolean;
  // An address where a place in a file could be.
  readonly address: boolean;
}

// Undefined when nothing exists that it could name.
export function argumentOf(c: Context, spec: OpSpec, param: Param): Argument | undefined {
  const { of } = param;
  const { profile, things, wish } = c;
  switch (of.kind) {
    case "address":
      return address(c);
    case "length":
      return pages(c, within(c, oneOf(c, profile.rangePages)));
    case "offset":
      return wish.address ? address(c) : pages(c, c.pick(4));
    case "size":
      if (param.name === "offset") return pages(c, c.pick(4));
      // A part of a huge page is moved as often as all of a mapping.
      if (profile.startPages && param.name.endsWith("_length"))
        return pages(c, within(c, oneOf(c, profile.rangePages)));
      return pages(c, spec.access ? within(c, oneOf(c, profile.rangePages)) : oneOf(c, profile.mappingPages));
    case "number":
      return number(1 + c.pick(32));
    case "value":
      return number(oneOf(c, profile.bytes));
    case "string":
      return { text: '"ab"', value: "ab" };
    case "prot": {
      const prot = wish.word ?? oneOf(c, ["rw", "rw", "rw", "r", "none", "rx"]);
      return { text: prot, value: protection(prot) ?? null };
    }
    case "process":
      return named(c, things.tasks, (task) => ({ kind: "process", task }));
    case "file":
      return named(c, wish.inPhrase ? things.files.slice(-1) : things.files, (file) => ({ kind: "file", file }));
    case "pin":
      return named(c, pinsFor(c, spec.name), (pin) => ({ kind: "pin", pin }));
    case "word":
    case "flags":
      return words(c, of.words, of.kind, wish.word ?? listed(c, `${spec.name}.${param.name}`));
  }
}

function address(c: Context): Argument | undefined {
  const { things, profile, k } = c;
  const stay = things.focus !== undefined && (c.wish.inPhrase || c.pick(profile.nearby) === 0);
  if (c.wish.whole && things.focus && stay) things.focus = atStart(things.focus);
  if (stay && things.focus) return { text: textOf(k, things.focus), value: things.focus.value };
  const from = things.mappings[c.pick(things.mappings.length)];
  if (from === undefined) return undefined;
  const size = BigInt(k.pageSize);
  const all = Number((from.value.end - from.value.start) / size);
  const page = c.wish.whole ? 0n : BigInt(profile.startPages ? oneOf(c, profile.startPages) % all : c.pick(all));
  const place = { name: from.name, value: { ...from.value, at: from.value.start + page * size } };
  things.focus = place;
  return { text: textOf(k, place), value: place.value };
}

function atStart({ name, value }: Named<Address>): Named<Address> {
  return { name, value: { ...value, at: value.start } };
}

function textOf(k: Kernel, { name, value }: Named<Address>): string {
  const page = (value.at - value.start) / BigInt(k.pageSize);
  return page === 0n ? name : `${name}[${page}]`;
}

// Those that the operation works on.
function pinsFor({ k, profile, things }: Context, op: string): readonly Named<number>[] {
  const kinds = profile.pinsOf[op];
  return kinds === undefined ? things.pins : things.pins.filter(({ value }) => kinds.includes(pinKind(k, value)));
}

// Most ranges end with the mapping that they begin in.
function within(c: Context, pages: number): number {
  const { focus } = c.things;
  if (c.wish.whole && focus) return Number((focus.value.end - focus.value.at) / BigInt(c.k.pageSize));
  if (focus === undefined || c.pick(c.profile.straying) === 0) return pages;
  return Math.min(pages, Number((focus.value.end - focus.value.at) / BigInt(c.k.pageSize)));
}

const REFPAGE_FLAGS = [
  "private|refpage",
  "private|anonymous|refpage",
  "private|refpage|populate",
  "private|refpage|fixed",
];

// A mapping is of a file only where there is one.
function listed(c: Context, key: string): string | undefined {
  const list = c.profile.words[key];
  if (list === undefined) return undefined;
  const possible = key === "mmap.flags" && c.things.files.length === 0;
  // A proposal is there to be tried.
  const refpages = c.models.every(({ refpage }) => refpage === "an address" || refpage === "the mapping");
  if (key === "mmap.flags" && refpages && c.pick(3) === 0) return oneOf(c, REFPAGE_FLAGS);
  return oneOf(c, possible ? list.filter((words) => words.includes("anonymous")) : list);
}

function words(
  c: Context,
  all: readonly WordSpec[],
  kind: "word" | "flags",
  text: string | undefined,
): Argument | undefined {
  const known = all.filter((word) => word.simulated && c.models.every(({ name }) => !absent(name, word)));
  const names = text === undefined ? some(c, known, kind) : text.split("|");
  const chosen = known.filter(({ name }) => names.includes(name));
  if (chosen.length === 0) return undefined;
  return { text: chosen.map(({ name }) => name).join("|"), value: wordsOf(chosen) };
}

function some(c: Context, known: readonly WordSpec[], kind: "word" | "flags"): string[] {
  const one = () => known[c.pick(known.length)]?.name ?? "";
  return kind === "word" || c.pick(2) === 0 ? [one()] : [one(), one()];
}

function oneOf<T>(c: Context, list: readonly T[]): T {
  return list[c.pick(list.length)];
}

function pages(c: Context, count: number): Argument {
  return { text: count === 0 ? "0" : `${(count * c.k.pageSize) / 1024}K`, value: BigInt(count * c.k.pageSize) };
}

function number(value: number): Argument {
  return { text: String(value), value: BigInt(value) };
}

function named(c: Context, from: readonly Named<number>[], value: (row: number) => Value): Argument | undefined {
  const one = from[c.pick(from.length)];
  return one && { text: one.name, value: value(one.value) };
}
