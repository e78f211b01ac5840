// What can go wrong, each as a question about a state or about the last operation; the same for every model.

import { FOLL_PIN } from "../../mm/abi.ts";
import { PG_swapcache } from "../../mm/flags.ts";
import { page_folio } from "../../mm/folio.ts";
import { pageAt, pteAt } from "../../mm/observe.ts";
import { COW } from "../../mm/outcome.ts";
import { overflowed } from "../../mm/overflow.ts";
import { PTE_PRESENT, pte_pfn } from "../../mm/pgtable.ts";
import { is_swap_entry, swp_offset } from "../../mm/swapops.ts";
import { deferred_split_scan } from "../../mm/syscalls.ts";
import type { Act } from "./act.ts";
import { Fingerprint } from "./fingerprint.ts";
import type { Scene } from "./scene.ts";
import { BYTES, CHILD, device, forked, has, MAIN, reader, type Stage, space, type Who } from "./stage.ts";

export type HazardName =
  | "loss-get"
  | "loss-get-fork"
  | "loss-pin"
  | "loss-pin-fork"
  | "leak-get"
  | "leak-pin"
  | "copy"
  | "keep"
  | "keep-part"
  | "overflow"
  | "overflow-huge"
  | "freed"
  | "freed-huge";

export interface Hazard {
  readonly name: HazardName;
  // The head of its column.
  readonly title: string;
  // What it means, as the search asks for it.
  readonly doc: string;
}

const LOSS = "A device that holds a reference for writing, of";
const LOST =
  "writes, and the process that it was taken from, which has not unmapped the page, does not see what was written";
export const HAZARDS: readonly Hazard[] = [
  {
    name: "loss-get",
    title: "loses a DMA write: GET",
    doc: `${LOSS} \`get_user_pages()\` (FOLL_GET), ${LOST}. There was no fork.`,
  },
  { name: "loss-get-fork", title: "loses a DMA write: GET, fork", doc: "The same, and there was a fork." },
  {
    name: "loss-pin",
    title: "loses a DMA write: PIN",
    doc: `${LOSS} \`pin_user_pages()\` (FOLL_PIN), ${LOST}. There was no fork.`,
  },
  { name: "loss-pin-fork", title: "loses a DMA write: PIN, fork", doc: "The same, and there was a fork." },
  {
    name: "leak-get",
    title: "leaks: GET",
    doc: "Through a read-only reference of `get_user_pages()`, as vmsplice() takes it, somebody sees what another process than the one that it was taken from has written to its private memory after the fork.",
  },
  { name: "leak-pin", title: "leaks: PIN", doc: "The same through a reference of `pin_user_pages()`." },
  {
    name: "copy",
    title: "copies needlessly",
    doc: "A write fault copies a page that no other process maps or has in swap, and that no reference holds.",
  },
  {
    name: "keep",
    title: "keeps memory",
    doc: "A frame of the memory stays allocated though no process maps it or has it in swap, and no reference holds its folio, until reclaim comes by. (A page that waits in the CPU's LRU batch is held by that.)",
  },
  {
    name: "keep-part",
    title: "keeps part of a huge page",
    doc: "The same of a page of a huge page, of which others are in use; also after the scan of the deferred split queue.",
  },
  {
    name: "overflow",
    title: "overflows",
    doc: "The reference counter of a page, which has eight bits here (`machine refcount_bits=8`) in place of 32, leaves its range.",
  },
  { name: "overflow-huge", title: "overflows: huge page", doc: "The same with a huge page." },
  { name: "freed", title: "frees what is in use", doc: "After that, a page is freed that a process still maps." },
  { name: "freed-huge", title: "frees what is in use: huge page", doc: "The same with a huge page." },
];

// Whether a scene asks for it.
export function isAsked(hazard: HazardName, { about, pages }: Scene): boolean {
  const huge = pages > 1;
  if (/^(overflow|freed)/.test(hazard)) return about === "counter" && hazard.endsWith("-huge") === huge;
  return about === "references" && (hazard !== "keep-part" || huge);
}

// What the present state is: the device's write now would be lost, the reader sees what it should not, a frame is kept; or a
// counter has come to its end.
export function hazardsOf(stage: Stage, print: Fingerprint): HazardName[] {
  if (stage.scene.about === "counter") return atItsEnd(stage);
  const found: HazardName[] = [];
  const writing = device(stage);
  if (writing >= 0 && lost(stage, writing)) {
    const kind = isPin(stage, writing) ? "pin" : "get";
    found.push(forked(stage) ? `loss-${kind}-fork` : `loss-${kind}`);
  }
  const reading = reader(stage);
  if (reading >= 0 && leaks(stage, reading)) found.push(isPin(stage, reading) ? "leak-pin" : "leak-get");
  if (print.unreached.length > 0) found.push("keep");
  if (keptParts(stage, print) > 0 && unsplit(stage)) found.push("keep-part");
  return found;
}

// A page that was freed under those who use it: what comes next is anybody's guess.
export function isFreed(stage: Stage): boolean {
  const { k } = stage;
  const pfn = has(stage, MAIN, 0) ? pageAt(k, space(stage, MAIN), stage.vpn) : -1;
  if (pfn < 0) return false;
  const head = page_folio(k, pfn);
  return k.w.page._refcount.data[head] === 0 && k.w.page.flags.data[head] === 0;
}

function atItsEnd(stage: Stage): HazardName[] {
  if (!overflowed(stage.k)) return [];
  const huge = stage.scene.pages > 1;
  const found: HazardName[] = [huge ? "overflow-huge" : "overflow"];
  if (isFreed(stage)) found.push(huge ? "freed-huge" : "freed");
  return found;
}

// Asked before a write: whether it had no reason to copy.
export function alone(stage: Stage, { who, writes = 0 }: Act): boolean {
  const { k } = stage;
  const vpn = stage.vpn + writes;
  const [slot, pfn] = behind(stage, who, vpn);
  if (pfn < 0 && slot < 0) return false;
  for (const row of k.live.pins.rows()) if (k.side.pinPages[row][0] === pfn) return false;
  const other = who === MAIN ? CHILD : MAIN;
  if (space(stage, other) < 0) return true;
  const [otherSlot, otherPfn] = behind(stage, other, vpn);
  return (pfn < 0 || otherPfn !== pfn) && (slot < 0 || otherSlot !== slot);
}

export function copied({ k }: Stage): boolean {
  return (k.outcome & COW) !== 0;
}

// The slot and the page that the process's address has there, -1 for none: a swapped-out page may be in the swap cache, and
// a page that is mapped may be there, too.
function behind({ k }: Stage, who: Who, vpn: number): [slot: number, pfn: number] {
  const entry = pteAt(k, k.w.task.mm.data[who] - 1, vpn);
  if (entry & PTE_PRESENT) {
    const pfn = pte_pfn(entry);
    const head = page_folio(k, pfn);
    return [k.w.page.flags.data[head] & PG_swapcache ? k.w.page.swap.data[head] + pfn - head : -1, pfn];
  }
  if (!is_swap_entry(entry)) return [-1, -1];
  const slot = swp_offset(entry);
  return [slot, k.w.swap.cache.data[slot] - 1];
}

function isPin({ k }: Stage, pin: number): boolean {
  return (k.w.pin.flags.data[pin] & FOLL_PIN) !== 0;
}

function ownerOf({ k }: Stage, pin: number): Who {
  return k.w.pin.owner.data[pin] - 1 === MAIN ? MAIN : CHILD;
}

// Another page than the one that the device writes is behind its owner's address.
function lost(stage: Stage, pin: number): boolean {
  const owner = ownerOf(stage, pin);
  return has(stage, owner, 0) && behind(stage, owner, stage.vpn)[1] !== stage.k.side.pinPages[pin][0];
}

function leaks(stage: Stage, pin: number): boolean {
  const { k } = stage;
  const first = k.contents.byte(k.w.page.content.data[k.side.pinPages[pin][0]], 0);
  return first === (ownerOf(stage, pin) === MAIN ? BYTES.child : BYTES.main)[0];
}

// How many frames of folios that are in use for other frames nobody can reach.
export function keptParts({ k }: Stage, { unreached, folios }: Fingerprint): number {
  const { page, folio, swap } = k.w;
  let frames = 0;
  for (const head of folios) {
    const large = page.folio.data[head] - 1;
    if (large < 0 || folio._entire_mapcount.data[large] !== 0 || unreached.includes(head)) continue;
    if (k.live.pins.rows().some((pin) => page_folio(k, k.side.pinPages[pin][0]) === head)) continue;
    const slot = page.flags.data[head] & PG_swapcache ? page.swap.data[head] : 0;
    const end = 2 ** folio.order.data[large];
    for (let i = 0; i < end; i++) {
      if (page._mapcount.data[head + i] === 0 && (slot === 0 || swap.count.data[slot + i] === 0)) frames++;
    }
  }
  return frames;
}

// Whether they are still there when the deferred split queue has been scanned.
function unsplit(stage: Stage): boolean {
  const { k } = stage;
  const here = k.position;
  deferred_split_scan(k, Number.POSITIVE_INFINITY);
  const print = new Fingerprint(stage);
  print.take();
  const parts = keptParts(stage, print);
  k.truncate(here);
  return parts > 0;
}
