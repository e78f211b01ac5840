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

export class Names {
  private readonly used = new Set<string>(TAKEN);
  private readonly counters = new Map<string, number>();

  /** `redis-server` → `redis_server`, then `redis_server_2`, and so on. */
  unique(wanted: string): string {
    const stem = identifier(wanted);
    if (!this.used.has(stem)) {
      this.used.add(stem);
      return stem;
    }
    return this.next(stem, "_", 2);
  }

  /** `m1`, `m2`, … */
  numbered(stem: string): string {
    return this.next(stem, "", 1);
  }

  private next(stem: string, joint: string, first: number): string {
    const key = stem + joint;
    let n = this.counters.get(key) ?? first;
    while (this.used.has(`${stem}${joint}${n}`)) n++;
    this.counters.set(key, n + 1);
    const name = `${stem}${joint}${n}`;
    this.used.add(name);
    return name;
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

export const hex = (n: number): string => `0x${n.toString(16)}`;

/** `r`, `rw`, `rx`, …, `none`. */
export function protection(bits: number): string {
  const letters = `${bits & 1 ? "r" : ""}${bits & 2 ? "w" : ""}${bits & 4 ? "x" : ""}`;
  return letters === "" ? "none" : letters;
}

/** A copy that shares no memory with the chunk of the log that the text was cut from. */
export const detach = (text: string): string => Array.from(text).join("");
