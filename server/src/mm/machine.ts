// Settings of the simulated machine: what a `machine KEY=VALUE` line may say. LANGUAGE.md, section 3.

import { ARCHES, type Arch } from "./geometry.ts";

export interface Machine {
  readonly arch: Arch;
  // Bytes of memory.
  readonly memory: number;
  // Bytes of swap space, and whether a page is read back at once (zram) or later (disk).
  readonly swap: number;
  readonly swap_device: "sync" | "disk";
  readonly thp: "never" | "madvise" | "always";
  // mTHP sizes in bytes.
  readonly mthp: readonly number[];
  readonly hugetlb_pages: number;
  readonly lru_batch: boolean;
  // Bytes of the window around a read fault of a file in which cached pages are mapped too.
  readonly fault_around: number;
  readonly ksm_zero_pages: boolean;
  readonly layout: "spaced" | "kernel";
  readonly page_mapcount: boolean;
  readonly refcount_bits: number;
  readonly mapcount_bits: number;
  readonly max_map_count: number;
  readonly seed: number;
}

export const DEFAULT_MACHINE: Machine = {
  arch: "x86_64",
  memory: 2 ** 30,
  swap: 2 ** 28,
  swap_device: "sync",
  thp: "madvise",
  mthp: [],
  hugetlb_pages: 16,
  lru_batch: false,
  fault_around: 65536,
  ksm_zero_pages: false,
  layout: "spaced",
  page_mapcount: true,
  refcount_bits: 32,
  mapcount_bits: 32,
  max_map_count: 65530,
  seed: 0,
};

export type MachineKey = keyof Machine;

// How a value is written: a size (4K), a whole number within bounds, one word of several, or sizes joined by `|`.
export type SettingKind =
  | { readonly kind: "size"; readonly min: number; readonly max: number }
  | { readonly kind: "number"; readonly min: number; readonly max: number }
  | { readonly kind: "word"; readonly words: readonly string[] }
  | { readonly kind: "switch" } // off | on
  | { readonly kind: "sizes" };

export interface MachineSetting {
  readonly key: MachineKey;
  readonly value: SettingKind;
  // False when this version only knows the key's default.
  readonly simulated: boolean;
  // Of a key that is not simulated: the values that would change nothing, as what they govern does not exist here.
  readonly idle?: "any" | readonly string[];
  readonly doc: string;
}

const TIB = 2 ** 40;

export const MACHINE_KEYS: readonly MachineSetting[] = [
  {
    key: "arch",
    value: { kind: "word", words: ARCHES },
    simulated: true,
    doc: "The architecture: page size and page-table geometry (mm-semantics §10).",
  },
  {
    key: "memory",
    value: { kind: "size", min: 2 ** 18, max: TIB },
    simulated: true,
    doc: "Memory in bytes. Every mapping is granted (vm.overcommit_memory=1); when memory is used up, the OOM killer ends the largest process, and a fault of that process comes to `OOM`.",
  },
  {
    key: "swap",
    value: { kind: "size", min: 0, max: TIB },
    simulated: true,
    doc: "Swap space in bytes; 0 is none.",
  },
  {
    key: "swap_device",
    value: { kind: "word", words: ["sync", "disk"] },
    simulated: true,
    doc: "`sync` is a device like zram, whose pages skip or leave the swap cache as mm-semantics §2.7 says; on `disk` they stay there.",
  },
  {
    key: "thp",
    value: { kind: "word", words: ["never", "madvise", "always"] },
    simulated: true,
    doc: "Transparent huge pages, as /sys/kernel/mm/transparent_hugepage/enabled: `madvise` gives them to memory with `madvise(…, hugepage)`. mm-semantics §2.8.",
  },
  {
    key: "mthp",
    value: { kind: "sizes" },
    simulated: true,
    doc: "Sizes of multi-size THP (from 6.8 on), each a power of two; they follow `thp`. Those of less than four pages, or of a PMD and more, mean nothing. Default none.",
  },
  {
    key: "hugetlb_pages",
    value: { kind: "number", min: 0, max: 2 ** 20 },
    simulated: true,
    doc: "Huge pages in the hugetlb pool, set aside at boot (`hugepages=`). The machine has them beside its `memory`, which everything else shares.",
  },
  {
    key: "lru_batch",
    value: { kind: "switch" },
    simulated: true,
    doc: "Whether a fresh page waits in the CPU's LRU batch, which holds one more reference (mm-semantics §1.3).",
  },
  {
    key: "fault_around",
    value: { kind: "size", min: 4096, max: 2 ** 21 },
    simulated: true,
    doc: "The window around a read fault of a file in which cached pages are mapped too, as debugfs fault_around_bytes.",
  },
  {
    key: "ksm_zero_pages",
    value: { kind: "switch" },
    simulated: true,
    doc: "Whether KSM maps the zero page in place of pages of zeroes (/sys/kernel/mm/ksm/use_zero_pages).",
  },
  {
    key: "layout",
    value: { kind: "word", words: ["spaced", "kernel"] },
    simulated: true,
    doc: "Where a mapping without `at` goes: `spaced` from 0x200000000000 on, at multiples of 1 GiB; `kernel` top-down from mmap_base as the release does.",
  },
  {
    key: "page_mapcount",
    value: { kind: "switch" },
    simulated: true,
    doc: "CONFIG_PAGE_MAPCOUNT: whether each page of a large folio has a mapcount of its own. Kernels before 6.15 know no `off`: under them it changes nothing.",
  },
  {
    key: "refcount_bits",
    value: { kind: "number", min: 8, max: 32 },
    simulated: true,
    doc: "Bits of `_refcount`, which is signed; smaller values bring an overflow within reach of a short trace. With fewer than 12 no page can be pinned (FOLL_PIN adds 1024). Under `refcount64` a large folio's has 64 all the same.",
  },
  {
    key: "mapcount_bits",
    value: { kind: "number", min: 8, max: 32 },
    simulated: true,
    doc: "Bits of `_mapcount`, `_entire_mapcount` and `_large_mapcount`, which are signed.",
  },
  {
    key: "max_map_count",
    value: { kind: "number", min: 1, max: 2 ** 31 - 1 },
    simulated: true,
    doc: "VMAs that one address space may have (vm.max_map_count).",
  },
  {
    key: "seed",
    value: { kind: "number", min: 0, max: 2 ** 32 - 1 },
    simulated: false,
    idle: "any",
    doc: "Seed of whatever is left to chance.",
  },
];

// Whether a machine with this value, written so, runs as it does with the key's default or as the value says.
export function is_followed(setting: MachineSetting, text: string): boolean {
  const { simulated, idle } = setting;
  return simulated || idle === "any" || (idle?.includes(text) ?? false);
}
