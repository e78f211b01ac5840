// Which address spaces map a large folio: two slots that count the mappings of an owner each, and a bit that says that
// there may be others. CONFIG_MM_ID, 6.15; include/linux/rmap.h; mm-semantics §7.6.
//
//   slots free ─ first owner ─▶ slot 0 ─ second owner ─▶ slot 0, slot 1, shared ─ third owner ─▶ it is counted nowhere
//
// The shared bit goes only when one slot's count is all there is, and that is asked only when a slot becomes free or an
// owner without a slot unmaps: it may say "shared" of a folio that is not, never the other way round.

import { FOLIO_MM_IDS_SHARED } from "./flags.ts";
import { set_flag } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { set_count } from "./overflow.ts";

// A free slot. include/linux/mm_types.h.
export const MM_ID_DUMMY = 0;

// A row of the table mm_ida has a bit for so many ids, the first row none for 0.
const IDS_A_WORD = 32;
const ALL_BITS = 2 ** IDS_A_WORD - 1;

// MM_ID_MAX: ids have 31 bits, 15 on 32-bit machines, where a slot has 16 bits for id and flag.
function mm_id_max(k: Kernel): number {
  return k.geometry.wide ? 2 ** 31 - 1 : 2 ** 15 - 1;
}

// MM_ID_MAPCOUNT_MAX: the mapcount of a slot is an int, on 32-bit machines a short; the kernel's value is one less than ours.
function mm_id_mapcount_max(k: Kernel): number {
  return k.geometry.wide ? 2 ** 31 - 1 : 2 ** 15 - 1;
}

// The new address space gets the smallest number that no other has; false when there is none, and it cannot be made.
// Mirrors mm_alloc_id(), kernel/fork.c, 7.2.
export function mm_alloc_id(k: Kernel, mm: number): boolean {
  if (!k.model.mmIds) return true;
  const id = ida_alloc(k);
  if (id > mm_id_max(k)) return false;
  const { bits } = k.w.mm_ida;
  const word = Math.floor(id / IDS_A_WORD);
  k.ensure(k.w.mm_ida, word + 1);
  k.set(bits, word, bits.data[word] + 2 ** (id % IDS_A_WORD));
  k.set(k.w.mm.mm_id, mm, id);
  return true;
}

// The smallest number from 1 on (MM_ID_MIN) that is nobody's.
function ida_alloc(k: Kernel): number {
  const { bits } = k.w.mm_ida;
  const full = (word: number) => bits.data[word] >= (word === 0 ? ALL_BITS - 1 : ALL_BITS);
  let word = 0;
  while (word < bits.data.length && full(word)) word++;
  if (word === bits.data.length) return word * IDS_A_WORD;
  let bit = word === 0 ? 1 : 0;
  while (Math.floor(bits.data[word] / 2 ** bit) % 2 === 1) bit++;
  return word * IDS_A_WORD + bit;
}

// Mirrors mm_free_id(), kernel/fork.c, 7.2.
export function mm_free_id(k: Kernel, mm: number): void {
  const id = k.w.mm.mm_id.data[mm];
  if (id === MM_ID_DUMMY) return;
  const { bits } = k.w.mm_ida;
  const word = Math.floor(id / IDS_A_WORD);
  k.set(bits, word, bits.data[word] - 2 ** (id % IDS_A_WORD));
  k.set(k.w.mm.mm_id, mm, MM_ID_DUMMY);
}

// The first mappings of a fresh folio. Mirrors folio_set_large_mapcount(), include/linux/rmap.h, 7.2.
export function folio_set_large_mapcount(k: Kernel, row: number, mapcount: number, vma: number): void {
  const { folio } = k.w;
  if (!k.model.largeMapcount) return;
  set_count(k, folio._large_mapcount, row, mapcount, k.mapcountEnd);
  if (!k.model.mmIds) return;
  k.set(folio._mm_id_mapcount0, row, mapcount);
  k.set(folio._mm_id0, row, mm_id_of(k, vma));
}

// So many more mappings; the count that comes of it. Mirrors folio_add_return_large_mapcount(), include/linux/rmap.h, 7.2.
export function folio_add_large_mapcount(k: Kernel, row: number, diff: number, vma: number): number {
  const { folio } = k.w;
  if (!k.model.largeMapcount) return 0;
  const mapcount = set_count(k, folio._large_mapcount, row, folio._large_mapcount.data[row] + diff, k.mapcountEnd);
  if (!k.model.mmIds) return mapcount;
  const id = mm_id_of(k, vma);
  if (folio._mm_id0.data[row] === id || folio._mm_id1.data[row] === id) {
    add_to_slot(k, row, folio._mm_id0.data[row] === id ? 0 : 1, diff);
  } else if (folio._mm_id0.data[row] === MM_ID_DUMMY) {
    k.set(folio._mm_id0, row, id);
    k.set(folio._mm_id_mapcount0, row, diff);
    if (mapcount !== diff) set_shared(k, row, true);
  } else if (folio._mm_id1.data[row] === MM_ID_DUMMY) {
    k.set(folio._mm_id1, row, id);
    k.set(folio._mm_id_mapcount1, row, diff);
    set_shared(k, row, true);
  }
  return mapcount;
}

// So many fewer; the count that is left. Mirrors folio_sub_return_large_mapcount(), include/linux/rmap.h, 7.2.
export function folio_sub_large_mapcount(k: Kernel, row: number, diff: number, vma: number): number {
  const { folio } = k.w;
  if (!k.model.largeMapcount) return 0;
  const mapcount = set_count(k, folio._large_mapcount, row, folio._large_mapcount.data[row] - diff, k.mapcountEnd);
  if (!k.model.mmIds) return mapcount;
  const id = mm_id_of(k, vma);
  const slot = folio._mm_id0.data[row] === id ? 0 : folio._mm_id1.data[row] === id ? 1 : -1;
  if (slot >= 0) {
    const { count } = slot_fields(k, slot);
    if (count.data[row] - diff >= 1) {
      k.set(count, row, count.data[row] - diff);
      return mapcount;
    }
    // Some of its mappings may have been made when there was no slot: the count would go below nothing.
    free_slot(k, row, slot);
  }
  // A free slot's count is 0, so that of a folio that nobody maps any more both are equal.
  if (folio._mm_id_mapcount0.data[row] === mapcount || folio._mm_id_mapcount1.data[row] === mapcount) {
    set_shared(k, row, false);
  }
  return mapcount;
}

// On 32-bit machines a count that does not fit gives up the slot, and the folio counts as shared.
function add_to_slot(k: Kernel, row: number, slot: number, diff: number): void {
  const { count } = slot_fields(k, slot);
  const sum = count.data[row] + diff;
  if (sum - 1 <= mm_id_mapcount_max(k)) {
    k.set(count, row, sum);
    return;
  }
  free_slot(k, row, slot);
  set_shared(k, row, true);
}

function free_slot(k: Kernel, row: number, slot: number): void {
  const { id, count } = slot_fields(k, slot);
  k.set(count, row, 0);
  k.set(id, row, MM_ID_DUMMY);
}

function slot_fields(k: Kernel, slot: number) {
  const { folio } = k.w;
  return slot === 0
    ? { id: folio._mm_id0, count: folio._mm_id_mapcount0 }
    : { id: folio._mm_id1, count: folio._mm_id_mapcount1 };
}

function set_shared(k: Kernel, row: number, shared: boolean): void {
  set_flag(k, k.w.folio.head.data[row], FOLIO_MM_IDS_SHARED, shared);
}

function mm_id_of(k: Kernel, vma: number): number {
  return k.w.mm.mm_id.data[k.w.vma.mm.data[vma] - 1];
}
