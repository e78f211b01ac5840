// From what the guest's lines add up to, to a look: the values of their fields, checked one by one. A field that a line does
// not have was not visible.

import { decode } from "../../lang/bytes.ts";
import type { EntryKind, EntryLook, FolioLook, FrameLook, Look, PinLook, SpaceLook, VmaLook } from "./look.ts";

// The words behind a key, by their names.
export type Fields = ReadonlyMap<string, string>;

// Pages of a pin.
const MOST_PAGES = 1_000_000;

const LEVELS = ["pte", "pmd", "pud"] as const;
const KINDS: readonly EntryKind[] = ["present", "swap", "migration", "marker"];

// A text says which line cannot be understood.
export function lookOf(state: ReadonlyMap<string, Fields>): Look | string {
  const frames = new Map<number, FrameLook>();
  const spaces = new Map<number, { fields: Fields; vmas: VmaLook[]; entries: EntryLook[] }>();
  const pins = new Map<number, (FrameLook | undefined)[]>();
  let held = 0;
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
      if (pin === undefined || page === undefined || page > MOST_PAGES) return key;
      const pages = pins.get(pin) ?? [];
      held += Math.max(page + 1 - pages.length, 0);
      if (held > MOST_PAGES) return key;
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
  if ((level === undefined && fields.has("level")) || kind === undefined) return undefined;
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
    file: truth(fields.get("file")),
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

export function wholeNumber(text: string | undefined): number | undefined {
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
