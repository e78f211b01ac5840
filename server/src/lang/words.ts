// Words that an argument takes by name: flags, protections, advice, kinds. A set of them is a value.

import type { Errno } from "../mm/abi.ts";

export interface WordSpec {
  readonly name: string;
  readonly doc: string;
  // Its bit or number in mm/abi.ts, where it has one.
  readonly bit?: number;
  // Other spellings that are accepted (`anon`).
  readonly aliases?: readonly string[];
  // First release that knows it, and what earlier ones answer.
  readonly since?: string;
  readonly errno?: Errno;
  // The proposals that alone have it.
  readonly only?: readonly string[];
  readonly simulated: boolean;
}

// A named value or a flag set, in the order of the table that it comes from.
export interface Words {
  readonly kind: "words";
  readonly words: readonly string[];
  // The bits of all words together.
  readonly bits: number;
}

export function words(specs: readonly WordSpec[]): Words {
  return {
    kind: "words",
    words: specs.map((spec) => spec.name),
    bits: specs.reduce((all, s) => all | (s.bit ?? 0), 0),
  };
}
