// Which entry of a look translates an address, and which frame is behind it there.

import type { EntryLook, FrameLook } from "./look.ts";

export const PAGE = 4096;
// Pages that an entry of a level translates, with the page-table geometry of the only architecture that real runs have.
const REACH: Readonly<Record<NonNullable<EntryLook["level"]>, number>> = { pte: 1, pmd: 512, pud: 512 * 512 };

// An entry whose level was not visible is taken for one page's.
export function pagesOf({ level }: EntryLook): number {
  return REACH[level ?? "pte"];
}

// `entries` ascend.
export function entryOver(entries: readonly EntryLook[], address: number): EntryLook | undefined {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].address <= address) low = middle + 1;
    else high = middle;
  }
  const entry = entries[low - 1];
  return entry !== undefined && address < entry.address + pagesOf(entry) * PAGE ? entry : undefined;
}

// The frame of one of the entry's pages.
export function frameAt(entry: EntryLook, address: number): FrameLook | undefined {
  const index = Math.floor((address - entry.address) / PAGE);
  return index === 0 ? entry.frame : entry.rest[index - 1];
}

export function hex(address: number | undefined): string {
  return address === undefined ? "none" : `0x${address.toString(16)}`;
}
