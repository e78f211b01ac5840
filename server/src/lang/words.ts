// Words: the reserved ones, and those that an argument takes by name (flags, protections, advice, kinds). A set of the
// latter is a value.

import type { Errno } from "../mm/abi.ts";

// Words that cannot be names. LANGUAGE.md, section 1.
export const RESERVED: ReadonlySet<string> = new Set([
  "mmtrace",
  "kernel",
  "machine",
  "process",
  "repeat",
  "as",
  "end",
  "expect",
  "interleave",
  "and",
  "include",
]);

// Values with a name of their own: a trace cannot bind these either.
export const LITERALS: ReadonlySet<string> = new Set(["none", "true", "false", "last", "model"]);

// Which releases have something, and what the others answer.
export interface Since {
  // First release that has it.
  readonly since?: string;
  // The proposals that alone have it.
  readonly only?: readonly string[];
  // What a kernel without it gives.
  readonly errno?: Errno;
}

export interface WordSpec extends Since {
  readonly name: string;
  readonly doc: string;
  // Its bit or number in mm/abi.ts, where it has one.
  readonly bit?: number;
  // Other spellings that are accepted (`anon`).
  readonly aliases?: readonly string[];
  readonly simulated: boolean;
}

// A named value or a flag set, in the order in which it was written.
export interface Words {
  readonly kind: "words";
  readonly words: readonly string[];
  // The bits of all words together.
  readonly bits: number;
  // Those that not every model has, or that are not simulated yet.
  readonly special: readonly WordSpec[];
}

const NONE_SPECIAL: readonly WordSpec[] = [];

export function wordsOf(specs: readonly WordSpec[]): Words {
  const special = specs.filter(isSpecial);
  return {
    kind: "words",
    words: specs.map((spec) => spec.name),
    bits: specs.reduce((all, spec) => all | (spec.bit ?? 0), 0),
    special: special.length > 0 ? special : NONE_SPECIAL,
  };
}

// One word by its name, as fields give it.
export function word(name: string, bits = 0): Words {
  return { kind: "words", words: [name], bits, special: NONE_SPECIAL };
}

export function isSpecial(spec: Since & { readonly simulated: boolean }): boolean {
  return spec.since !== undefined || spec.only !== undefined || !spec.simulated;
}

export function findWord(specs: readonly WordSpec[], name: string): WordSpec | undefined {
  return specs.find((spec) => spec.name === name || spec.aliases?.includes(name));
}

// What a protection allows, by its bits: PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4.
export const PROTECTIONS = ["none", "r", "w", "rw", "x", "rx", "wx", "rwx"] as const;

// `none`, or letters of rwx in any order; undefined for anything else.
export function protection(text: string): Words | undefined {
  if (text === "none") return word("none", 0);
  let bits = 0;
  for (const letter of text) {
    const bit = letter === "r" ? 1 : letter === "w" ? 2 : letter === "x" ? 4 : 0;
    if (bit === 0 || bits & bit) return undefined;
    bits |= bit;
  }
  return text === "" ? undefined : word(PROTECTIONS[bits], bits);
}
