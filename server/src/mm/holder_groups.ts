// Who holds a folio, with the holders of neighbouring pages as one: 512 PTEs that map a folio page by page are one group, and so are
// those of neighbouring addresses that map one small page.

import { folio_test_large, page_folio } from "./folio.ts";
import { forEachHolder, type Holder } from "./holders.ts";
import type { Kernel } from "./kernel.ts";

export interface HolderGroup {
  // The first of them.
  readonly holder: Holder;
  // How many follow one another: entries, slots of a cache, slots of swap.
  readonly length: number;
  // The references that they hold together.
  readonly count: number;
  // Which pages of a large folio an entry maps: ` whole`, ` page 5`, ` pages 0…4`; of a small one that is mapped at addresses in a row
  // how far: ` and the next 7 pages`. Empty of all others.
  readonly part: string;
}

// The groups add up to the references that have a holder, in the order in which their first ones are found.
export function holderGroups(k: Kernel, pfn: number): HolderGroup[] {
  const folio = page_folio(k, pfn);
  const step = folio_test_large(k, folio) ? 1 : 0;
  const groups: HolderGroup[] = [];
  // Where a group would go on, by what the next holder of it is.
  const next = new Map<string, number>();
  forEachHolder(k, (held, holder) => {
    if (held !== folio) return;
    const place = placeOf(holder, step);
    const known = place && next.get(place.key(0));
    if (known === undefined) {
      groups.push({ holder, length: 1, count: holder.count, part: partOf(k, folio, holder, 1) });
      if (place) next.set(place.key(1), groups.length - 1);
      return;
    }
    const group = groups[known];
    const length = group.length + 1;
    groups[known] = {
      ...group,
      length,
      count: group.count + holder.count,
      part: partOf(k, folio, group.holder, length),
    };
    next.delete(place?.key(0) ?? "");
    if (place) next.set(place.key(1), known);
  });
  return groups;
}

// `page 5`, `slots 3…514`.
export function places(what: string, first: number, length: number): string {
  return length === 1 ? `${what} ${first}` : `${what}s ${first}…${first + length - 1}`;
}

function partOf(k: Kernel, folio: number, holder: Holder, length: number): string {
  if (holder.kind !== "pte") return "";
  if (!folio_test_large(k, folio))
    return length === 1 ? "" : ` and the next ${length === 2 ? "page" : `${length - 1} pages`}`;
  return holder.level > 0 ? " whole" : ` ${places("page", holder.page - folio, length)}`;
}

interface Place {
  // What tells the holder that comes so many later. All that one pin holds is one group.
  key(later: number): string;
}

// step: how many pages of the folio the next entry is further.
function placeOf(holder: Holder, step: number): Place | undefined {
  switch (holder.kind) {
    case "pte":
      if (holder.level > 0) return undefined;
      return { key: (later) => `pte ${holder.mm} ${holder.vpn + later} ${holder.page + later * step}` };
    case "page cache":
      return { key: (later) => `page cache ${holder.file} ${holder.index + later}` };
    case "swap cache":
      return { key: (later) => `swap cache ${holder.slot + later}` };
    case "pin":
      return { key: () => `pin ${holder.pin}` };
    default:
      return undefined;
  }
}
