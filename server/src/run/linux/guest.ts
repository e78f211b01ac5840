// Reads what the guest says: line after line into the state that its differences add up to, and after each operation
// what came of it and how the machine looks.
//
// The protocol is server/guest/README.md's. The guest is not trusted: each line is checked, and what it may make this
// program keep is bounded. A field that a line does not have was not visible.

import { ERRNOS } from "../../mm/abi.ts";
import { address, type Fields, lookOf, wholeNumber } from "./guest_look.ts";
import type { Look } from "./look.ts";

// The guest has begun a trace, made a process or ended a trace; `refused` says what of it it could not do.
export interface Begun {
  readonly begun: string;
  readonly refused: string | undefined;
}

export interface Answer {
  // Of the operation.
  readonly operation: number;
  // Absent when the guest did not do it; `refused` then says why.
  readonly result: GuestResult | undefined;
  readonly refused: string | undefined;
  readonly look: Look;
}

export interface GuestResult {
  readonly value: string;
  // As ERRNOS names it, or `errno 61`.
  readonly errno: string | undefined;
  readonly signal: string | undefined;
  // Undefined where the guest could not count them.
  readonly minorFaults: number | undefined;
  readonly majorFaults: number | undefined;
  // Of an access, the pages that it faulted at.
  readonly pages: readonly { readonly address: number; readonly minor: number; readonly major: number }[];
}

// The guest said what the protocol does not have.
export interface Broken {
  readonly broken: string;
}

const MOST_CHARACTERS = 65_536;
// Of a line that is kept.
const MOST_KEPT = 2048;
// From one answer to the next.
const MOST_SAID = 1 << 28;
const MOST_KEYS = 1_000_000;
const MOST_FAULTS = 1_000_000;
const PAGE = 4096;

const SHOWN = 80;

// A class, since what a line means depends on those before it.
export class GuestReader {
  private readonly state = new Map<string, Fields>();
  private result: GuestResult | undefined;
  private refused: string | undefined;
  private said = 0;

  // An answer when the line completes one.
  take(line: string): Answer | Begun | Broken | undefined {
    if (line.length > MOST_CHARACTERS) return { broken: `a line of ${line.length} characters` };
    this.said += line.length + 1;
    if (this.said > MOST_SAID) return { broken: `more than ${MOST_SAID} characters and no answer` };
    // What it says comes before a person's terminal.
    if (/[^\x20-\x7e]/.test(line)) return broken(line);
    const words = line.split(" ").filter((word) => word !== "");
    switch (words[0]) {
      case "r": {
        const result = resultOf(words);
        if (result === undefined) return broken(line);
        this.result = result;
        return undefined;
      }
      case "x":
        this.refused ??= line.slice(2, 2 + 200).replace(/[^\x20-\x7e]/g, "?");
        return undefined;
      case "ok": {
        const { refused } = this;
        this.refused = undefined;
        this.said = 0;
        return { begun: words[1] ?? "", refused };
      }
      case ".":
        return this.complete(words, line);
      case undefined:
        return undefined;
      default:
        return this.observe(words, line);
    }
  }

  private observe(words: readonly string[], line: string): Broken | undefined {
    if (line.length > MOST_KEPT) return broken(line);
    const gone = words[0].startsWith("-");
    const first = gone ? words[0].slice(1) : words[0];
    const length = Object.hasOwn(KEY_WORDS, first) ? KEY_WORDS[first] : undefined;
    if (length === undefined || words.length < length) return broken(line);
    const key = [first, ...words.slice(1, length)].join(" ");
    if (gone) {
      this.state.delete(key);
      return undefined;
    }
    const fields = new Map<string, string>();
    for (const word of words.slice(length)) {
      const equals = word.indexOf("=");
      if (equals <= 0) return broken(line);
      fields.set(word.slice(0, equals), word.slice(equals + 1));
    }
    if (this.state.size >= MOST_KEYS) return { broken: `more than ${MOST_KEYS} things to look at` };
    this.state.set(key, fields);
    return undefined;
  }

  private complete(words: readonly string[], line: string): Answer | Broken {
    const operation = wholeNumber(words[1]);
    if (operation === undefined) return broken(line);
    const look = lookOf(this.state);
    const { result, refused } = this;
    this.result = undefined;
    this.refused = undefined;
    this.said = 0;
    if (typeof look === "string") return broken(look);
    return { operation, result, refused, look };
  }
}

// Words of the key, the first one among them.
const KEY_WORDS: Readonly<Record<string, number>> = { s: 2, v: 3, e: 3, f: 2, b: 3, m: 1 };

function broken(line: string): Broken {
  const shown = line.slice(0, SHOWN).replace(/[^\x20-\x7e]/g, "?");
  return { broken: `\`${shown}\` is no line of the protocol` };
}

function resultOf(words: readonly string[]): GuestResult | undefined {
  const fields = new Map<string, string>();
  const pages: GuestResult["pages"][number][] = [];
  for (const word of words.slice(1)) {
    const equals = word.indexOf("=");
    if (equals <= 0) continue;
    const name = word.slice(0, equals);
    const value = word.slice(equals + 1);
    if (name !== "a") {
      fields.set(name, value);
      continue;
    }
    for (const one of value.split(",")) {
      const [at, minor, major, run] = one.split(":");
      const page = { address: address(at), minor: wholeNumber(minor), major: wholeNumber(major) };
      const count = run === undefined ? 1 : wholeNumber(run);
      if (page.address === undefined || page.minor === undefined || page.major === undefined) return undefined;
      if (count === undefined || pages.length + count > MOST_FAULTS) return undefined;
      pages.push({ address: page.address, minor: page.minor, major: page.major });
      // The rest of a run of pages that are alike.
      for (let i = 1; i < count; i++) {
        const next = page.address - (page.address % PAGE) + i * PAGE;
        pages.push({ address: next, minor: page.minor, major: page.major });
      }
    }
  }
  const minorFaults = wholeNumber(fields.get("minflt"));
  const majorFaults = wholeNumber(fields.get("majflt"));
  const value = fields.get("ret");
  if (value === undefined) return undefined;
  return {
    value,
    errno: errnoOf(fields.get("errno")),
    signal: nameOf(fields.get("signal")),
    minorFaults,
    majorFaults,
    pages,
  };
}

function nameOf(text: string | undefined): string | undefined {
  return text === undefined || text === "0" || text === "-" ? undefined : text.slice(0, 20);
}

// By name, or by number where the guest's table ends.
function errnoOf(text: string | undefined): string | undefined {
  const name = nameOf(text);
  if (name === undefined || Object.hasOwn(ERRNOS, name)) return name;
  const known = Object.entries(ERRNOS).find(([, number]) => String(number) === name);
  return known?.[0] ?? (/^\d+$/.test(name) ? `errno ${name}` : name);
}
