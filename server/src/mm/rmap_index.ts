// From a page's mapping to the VMAs that may map it: for each anon_vma and each file what the kernel keeps in interval
// trees (anon_vma->rb_root, address_space->i_mmap).
//
// Derived from the vma and anon_vma columns and rebuilt after a seek; vma_link, vma_unlink and set_anon_vma keep it in
// step. A VMA keeps start - pgoff however it is split, trimmed or grown, so an address space is asked once for each
// such distance at which it maps something of the object, not once for each VMA.

import type { Kernel } from "./kernel.ts";

// What maps one anon_vma or one file.
interface Mappings {
  readonly vmas: Set<number>;
  // mm → start - pgoff of a VMA → how many VMAs of the address space lie at that distance.
  readonly spaces: Map<number, Map<number, number>>;
}

const NOBODY: Mappings = { vmas: new Set(), spaces: new Map() };

export class RmapIndex {
  private readonly k: Kernel;
  private epoch = -1;
  // Keys are rows + 1, as the columns hold them.
  private readonly anon = new Map<number, Mappings>();
  private readonly files = new Map<number, Mappings>();
  // anon_vma → how many VMAs put their new pages there (num_active_vmas).
  private readonly active = new Map<number, number>();
  // anon_vma → those that were made as its children, alive or not.
  private readonly children = new Map<number, number[]>();

  constructor(k: Kernel) {
    this.k = k;
  }

  // The VMAs that map a page of the anon_vma (row + 1), in the order of their page offsets, then of their making.
  ofAnonPage(anon_vma: number, index: number): number[] {
    return this.covering(this.fresh().anon.get(anon_vma) ?? NOBODY, index, (vma) => this.linked(vma, anon_vma));
  }

  // Those that map some of the pages [index, index + nr), in the same order.
  ofAnonRange(anon_vma: number, index: number, nr: number): number[] {
    const mappings = this.fresh().anon.get(anon_vma) ?? NOBODY;
    return this.overlapping(mappings, index, nr, (vma) => this.linked(vma, anon_vma));
  }

  // The VMAs linked to the anon_vma (row + 1) that cover the address, whatever they map there.
  ofAddress(anon_vma: number, vpn: number): number[] {
    const { pgoff } = this.k.w.vma;
    const found: number[] = [];
    for (const mm of this.fresh().anon.get(anon_vma)?.spaces.keys() ?? []) {
      const vma = this.k.vmas.lookup(mm, vpn);
      if (vma >= 0 && this.linked(vma, anon_vma)) found.push(vma);
    }
    return found.sort((a, b) => pgoff.data[a] - pgoff.data[b] || a - b);
  }

  // The VMAs that map a page of the file (row + 1), in the same order.
  ofFilePage(file: number, index: number): number[] {
    return this.covering(this.fresh().files.get(file) ?? NOBODY, index, (vma) => this.k.w.vma.file.data[vma] === file);
  }

  ofFileRange(file: number, index: number, nr: number): number[] {
    const mappings = this.fresh().files.get(file) ?? NOBODY;
    return this.overlapping(mappings, index, nr, (vma) => this.k.w.vma.file.data[vma] === file);
  }

  // All VMAs that map something of the file (row + 1), in the order of their making.
  ofFile(file: number): number[] {
    return [...(this.fresh().files.get(file)?.vmas ?? [])].sort((a, b) => a - b);
  }

  // VMAs that put their new pages into the anon_vma (row + 1). struct anon_vma, num_active_vmas.
  activeVmas(anon_vma: number): number {
    return this.fresh().active.get(anon_vma) ?? 0;
  }

  // Its child anon_vmas that somebody is linked to; a root counts itself. struct anon_vma, num_children.
  liveChildren(anon_vma: number): number {
    this.fresh();
    const self = this.k.w.anon_vma.parent.data[anon_vma - 1] === anon_vma ? 1 : 0;
    const children = this.children.get(anon_vma) ?? [];
    return self + children.filter((child) => (this.anon.get(child)?.vmas.size ?? 0) > 0).length;
  }

  // After the VMA's columns are set.
  insert(vma: number): void {
    if (this.epoch === this.k.epoch) this.link(vma);
    else this.fresh();
  }

  // Before the VMA's columns are cleared.
  remove(vma: number): void {
    this.fresh();
    const { file, anon_vma } = this.k.w.vma;
    this.leave(this.files, file.data[vma], vma);
    for (const link of anon_vmas_of(this.k, vma)) this.leave(this.anon, link, vma);
    if (anon_vma.data[vma] !== 0) this.active.set(anon_vma.data[vma], (this.active.get(anon_vma.data[vma]) ?? 0) - 1);
  }

  // A new anon_vma (row + 1) with its parent set.
  adopt(anon_vma: number): void {
    if (this.epoch === this.k.epoch) this.born(anon_vma);
    else this.fresh();
  }

  private fresh(): this {
    if (this.epoch === this.k.epoch) return this;
    const { vma, anon_vma } = this.k.w;
    for (const map of [this.anon, this.files, this.active, this.children]) map.clear();
    this.epoch = this.k.epoch;
    for (let row = 0; row < this.k.rows(anon_vma); row++) this.born(row + 1);
    for (let row = 0; row < this.k.rows(vma); row++) if (vma.mm.data[row] !== 0) this.link(row);
    return this;
  }

  private born(anon_vma: number): void {
    const parent = this.k.w.anon_vma.parent.data[anon_vma - 1];
    if (parent === anon_vma) return;
    const children = this.children.get(parent);
    if (children === undefined) this.children.set(parent, [anon_vma]);
    else children.push(anon_vma);
  }

  private link(vma: number): void {
    const { file, anon_vma } = this.k.w.vma;
    this.join(this.files, file.data[vma], vma);
    for (const link of anon_vmas_of(this.k, vma)) this.join(this.anon, link, vma);
    if (anon_vma.data[vma] !== 0) this.active.set(anon_vma.data[vma], this.activeVmas(anon_vma.data[vma]) + 1);
  }

  private join(of: Map<number, Mappings>, key: number, vma: number): void {
    if (key === 0) return;
    const { mm, start, pgoff } = this.k.w.vma;
    let mappings = of.get(key);
    if (mappings === undefined) {
      mappings = { vmas: new Set(), spaces: new Map() };
      of.set(key, mappings);
    }
    mappings.vmas.add(vma);
    let distances = mappings.spaces.get(mm.data[vma] - 1);
    if (distances === undefined) {
      distances = new Map();
      mappings.spaces.set(mm.data[vma] - 1, distances);
    }
    const distance = start.data[vma] - pgoff.data[vma];
    distances.set(distance, (distances.get(distance) ?? 0) + 1);
  }

  private leave(of: Map<number, Mappings>, key: number, vma: number): void {
    const mappings = of.get(key);
    if (mappings === undefined) return;
    const { mm, start, pgoff } = this.k.w.vma;
    mappings.vmas.delete(vma);
    if (mappings.vmas.size === 0) of.delete(key);
    const distances = mappings.spaces.get(mm.data[vma] - 1);
    const distance = start.data[vma] - pgoff.data[vma];
    const left = (distances?.get(distance) ?? 0) - 1;
    if (left > 0) distances?.set(distance, left);
    else distances?.delete(distance);
    if (distances?.size === 0) mappings.spaces.delete(mm.data[vma] - 1);
  }

  private covering(mappings: Mappings, index: number, maps: (vma: number) => boolean): number[] {
    const { start, pgoff } = this.k.w.vma;
    const found: number[] = [];
    for (const [mm, distances] of mappings.spaces) {
      for (const distance of distances.keys()) {
        const vma = this.k.vmas.lookup(mm, index + distance);
        if (vma >= 0 && start.data[vma] - pgoff.data[vma] === distance && maps(vma)) found.push(vma);
      }
    }
    return found.length < 2 ? found : found.sort((a, b) => pgoff.data[a] - pgoff.data[b] || a - b);
  }

  private overlapping(mappings: Mappings, index: number, nr: number, maps: (vma: number) => boolean): number[] {
    const { start, end, pgoff } = this.k.w.vma;
    const found: number[] = [];
    for (const [mm, distances] of mappings.spaces) {
      for (const distance of distances.keys()) {
        const last = index + nr + distance;
        for (let at = index + distance; at < last; ) {
          const vma = this.k.vmas.find(mm, at);
          if (vma < 0 || start.data[vma] >= last) break;
          if (start.data[vma] - pgoff.data[vma] === distance && maps(vma)) found.push(vma);
          at = end.data[vma];
        }
      }
    }
    return found.sort((a, b) => pgoff.data[a] - pgoff.data[b] || a - b);
  }

  private linked(vma: number, anon_vma: number): boolean {
    for (const link of anon_vmas_of(this.k, vma)) if (link === anon_vma) return true;
    return false;
  }
}

// The anon_vmas (row + 1) that the VMA is linked to, newest first (its anon_vma_chain).
export function* anon_vmas_of(k: Kernel, vma: number): Generator<number> {
  const { older } = k.w.anon_vma;
  for (let link = k.w.vma.anon_vma_chain.data[vma]; link !== 0; link = older.data[link - 1]) yield link;
}

// Linked to one anon_vma and no more: no fork child. list_is_singular(&vma->anon_vma_chain).
export function anon_vma_chain_singular(k: Kernel, vma: number): boolean {
  const newest = k.w.vma.anon_vma_chain.data[vma];
  return newest !== 0 && k.w.anon_vma.older.data[newest - 1] === 0;
}
