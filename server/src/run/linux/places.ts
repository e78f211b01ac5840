// What each frame of a look goes by, since frame numbers of two machines have nothing in common: the first address of the
// look that maps it, or the first pin that holds it. A large folio goes by the first of its pages that the look comes to.

import { hex, PAGE } from "./entry_look.ts";
import type { FrameLook, Look } from "./look.ts";

export interface Place {
  // A process or a pin by its name; undefined is the zero page, which everybody has.
  readonly who: string | undefined;
  // An address, or the number of a pin's page.
  readonly at: number;
  readonly pin: boolean;
}

export interface Places {
  // By frame number.
  readonly frames: ReadonlyMap<number, Place>;
  // By the frame number of the head: the page that was come to first.
  readonly folios: ReadonlyMap<number, { readonly place: Place; readonly pfn: number }>;
}

export interface Names {
  process(worker: number): string;
  pin(pin: number): string;
}

const ZERO_PAGE: Place = { who: undefined, at: 0, pin: false };

export function placesOf(look: Look, names: Names): Places {
  const frames = new Map<number, Place>();
  const folios = new Map<number, { place: Place; pfn: number }>();
  const see = (frame: FrameLook | undefined, who: string, at: number, pin: boolean) => {
    if (frame === undefined || frames.has(frame.pfn)) return;
    const place = frame.zero ? ZERO_PAGE : { who, at, pin };
    frames.set(frame.pfn, place);
    const { folio } = frame;
    if (folio && !folios.has(folio.head)) folios.set(folio.head, { place, pfn: frame.pfn });
  };
  for (const space of look.spaces) {
    const who = names.process(space.worker);
    for (const { address, frame, rest } of space.entries) {
      see(frame, who, address, false);
      for (let i = 0; i < rest.length; i++) see(rest[i], who, address + (i + 1) * PAGE, false);
    }
  }
  for (const { pin, pages } of look.pins) {
    const who = names.pin(pin);
    for (const [i, frame] of pages.entries()) see(frame, who, i, true);
  }
  return { frames, folios };
}

export function placeText({ who, at, pin }: Place): string {
  return who === undefined ? "zero page" : pin ? `${who} page ${at}` : `${who} ${hex(at)}`;
}

export function samePlace(a: Place | undefined, b: Place): boolean {
  return a !== undefined && a.who === b.who && a.at === b.at && a.pin === b.pin;
}

// Where the page stands in its folio, as the folio's first page that the look comes to sees it.
export function folioText(places: Places, { pfn, folio }: FrameLook): string | undefined {
  const first = folio && places.folios.get(folio.head);
  if (folio === undefined || first === undefined) return undefined;
  return pfn === first.pfn ? `its page ${pfn - folio.head}` : `${placeText(first.place)} + ${pfn - first.pfn}`;
}
