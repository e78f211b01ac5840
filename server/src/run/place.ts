// Which pages an operation is about: its address and length, in pages of an address space.

import type { OpSpec } from "../lang/ops.ts";
import type { Value } from "../lang/value.ts";
import type { Kernel } from "../mm/kernel.ts";
import type { Place } from "./steps.ts";

interface Positions {
  readonly address: number;
  readonly length: number;
  readonly process: number;
}

const known = new WeakMap<OpSpec, Positions>();

export function placeOf(k: Kernel, op: OpSpec, args: readonly (Value | undefined)[], task: number): Place | undefined {
  const { address, length, process } = positions(op);
  const value = args[address];
  if (value === undefined || value === null || typeof value === "string") return undefined;
  const at = typeof value === "bigint" ? value : value.kind === "address" ? value.at : undefined;
  if (at === undefined) return undefined;
  const target = args[process];
  const who = typeof target === "object" && target !== null && target.kind === "process" ? target.task : task;
  const mm = k.w.task.mm.data[who] - 1;
  if (mm < 0) return undefined;
  const bytes = bytesOf(args[length], value, op, args);
  // User addresses have at most 57 bits; doubles lose bytes of a page above 2^53, never the page.
  const first = Number(at) / k.pageSize;
  const vpn = Math.floor(first);
  const pages = Math.ceil(first - vpn + bytes / k.pageSize);
  return { mm, vpn, pages: Math.min(pages, 2 ** 32 - 1) };
}

// An access without a length is of one byte or of the string's bytes; another call's is the rest of the mapping.
function bytesOf(length: Value | undefined, at: Value, op: OpSpec, args: readonly (Value | undefined)[]): number {
  if (typeof length === "bigint") return Number(length);
  if (op.access) {
    const text = args.find((arg) => typeof arg === "string");
    return typeof text === "string" ? text.length : 1;
  }
  return typeof at === "object" && at !== null && at.kind === "address" ? Math.max(0, Number(at.end - at.at)) : 1;
}

function positions(op: OpSpec): Positions {
  let found = known.get(op);
  if (!found) {
    const at = (kind: string) => op.params.findIndex((param) => param.of.kind === kind);
    found = { address: at("address"), length: at("length"), process: at("process") };
    known.set(op, found);
  }
  return found;
}
