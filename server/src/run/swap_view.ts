// The swap device as rows for people: the slots in use, what each holds, and who names it.
//
// As in views.ts a row's `name` is stable and unique among its siblings and holds no value that changes.

import type { Kernel } from "../mm/kernel.ts";
import { forEachSwapUser, swapContent } from "../mm/observe.ts";
import { contentText, entryText } from "./describe.ts";
import { address, fileName, mmName } from "./show.ts";

export interface SwapRow {
  // `slot 3`.
  readonly name: string;
  readonly slot: number;
  // Entries of page tables, and shared memory, that name the slot.
  readonly count: number;
  // The page that is in the swap cache for it.
  readonly cache: number | undefined;
  // What reading the slot gives: the cached page's bytes, where there is one.
  readonly content: string;
}

export function swapRow(k: Kernel, slot: number): SwapRow {
  const { count, cache } = k.w.swap;
  const cached = cache.data[slot];
  return {
    name: `slot ${slot}`,
    slot,
    count: count.data[slot],
    cache: cached === 0 ? undefined : cached - 1,
    content: contentText(k, swapContent(k, slot)),
  };
}

export interface SwapUserRow {
  // Who names the slot: `main 0x200000000000`, `m page 0`.
  readonly name: string;
  readonly kind: "pte" | "page cache";
  // What stands there: `swap slot 3 exclusive`.
  readonly text: string;
  // The row of the table that holds it: of the world's `pte`, or of its `cache`.
  readonly row: number;
}

// The entries that name the slot, found by a walk over all page tables.
export function swapUserRows(k: Kernel, slot: number): SwapUserRow[] {
  const rows: SwapUserRow[] = [];
  forEachSwapUser(k, (user) => {
    if (user.slot !== slot) return;
    const { row } = user;
    if (user.kind === "pte") {
      const name = `${mmName(k, user.mm)} ${address(k, user.vpn)}`;
      rows.push({ name, kind: "pte", text: entryText(k.w.pte.entry.data[row]), row });
    } else {
      rows.push({
        name: `${fileName(k, user.file)} page ${user.index}`,
        kind: "page cache",
        text: `swap slot ${slot}`,
        row,
      });
    }
  });
  return rows;
}
