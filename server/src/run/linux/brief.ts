// What an operation came to on a machine, simulated or real, in a few words for behind its line: `minor cow · ref 1 map 1 excl`.

import type { Seen } from "./compare.ts";
import { entryOver, frameAt, PAGE } from "./entry_look.ts";
import type { EntryLook } from "./look.ts";
import { comparableRefcount } from "./rules.ts";

// `vpn` is the first page of the operation's range, where it has one, in the space of `worker`. What is not visible is left
// out. The frame's number is left out too: two machines never have the same.
export function briefOf({ look, result }: Seen, worker: number, vpn: number | undefined): string {
  const words = result === undefined ? [] : result.errno !== undefined ? [result.errno] : result.outcome;
  const outcome = words.length > 0 ? words.join(" ") : "ok";
  const entries = look.spaces.find((space) => space.worker === worker)?.entries ?? [];
  const at = vpn === undefined ? -1 : vpn * PAGE;
  const counters = countersOf(entryOver(entries, at), at);
  return counters === "" ? outcome : `${outcome} · ${counters}`;
}

function countersOf(entry: EntryLook | undefined, at: number): string {
  if (entry === undefined) return "";
  if (entry.kind !== "present") return `${entry.kind}${entry.exclusive ? " exclusive" : ""}`;
  const frame = frameAt(entry, at);
  if (!frame) return "";
  if (frame.zero) return "zero page";
  const refcount = comparableRefcount(frame);
  return [
    ...(refcount === undefined ? [] : [`ref ${refcount}`]),
    ...(frame.mapcount === undefined ? [] : [`map ${frame.mapcount}`]),
    ...(frame.exclusive ? ["excl"] : []),
  ].join(" ");
}
