// Whether the comparison of two entries would say the same as that of the two before them: pages of large folios, one behind
// the other, of which everything that is compared is alike.

import { PAGE } from "./entry_look.ts";
import type { EntryLook, FrameLook } from "./look.ts";
import type { Place, Places } from "./places.ts";

export interface Both<T> {
  readonly simulated: T;
  readonly real: T;
}

export function alike(before: Both<EntryLook>, now: Both<EntryLook>, places: Both<Places>): boolean {
  return follows(before.simulated, now.simulated, places.simulated) && follows(before.real, now.real, places.real);
}

function follows(before: EntryLook, now: EntryLook, places: Places): boolean {
  if (now.address !== before.address + PAGE || now.kind !== "present" || before.kind !== "present") return false;
  const [a, b] = [before.frame, now.frame];
  return (
    a !== undefined &&
    b !== undefined &&
    before.level === now.level &&
    before.writable === now.writable &&
    before.dirty === now.dirty &&
    before.accessed === now.accessed &&
    before.special === now.special &&
    before.softDirty === now.softDirty &&
    sameFolio(a, b) &&
    a.mapcount === b.mapcount &&
    a.exclusive === b.exclusive &&
    a.hash === b.hash &&
    a.text === b.text &&
    follow(places.frames.get(a.pfn), places.frames.get(b.pfn))
  );
}

function sameFolio(a: FrameLook, b: FrameLook): boolean {
  if (a.zero || b.zero) return a.zero && b.zero;
  return a.folio !== undefined && b.folio?.head === a.folio.head && b.pfn === a.pfn + 1;
}

// Both were come to first in the same row of pages, one behind the other.
function follow(a: Place | undefined, b: Place | undefined): boolean {
  if (a === undefined || b === undefined || a.who !== b.who || a.pin !== b.pin) return false;
  return a.who === undefined || b.at === a.at + (a.pin ? 1 : PAGE);
}
