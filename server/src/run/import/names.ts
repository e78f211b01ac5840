// What shall a thing of the log be called in the trace? Readable, valid in the language, and never given twice.

import { OPS } from "../../lang/ops.ts";
import { LITERALS, RESERVED } from "../../lang/words.ts";

/** Words that the language reads in its own way, so that a name like them would be refused or misread. */
const TAKEN = [
  ...RESERVED,
  ...LITERALS,
  ...OPS.keys(),
  "main",
  "page",
  "pte",
  "vma",
  "data",
  "byte",
  "min",
  "max",
  "abs",
  "sum",
  "count",
];

/** What is named by a number: a mapping, a stack, shared memory, a mapping that the log does not show, a vmsplice. */
export type Stem = "m" | "stack" | "shared" | "seg" | "pipe";

/** Their names are kept free of programs and files that happen to be called so. */
const NUMBERED = /^(?:m|stack|shared|seg|pipe)\d+$/;

export class Names {
  private readonly used = new Set<string>(TAKEN);
  private readonly counters = new Map<string, number>();
  private readonly numbers = new Map<Stem, number>();

  /** `redis-server` → `redis_server`, then `redis_server_2`, and so on. */
  unique(wanted: string): string {
    const stem = identifier(wanted);
    let name = stem;
    for (let n = this.counters.get(stem) ?? 2; this.used.has(name) || NUMBERED.test(name); n++) {
      name = `${stem}_${n}`;
      this.counters.set(stem, n + 1);
    }
    this.used.add(name);
    return name;
  }

  /** `m1`, `m2`, … */
  numbered(stem: Stem): string {
    const n = (this.numbers.get(stem) ?? 0) + 1;
    this.numbers.set(stem, n);
    return stem + n;
  }
}

/** The last part of a path as an identifier of at most 32 characters. */
export function identifier(path: string): string {
  const base =
    path
      .replace(/\(deleted\)$/, "")
      .split("/")
      .findLast((part) => part !== "") ?? "";
  const word = base
    .slice(0, 64)
    .replace(/\\x?[0-9a-f]{2,3}/g, "_")
    .replace(/[^A-Za-z0-9_]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 32);
  if (word === "") return "x";
  return /^[0-9]/.test(word) ? `x${word}` : word;
}

/** `4K`, `8M`, `50371`: the shortest exact form. */
export function size(bytes: number): string {
  if (bytes === 0) return "0";
  let value = bytes;
  let unit = 0;
  while (unit < 4 && value % 1024 === 0) {
    value /= 1024;
    unit++;
  }
  return `${value}${["", "K", "M", "G", "T"][unit]}`;
}

/** In two halves, since toString() is slow on what is no small integer. */
export function hex(n: number): string {
  const high = Math.floor(n / 0x100000000);
  const low = n % 0x100000000;
  return high === 0 ? `0x${low.toString(16)}` : `0x${high.toString(16)}${low.toString(16).padStart(8, "0")}`;
}

/** `r`, `rw`, `rx`, …, `none`. */
export function protection(bits: number): string {
  const letters = `${bits & 1 ? "r" : ""}${bits & 2 ? "w" : ""}${bits & 4 ? "x" : ""}`;
  return letters === "" ? "none" : letters;
}

/** A copy that shares no memory with the chunk of the log that the text was cut from. */
export const detach = (text: string): string => Array.from(text).join("");
