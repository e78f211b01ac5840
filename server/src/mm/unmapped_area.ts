// Where a mapping goes that names no address, and whether the address that it names will do. mm/mmap.c,
// arch/x86/kernel/sys_x86_64.c, arch/x86/mm/mmap.c; LANGUAGE.md, `machine layout=`.
//
// layout=kernel, top-down:   0 ─────────────────────── … ◀── third ◀── second ◀── first │ mmap_base │ stack
// layout=spaced:             0 ─── │ first ─ 1 GiB ─ │ second ─ 1 GiB ─ │ third … ──────────────────────

import { type Errno, MAP_FIXED, MAP_SHARED } from "./abi.ts";
import { VM_GROWSDOWN } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { refused, unaligned } from "./refused.ts";
import { address_of, pages_of, TASK_SIZE } from "./user_range.ts";
import { HUGETLB_FILE, REGULAR_FILE } from "./vm_ops.ts";

const WITHIN_HUGE_PAGE = condition("addr & ~huge_page_mask(h)", "page");

// vm.mmap_min_addr, bytes.
export const mmap_min_addr = 65536n;
// Pages below a VM_GROWSDOWN mapping that must stay free. mm/mmap.c.
export const stack_guard_gap = 256;

// Bytes of the hole below the end of user space that is left for the stack (its limit is 8 MiB): the least that
// mmap_base() leaves, arch/x86/mm/mmap.c and mm/util.c.
const STACK_HOLE = 128 * 2 ** 20;

export interface AreaRequest {
  // The hint or, with MAP_FIXED, the address; bytes, 0 = none.
  readonly addr: bigint;
  readonly length: bigint;
  // Row + 1 of the file, 0 = none.
  readonly file: number;
  readonly pgoff: number;
  // MAP_FIXED and MAP_SHARED.
  readonly flags: number;
}

// The first page of the area, or what is wrong with the request. Mirrors __get_unmapped_area(), mm/mmap.c, 6.12.
export const get_unmapped_area = kernelFunction(
  "get_unmapped_area",
  "mm/mmap.c",
  (k: Kernel, mm: number, request: AreaRequest): number | Errno => {
    const size = TASK_SIZE(k);
    if (request.length > size) return "ENOMEM";
    const huge = request.file !== 0 && k.w.file.kind.data[request.file - 1] === HUGETLB_FILE;
    if (request.flags & MAP_FIXED) {
      if (huge && pages_of(k, request.addr) % k.hpageNr !== 0)
        return refused(k, WITHIN_HUGE_PAGE, pages_of(k, request.addr));
      if (request.addr > size - request.length) return "ENOMEM";
      return unaligned(k, request.addr) || pages_of(k, request.addr);
    }
    const hint = hinted_area(k, mm, huge ? { ...request, addr: huge_hint(k, request.addr) } : padded(k, request));
    if (hint !== undefined) return hint;
    const pages = pages_of(k, request.length);
    const limit = request.addr >= address_of(k, k.geometry.mmapPages) ? k.geometry.taskPages : k.geometry.mmapPages;
    const found =
      k.machine.layout === "spaced"
        ? spaced_area(k, mm, pages)
        : arranged_area(k, mm, pages, base_below(k, limit), limit, request);
    return found ?? "ENOMEM";
  },
);

// The lowest page from which a stack-like mapping lets others in. Mirrors vm_start_gap(), include/linux/mm.h.
export function vm_start_gap(k: Kernel, vma: number): number {
  const { start, flags } = k.w.vma;
  const page = start.data[vma];
  return flags.data[vma] & VM_GROWSDOWN ? Math.max(0, page - stack_guard_gap) : page;
}

// The first VMA that has pages in [start, end), or -1. Mirrors find_vma_intersection(), mm/mmap.c.
export function find_vma_intersection(k: Kernel, mm: number, start: number, end: number): number {
  const vma = k.vmas.find(mm, start);
  return vma >= 0 && k.w.vma.start.data[vma] < end ? vma : -1;
}

// A hint is taken when nothing is in its way, and forgotten otherwise. Mirrors the first half of
// arch_get_unmapped_area_topdown(), arch/x86/kernel/sys_x86_64.c, 6.12.
function hinted_area(k: Kernel, mm: number, request: AreaRequest): number | undefined {
  const { mmapPages } = k.geometry;
  if (request.addr === 0n || request.addr > TASK_SIZE(k) - request.length) return undefined;
  const page = pages_of(k, request.addr);
  if (page === 0) return undefined;
  const end = page + pages_of(k, request.length);
  // Mirrors mmap_address_hint_valid(): all of it below the 47-bit border, or all of it above.
  if (page > mmapPages !== end > mmapPages) return undefined;
  const vma = k.vmas.find(mm, page);
  return vma < 0 || end <= vm_start_gap(k, vma) ? page : undefined;
}

// For a hint of a mapping that is aligned there must be room for the alignment too, though the hint is taken as it is.
// Mirrors __thp_get_unmapped_area(), mm/huge_memory.c, 6.1 and 6.12.
function padded(k: Kernel, request: AreaRequest): AreaRequest {
  const pmd = 2 ** k.geometry.bits[0];
  const pages = pages_of(k, request.length);
  const large = k.geometry.wide && aligns_file(k, request) && spans_huge_page(pages, request.pgoff, pmd);
  return large ? { ...request, length: request.length + BigInt(pmd * k.pageSize) } : request;
}

// Mappings of ordinary files are aligned where a huge page of the file fits in (thp_get_unmapped_area(), 5.18).
function aligns_file(k: Kernel, { file }: AreaRequest): boolean {
  return file !== 0 && k.w.file.kind.data[file - 1] === REGULAR_FILE && k.model.mmapAlignsFiles !== "no";
}

function spans_huge_page(pages: number, pgoff: number, pmd: number): boolean {
  return pgoff + pages - Math.ceil(pgoff / pmd) * pmd >= pmd;
}

// layout=kernel: the highest gap below mmap_base that is large enough, else the lowest one from TASK_UNMAPPED_BASE on;
// large mappings are aligned as the release does.
function arranged_area(
  k: Kernel,
  mm: number,
  pages: number,
  base: number,
  limit: number,
  request: AreaRequest,
): number | undefined {
  const pmd = 2 ** k.geometry.bits[0];
  const { file, flags } = request;
  if (file !== 0 && k.w.file.kind.data[file - 1] === HUGETLB_FILE) {
    return huge_area(k, mm, pages, base, limit);
  }
  if (k.geometry.wide && pages >= pmd) {
    const regular = aligns_file(k, request);
    const anonymous = file === 0 && (flags & MAP_SHARED) === 0 && request.addr === 0n;
    const rule = k.model.mmapAlignsLarge;
    if (regular || (anonymous && rule !== "no" && (rule === "yes" || pages % pmd === 0))) {
      const aligned = thp_get_unmapped_area(k, mm, pages, base, limit, regular ? request.pgoff : 0, pmd);
      if (aligned !== undefined) return aligned;
    }
  }
  return topdown_area(k, mm, pages, base, limit);
}

// An area whose address agrees with the file's offset modulo a huge page. Mirrors __thp_get_unmapped_area(),
// mm/huge_memory.c, 6.1 and 6.12.
function thp_get_unmapped_area(
  k: Kernel,
  mm: number,
  pages: number,
  base: number,
  limit: number,
  pgoff: number,
  pmd: number,
): number | undefined {
  if (!spans_huge_page(pages, pgoff, pmd)) return undefined;
  const found = topdown_area(k, mm, pages + pmd, base, limit);
  if (found === undefined) return undefined;
  const short = (((pgoff - found) % pmd) + pmd) % pmd;
  return short === 0 && k.model.mmapAlignsFiles === "top-down" ? found + pmd : found + short;
}

// A hint for huge pages is taken for the border of one: the one below on x86 up to 6.12, else the one above.
// Mirrors hugetlb_get_unmapped_area(), arch/x86/mm/hugetlbpage.c and fs/hugetlbfs/inode.c.
function huge_hint(k: Kernel, addr: bigint): bigint {
  const size = BigInt(k.hpageNr * k.pageSize);
  const down = k.model.hugetlbHintRounds === "down on x86" && k.geometry.arch.startsWith("x86");
  return ((addr + (down ? 0n : size - 1n)) / size) * size;
}

// An area that begins with a huge page: a gap that is larger by almost one such page is looked for, and its end is rounded down, or
// its start up. Mirrors vm_unmapped_area() with an align_mask, mm/vma.c, 6.12.
function huge_area(k: Kernel, mm: number, pages: number, base: number, limit: number): number | undefined {
  const extra = k.hpageNr - 1;
  const top = unmapped_area_topdown(k, mm, pages + extra, pages_of(k, mmap_min_addr), base);
  if (top !== undefined) return Math.floor((top + extra) / k.hpageNr) * k.hpageNr;
  const low = unmapped_area(k, mm, pages + extra, unmapped_base(k), limit);
  return low === undefined ? undefined : Math.ceil(low / k.hpageNr) * k.hpageNr;
}

// TASK_UNMAPPED_BASE is a third of user space on x86, a quarter on arm64.
function unmapped_base(k: Kernel): number {
  return Math.ceil(k.geometry.mmapPages / (k.geometry.arch.startsWith("arm64") ? 4 : 3));
}

// Mirrors generic_get_unmapped_area_topdown() after its hint, mm/mmap.c, 6.12.
function topdown_area(k: Kernel, mm: number, pages: number, base: number, limit: number): number | undefined {
  const lowest = pages_of(k, mmap_min_addr);
  return unmapped_area_topdown(k, mm, pages, lowest, base) ?? unmapped_area(k, mm, pages, unmapped_base(k), limit);
}

// The end of the area for mappings: below the hole for the stack. Mirrors mmap_base() without randomization.
function base_below(k: Kernel, limit: number): number {
  return limit - STACK_HOLE / k.pageSize;
}

// The lowest gap of [low, high). Mirrors unmapped_area(), mm/mmap.c, 6.12.
function unmapped_area(k: Kernel, mm: number, pages: number, low: number, high: number): number | undefined {
  const { start, end } = k.w.vma;
  let from = low;
  for (let vma = k.vmas.find(mm, low); vma >= 0 && start.data[vma] < high; vma = k.vmas.next(vma)) {
    if (vm_start_gap(k, vma) - from >= pages) return from;
    from = Math.max(from, end.data[vma]);
  }
  return high - from >= pages ? from : undefined;
}

// The top of the highest gap of [low, high). Mirrors unmapped_area_topdown(), mm/mmap.c, 6.12. Looks at every VMA where
// the kernel descends a tree of gaps, so the loop asks for nothing twice.
function unmapped_area_topdown(k: Kernel, mm: number, pages: number, low: number, high: number): number | undefined {
  const starts = k.w.vma.start.data;
  const ends = k.w.vma.end.data;
  const flags = k.w.vma.flags.data;
  const vmas = k.vmas.of(mm);
  let top = high;
  for (let i = vmas.length - 1; i >= 0 && top - low >= pages; i--) {
    const vma = vmas[i];
    const end = ends[vma];
    if (top - Math.max(end, low) >= pages) return top - pages;
    const start = flags[vma] & VM_GROWSDOWN ? vm_start_gap(k, vma) : starts[vma];
    if (start < top) top = start;
  }
  return top - low >= pages ? top - pages : undefined;
}

// layout=spaced: the first mapping at 0x200000000000, each later one at the next multiple of 1 GiB past it that is free.
// The position is the machine's, not the address space's: an address that one process was given never means something
// else in another, and an unmapped address is not given out again. Where addresses have 32 bits: from 0x40000000 on, in
// steps of 16 MiB. Past the end the search begins anew, and takes any gap when no multiple is free.
function spaced_area(k: Kernel, mm: number, pages: number): number | undefined {
  const wide = k.geometry.wide;
  const first = (wide ? 2 ** 45 : 2 ** 30) / k.pageSize;
  const step = (wide ? 2 ** 30 : 2 ** 24) / k.pageSize;
  const high = base_below(k, k.geometry.mmapPages);
  const { next_map } = k.w.machine;
  const position = Math.max(first, next_map.data[0]);
  const found = spaced_gap(k, mm, pages, position, high, step) ?? spaced_gap(k, mm, pages, first, high, step);
  if (found === undefined) return topdown_area(k, mm, pages, high, k.geometry.mmapPages);
  k.set(next_map, 0, Math.ceil((found + pages) / step) * step);
  return found;
}

function spaced_gap(k: Kernel, mm: number, pages: number, low: number, high: number, step: number): number | undefined {
  let at = Math.ceil(low / step) * step;
  while (at + pages <= high) {
    const vma = k.vmas.find(mm, at);
    if (vma < 0 || vm_start_gap(k, vma) >= at + pages) return at;
    at = Math.max(at + step, Math.ceil(k.w.vma.end.data[vma] / step) * step);
  }
  return undefined;
}
