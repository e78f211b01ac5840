// Reads what the guest says: line after line into the state that its differences add up to, and after each operation
// what came of it and how the machine looks.
//
// The protocol is server/guest/README.md's. The guest is not trusted: each line is checked, and what it may make this
// program keep is bounded. A field that a line does not have was not visible.

import { decode } from "../../lang/bytes.ts";
import { ERRNOS } from "../../mm/abi.ts";
import type { EntryKind, EntryLook, FolioLook, FrameLook, Look, PinLook, SpaceLook, VmaLook } from "./look.ts";

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
const MOST_KEYS = 1_000_000;
const MOST_FAULTS = 1_000_000;
const PAGE = 4096;

const LEVELS = ["pte", "pmd", "pud"] as const;
const KINDS: readonly EntryKind[] = ["present", "swap", "migration", "marker"];
const SHOWN = 80;

type Fields = ReadonlyMap<string, string>;

// A class, since what a line means depends on those before it.
export class GuestReader {
  private readonly state = new Map<string, Fields>();
  private result: GuestResult | undefined;
  private refused: string | undefined;

  // An answer when the line completes one.
  take(line: string): Answer | Begun | Broken | undefined {
    if (line.length > MOST_CHARACTERS) return { broken: `a line of ${line.length} characters` };
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

// A text says which line cannot be understood.
function lookOf(state: ReadonlyMap<string, Fields>): Look | string {
  const frames = new Map<number, FrameLook>();
  const spaces = new Map<number, { fields: Fields; vmas: VmaLook[]; entries: EntryLook[] }>();
  const pins = new Map<number, (FrameLook | undefined)[]>();
  for (const [key, fields] of state) {
    const words = key.split(" ");
    if (words[0] === "f") {
      const pfn = wholeNumber(words[1]);
      if (pfn === undefined) return key;
      frames.set(pfn, frameOf(pfn, fields));
    } else if (words[0] === "s") {
      const worker = wholeNumber(words[1]);
      if (worker === undefined) return key;
      spaces.set(worker, { fields, vmas: [], entries: [] });
    }
  }
  for (const [key, fields] of state) {
    const words = key.split(" ");
    if (words[0] === "v" || words[0] === "e") {
      const space = spaces.get(wholeNumber(words[1]) ?? -1);
      const start = address(words[2]);
      if (space === undefined || start === undefined) return key;
      const made = words[0] === "v" ? vmaOf(start, fields) : entryOf(start, fields, frames);
      if (made === undefined) return key;
      if ("permissions" in made) space.vmas.push(made);
      else space.entries.push(made);
    } else if (words[0] === "b") {
      const pin = wholeNumber(words[1]);
      const page = wholeNumber(words[2]);
      if (pin === undefined || page === undefined || page > MOST_KEYS) return key;
      const pages = pins.get(pin) ?? [];
      while (pages.length < page) pages.push(undefined);
      pages[page] = heldFrame(fields, frames);
      pins.set(pin, pages);
    }
  }
  return {
    spaces: [...spaces].sort(([a], [b]) => a - b).map(([worker, space]) => spaceOf(worker, space)),
    pins: [...pins].sort(([a], [b]) => a - b).map(([pin, pages]): PinLook => ({ pin, pages })),
    machine: { swapUsed: wholeNumber(state.get("m")?.get("swap_used")) },
  };
}

function spaceOf(
  worker: number,
  { fields, vmas, entries }: { fields: Fields; vmas: VmaLook[]; entries: EntryLook[] },
): SpaceLook {
  return {
    worker,
    vmas: vmas.sort((a, b) => a.start - b.start),
    entries: entries.sort((a, b) => a.address - b.address),
    rssAnon: wholeNumber(fields.get("rss_anon")),
    rssFile: wholeNumber(fields.get("rss_file")),
    rssShmem: wholeNumber(fields.get("rss_shmem")),
    swap: wholeNumber(fields.get("swap")),
    pageTables: wholeNumber(fields.get("page_tables")),
  };
}

function vmaOf(start: number, fields: Fields): VmaLook | undefined {
  const end = address(fields.get("end"));
  const permissions = fields.get("perm");
  if (end === undefined || permissions === undefined || !/^[r-][w-][x-][sp]$/.test(permissions)) return undefined;
  return { start, end, permissions };
}

function entryOf(at: number, fields: Fields, frames: ReadonlyMap<number, FrameLook>): EntryLook | undefined {
  const level = LEVELS.find((name) => name === fields.get("level"));
  const kind = KINDS.find((name) => name === fields.get("kind"));
  if (level === undefined || kind === undefined) return undefined;
  const present = kind === "present";
  return {
    address: at,
    level,
    kind,
    writable: present ? truth(fields.get("w")) : undefined,
    dirty: present ? truth(fields.get("d")) : undefined,
    accessed: present ? truth(fields.get("a")) : undefined,
    special: present ? truth(fields.get("special")) : undefined,
    softDirty: truth(fields.get("softdirty")),
    exclusive: present ? undefined : truth(fields.get("exclusive")),
    frame: present ? heldFrame(fields, frames) : undefined,
  };
}

// A frame that is named and not described is one of which nothing was visible but that it is there.
function heldFrame(fields: Fields, frames: ReadonlyMap<number, FrameLook>): FrameLook | undefined {
  const pfn = wholeNumber(fields.get("pfn"));
  return pfn === undefined ? undefined : (frames.get(pfn) ?? frameOf(pfn, new Map()));
}

function frameOf(pfn: number, fields: Fields): FrameLook {
  const text = fields.get("text");
  return {
    pfn,
    zero: truth(fields.get("zero")) === true,
    refcount: signed(fields.get("ref")),
    mapcount: signed(fields.get("map")),
    exclusive: truth(fields.get("excl")),
    anon: truth(fields.get("anon")),
    file: ordinaryFile(truth(fields.get("file")), truth(fields.get("swapbacked"))),
    ksm: truth(fields.get("ksm")),
    swapcache: truth(fields.get("swapcache")),
    dirty: truth(fields.get("dirty")),
    lru: truth(fields.get("lru")),
    private: truth(fields.get("private")),
    hash: hashOf(fields.get("hash")),
    text: text === undefined ? undefined : bytesText(text),
    folio: folioOf(fields),
  };
}

// The page cache holds pages of shared memory too: those are swap-backed.
function ordinaryFile(cached: boolean | undefined, swapBacked: boolean | undefined): boolean | undefined {
  return cached === false ? false : cached === undefined || swapBacked === undefined ? undefined : !swapBacked;
}

function folioOf(fields: Fields): FolioLook | undefined {
  const order = wholeNumber(fields.get("order"));
  if (order === undefined || order === 0) return undefined;
  return {
    order,
    entireMapcount: signed(fields.get("entire")),
    nrPagesMapped: signed(fields.get("nrmapped")),
    largeMapcount: signed(fields.get("large")),
    pincount: signed(fields.get("pincount")),
    mmId0: signed(fields.get("mmid0")),
    mmId1: signed(fields.get("mmid1")),
    maybeMappedShared: truth(fields.get("shared")),
  };
}

function bytesText(hex: string): string {
  const digits = /^[0-9a-f]*$/i.test(hex) ? hex : "";
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return decode(bytes);
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function signed(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

// Decimal, or hexadecimal with its prefix.
function hashOf(text: string | undefined): number | undefined {
  return text !== undefined && /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : undefined;
}

// User addresses have at most 47 bits, which a double holds.
export function address(text: string | undefined): number | undefined {
  if (text === undefined || !/^0x[0-9a-f]{1,13}$/i.test(text)) return undefined;
  return Number.parseInt(text.slice(2), 16);
}

function truth(text: string | undefined): boolean | undefined {
  return text === "1" ? true : text === "0" ? false : undefined;
}
