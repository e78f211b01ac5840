// What a line expects behind `->`, against what the operation came to. LANGUAGE.md, section 2.

import type { Expected } from "../lang/program.ts";
import { HIT, MAJOR, MINOR, outcomeNames, SIGNALS } from "../mm/outcome.ts";

// The words that do not hold, or undefined when all do.
export function missing(expected: Expected, bits: number, errno: string | undefined): string[] | undefined {
  const words: string[] = [];
  for (const name of outcomeNames(expected.bits)) {
    const holds = name === "hit" ? hits(bits) : outcomeNames(bits).includes(name);
    if (!holds || errno !== undefined) words.push(name);
  }
  if (expected.errno !== errno && (expected.errno !== undefined || errno !== undefined))
    words.push(expected.errno ?? "ok");
  if (expected.ok && (bits & SIGNALS) !== 0) words.push("ok");
  return words.length > 0 ? words : undefined;
}

// No page of the access faulted.
function hits(bits: number): boolean {
  return (bits & HIT) !== 0 && (bits & (MINOR | MAJOR | SIGNALS)) === 0;
}

// The outcome as the words that a line would expect it by.
export function accepted(bits: number, errno: string | undefined): string {
  if (errno !== undefined) return errno;
  const words: string[] = outcomeNames(bits);
  const faulted = (bits & (MINOR | MAJOR | SIGNALS)) !== 0;
  const shown = faulted ? words.filter((word) => word !== "hit") : words;
  return shown.length > 0 ? shown.join(" ") : "ok";
}

export function mismatchMessage(expected: Expected, bits: number, errno: string | undefined): string {
  return `expected ${expected.words.join(" ")}, came to ${accepted(bits, errno)}`;
}
