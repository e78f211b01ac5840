// Two machines after the same operation, a simulated and a real one: each observable with both values.
//
// What stands as it stood after the operation before, on both, is not said again: an observable is compared where one of
// the two values is new.

import { frameAt, hex, PAGE, pagesOf } from "./entry_look.ts";
import type { EntryLook, FolioLook, FrameLook, Look, ResultLook, SpaceLook } from "./look.ts";
import { alike, type Both } from "./page_runs.ts";
import { pairs } from "./pairs.ts";
import { folioText, type Names, type Place, type Places, placesOf, placeText, samePlace } from "./places.ts";
import { ACCESSED, BATCHED, comparableRefcount, outsideBatches, POOL_OF_NODES, type Rule, ZERO_PAGE } from "./rules.ts";
import { bytes, ownerOf, pssBeside, type Shown, signalOf, text } from "./shown.ts";

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
  // Pages have moved from node to node.
  private nodes = false;

  // `batches`: pages wait in the CPU's LRU batches.
  constructor(names: Names, batches = false) {
    this.names = names;
    this.batches = batches;
  }

  // An operation moved pages to other nodes.
  moved(): void {
    this.nodes = true;
  }

  after(simulated: Seen, real: Seen): readonly Observable[] {
    this.found = [];
    this.now = new Map();
    if (simulated.result && real.result) this.results(simulated.result, real.result);
    const places = { simulated: placesOf(simulated.look, this.names), real: placesOf(real.look, this.names) };
    const looks = { simulated: simulated.look, real: real.look, places };
    this.spaces(looks);
    this.pins(looks);
    const [left, right] = [simulated.look.machine, real.look.machine];
    this.changing("machine", "swap_used", left.swapUsed, right.swapUsed);
    this.changing("machine", "HugePages_Free", left.hugetlbFree, right.hugetlbFree);
    this.changing("machine", "HugePages_Rsvd", left.hugetlbReserved, right.hugetlbReserved);
    this.changing("machine", "HugePages_Surp", left.hugetlbSurplus, right.hugetlbSurplus);
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

  private spaces(looks: Looks): void {
    for (const [a, b] of pairs(looks.simulated.spaces, looks.real.spaces, (space) => space.worker)) {
      const process = this.names.process((a ?? b).worker);
      this.changing(process, "alive", a !== undefined, b !== undefined);
      if (a === undefined || b === undefined) continue;
      this.counters(process, a, b);
      for (const [x, y] of pairs(a.vmas, b.vmas, (vma) => vma.start)) {
        const text = (vma: typeof x) => (vma ? `to ${hex(vma.end)} ${vma.permissions}` : "none");
        this.changing(`${process} ${hex((x ?? y)?.start)}`, "vma", text(x), text(y));
      }
      let before: Both<EntryLook> | undefined;
      let end = 0;
      for (const [x, y] of pairs(a.entries, b.entries, (entry) => entry.address)) {
        // Of PTEs on one side where the other has a PMD, the first stands for all.
        const first = (x ?? y)?.address ?? 0;
        if (first < end) continue;
        end = first + Math.max(x ? pagesOf(x) : 1, y ? pagesOf(y) : 1) * PAGE;
        const both = x === undefined || y === undefined ? undefined : { simulated: x, real: y };
        // The pages of a large folio are many, and mostly alike: the first of such a run stands for all.
        if (!(both && before && alike(before, both, looks.places))) this.entry(process, x, y, looks);
        before = both;
      }
    }
  }

  private counters(process: string, a: SpaceLook, b: SpaceLook): void {
    this.changing(process, "rss_anon", a.rssAnon, b.rssAnon);
    this.changing(process, "rss_file", a.rssFile, b.rssFile);
    this.changing(process, "rss_shmem", a.rssShmem, b.rssShmem);
    this.changing(process, "swap", a.swap, b.swap);
    this.changing(process, "page_tables", a.pageTables, b.pageTables);
    this.changing(process, "hugetlb", a.hugetlb, b.hugetlb);
    this.changing(process, "uss", a.smaps?.uss, b.smaps?.uss);
    this.changing(process, "pss", a.smaps?.pss, pssBeside(a.smaps, b.smaps));
    this.changing(process, "AnonHugePages", a.smaps?.anonHuge, b.smaps?.anonHuge);
    this.changing(process, "ShmemPmdMapped", a.smaps?.shmemHuge, b.smaps?.shmemHuge);
    this.changing(process, "FilePmdMapped", a.smaps?.fileHuge, b.smaps?.fileHuge);
  }

  private entry(process: string, a: EntryLook | undefined, b: EntryLook | undefined, looks: Looks): void {
    const subject = `${process} ${hex((a ?? b)?.address)}`;
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
    this.frame({ who: process, at: a.address, pin: false }, a.frame, b.frame, looks);
    if (pagesOf(a) === pagesOf(b)) this.rest(process, a, b, looks);
  }

  // The pages behind the first one that a PMD maps.
  private rest(process: string, a: EntryLook, b: EntryLook, looks: Looks): void {
    let before: Both<EntryLook> = { simulated: a, real: b };
    for (let i = 0; i < Math.min(a.rest.length, b.rest.length); i++) {
      const at = a.address + (i + 1) * PAGE;
      const both = {
        simulated: { ...a, address: at, frame: frameAt(a, at) },
        real: { ...b, address: at, frame: frameAt(b, at) },
      };
      if (!alike(before, both, looks.places)) {
        this.frame({ who: process, at, pin: false }, both.simulated.frame, both.real.frame, looks);
      }
      before = both;
    }
  }

  private pins(looks: Looks): void {
    const { simulated, real } = looks;
    // Who may not read the kernel's memory sees no page tables either.
    const blind = real.pins.length === 0 && real.spaces.every(({ pageTables }) => pageTables === undefined);
    for (const [a, b] of pairs(simulated.pins, real.pins, (pin) => pin.pin)) {
      const pin = this.names.pin((a ?? b).pin);
      this.changing(pin, "pages", a?.pages.length ?? 0, blind ? undefined : (b?.pages.length ?? 0));
      for (let i = 0; i < Math.min(a?.pages.length ?? 0, b?.pages.length ?? 0); i++) {
        this.frame({ who: pin, at: i, pin: true }, a?.pages[i], b?.pages[i], looks);
      }
    }
  }

  // Which page of the trace it is, once for each frame what is its own, and once for each folio what is the folio's.
  private frame(here: Place, a: FrameLook | undefined, b: FrameLook | undefined, looks: Looks): void {
    const { simulated, real } = looks.places;
    const subject = placeText(here);
    const first = { simulated: a && simulated.frames.get(a.pfn), real: b && real.frames.get(b.pfn) };
    const placed = (place: Place | undefined) => place && placeText(place);
    this.changing(
      subject,
      "frame",
      placed(first.simulated) ?? "none",
      b === undefined ? undefined : placed(first.real),
    );
    if (a === undefined || b === undefined) return;
    if (a.zero && b.zero) this.zeroPage(a, b);
    if (!samePlace(first.simulated, here) || !samePlace(first.real, here) || a.zero || b.zero) return;
    this.changing(subject, "mapcount", a.mapcount, b.mapcount);
    this.changing(subject, "exclusive", a.exclusive, b.exclusive);
    this.contents(subject, a, b);
    const part = [folioText(simulated, a), folioText(real, b)];
    this.changing(subject, "folio", part[0], part[1]);
    this.changing(subject, "order", a.folio?.order ?? 0, b.folio?.order ?? 0);
    // Of a folio that both have come to before at another page, all is said.
    if (seenBefore(simulated, a) && seenBefore(real, b)) return;
    const counts = [a.refcount, comparableRefcount(b)];
    const [left, right] = this.batches ? [outsideBatches(a, counts[0]), outsideBatches(b, counts[1])] : counts;
    this.changing(subject, "refcount", left, right);
    this.changing(subject, "anon", a.anon, b.anon);
    this.changing(subject, "file", a.file, b.file);
    this.changing(subject, "hugetlb", a.hugetlb, b.hugetlb);
    this.changing(subject, "ksm", a.ksm, b.ksm);
    this.changing(subject, "swapcache", a.swapcache, b.swapcache);
    this.changing(subject, "dirty", a.dirty, b.dirty, this.nodes && a.hugetlb && a.anon ? POOL_OF_NODES : undefined);
    this.changing(subject, "lru", a.lru, b.lru, this.batches ? BATCHED : undefined);
    if (a.folio && b.folio) this.folio(subject, a.folio, b.folio, looks);
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

  private folio(subject: string, a: FolioLook, b: FolioLook, { simulated, real }: Looks): void {
    this.changing(subject, "entire_mapcount", a.entireMapcount, b.entireMapcount);
    this.changing(subject, "nr_pages_mapped", a.nrPagesMapped, b.nrPagesMapped);
    this.changing(subject, "large_mapcount", a.largeMapcount, b.largeMapcount);
    this.changing(subject, "pincount", a.pincount, b.pincount);
    this.changing(subject, "maybe_mapped_shared", a.maybeMappedShared, b.maybeMappedShared);
    this.changing(subject, "partially_mapped", a.partiallyMapped, b.partiallyMapped);
    this.changing(subject, "double_map", a.doubleMap, b.doubleMap);
    const owner = (spaces: readonly SpaceLook[], id: number | undefined) => ownerOf(spaces, this.names, id);
    this.changing(subject, "mm_id0", owner(simulated.spaces, a.mmId0), owner(real.spaces, b.mmId0));
    this.changing(subject, "mm_id1", owner(simulated.spaces, a.mmId1), owner(real.spaces, b.mmId1));
    this.changing(subject, "mm_id0_mapcount", a.mmId0Mapcount, b.mmId0Mapcount);
    this.changing(subject, "mm_id1_mapcount", a.mmId1Mapcount, b.mmId1Mapcount);
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

interface Looks {
  readonly simulated: Look;
  readonly real: Look;
  readonly places: Both<Places>;
}

function seenBefore({ folios }: Places, { pfn, folio }: FrameLook): boolean {
  return folio !== undefined && folios.get(folio.head)?.pfn !== pfn;
}

function key(subject: string, name: string): string {
  return `${subject}\t${name}`;
}
