// What one look at a machine shows after an operation: the address spaces, their entries and the frames behind them.
//
// A simulated machine and a real one are both described so, and compare.ts knows no other difference between them than
// that a real kernel may not show everything: what was not visible is undefined, and an absent thing is an empty list.

export interface Look {
  // Live processes in the order of their making, each with the part of its address space that the trace made.
  readonly spaces: readonly SpaceLook[];
  // References that operations of the trace hold, ascending by number.
  readonly pins: readonly PinLook[];
  readonly machine: MachineLook;
}

export interface PinLook {
  // Row of the simulated pin.
  readonly pin: number;
  // What it holds, page after page; undefined where that was not visible.
  readonly pages: readonly (FrameLook | undefined)[];
}

export interface MachineLook {
  // Swap slots in use, pages.
  readonly swapUsed: number | undefined;
  // The pool of huge pages: in it and free, promised, beyond its size.
  readonly hugetlbFree: number | undefined;
  readonly hugetlbReserved: number | undefined;
  readonly hugetlbSurplus: number | undefined;
}

export interface SpaceLook {
  // Row of the simulated task.
  readonly worker: number;
  readonly vmas: readonly VmaLook[];
  // Ascending by address; only entries that are not empty.
  readonly entries: readonly EntryLook[];
  // Pages of the trace's mappings alone.
  readonly rssAnon: number | undefined;
  readonly rssFile: number | undefined;
  readonly rssShmem: number | undefined;
  readonly swap: number | undefined;
  // Bytes of page tables below the top one that translate the trace's mappings.
  readonly pageTables: number | undefined;
  // Base pages of hugetlb folios that are mapped, mm_struct.hugetlb_usage.
  readonly hugetlb: number | undefined;
  // Undefined where it was not read.
  readonly smaps: SmapsSum | undefined;
  // What large folios call the address space (mm_struct.mm_id). Undefined where the release has none.
  readonly mmId: number | undefined;
}

// What /proc/PID/smaps says of all of the trace's mappings together.
export interface SmapsSum {
  // So many mappings, of each of which smaps rounds `pss` down.
  readonly mappings: number;
  // kB
  readonly pss: number;
  // Private_Clean and Private_Dirty, kB.
  readonly uss: number;
  // Mapped by PMDs: AnonHugePages, ShmemPmdMapped, FilePmdMapped, kB.
  readonly anonHuge: number;
  readonly shmemHuge: number | undefined;
  readonly fileHuge: number | undefined;
}

export interface VmaLook {
  readonly start: number;
  // Exclusive.
  readonly end: number;
  // As /proc/PID/maps prints it: `rw-p`.
  readonly permissions: string;
}

export type EntryKind = "present" | "swap" | "migration" | "marker";

export interface EntryLook {
  // Of the first byte that the entry translates.
  readonly address: number;
  // Undefined where it was not visible (--kernel host before 6.7).
  readonly level: "pte" | "pmd" | "pud" | undefined;
  readonly kind: EntryKind;
  readonly writable: boolean | undefined;
  readonly dirty: boolean | undefined;
  readonly accessed: boolean | undefined;
  // vm_normal_page() sees no page behind it: the zero page, a PFN mapping.
  readonly special: boolean | undefined;
  readonly softDirty: boolean | undefined;
  // The exclusive marker of a swap or migration entry.
  readonly exclusive: boolean | undefined;
  // What a present entry maps; for one of a level above, its first page.
  readonly frame: FrameLook | undefined;
  // The pages behind the first one that the same entry maps: 511 of a PMD's.
  readonly rest: readonly FrameLook[];
}

// One page of memory. Two entries that map one frame have the same object here.
export interface FrameLook {
  // A number that stands for the frame while it is in use; numbers of two machines have nothing in common.
  readonly pfn: number;
  readonly zero: boolean;
  readonly refcount: number | undefined;
  // Logical: 0 is unmapped.
  readonly mapcount: number | undefined;
  // Undefined too where the release has no such flag.
  readonly exclusive: boolean | undefined;
  readonly anon: boolean | undefined;
  // Of the page cache of an ordinary file.
  readonly file: boolean | undefined;
  readonly hugetlb: boolean;
  readonly ksm: boolean | undefined;
  readonly swapcache: boolean | undefined;
  readonly dirty: boolean | undefined;
  readonly lru: boolean | undefined;
  // Its filesystem keeps something with it (buffer heads) and a reference for that, which the simulation does not have.
  readonly private: boolean | undefined;
  // The bytes: fnv1a() of all of the page, and those before the last one that is not zero, as text of at most 32.
  readonly hash: number | undefined;
  readonly text: string | undefined;
  // The folio that the page is part of; undefined where its release has none of its fields.
  readonly folio: FolioLook | undefined;
}

// Fields of a large folio's head. Undefined where the release has no such field.
export interface FolioLook {
  // Number of its first frame.
  readonly head: number;
  readonly order: number;
  readonly entireMapcount: number | undefined;
  readonly nrPagesMapped: number | undefined;
  readonly largeMapcount: number | undefined;
  readonly pincount: number | undefined;
  readonly mmId0: number | undefined;
  readonly mmId1: number | undefined;
  readonly mmId0Mapcount: number | undefined;
  readonly mmId1Mapcount: number | undefined;
  readonly maybeMappedShared: boolean | undefined;
  readonly partiallyMapped: boolean | undefined;
  // PG_double_map, up to 6.2.
  readonly doubleMap: boolean | undefined;
}

// What an operation came to, seen from outside the kernel.
export interface ResultLook {
  // Outcome words as the language has them (mm/outcome.ts).
  readonly outcome: readonly string[];
  // Words that may belong to it or not: what they say was not visible.
  readonly unsure: readonly string[];
  // Faults that were counted for who did it.
  readonly minorFaults: number | undefined;
  readonly majorFaults: number | undefined;
  readonly errno: string | undefined;
  readonly signal: string | undefined;
  // The address that it gave.
  readonly address: number | undefined;
}

// The 32-bit FNV-1a hash of bytes, with zeroes behind them up to a length: how two machines compare contents.
export function fnv1a(bytes: Uint8Array, length = bytes.length): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  for (let at = bytes.length; at < length; at++) hash = Math.imul(hash, 0x01000193);
  return hash >>> 0;
}
