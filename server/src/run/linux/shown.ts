// How a value of a look is said, so that both sides say it alike.

import type { FrameLook, SmapsSum, SpaceLook } from "./look.ts";
import type { Names } from "./places.ts";

export type Shown = string | number | boolean | undefined;

export function text(value: Shown): string {
  if (value === undefined) return "not visible";
  return value === true ? "1" : value === false ? "0" : String(value);
}

export function bytes(frame: FrameLook): string {
  return JSON.stringify(frame.text ?? "");
}

export function signalOf(signal: string | undefined): string {
  return signal === undefined ? "none" : signal === "SIGKILL" ? "OOM" : signal;
}

// An id of an address space means nothing but whose it is.
export function ownerOf(spaces: readonly SpaceLook[], names: Names, id: number | undefined): Shown {
  if (id === undefined || id === 0) return id === 0 ? "none" : undefined;
  const space = spaces.find(({ mmId }) => mmId === id);
  return space ? names.process(space.worker) : "another";
}

// Smaps rounds each mapping's sum down to kB, the simulated one adds them all up first: what it may then be, and otherwise
// the nearest that the real one can be.
export function pssBeside(a: SmapsSum | undefined, b: SmapsSum | undefined): number | undefined {
  if (a === undefined || b === undefined) return b?.pss;
  return Math.min(Math.max(a.pss, b.pss), b.pss + Math.max(b.mappings - 1, 0));
}
