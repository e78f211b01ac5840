// A mapping goes to another address: a copy of its VMA, its entries, and the end of the old one. mm/mremap.c, mm/vma.c;
// mm-semantics §5.2.

import { type Errno, MREMAP_DONTUNMAP } from "./abi.ts";
import { default_page, move_default_page } from "./default_page.ts";
import { VM_LOCKED } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import { clear_vma_resv_huge_pages } from "./hugetlb_reserve.ts";
import type { Kernel } from "./kernel.ts";
import { ksm_madvise } from "./ksm.ts";
import { move_page_tables } from "./move_page_tables.ts";
import { do_munmap } from "./munmap.ts";
import { set_anon_vma } from "./rmap.ts";
import { vma_fields, vma_is_anonymous, vma_link } from "./vma.ts";
import { split_vma, vma_merge_new_range } from "./vma_merge.ts";

// What mremap moves: pages [from, from + oldPages) of one VMA become [to, to + newPages).
export interface VmaMove {
  readonly from: number;
  readonly oldPages: number;
  readonly to: number;
  readonly newPages: number;
  // Who calls mremap.
  readonly task: number;
  // MREMAP_* bits.
  readonly flags: number;
}

// Moves the range. When there is no memory for page tables, everything goes back and the new range is unmapped: ENOMEM.
// Mirrors move_vma(), mm/mremap.c, 6.12.
export const move_vma = kernelFunction(
  "move_vma",
  "mm/mremap.c",
  (k: Kernel, vma: number, move: VmaMove): 0 | Errno => {
    const { vma: v } = k.w;
    const mm = v.mm.data[vma] - 1;
    const { from, to, oldPages, newPages } = move;
    const keep = (move.flags & MREMAP_DONTUNMAP) !== 0;
    if (!room_for_move(k, vma, keep)) return "ENOMEM";
    // KSM's pages do not move: each address gets its own again, and KSM may merge them anew at the new place.
    const broken = ksm_madvise(k, move.task, vma, { start: from, end: from + oldPages }, false);
    if (typeof broken === "string") return broken;
    if (splits_before_unlocking(k, vma, keep)) {
      const error = split_around(k, vma, from, from + oldPages);
      if (error !== 0) return error;
    }
    const whole = v.start.data[vma] === from && v.end.data[vma] === from + oldPages;
    const copy = copy_vma(k, vma, to, newPages, from);
    const moved = move_page_tables(k, { mm, source: copy.source, target: copy.target, from, to, pages: oldPages });
    if (moved < oldPages) {
      move_page_tables(k, { mm, source: copy.target, target: copy.source, from: to, to: from, pages: moved });
      clear_vma_resv_huge_pages(k, copy.target);
      do_munmap(k, mm, to, to + newPages);
      return "ENOMEM";
    }
    clear_vma_resv_huge_pages(k, copy.source);
    if (default_page(k, vma) >= 0) move_default_page(k, vma, copy.target);
    if (keep) dontunmap_complete(k, copy.source, copy.target, whole);
    else if (oldPages > 0) do_munmap(k, mm, from, from + oldPages);
    return 0;
  },
);

// Unmapping the source may split a VMA in two after the copy has made one more. Mirrors
// check_map_count_against_split(), mm/mremap.c, 7.2; a fixed reserve before.
function room_for_move(k: Kernel, vma: number, keep: boolean): boolean {
  const count = k.w.mm.map_count.data[k.w.vma.mm.data[vma] - 1];
  const max = k.machine.max_map_count;
  if (k.model.mremapNeedsRoom !== "all") return count < max - 3;
  return count + 2 + (splits_before_unlocking(k, vma, keep) ? 1 : 0) <= max;
}

// Mirrors needs_pre_split(), mm/mremap.c, 7.2.
function splits_before_unlocking(k: Kernel, vma: number, keep: boolean): boolean {
  if (default_page(k, vma) >= 0) return true;
  return k.model.dontunmapUnlocks === "the range" && keep && (k.w.vma.flags.data[vma] & VM_LOCKED) !== 0;
}

function split_around(k: Kernel, vma: number, start: number, end: number): 0 | Errno {
  const { vma: v } = k.w;
  if (v.start.data[vma] < start) {
    const error = split_vma(k, vma, start, true);
    if (error !== 0) return error;
  }
  return v.end.data[vma] > end ? split_vma(k, vma, end, false) : 0;
}

// A VMA at the new address like the old one, merged with its new neighbours where it fits. An anonymous VMA that never
// faulted takes the new address's natural pgoff, and may so merge even with its own source; otherwise pgoff stays, for
// the pages know their place by it. Mirrors copy_vma(), mm/vma.c, 6.12.
const copy_vma = kernelFunction(
  "copy_vma",
  "mm/vma.c",
  (k: Kernel, vma: number, to: number, pages: number, from: number): { source: number; target: number } => {
    const { vma: v } = k.w;
    const fields = vma_fields(k, vma);
    const unfaulted = vma_is_anonymous(k, vma) && fields.anon_vma === 0;
    const pgoff = unfaulted ? to : fields.pgoff + from - fields.start;
    const { mm, flags, file, anon_vma } = fields;
    const range = { mm, start: to, end: to + pages, flags, pgoff, file, anon_vma, source: vma };
    const target = vma_merge_new_range(k, range, k.vmas.before(mm, to), k.vmas.find(mm, to));
    if (target < 0) {
      return { source: vma, target: vma_link(k, { ...fields, start: to, end: to + pages, pgoff }) };
    }
    const swallowed = v.start.data[target] <= fields.start && fields.start < v.end.data[target];
    return { source: swallowed ? target : vma, target };
  },
);

// The source stays mapped but empty, and unlocked. When all of it went, it no longer belongs to the pages' anon_vma, as
// the model has it. Mirrors dontunmap_complete(), mm/mremap.c, 7.2.
const dontunmap_complete = kernelFunction(
  "dontunmap_complete",
  "mm/mremap.c",
  (k: Kernel, source: number, target: number, whole: boolean) => {
    const { vma: v } = k.w;
    k.set(v.flags, source, v.flags.data[source] & ~VM_LOCKED);
    if (!whole || source === target || k.model.dontunmapLeaves === "anon_vma") return;
    set_anon_vma(k, source, 0, 0);
    if (k.model.dontunmapLeaves === "an unfaulted VMA" && vma_is_anonymous(k, source)) {
      k.set(v.pgoff, source, v.start.data[source]);
    }
  },
);
