// Finding VMAs: for each address space its VMAs in ascending order (the kernel's maple tree, before 6.1 its red-black tree).
//
// Derived from the vma columns and rebuilt after a seek; create, free and moves of a VMA's ends keep it in step.

import { bug } from "./errors.ts";
import { VM_ACCESS_FLAGS, VM_SOFTDIRTY } from "./flags.ts";
import type { Kernel } from "./kernel.ts";
import { anon_vma_chain_singular } from "./rmap_index.ts";

export class VmaIndex {
  private readonly k: Kernel;
  private epoch = -1;
  private readonly byMm = new Map<number, number[]>();
  // The VMA of the last lookup: most faults hit the same one.
  private cached = -1;

  constructor(k: Kernel) {
    this.k = k;
  }

  // The rows of the VMAs of an address space, ascending. Not to be changed by the caller, nor kept across a change.
  of(mm: number): readonly number[] {
    return this.list(mm);
  }

  // The first VMA that ends after the page, or -1. Mirrors find_vma(), mm/mmap.c.
  find(mm: number, vpn: number): number {
    const list = this.list(mm);
    const at = this.after(list, vpn);
    return at < list.length ? list[at] : -1;
  }

  // The VMA that holds the page, or -1. Mirrors vma_lookup(), include/linux/mm.h.
  lookup(mm: number, vpn: number): number {
    const { vma } = this.k.w;
    const cached = this.cached;
    if (
      this.epoch === this.k.epoch &&
      cached >= 0 &&
      vma.mm.data[cached] === mm + 1 &&
      vma.start.data[cached] <= vpn &&
      vpn < vma.end.data[cached]
    ) {
      return cached;
    }
    const found = this.find(mm, vpn);
    if (found < 0 || vma.start.data[found] > vpn) return -1;
    this.cached = found;
    return found;
  }

  prev(vma: number): number {
    const list = this.list(this.k.w.vma.mm.data[vma] - 1);
    const at = this.position(list, vma);
    return at > 0 ? list[at - 1] : -1;
  }

  next(vma: number): number {
    const list = this.list(this.k.w.vma.mm.data[vma] - 1);
    const at = this.position(list, vma);
    return at + 1 < list.length ? list[at + 1] : -1;
  }

  // The last VMA that ends at or before the page, or -1.
  before(mm: number, vpn: number): number {
    const list = this.list(mm);
    const at = this.after(list, vpn);
    return at > 0 ? list[at - 1] : -1;
  }

  // The VMA's start and end are set: it takes its place.
  insert(vma: number): void {
    const { vma: v } = this.k.w;
    const list = this.list(v.mm.data[vma] - 1);
    const at = this.after(list, v.start.data[vma]);
    // A list that was just built from the columns already holds it.
    if (list[at] !== vma) list.splice(at, 0, vma);
  }

  // Before the VMA's columns are cleared.
  remove(vma: number): void {
    const list = this.list(this.k.w.vma.mm.data[vma] - 1);
    list.splice(this.position(list, vma), 1);
  }

  // The anon_vma (row + 1) of a neighbour that this VMA could merge with but for its protection, or 0.
  // Mirrors find_mergeable_anon_vma(), mm/vma.c, 6.12.
  mergeableAnonVma(vma: number): number {
    const { vma: v } = this.k.w;
    const next = this.next(vma);
    if (next >= 0 && this.compatible(vma, next) && this.reusable(next)) return v.anon_vma.data[next];
    const prev = this.prev(vma);
    if (prev >= 0 && this.compatible(prev, vma) && this.reusable(prev)) return v.anon_vma.data[prev];
    return 0;
  }

  // Mirrors anon_vma_compatible(), mm/vma.c, 6.12.
  private compatible(a: number, b: number): boolean {
    const { vma } = this.k.w;
    const apart = vma.flags.data[a] ^ vma.flags.data[b];
    return (
      vma.end.data[a] === vma.start.data[b] &&
      vma.file.data[a] === vma.file.data[b] &&
      (apart & ~(VM_ACCESS_FLAGS | VM_SOFTDIRTY)) === 0 &&
      vma.pgoff.data[b] === vma.pgoff.data[a] + vma.start.data[b] - vma.start.data[a]
    );
  }

  private reusable(vma: number): boolean {
    return this.k.w.vma.anon_vma.data[vma] !== 0 && anon_vma_chain_singular(this.k, vma);
  }

  private list(mm: number): number[] {
    if (this.epoch !== this.k.epoch) this.rebuild();
    let list = this.byMm.get(mm);
    if (list === undefined) {
      list = [];
      this.byMm.set(mm, list);
    }
    return list;
  }

  private rebuild(): void {
    const { vma } = this.k.w;
    this.byMm.clear();
    this.cached = -1;
    this.epoch = this.k.epoch;
    for (let row = 0; row < this.k.rows(vma); row++) {
      if (vma.mm.data[row] !== 0) this.list(vma.mm.data[row] - 1).push(row);
    }
    for (const list of this.byMm.values()) list.sort((a, b) => vma.start.data[a] - vma.start.data[b]);
  }

  // The index of the first VMA that ends after the page.
  private after(list: readonly number[], vpn: number): number {
    const end = this.k.w.vma.end.data;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (end[list[middle]] > vpn) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private position(list: readonly number[], vma: number): number {
    const at = this.after(list, this.k.w.vma.start.data[vma]);
    if (list[at] !== vma) bug(`VMA ${vma} is not where its start says`);
    return at;
  }
}
