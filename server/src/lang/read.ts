// Reading the simulated world for expressions: the small steps that fields and functions share. Nothing here changes it.

import type { Kernel } from "../mm/kernel.ts";
import { decode } from "./bytes.ts";
import { FALSE, TRUE, type Value } from "./value.ts";

export function truth(holds: boolean): bigint {
  return holds ? TRUE : FALSE;
}

// Small numbers are by far the most frequent ones.
const SMALL = Array.from({ length: 1025 }, (_, i) => BigInt(i));

export function number(value: number): bigint {
  return value >= 0 && value <= 1024 ? SMALL[value] : BigInt(value);
}

// The page that an address lies in, -1 outside of user space.
export function pageNumber(k: Kernel, at: bigint): number {
  const page = at >> BigInt(k.geometry.pageShift);
  return page < BigInt(k.geometry.taskPages) ? Number(page) : -1;
}

// What a frame holds from `offset` on, up to the first zero byte.
export function textAt(k: Kernel, pfn: number, offset: number): { bytes: Uint8Array; ended: boolean } {
  return textOf(k, k.w.page.content.data[pfn], offset);
}

// The same of a content.
export function textOf(k: Kernel, id: number, offset: number): { bytes: Uint8Array; ended: boolean } {
  const content = k.contents.get(id);
  const zero = content.indexOf(0, offset);
  const end = zero < 0 ? content.length : zero;
  // Contents keep no zeroes at their end: what is not kept is zero.
  return { bytes: content.subarray(Math.min(offset, end), end), ended: end < k.pageSize };
}

// Bytes of consecutive pieces, joined up to the first zero byte; undefined pieces end it.
export function joined(pieces: Iterable<{ bytes: Uint8Array; ended: boolean }>): string {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const { bytes, ended } of pieces) {
    parts.push(bytes);
    length += bytes.length;
    if (ended) break;
  }
  if (parts.length === 1) return decode(parts[0]);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return decode(all);
}

// The values' own numbers, for the readers of one owner's fields.
export function rowOf(value: Value): number {
  if (typeof value !== "object" || value === null) return -1;
  switch (value.kind) {
    case "page":
    case "folio":
      return value.pfn;
    case "process":
      return value.task;
    case "file":
      return value.file;
    case "pin":
      return value.pin;
    case "vma":
      return value.vma;
    default:
      return -1;
  }
}
