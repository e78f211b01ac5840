// Page-table geometry of an architecture: how a virtual address is cut into indexes. mm-semantics §10.

export const ARCHES = ["x86_64", "x86_64_la57", "x86_32", "x86_32_pae", "arm64_4k", "arm64_16k", "arm64_64k"] as const;
export type Arch = (typeof ARCHES)[number];

export interface Geometry {
  readonly arch: Arch;
  // log2 of the page size in bytes.
  readonly pageShift: number;
  // Index bits of each level, level 0 (PTE) first.
  readonly bits: readonly number[];
  // The kernel's names of the levels: what a table of that level is made of.
  readonly names: readonly ("pte" | "pmd" | "pud" | "p4d" | "pgd")[];
  // Slots of the widest table: the stride of the pte column.
  readonly stride: number;
  // First virtual page number past user space.
  readonly taskPages: number;
  // mmap without a hint stays below this page (on x86_64_la57 the 47-bit window).
  readonly mmapPages: number;
  readonly wide: boolean;
}

function geometry(
  arch: Arch,
  pageShift: number,
  bits: number[],
  names: Geometry["names"],
  taskSize: number,
  mmapSize = taskSize,
): Geometry {
  const page = 2 ** pageShift;
  return {
    arch,
    pageShift,
    bits,
    names,
    stride: 2 ** Math.max(...bits),
    taskPages: Math.floor(taskSize / page),
    mmapPages: Math.floor(mmapSize / page),
    wide: taskSize > 2 ** 32,
  };
}

const FOUR = ["pte", "pmd", "pud", "pgd"] as const;
const GIB = 2 ** 30;

// x86 leaves the last page below the canonical hole unused: TASK_SIZE_MAX, arch/x86/include/asm/page_64_types.h.
const GEOMETRIES: Readonly<Record<Arch, Geometry>> = {
  x86_64: geometry("x86_64", 12, [9, 9, 9, 9], FOUR, 2 ** 47 - 4096),
  x86_64_la57: geometry(
    "x86_64_la57",
    12,
    [9, 9, 9, 9, 9],
    ["pte", "pmd", "pud", "p4d", "pgd"],
    2 ** 56 - 4096,
    2 ** 47 - 4096,
  ),
  x86_32: geometry("x86_32", 12, [10, 10], ["pte", "pgd"], 3 * GIB),
  x86_32_pae: geometry("x86_32_pae", 12, [9, 9, 2], ["pte", "pmd", "pgd"], 3 * GIB),
  arm64_4k: geometry("arm64_4k", 12, [9, 9, 9, 9], FOUR, 2 ** 48),
  arm64_16k: geometry("arm64_16k", 14, [11, 11, 11, 1], FOUR, 2 ** 48),
  arm64_64k: geometry("arm64_64k", 16, [13, 13, 6], ["pte", "pmd", "pgd"], 2 ** 48),
};

export function geometryOf(arch: Arch): Geometry {
  return GEOMETRIES[arch];
}
