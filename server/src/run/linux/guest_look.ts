// From what the guest's lines add up to, to a look: the values of their fields, checked one by one. A field that a line does
// not have was not visible.

import { decode } from "../../lang/bytes.ts";
import type {
  EntryKind,
  EntryLook,
  FolioLook,
  FrameLook,
  Look,
  PinLook,
  SmapsSum,
  SpaceLook,
  VmaLook,
} from "./look.ts";

// The words behind a key, by their names.
export type Fields = ReadonlyMap<string, string>;

// Pages of all runs, and of all pins.
const MOST_PAGES = 1_000_000;
const PAGE = 4096;

const PMD_PAGES = 512;
const NOTHING: Fields = new Map();

const LEVELS = ["pte", "pmd", "pud"] as const;
const KINDS: readonly EntryKind[] = ["present", "swap", "migration", "marker"];

interface Told {
  readonly fields: Fields;
  readonly vmas: VmaLook[];
  readonly entries: EntryLook[];
  // Of the mappings so far.
  smaps: SmapsSum | undefined;
}

// A text says which line cannot be understood.
export function lookOf(state: ReadonlyMap<string, Fields>): Look | string {
  const frames = new Map<number, FrameLook>();
  const spaces = new Map<number, Told>();
  const pins = new Map<number, (FrameLook | undefined)[]>();
  const huge = new Map<number, FrameLook[]>();
  let held = 0;
  let told = 0;
  for (const [key, fields] of state) {
    const words = key.split(" ");
    if (words[0] === "f") {
      const [first, count] = runOf(words[1]);
      const pfn = wholeNumber(first);
      told += count;
      if (pfn === undefined || told > MOST_PAGES) return key;
      const frame = frameOf(pfn, fields);
      for (let i = 0; i < count; i++) frames.set(pfn + i, i === 0 ? frame : { ...frame, pfn: pfn + i });
    } else if (words[0] === "s") {
      const worker = wholeNumber(words[1]);
      if (worker === undefined) return key;
      spaces.set(worker, { fields, vmas: [], entries: [], smaps: NO_SMAPS });
    }
  }
  for (const [key, fields] of state) {
    const words = key.split(" ");
    if (words[0] === "v" || words[0] === "e") {
      const space = spaces.get(wholeNumber(words[1]) ?? -1);
      const [first, count] = runOf(words[2]);
      const start = address(first);
      told += count;
      if (space === undefined || start === undefined || told > MOST_PAGES) return key;
      const made = words[0] === "v" ? vmaOf(start, fields) : entryOf(start, fields, frames, huge);
      if (made === undefined) return key;
      if ("permissions" in made) {
        space.vmas.push(made);
        space.smaps = sumOf(space.smaps, smapsOf(fields));
      } else for (let i = 0; i < count; i++) space.entries.push(i === 0 ? made : follower(made, i, fields, frames));
    } else if (words[0] === "b") {
      const pin = wholeNumber(words[1]);
      const [first, count] = runOf(words[2]);
      const page = wholeNumber(first);
      if (pin === undefined || page === undefined || page > MOST_PAGES) return key;
      const pages = pins.get(pin) ?? [];
      held += Math.max(page + count - pages.length, 0);
      if (held > MOST_PAGES) return key;
      while (pages.length < page) pages.push(undefined);
      for (let i = 0; i < count; i++) pages[page + i] = heldFrame(fields, frames, i);
      pins.set(pin, pages);
    }
  }
  return {
    spaces: [...spaces].sort(([a], [b]) => a - b).map(([worker, space]) => spaceOf(worker, space)),
    pins: [...pins].sort(([a], [b]) => a - b).map(([pin, pages]): PinLook => ({ pin, pages })),
    machine: {
      swapUsed: wholeNumber(state.get("m")?.get("swap_used")),
      hugetlbFree: wholeNumber(state.get("m")?.get("huge_free")),
      hugetlbReserved: wholeNumber(state.get("m")?.get("huge_rsvd")),
      hugetlbSurplus: wholeNumber(state.get("m")?.get("huge_surp")),
    },
  };
}

// `A+COUNT`, or `A` for one alone.
function runOf(text: string | undefined): [string | undefined, number] {
  const plus = text?.indexOf("+") ?? -1;
  if (text === undefined || plus < 0) return [text, 1];
  const count = wholeNumber(text.slice(plus + 1));
  return count === undefined || count > MOST_PAGES ? [undefined, 1] : [text.slice(0, plus), count];
}

function spaceOf(worker: number, { fields, vmas, entries, smaps }: Told): SpaceLook {
  return {
    worker,
    vmas: vmas.sort((a, b) => a.start - b.start),
    entries: entries.sort((a, b) => a.address - b.address),
    rssAnon: wholeNumber(fields.get("rss_anon")),
    rssFile: wholeNumber(fields.get("rss_file")),
    rssShmem: wholeNumber(fields.get("rss_shmem")),
    swap: wholeNumber(fields.get("swap")),
    pageTables: wholeNumber(fields.get("page_tables")),
    hugetlb: wholeNumber(fields.get("hugetlb")),
    smaps,
    mmId: wholeNumber(fields.get("mmid")),
  };
}

function vmaOf(start: number, fields: Fields): VmaLook | undefined {
  const end = address(fields.get("end"));
  const permissions = fields.get("perm");
  if (end === undefined || permissions === undefined || !/^[r-][w-][x-][sp]$/.test(permissions)) return undefined;
  return { start, end, permissions };
}

// One mapping's.
function smapsOf(fields: Fields): SmapsSum | undefined {
  const pss = wholeNumber(fields.get("pss"));
  const uss = wholeNumber(fields.get("uss"));
  const anonHuge = wholeNumber(fields.get("anonhuge"));
  if (pss === undefined || uss === undefined || anonHuge === undefined) return undefined;
  const shmemHuge = wholeNumber(fields.get("shmemhuge"));
  const fileHuge = wholeNumber(fields.get("filehuge"));
  return { mappings: 1, pss, uss, anonHuge, shmemHuge, fileHuge };
}

const NO_SMAPS: SmapsSum = { mappings: 0, pss: 0, uss: 0, anonHuge: 0, shmemHuge: 0, fileHuge: 0 };

function sumOf(a: SmapsSum | undefined, b: SmapsSum | undefined): SmapsSum | undefined {
  const both = (x: number | undefined, y: number | undefined) =>
    x === undefined || y === undefined ? undefined : x + y;
  return (
    a &&
    b && {
      mappings: a.mappings + b.mappings,
      pss: a.pss + b.pss,
      uss: a.uss + b.uss,
      anonHuge: a.anonHuge + b.anonHuge,
      shmemHuge: both(a.shmemHuge, b.shmemHuge),
      fileHuge: both(a.fileHuge, b.fileHuge),
    }
  );
}

function entryOf(
  at: number,
  fields: Fields,
  frames: ReadonlyMap<number, FrameLook>,
  huge: Map<number, FrameLook[]>,
): EntryLook | undefined {
  const level = LEVELS.find((name) => name === fields.get("level"));
  const kind = KINDS.find((name) => name === fields.get("kind"));
  if ((level === undefined && fields.has("level")) || kind === undefined) return undefined;
  const present = kind === "present";
  const frame = present ? heldFrame(fields, frames, 0) : undefined;
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
    frame,
    rest: frame !== undefined && level === "pmd" ? restOf(frame.pfn, frames, huge) : [],
  };
}

// The pages behind the first of a PMD, of which several processes may have one.
function restOf(pfn: number, frames: ReadonlyMap<number, FrameLook>, huge: Map<number, FrameLook[]>): FrameLook[] {
  let rest = huge.get(pfn);
  if (rest === undefined) {
    rest = Array.from({ length: PMD_PAGES - 1 }, (_, i) => frames.get(pfn + 1 + i) ?? frameOf(pfn + 1 + i, NOTHING));
    huge.set(pfn, rest);
  }
  return rest;
}

// The entry so many pages behind the first one of a run: of the next frame each, unless all are of the same.
function follower(first: EntryLook, i: number, fields: Fields, frames: ReadonlyMap<number, FrameLook>): EntryLook {
  const present = first.kind === "present";
  const frame = present ? heldFrame(fields, frames, fields.get("step") === "0" ? 0 : i) : undefined;
  return { ...first, address: first.address + i * PAGE, frame };
}

// A frame that is named and not described is one of which nothing was visible but that it is there.
function heldFrame(fields: Fields, frames: ReadonlyMap<number, FrameLook>, behind: number): FrameLook | undefined {
  const first = wholeNumber(fields.get("pfn"));
  if (first === undefined) return undefined;
  return frames.get(first + behind) ?? frameOf(first + behind, NOTHING);
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
    hugetlb: truth(fields.get("hugetlb")) === true,
    ksm: truth(fields.get("ksm")),
    swapcache: truth(fields.get("swapcache")),
    dirty: truth(fields.get("dirty")),
    lru: truth(fields.get("lru")),
    private: truth(fields.get("private")),
    hash: hashOf(fields.get("hash")),
    text: text === undefined ? undefined : bytesText(text),
    folio: folioOf(pfn, fields),
  };
}

function folioOf(pfn: number, fields: Fields): FolioLook | undefined {
  const order = wholeNumber(fields.get("order"));
  if (order === undefined || order === 0) return undefined;
  return {
    head: wholeNumber(fields.get("head")) ?? pfn,
    order,
    entireMapcount: signed(fields.get("entire")),
    nrPagesMapped: signed(fields.get("nrmapped")),
    largeMapcount: signed(fields.get("large")),
    pincount: signed(fields.get("pincount")),
    mmId0: signed(fields.get("mmid0")),
    mmId1: signed(fields.get("mmid1")),
    mmId0Mapcount: signed(fields.get("mmcount0")),
    mmId1Mapcount: signed(fields.get("mmcount1")),
    maybeMappedShared: truth(fields.get("shared")),
    partiallyMapped: truth(fields.get("partial")),
    doubleMap: truth(fields.get("double")),
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
