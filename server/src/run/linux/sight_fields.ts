// Fields of pages, folios and VMAs as a look at a real machine has them. What it does not show is unseen.

import { decode, encode } from "../../lang/bytes.ts";
import type { Unseen } from "../../lang/evaluate.ts";
import { number, truth } from "../../lang/read.ts";
import type { Value } from "../../lang/value.ts";
import { PROTECTIONS, word } from "../../lang/words.ts";
import { PAGE } from "./entry_look.ts";
import type { FrameLook, VmaLook } from "./look.ts";

// Bytes of a page that a look shows.
export const TEXT = 32;
// GUP_PIN_COUNTING_BIAS, include/linux/mm.h.
const PIN_BIAS = 1024;

export function unseen(reason: string): Unseen {
  return { unseen: reason };
}

export function unseenField(name: string): Unseen {
  return unseen(`\`${name}\` cannot be seen of a real kernel`);
}

export function counter(value: number | undefined): Value | Unseen {
  return value === undefined ? unseen("this kernel does not show it") : number(value);
}

export function bit(value: boolean | undefined): Value | Unseen {
  return value === undefined ? unseen("this kernel does not show it") : truth(value);
}

export function pageField(name: string, frame: FrameLook, pfn: number): Value | Unseen {
  switch (name) {
    case "pfn":
      return number(pfn);
    case "refcount":
      return counter(frame.refcount);
    case "mapcount":
      return counter(frame.mapcount);
    case "exclusive":
    case "anon":
    case "file":
    case "ksm":
    case "zero":
    case "swapcache":
    case "dirty":
    case "lru":
      return bit(frame[name]);
    case "shmem":
      return frame.anon === undefined || frame.file === undefined
        ? unseenField(name)
        : truth(!frame.anon && !frame.file && !frame.zero);
    case "pinned": {
      // folio_maybe_dma_pinned(): a large folio has a counter of its own, if it has the tail page for it.
      if (frame.folio?.pincount !== undefined) return truth(frame.folio.pincount > 0);
      return frame.refcount === undefined ? unseenField(name) : truth(frame.refcount >= PIN_BIAS);
    }
    case "data": {
      const bytes = bytesOf(frame, 0);
      if (bytes === undefined) return unseen(`a look shows the first ${TEXT} bytes of a page`);
      const zero = bytes.indexOf(0);
      return decode(zero < 0 ? bytes : bytes.subarray(0, zero));
    }
    case "folio":
      return { kind: "folio", pfn };
    default:
      return unseenField(name);
  }
}

export function folioField(name: string, { folio, refcount, mapcount }: FrameLook): Value | Unseen {
  switch (name) {
    case "order":
      return number(folio?.order ?? 0);
    case "pages":
      return number(2 ** (folio?.order ?? 0));
    case "refcount":
      return counter(refcount);
    case "maybe_mapped_shared":
      return folio ? bit(folio.maybeMappedShared) : mapcount === undefined ? unseenField(name) : truth(mapcount > 1);
    case "partially_mapped":
      return folio ? bit(folio.partiallyMapped) : truth(false);
    case "holders":
      return unseenField(name);
  }
  // What only large folios have.
  if (!folio) return null;
  switch (name) {
    case "entire_mapcount":
      return counter(folio.entireMapcount);
    case "large_mapcount":
      return counter(folio.largeMapcount);
    case "nr_pages_mapped":
      return counter(folio.nrPagesMapped);
    case "pincount":
      return counter(folio.pincount);
    case "mm_id0":
      return counter(folio.mmId0);
    case "mm_id1":
      return counter(folio.mmId1);
    case "mm_id0_mapcount":
      return counter(folio.mmId0Mapcount);
    case "mm_id1_mapcount":
      return counter(folio.mmId1Mapcount);
    case "double_map":
      return bit(folio.doubleMap);
    default:
      return unseenField(name);
  }
}

export function vmaField(name: string, vma: VmaLook | undefined): Value | Unseen {
  if (!vma) return null;
  const start = BigInt(vma.start);
  const end = BigInt(vma.end);
  switch (name) {
    case "start":
      return { kind: "address", at: start, start, end };
    case "end":
      return { kind: "address", at: end, start, end };
    case "prot": {
      const bits = ["r", "w", "x"].reduce((all, letter, i) => all | (vma.permissions[i] === letter ? 1 << i : 0), 0);
      return word(PROTECTIONS[bits], bits);
    }
    default:
      return unseenField(name);
  }
}

// The bytes from an offset to the end of the page, undefined where a look does not show them all. Those that a look
// leaves out behind a short text are zero.
export function bytesOf(frame: FrameLook | undefined, offset: number): Uint8Array | undefined {
  if (frame?.text === undefined) return undefined;
  const shown = encode(frame.text);
  if (shown.length >= TEXT) {
    const rest = shown.subarray(Math.min(offset, shown.length));
    return rest.includes(0) ? rest : undefined;
  }
  const bytes = new Uint8Array(PAGE - offset);
  if (offset < shown.length) bytes.set(shown.subarray(offset));
  return bytes;
}
