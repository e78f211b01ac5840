// What kernels promise to those who hold references to pages: that the page stays their owner's, and stays the one that he
// sees. mm-semantics §13, §15 (6). Each promise is broken by the kernels before the release that first made it.

import { FOLL_LONGTERM, FOLL_PIN } from "./abi.ts";
import { BY_RECLAIM, VM_SHARED } from "./flags.ts";
import { folio_test_anon, folio_test_hugetlb, PageAnonExclusive, page_folio } from "./folio.ts";
import type { Breach } from "./invariants.ts";
import type { Kernel } from "./kernel.ts";
import { leafAt } from "./leaf.ts";
import { mmOf, pageAt, vmaAt } from "./observe.ts";
import { NO_PAGE } from "./page_alloc.ts";
import { PTE_WRITE } from "./pgtable.ts";
import type { Tally } from "./tally.ts";

// Asked for the pin's i-th page.
export function pinBreaches(k: Kernel, tally: Tally, pin: number, i: number): Breach[] {
  const { page, pin: p } = k.w;
  const pfn = k.side.pinPages[pin][i];
  if (p.live.data[pin] === 0 || pfn === NO_PAGE) return [];
  const mm = k.side.pinSpaces[pin];
  const folio = page_folio(k, pfn);
  const anon = folio_test_anon(k, folio);
  // hugetlb asks for mapcounts alone in every release, and promises this to nobody.
  const found = anon && !folio_test_hugetlb(k, folio) ? strangers(k, tally, pin, pfn) : [];
  if ((p.flags.data[pin] & FOLL_PIN) === 0 && !k.model.gupWantsExclusive) return found;
  if (anon && page.unmapped_by.data[folio] === BY_RECLAIM) {
    const message = `the pin holds pfn ${pfn}, which reclaim took from its owner's address`;
    found.push({ rule: "pinned-page-is-kept", kind: "promise", message, pfn, mm });
  }
  if (mm < 0 || mmOf(k, p.owner.data[pin] - 1) !== mm) return found;
  const vpn = k.side.pinStarts[pin] + i;
  const mapped = pageAt(k, mm, vpn);
  if (mapped === pfn) return anon ? [...found, ...shared(k, mm, vpn, pfn)] : found;
  if (mapped < 0) return found;
  return [...found, ...(anon ? lost(k, tally, pfn, mapped, mm, vpn) : stale(k, pin, i, mapped, mm, vpn))];
}

// Whoever refers to an anonymous page does not see what another address space writes there alone: up to 5.8 a write
// reuses a page under such a reference (CVE-2020-29374; bug 1), up to 5.17 one that comes back from the swap cache.
function strangers(k: Kernel, tally: Tally, pin: number, pfn: number): Breach[] {
  const space = k.side.pinSpaces[pin];
  const head = page_folio(k, pfn);
  if (tally.writable[pfn] + tally.writableEntire[head] === 0) return [];
  const { table, pte, vma } = k.w;
  const { stride } = k.geometry;
  for (const row of mapping(k, tally, pfn)) {
    const at = Math.floor(row / stride);
    const mm = table.mm.data[at] - 1;
    if (mm === space || (pte.entry.data[row] & PTE_WRITE) === 0) continue;
    const vpn = table.first.data[at] + (row % stride) * k.scales[table.level.data[at]];
    const holder = vmaAt(k, mm, vpn);
    if (holder < 0 || vma.flags.data[holder] & VM_SHARED) continue;
    const message = `pin ${pin} refers to pfn ${pfn} for another address space than the one that may write it by now`;
    return [{ rule: "reference-sees-no-stranger", kind: "promise", message, pfn, mm, vpn }];
  }
  return [];
}

// Where GUP wants exclusive pages alone, what it took stays so for as long as its owner maps it.
function shared(k: Kernel, mm: number, vpn: number, pfn: number): Breach[] {
  const asked = leafAt(k, mm, vpn).level === 0 ? pfn : page_folio(k, pfn);
  if (!k.model.gupWantsExclusive || PageAnonExclusive(k, asked)) return [];
  const message = `a reference is held to pfn ${pfn}, which its owner's address maps but which is not exclusive`;
  return [{ rule: "referenced-is-exclusive", kind: "promise", message, pfn, mm, vpn }];
}

// The anonymous page that a FOLL_PIN holds is the one that its owner's address still maps, unless the owner unmapped it or
// has another address space by now. Kernels before 5.19 break this; bugs 5, 6 and 17. Where GUP wants exclusive pages alone, it
// holds for FOLL_GET, too.
function lost(k: Kernel, tally: Tally, pfn: number, mapped: number, mm: number, vpn: number): Breach[] {
  const folio = page_folio(k, pfn);
  if (tally.maps[pfn] + tally.entire[folio] === 0) return [];
  // mremap took it to another address.
  if (k.w.page.unmapped_by.data[folio] === mm + 1 || maps_page(k, tally, mm, pfn)) return [];
  const message = `the pin holds pfn ${pfn}, its owner's address maps pfn ${mapped} by now`;
  return [{ rule: "pin-follows-owner", kind: "promise", message, pfn, mm, vpn }];
}

// A long-term pin of what a private mapping shows of the page cache, or of the zero page, goes stale with the first write:
// such a pin is promised a page of its own from 6.2 on (84209e87c696); bug 21. Nothing is promised to other pins there.
function stale(k: Kernel, pin: number, i: number, mapped: number, mm: number, vpn: number): Breach[] {
  const long = (k.w.pin.flags.data[pin] & FOLL_LONGTERM) !== 0;
  if (!long || !k.side.pinPrivate[pin][i] || !folio_test_anon(k, page_folio(k, mapped))) return [];
  const pfn = k.side.pinPages[pin][i];
  const message = `the long-term pin holds pfn ${pfn}, its owner's private mapping shows pfn ${mapped} by now`;
  return [{ rule: "long-pin-follows-owner", kind: "promise", message, pfn, mm, vpn }];
}

function maps_page(k: Kernel, tally: Tally, mm: number, pfn: number): boolean {
  for (const row of mapping(k, tally, pfn)) {
    if (k.w.table.mm.data[Math.floor(row / k.geometry.stride)] === mm + 1) return true;
  }
  return false;
}

// The rows of the entries that map the page, or its whole folio.
function* mapping(k: Kernel, tally: Tally, pfn: number): Generator<number> {
  yield* tally.mapping(pfn);
  const folio = page_folio(k, pfn);
  if (folio !== pfn && tally.entire[folio] > 0) {
    for (const row of tally.mapping(folio)) {
      if (k.w.table.level.data[Math.floor(row / k.geometry.stride)] > 0) yield row;
    }
  }
}
