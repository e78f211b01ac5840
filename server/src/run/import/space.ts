// What does the importer know of one address space? A shadow of its mappings, so that each line it writes will run.
//
//   areas:   |m1 rw|      |m2 r |m2 rw|         sorted, disjoint; a call on a part splits an area, as in the kernel
//
// The areas are immutable records and the list is copied on the first write after a fork, so that a fork costs nothing.

import { pageDown, pageUp } from "./abi.ts";

/** What a name in the trace is bound to: an address and the length that was mapped there. */
export interface Name {
  readonly text: string;
  readonly at: number;
  readonly length: number;
}

export interface Area {
  readonly start: number;
  readonly end: number;
  /** r=1 w=2 x=4. */
  readonly prot: number;
  readonly shared: boolean;
  readonly file: MappedFile | undefined;
  /** The offset in the file of `start`. */
  readonly offset: number;
  readonly name: Name | undefined;
  readonly growsdown: boolean;
  readonly locked: boolean;
  readonly dontfork: boolean;
  /** A page of it has been touched by a line of the trace. */
  readonly touched: boolean;
  /** Untouched, beside a touched neighbour of its kind: the kernel may have merged a part of it with that one. */
  readonly doubtful: boolean;
  /** A hugetlb mapping, or a plain one that stands for one of a page size that is not simulated. */
  readonly huge: false | "pages" | "stand-in";
}

/** A file of the trace; `size` is what the trace has made it. */
export interface MappedFile {
  readonly name: string;
  /** A memfd of huge pages. */
  readonly huge?: boolean;
  size: number;
  /** The log itself told the size. */
  sizeKnown: boolean;
  /** Some mapping of it was shared and writable, which makes a later mapping of the descriptor likely the same file. */
  sharedWritable: boolean;
  readonly memory: boolean;
}

export class Space {
  /** The break of the heap: where it starts and where it is now; undefined until the log tells. */
  brkStart: number | undefined;
  brk = 0;
  /** mlockall(MCL_FUTURE) holds. */
  lockFuture = false;

  private areas: Area[] = [];
  private shared = false;
  /** Some area has been locked or kept from children, so that fork() must look at each. */
  private marked = false;

  get size(): number {
    return this.areas.length;
  }

  /** The child's address space after fork(): the same areas but for MADV_DONTFORK; nothing is locked. */
  fork(): Space {
    const child = new Space();
    child.brkStart = this.brkStart;
    child.brk = this.brk;
    if (this.marked) {
      child.areas = this.areas
        .filter((area) => !area.dontfork)
        .map((area) => (area.locked ? { ...area, locked: false } : area));
      this.marked = this.areas.some((area) => area.dontfork || area.locked);
    } else {
      child.areas = this.areas;
      child.shared = true;
      this.shared = true;
    }
    return child;
  }

  at(address: number): Area | undefined {
    const area = this.areas[this.firstEndingAfter(address)];
    return area !== undefined && area.start <= address ? area : undefined;
  }

  /** The first area at or above an address that is not inside of it. */
  above(address: number): Area | undefined {
    const i = this.firstEndingAfter(address);
    const area = this.areas[i];
    return area !== undefined && area.start <= address ? this.areas[i + 1] : area;
  }

  /** The areas that touch [start, end). */
  within(start: number, end: number): Area[] {
    const found: Area[] = [];
    for (let i = this.firstEndingAfter(start); i < this.areas.length && this.areas[i]!.start < end; i++) {
      found.push(this.areas[i]!);
    }
    return found;
  }

  overlaps(start: number, end: number): boolean {
    const area = this.areas[this.firstEndingAfter(start)];
    return area !== undefined && area.start < end;
  }

  /** The unmapped parts of [start, end), whole pages, in order. */
  holes(start: number, end: number): { start: number; end: number }[] {
    const holes: { start: number; end: number }[] = [];
    let at = pageDown(start);
    for (const area of this.within(at, end)) {
      if (area.start > at) holes.push({ start: at, end: area.start });
      at = area.end;
    }
    if (at < end) holes.push({ start: at, end: pageUp(end) });
    return holes;
  }

  all(): readonly Area[] {
    return this.areas;
  }

  /** Puts an area in place of what was there. */
  add(area: Area): void {
    this.unmap(area.start, area.end);
    this.own();
    this.marked ||= area.dontfork || area.locked;
    this.areas.splice(this.firstEndingAfter(area.start), 0, area);
  }

  unmap(start: number, end: number): void {
    this.replace(start, end, () => undefined);
  }

  /** Changes the areas in [start, end), splitting at both ends. */
  change(start: number, end: number, to: (area: Area) => Area): void {
    this.replace(start, end, to);
  }

  /** Moves [from, from+oldLength) to `to`; the first area's kind goes on to the whole of the new length. */
  move(from: number, oldLength: number, to: number, newLength: number, keepOld: boolean, name: Name | undefined): void {
    const kind = this.at(from);
    if (kind === undefined) return;
    const moved = this.within(from, from + oldLength).map((area) => clip(area, from, from + oldLength));
    if (!keepOld) this.unmap(from, from + oldLength);
    this.unmap(to, to + newLength);
    const last = moved.at(-1)!;
    for (const area of moved) {
      const start = area.start - from + to;
      if (start >= to + newLength) break;
      const end = area === last ? to + newLength : Math.min(area.end - from + to, to + newLength);
      this.add({ ...area, start, end, name: name ?? area.name });
    }
  }

  /**
   * Marks the untouched one of two neighbours of one kind that meet at an address. Which anon_vma it took, and so what it is
   * merged with later, hangs on pages that a trace without touches does not have.
   */
  doubt(address: number): void {
    const before = this.at(address - 1);
    const after = this.at(address);
    if (before === undefined || after === undefined || before === after) return;
    if (before.touched === after.touched || !mergeable(before, { ...after, locked: before.locked })) return;
    const untouched = before.touched ? after : before;
    this.replace(untouched.start, untouched.end, (area) => ({ ...area, doubtful: true }));
  }

  private replace(start: number, end: number, to: (area: Area) => Area | undefined): void {
    const first = this.firstEndingAfter(start);
    const only = this.areas[first];
    if (start >= end || only === undefined || only.start >= end) return;
    if (only.start === start && only.end === end) {
      this.put(first, to(only));
      return;
    }
    let last = first;
    const next: Area[] = [];
    for (; last < this.areas.length && this.areas[last]!.start < end; last++) {
      const area = this.areas[last]!;
      if (area.start < start) next.push(clip(area, area.start, start));
      const changed = to(clip(area, start, end));
      if (changed !== undefined) {
        this.marked ||= changed.dontfork || changed.locked;
        next.push(changed);
      }
      if (area.end > end) next.push(clip(area, end, area.end));
    }
    this.own();
    this.areas.splice(first, last - first, ...next);
  }

  /** One whole area is changed or gone: the common case. */
  private put(i: number, area: Area | undefined): void {
    this.own();
    if (area === undefined) this.areas.splice(i, 1);
    else {
      this.marked ||= area.dontfork || area.locked;
      this.areas[i] = area;
    }
  }

  private own(): void {
    if (!this.shared) return;
    this.areas = this.areas.slice();
    this.shared = false;
  }

  /** The index of the first area that ends above the address. */
  private firstEndingAfter(address: number): number {
    let low = 0;
    let high = this.areas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.areas[middle]!.end <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The part of an area in [start, end). */
function clip(area: Area, start: number, end: number): Area {
  const from = Math.max(area.start, start);
  const to = Math.min(area.end, end);
  if (from === area.start && to === area.end) return area;
  return { ...area, start: from, end: to, offset: area.offset + (from - area.start) };
}

/** A plain mapping: private, anonymous, readable and writable. */
export function plainArea(start: number, end: number, name: Name | undefined): Area {
  return {
    start,
    end,
    prot: 3,
    shared: false,
    file: undefined,
    offset: 0,
    name,
    growsdown: false,
    locked: false,
    dontfork: false,
    touched: false,
    doubtful: false,
    huge: false,
  };
}

/** Whether two neighbouring areas may be one VMA in the kernel, as far as the log can tell. */
export function mergeable(a: Area, b: Area): boolean {
  return (
    a.end === b.start &&
    a.prot === b.prot &&
    a.shared === b.shared &&
    a.file === b.file &&
    (a.file === undefined || a.offset + (a.end - a.start) === b.offset) &&
    a.growsdown === b.growsdown &&
    a.locked === b.locked &&
    a.dontfork === b.dontfork &&
    a.huge === b.huge
  );
}
