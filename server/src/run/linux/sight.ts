// What expressions see of a real machine: the fields of LANGUAGE.md, section 5, read from a look at it. What a look does
// not show is said to be unseen, never made up.

import { decode } from "../../lang/bytes.ts";
import type { LookName, Place, Sight, Unseen } from "../../lang/evaluate.ts";
import type { FieldSpec } from "../../lang/fields.ts";
import { number, truth } from "../../lang/read.ts";
import type { Value } from "../../lang/value.ts";
import { word } from "../../lang/words.ts";
import type { Kernel } from "../../mm/kernel.ts";
import { OUTCOMES } from "../../mm/outcome.ts";
import { entryOver, frameAt, PAGE } from "./entry_look.ts";
import type { EntryLook, FrameLook, Look, ResultLook, SpaceLook, VmaLook } from "./look.ts";
import { bit, bytesOf, counter, folioField, pageField, TEXT, unseen, unseenField, vmaField } from "./sight_fields.ts";

const SHIFT = 12;
const NO_MACHINE = {
  swapUsed: undefined,
  hugetlbFree: undefined,
  hugetlbReserved: undefined,
  hugetlbSurplus: undefined,
};

// A class, since frame numbers are renamed in the order in which they are first asked for.
export class RealSight implements Sight {
  private readonly k: Kernel;
  private look_: Look = { spaces: [], pins: [], machine: NO_MACHINE };
  private result: ResultLook | undefined;
  private frames = new Map<number, FrameLook>();
  private readonly renamed = new Map<number, number>();
  private readonly real: number[] = [];
  private vmas: VmaLook[] = [];
  private readonly faults = new Map<number, { minor: number; major: number }>();

  constructor(k: Kernel) {
    this.k = k;
  }

  // What the machine shows from now on, and what the operation before came to.
  show(look: Look, result: ResultLook | undefined, worker: number): void {
    this.look_ = look;
    this.result = result;
    this.vmas = [];
    this.frames = new Map();
    for (const space of look.spaces)
      for (const { frame, rest } of space.entries) {
        if (frame) this.frames.set(frame.pfn, frame);
        for (const one of rest) this.frames.set(one.pfn, one);
      }
    for (const { pages } of look.pins) for (const frame of pages) if (frame) this.frames.set(frame.pfn, frame);
    const sum = this.faults.get(worker) ?? { minor: 0, major: 0 };
    sum.minor += result?.minorFaults ?? 0;
    sum.major += result?.majorFaults ?? 0;
    this.faults.set(worker, sum);
  }

  // The number that a frame goes by.
  rename(pfn: number): number {
    let name = this.renamed.get(pfn);
    if (name === undefined) {
      name = this.real.push(pfn);
      this.renamed.set(pfn, name);
    }
    return name;
  }

  entryAt(task: number, vpn: number): EntryLook | undefined {
    return entryOver(this.space(task)?.entries ?? [], vpn * PAGE);
  }

  look(name: LookName, { task, at }: Place): Value | Unseen {
    const space = this.space(task);
    if (!space) return null;
    const vpn = Number(at >> BigInt(SHIFT));
    if (name === "pte") return { kind: "pte", task, vpn };
    if (name === "vma") {
      const vma = space.vmas.find(({ start, end }) => start <= Number(at) && Number(at) < end);
      return vma ? { kind: "vma", vma: -this.vmas.push(vma) } : null;
    }
    const entry = this.entryAt(task, vpn);
    if (name === "page") return this.page(entry, vpn);
    if (entry === undefined || entry.kind === "marker") return null;
    if (entry.kind !== "present") return unseen("what is in swap cannot be read without a fault");
    const offset = Number(at & BigInt(PAGE - 1));
    const bytes = bytesOf(frameAt(entry, vpn * PAGE), offset);
    if (bytes === undefined) return unseen(`a look shows the first ${TEXT} bytes of a page`);
    if (name === "byte") return number(bytes[0] ?? 0);
    const zero = bytes.indexOf(0);
    if (zero < 0 && bytes.length === PAGE - offset) return unseen("the text goes on in the next page");
    return decode(zero < 0 ? bytes : bytes.subarray(0, zero));
  }

  pinPage(pin: number, index: bigint): Value | Unseen {
    const pages = this.look_.pins.find((one) => one.pin === pin)?.pages;
    if (pages === undefined || index >= BigInt(pages.length)) return null;
    const frame = pages[Number(index)];
    return frame ? { kind: "page", pfn: this.rename(frame.pfn) } : unseen("this pin's page cannot be seen");
  }

  *mapped(task: number, first: number, end: number): Generator<number> {
    for (const vma of this.space(task)?.vmas ?? []) {
      const stop = Math.min(end, vma.end / PAGE);
      for (let vpn = Math.max(first, vma.start / PAGE); vpn < stop; vpn++) yield vpn;
    }
  }

  field(spec: FieldSpec, object: Value): Value | Unseen {
    if (typeof object !== "object" || object === null) return null;
    switch (object.kind) {
      case "page":
      case "folio": {
        const frame = this.frames.get(this.real[object.pfn - 1]);
        if (!frame) return unseen("the page is in no entry and no pin any more");
        return object.kind === "page" ? pageField(spec.name, frame, object.pfn) : folioField(spec.name, frame);
      }
      case "pte":
        return this.pteField(spec.name, object.vpn, object.task);
      case "vma":
        return vmaField(spec.name, this.vmas[-object.vma - 1]);
      case "process":
        return this.processField(spec.name, object.task);
      case "pin":
        return this.pinField(spec.name, object.pin);
      case "machine":
        return spec.name === "swap_used" ? counter(this.look_.machine.swapUsed) : unseenField(spec.name);
      case "outcomes":
        return this.lastField(spec, object);
      case "model":
        return spec.read(this.k, object);
      default:
        return unseenField(spec.name);
    }
  }

  private space(task: number): SpaceLook | undefined {
    return this.look_.spaces.find((space) => space.worker === task);
  }

  private page(entry: EntryLook | undefined, vpn: number): Value | Unseen {
    if (entry?.kind !== "present") return null;
    const frame = frameAt(entry, vpn * PAGE);
    return frame ? { kind: "page", pfn: this.rename(frame.pfn) } : unseen("the frame cannot be seen");
  }

  private pteField(name: string, vpn: number, task: number): Value | Unseen {
    if (!this.space(task)) return null;
    const entry = this.entryAt(task, vpn);
    const frame = entry && frameAt(entry, vpn * PAGE);
    switch (name) {
      case "none":
        return truth(entry === undefined);
      case "present":
      case "swap":
      case "migration":
        return truth(entry?.kind === name);
      case "level":
        return entry !== undefined && entry.level === undefined ? unseenField(name) : word(entry?.level ?? "pte");
      case "pfn":
        if (entry?.kind !== "present") return null;
        return frame ? number(this.rename(frame.pfn)) : unseenField(name);
    }
    if (entry === undefined) return 0n;
    switch (name) {
      case "writable":
        return bit(entry.kind === "present" ? entry.writable : false);
      case "dirty":
        return bit(entry.kind === "present" ? entry.dirty : false);
      case "accessed":
        return bit(entry.kind === "present" ? entry.accessed : false);
      case "special":
        return bit(entry.kind === "present" ? entry.special : false);
      case "soft_dirty":
        return bit(entry.softDirty);
      case "exclusive":
        return bit(entry.kind === "present" ? false : entry.exclusive);
      default:
        return unseenField(name);
    }
  }

  private processField(name: string, task: number): Value | Unseen {
    const space = this.space(task);
    if (name === "alive") return truth(space !== undefined);
    if (name === "minor_faults") return number(this.faults.get(task)?.minor ?? 0);
    if (name === "major_faults") return number(this.faults.get(task)?.major ?? 0);
    if (!space) return null;
    const { rssAnon, rssFile, rssShmem } = space;
    switch (name) {
      case "rss":
        return rssAnon === undefined || rssFile === undefined || rssShmem === undefined
          ? unseenField(name)
          : number(rssAnon + rssFile + rssShmem);
      case "rss_anon":
        return counter(rssAnon);
      case "rss_file":
        return counter(rssFile);
      case "rss_shmem":
        return counter(rssShmem);
      case "swap":
        return counter(space.swap);
      case "page_tables":
        return counter(space.pageTables);
      case "hugetlb":
        return counter(space.hugetlb);
      case "vmas":
        return number(space.vmas.length);
      default:
        return unseenField(name);
    }
  }

  private pinField(name: string, pin: number): Value | Unseen {
    const pages = this.look_.pins.find((one) => one.pin === pin)?.pages ?? [];
    if (name === "pages") return number(pages.length);
    const offset = this.k.side.pinOffsets[pin];
    const bytes = pages.length === 0 ? new Uint8Array() : bytesOf(pages[0], offset);
    const zero = bytes?.indexOf(0) ?? -1;
    const length = this.k.side.pinLengths[pin];
    if (bytes === undefined || (zero < 0 && bytes.length < length)) return unseen("the pin's bytes cannot all be seen");
    return decode(bytes.subarray(0, Math.min(length, zero < 0 ? bytes.length : zero)));
  }

  private lastField(spec: FieldSpec, object: Value): Value | Unseen {
    const { result } = this;
    if (result === undefined) return spec.read(this.k, object);
    if (spec.name === "errno") return result.errno === undefined ? null : word(result.errno);
    if (result.unsure.includes(spec.name)) return unseen(`whether it was \`${spec.name}\` cannot be seen from outside`);
    return truth(OUTCOMES.some((name) => name === spec.name) && result.outcome.includes(spec.name));
  }
}
