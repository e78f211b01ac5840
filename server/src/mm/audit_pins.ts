// Which pinned pages an audit must ask about again: those whose frame, whose entry, or whose owner was touched.
//
// A place is one page of one pin, as a number. A pin may hold very many pages, and an access touches one of them.

import { folio_nr_pages, page_folio } from "./folio.ts";
import { pinBreaches } from "./invariants_pins.ts";
import type { Kernel } from "./kernel.ts";
import type { Standing } from "./standing.ts";
import type { Tally } from "./tally.ts";

const PLACES = 2 ** 28;

export class PinWatch {
  // What the events touched: rows of pins, address spaces whose tables changed, tasks.
  readonly rows = new Set<number>();
  readonly spaces = new Set<number>();
  readonly tasks = new Set<number>();
  private readonly k: Kernel;
  private readonly standing: Standing;
  // Live pins, and plain references.
  private readonly live = new Set<number>();
  private readonly byFrame = new Places();
  private readonly byAddress = new Places();

  constructor(k: Kernel, standing: Standing) {
    this.k = k;
    this.standing = standing;
  }

  clear(): void {
    this.live.clear();
    this.byFrame.clear();
    this.byAddress.clear();
  }

  forget(): void {
    // To empty a set costs as much as to make one.
    for (const touched of [this.rows, this.spaces, this.tasks]) if (touched.size > 0) touched.clear();
  }

  // Asks the rule again. `ptes` are the rows of the entries that were touched.
  afresh(tally: Tally, ptes: readonly number[]): void {
    const { k, live } = this;
    const { pin, table } = k.w;
    for (const row of this.rows) {
      const lives = pin.live.data[row] === 1;
      if (lives !== live.has(row)) this.watch(row, lives);
    }
    if (live.size === 0) return;
    const ask = (place: number) => {
      const row = Math.floor(place / PLACES);
      this.standing.put(place, pinBreaches(k, tally, row, place % PLACES));
    };
    const touched = this.rows.size + this.tasks.size + this.spaces.size > 0;
    for (const row of touched ? live : []) {
      const owner = pin.owner.data[row] - 1;
      if (!this.rows.has(row) && !this.tasks.has(owner) && !this.spaces.has(k.side.pinSpaces[row])) continue;
      for (let i = 0; i < k.side.pinPages[row].length; i++) ask(row * PLACES + i);
    }
    // What maps a folio as a whole, its head's row tells.
    for (const pfn of tally.changedPages.rows) {
      for (let page = pfn; page < pfn + folio_span(k, pfn); page++) this.byFrame.each(page, ask);
    }
    const { stride } = k.geometry;
    for (const row of ptes) {
      const at = Math.floor(row / stride);
      const span = k.scales[Math.min(table.level.data[at], 1)];
      const first = table.first.data[at] + (row % stride) * span;
      for (let vpn = first; vpn < first + span; vpn++) this.byAddress.each(vpn, ask);
    }
  }

  private watch(pin: number, lives: boolean): void {
    const start = this.k.side.pinStarts[pin];
    if (lives) this.live.add(pin);
    else this.live.delete(pin);
    for (const [i, pfn] of this.k.side.pinPages[pin].entries()) {
      const place = pin * PLACES + i;
      this.byFrame.put(pfn, place, lives);
      this.byAddress.put(start + i, place, lives);
      if (!lives) this.standing.put(place, []);
    }
  }
}

// Pages of the folio that the page is the head of; 1 for any other page.
function folio_span(k: Kernel, pfn: number): number {
  return page_folio(k, pfn) === pfn ? folio_nr_pages(k, pfn) : 1;
}

// Places by number. There is mostly one of each.
class Places {
  private readonly by = new Map<number, number | Set<number>>();

  clear(): void {
    this.by.clear();
  }

  put(key: number, place: number, there: boolean): void {
    const now = this.by.get(key);
    if (now === undefined || now === place) {
      if (there) this.by.set(key, place);
      else this.by.delete(key);
    } else if (typeof now === "number") {
      if (there) this.by.set(key, new Set([now, place]));
    } else if (there) now.add(place);
    else {
      now.delete(place);
      if (now.size === 0) this.by.delete(key);
    }
  }

  each(key: number, visit: (place: number) => void): void {
    const places = this.by.get(key);
    if (places === undefined) return;
    if (typeof places === "number") visit(places);
    else for (const place of places) visit(place);
  }
}
