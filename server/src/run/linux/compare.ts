// Two machines after the same operation, a simulated and a real one: each observable with both values.
//
// What stands as it stood after the operation before, on both, is not said again: an observable is compared where one of
// the two values is new.

import type { EntryLook, FolioLook, FrameLook, Look, ResultLook, SpaceLook } from "./look.ts";
import { ACCESSED, BATCHED, comparableRefcount, outsideBatches, type Rule, ZERO_PAGE } from "./rules.ts";

export type Verdict = "agree" | "disagree" | "not visible";

export interface Observable {
  // `main 0x200000000000`, `child`, `pipe page 0`, or `` for the operation itself.
  readonly subject: string;
  readonly name: string;
  readonly simulated: string;
  readonly real: string;
  readonly verdict: Verdict;
  // Why it was not visible, where a rule says so.
  readonly reason: string | undefined;
}

export interface Names {
  process(worker: number): string;
  pin(pin: number): string;
}

type Shown = string | number | boolean | undefined;

// What a machine shows after an operation.
export interface Seen {
  readonly look: Look;
  // Undefined where only the look counts.
  readonly result: ResultLook | undefined;
}

// A class, since what is new depends on what was compared before.
export class Comparison {
  private readonly names: Names;
  private last = new Map<string, string>();
  private now = new Map<string, string>();
  private found: Observable[] = [];
  // The zero page's references when it was first seen.
  private readonly zeroBase = { simulated: undefined as number | undefined, real: undefined as number | undefined };

  private readonly batches: boolean;

  // `batches`: pages wait in the CPU's LRU batches.
  constructor(names: Names, batches = false) {
    this.names = names;
    this.batches = batches;
  }

  after(simulated: Seen, real: Seen): readonly Observable[] {
    this.found = [];
    this.now = new Map();
    if (simulated.result && real.result) this.results(simulated.result, real.result);
    const frames = { simulated: firstPlaces(simulated.look, this.names), real: firstPlaces(real.look, this.names) };
    this.spaces(simulated.look, real.look, frames);
    this.pins(simulated.look, real.look, frames);
    this.changing("machine", "swap_used", simulated.look.machine.swapUsed, real.look.machine.swapUsed);
    this.last = this.now;
    return this.found;
  }

  private results(simulated: ResultLook, real: ResultLook): void {
    const visible = (words: readonly string[]) =>
      words
        .filter((word) => !real.unsure.includes(word))
        .sort()
        .join(" ") || "ok";
    this.add("", "outcome", visible(simulated.outcome), visible(real.outcome));
    for (const word of simulated.outcome)
      if (real.unsure.includes(word)) this.add("", `outcome ${word}`, word, undefined);
    this.add("", "errno", simulated.errno ?? "none", real.errno ?? "none");
    this.add("", "signal", simulated.signal ?? "none", signalOf(real.signal));
    if (simulated.address !== undefined || real.address !== undefined) {
      this.add("", "address", hex(simulated.address), hex(real.address));
    }
    this.add("", "minor faults", simulated.minorFaults, real.minorFaults);
    this.add("", "major faults", simulated.majorFaults, real.majorFaults);
  }

  private spaces(simulated: Look, real: Look, frames: Places): void {
    for (const [a, b] of pairs(simulated.spaces, real.spaces, (space) => space.worker)) {
      const process = this.names.process((a ?? b).worker);
      this.changing(process, "alive", a !== undefined, b !== undefined);
      if (a === undefined || b === undefined) continue;
      this.counters(process, a, b);
      for (const [x, y] of pairs(a.vmas, b.vmas, (vma) => vma.start)) {
        const text = (vma: typeof x) => (vma ? `to ${hex(vma.end)} ${vma.permissions}` : "none");
        this.changing(`${process} ${hex((x ?? y)?.start)}`, "vma", text(x), text(y));
      }
      for (const [x, y] of pairs(a.entries, b.entries, (entry) => entry.address)) {
        this.entry(`${process} ${hex((x ?? y)?.address)}`, x, y, frames);
      }
    }
  }

  private counters(process: string, a: SpaceLook, b: SpaceLook): void {
    this.changing(process, "rss_anon", a.rssAnon, b.rssAnon);
    this.changing(process, "rss_file", a.rssFile, b.rssFile);
    this.changing(process, "rss_shmem", a.rssShmem, b.rssShmem);
    this.changing(process, "swap", a.swap, b.swap);
    this.changing(process, "page_tables", a.pageTables, b.pageTables);
  }

  private entry(subject: string, a: EntryLook | undefined, b: EntryLook | undefined, frames: Places): void {
    const levels = a?.level !== undefined && b?.level !== undefined;
    const kind = (entry: EntryLook | undefined) =>
      entry === undefined ? "none" : entry.kind === "present" && levels ? `present ${entry.level}` : entry.kind;
    this.changing(subject, "entry", kind(a), kind(b));
    if (a === undefined || b === undefined || a.kind !== b.kind) return;
    this.changing(subject, "soft_dirty", a.softDirty, b.softDirty);
    if (a.kind !== "present") {
      this.changing(subject, "entry exclusive", a.exclusive, b.exclusive);
      return;
    }
    this.changing(subject, "writable", a.writable, b.writable);
    this.changing(subject, "entry dirty", a.dirty, b.dirty);
    this.changing(subject, "special", a.special, b.special);
    this.changing(subject, "accessed", a.accessed, b.accessed, ACCESSED);
    this.frame(subject, a.frame, b.frame, frames);
  }

  private pins(simulated: Look, real: Look, frames: Places): void {
    // Who may not read the kernel's memory sees no page tables either.
    const blind = real.pins.length === 0 && real.spaces.every(({ pageTables }) => pageTables === undefined);
    for (const [a, b] of pairs(simulated.pins, real.pins, (pin) => pin.pin)) {
      const pin = this.names.pin((a ?? b).pin);
      this.changing(pin, "pages", a?.pages.length ?? 0, blind ? undefined : (b?.pages.length ?? 0));
      for (let i = 0; i < Math.min(a?.pages.length ?? 0, b?.pages.length ?? 0); i++) {
        this.frame(`${pin} page ${i}`, a?.pages[i], b?.pages[i], frames);
      }
    }
  }

  // Which page of the trace it is, and once for each frame its counters.
  private frame(subject: string, a: FrameLook | undefined, b: FrameLook | undefined, frames: Places): void {
    const first = { simulated: placeIn(frames.simulated, a), real: placeIn(frames.real, b) };
    this.changing(subject, "frame", first.simulated ?? "none", b === undefined ? undefined : first.real);
    if (a === undefined || b === undefined) return;
    if (a.zero && b.zero) this.zeroPage(a, b);
    if (first.simulated !== subject || first.real !== subject || a.zero || b.zero) return;
    const counts = [a.refcount, comparableRefcount(b)];
    const [left, right] = this.batches ? [outsideBatches(a, counts[0]), outsideBatches(b, counts[1])] : counts;
    this.changing(subject, "refcount", left, right);
    this.changing(subject, "mapcount", a.mapcount, b.mapcount);
    this.changing(subject, "exclusive", a.exclusive, b.exclusive);
    this.changing(subject, "anon", a.anon, b.anon);
    this.changing(subject, "file", a.file, b.file);
    this.changing(subject, "ksm", a.ksm, b.ksm);
    this.changing(subject, "swapcache", a.swapcache, b.swapcache);
    this.changing(subject, "dirty", a.dirty, b.dirty);
    this.changing(subject, "lru", a.lru, b.lru, this.batches ? BATCHED : undefined);
    this.contents(subject, a, b);
    this.folio(subject, a.folio, b.folio);
  }

  // Nobody knows how many references the rest of the machine has to it: what the trace adds is compared.
  private zeroPage(a: FrameLook, b: FrameLook): void {
    if (this.now.has(key("zero page", "refcount"))) return;
    this.zeroBase.simulated ??= a.refcount;
    this.zeroBase.real ??= b.refcount;
    const since = (count: number | undefined, base: number | undefined) =>
      count === undefined || base === undefined ? undefined : count - base;
    this.changing(
      "zero page",
      "refcount",
      since(a.refcount, this.zeroBase.simulated),
      since(b.refcount, this.zeroBase.real),
    );
    this.changing("zero page", "mapcount", a.mapcount, b.mapcount, ZERO_PAGE);
  }

  private contents(subject: string, a: FrameLook, b: FrameLook): void {
    if (b.hash === undefined && b.text === undefined) {
      this.changing(subject, "contents", bytes(a), undefined);
      return;
    }
    const same = a.hash === undefined || b.hash === undefined ? a.text === b.text : a.hash === b.hash;
    // Two texts may look alike and differ further on.
    const more = !same && bytes(a) === bytes(b) ? `, hash ${b.hash}` : "";
    this.changing(subject, "contents", bytes(a), same ? bytes(a) : `${bytes(b)}${more}`);
  }

  private folio(subject: string, a: FolioLook | undefined, b: FolioLook | undefined): void {
    if (a === undefined && b === undefined) return;
    this.changing(subject, "order", a?.order ?? 0, b?.order ?? 0);
    if (a === undefined || b === undefined) return;
    this.changing(subject, "entire_mapcount", a.entireMapcount, b.entireMapcount);
    this.changing(subject, "nr_pages_mapped", a.nrPagesMapped, b.nrPagesMapped);
    this.changing(subject, "large_mapcount", a.largeMapcount, b.largeMapcount);
    this.changing(subject, "pincount", a.pincount, b.pincount);
    this.changing(subject, "maybe_mapped_shared", a.maybeMappedShared, b.maybeMappedShared);
    this.changing(subject, "mm_ids", idsOf(a), idsOf(b));
  }

  // An observable that stays until something changes it.
  private changing(subject: string, name: string, simulated: Shown, real: Shown, rule?: Rule): void {
    const both = `${simulated}\t${real}`;
    const at = key(subject, name);
    if (this.now.has(at)) return;
    this.now.set(at, both);
    if (this.last.get(at) !== both) this.add(subject, name, simulated, real, rule);
  }

  private add(subject: string, name: string, simulated: Shown, real: Shown, rule?: Rule): void {
    // A release that does not have it has nothing to show.
    if (simulated === undefined && real === undefined) return;
    const hidden = rule !== undefined || simulated === undefined || real === undefined;
    const verdict = hidden ? "not visible" : simulated === real ? "agree" : "disagree";
    const found = {
      subject,
      name,
      simulated: text(simulated),
      real: text(real),
      verdict,
      reason: rule?.reason,
    } as const;
    this.found.push(found);
  }
}

interface Places {
  readonly simulated: ReadonlyMap<number, string>;
  readonly real: ReadonlyMap<number, string>;
}

// What each frame goes by: the first address of the look that maps it, or the first pin that holds it.
function firstPlaces(look: Look, names: Names): ReadonlyMap<number, string> {
  const places = new Map<number, string>();
  const see = (frame: FrameLook | undefined, place: () => string) => {
    if (frame && !places.has(frame.pfn)) places.set(frame.pfn, frame.zero ? "zero page" : place());
  };
  for (const space of look.spaces) {
    for (const entry of space.entries) see(entry.frame, () => `${names.process(space.worker)} ${hex(entry.address)}`);
  }
  for (const { pin, pages } of look.pins) {
    for (const [i, frame] of pages.entries()) see(frame, () => `${names.pin(pin)} page ${i}`);
  }
  return places;
}

function placeIn(places: ReadonlyMap<number, string>, frame: FrameLook | undefined): string | undefined {
  return frame === undefined ? undefined : places.get(frame.pfn);
}

// Two ascending lists, side by side.
function* pairs<T>(
  a: readonly T[],
  b: readonly T[],
  of: (one: T) => number,
): Generator<[T, T] | [T, undefined] | [undefined, T]> {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = i < a.length ? of(a[i]) : Number.POSITIVE_INFINITY;
    const right = j < b.length ? of(b[j]) : Number.POSITIVE_INFINITY;
    if (left === right) yield [a[i++], b[j++]];
    else if (left < right) yield [a[i++], undefined];
    else yield [undefined, b[j++]];
  }
}

function key(subject: string, name: string): string {
  return `${subject}\t${name}`;
}

function idsOf(folio: FolioLook): Shown {
  // Ids mean nothing but whether there are two.
  if (folio.mmId0 === undefined || folio.mmId1 === undefined) return undefined;
  return [folio.mmId0, folio.mmId1].filter((id) => id !== 0).length;
}

function signalOf(signal: string | undefined): string {
  return signal === undefined ? "none" : signal === "SIGKILL" ? "OOM" : signal;
}

function bytes(frame: FrameLook): string {
  return JSON.stringify(frame.text ?? "");
}

export function hex(address: number | undefined): string {
  return address === undefined ? "none" : `0x${address.toString(16)}`;
}

function text(value: Shown): string {
  if (value === undefined) return "not visible";
  return value === true ? "1" : value === false ? "0" : String(value);
}
