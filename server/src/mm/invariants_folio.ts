// What the counters of a large folio must be, by era: against the entries that map it, its pins, and the address spaces that
// they belong to. mm-semantics §7.2, §7.5, §7.6, §15.

import {
  ENTIRELY_MAPPED,
  FOLIO_DOUBLE_MAP,
  FOLIO_HUGETLB,
  FOLIO_MM_IDS_SHARED,
  FOLIO_PARTIALLY_MAPPED,
  PG_anon,
} from "./flags.ts";
import type { Breach, Rule } from "./invariants.ts";
import type { Kernel } from "./kernel.ts";
import { MM_ID_DUMMY } from "./mm_ids.ts";
import { overflowed, signed } from "./overflow.ts";
import { folio_has_pincount } from "./page_ref.ts";
import { no_page_mapcount } from "./rmap_large.ts";
import type { Tally } from "./tally.ts";

// Of a page that heads no large folio there is nothing to say.
export function folioBreaches(k: Kernel, tally: Tally, head: number): Breach[] {
  const row = k.w.page.folio.data[head] - 1;
  if (row < 0 || k.w.folio.head.data[row] !== head) return [];
  const told = (rule: Rule, message: string): Breach => {
    const kind = overflowed(k) ? "promise" : "bookkeeping";
    return { rule, kind, message: `the folio of pfn ${head} ${message}`, pfn: head };
  };
  const breaches = [...countBreaches(k, tally, row, told), ...flagBreaches(k, row, told)];
  if (k.model.mmIds && (k.w.folio.flags.data[row] & FOLIO_HUGETLB) === 0) {
    breaches.push(...ownerBreaches(k, tally, row, told));
  }
  return breaches;
}

type Tell = (rule: Rule, message: string) => Breach;

// entire = PMDs; map[i] = PTEs and what the era adds; large = entire + sum of PTEs; nrMapped = pages with PTEs, and the flag;
// pincount = pins.
function countBreaches(k: Kernel, tally: Tally, row: number, told: Tell): Breach[] {
  const { folio, page } = k.w;
  const head = folio.head.data[row];
  const nr = 2 ** folio.order.data[row];
  const bits = k.machine.mapcount_bits;
  const found: Breach[] = [];
  const entire = tally.entire[head];
  const expect = (rule: Rule, name: string, is: number, ought: number) => {
    if (is !== ought) found.push(told(rule, `has ${name} ${is}, its entries and pins make ${ought}`));
  };
  expect("entire-mapcount", "_entire_mapcount", folio._entire_mapcount.data[row], signed(entire, bits));
  const beside = besidePtes(k, row);
  let ptes = 0;
  let mapped = 0;
  for (let i = 0; i < nr; i++) {
    const maps = tally.maps[head + i];
    ptes += maps;
    if (maps > 0) mapped++;
    const ought = no_page_mapcount(k) ? 0 : signed(maps + beside, bits);
    if (page._mapcount.data[head + i] === ought) continue;
    found.push(told("mapcount", `has _mapcount ${page._mapcount.data[head + i]} of page ${i}, ${ought} is right`));
  }
  expect("large-mapcount", "_large_mapcount", folio._large_mapcount.data[row], counted(k, signed(entire + ptes, bits)));
  const hugetlb = (folio.flags.data[row] & FOLIO_HUGETLB) !== 0;
  const tracked = k.model.nrPagesMapped && !no_page_mapcount(k) && !hugetlb;
  const nrMapped = tracked ? mapped + (entire > 0 ? ENTIRELY_MAPPED : 0) : 0;
  expect("nr-pages-mapped", "_nr_pages_mapped", folio._nr_pages_mapped.data[row], nrMapped);
  expect("pincount", "_pincount", folio._pincount.data[row], folio_has_pincount(k, head) ? tally.pins[head] : 0);
  return found;
}

function counted(k: Kernel, mappings: number): number {
  return k.model.largeMapcount ? mappings : 0;
}

// What the era adds to each page's own PTEs: a file's PMDs, or one with PG_double_map.
function besidePtes(k: Kernel, row: number): number {
  const { folio, page } = k.w;
  const flags = folio.flags.data[row];
  if (!k.model.doubleMap || flags & FOLIO_HUGETLB) return 0;
  if ((page.flags.data[folio.head.data[row]] & PG_anon) === 0) return folio._entire_mapcount.data[row];
  return flags & FOLIO_DOUBLE_MAP ? 1 : 0;
}

// An anonymous folio is doubly mapped only while a PMD maps it. One that remembers that a part of it was unmapped waits for
// its split.
function flagBreaches(k: Kernel, row: number, told: Tell): Breach[] {
  const { folio, page } = k.w;
  const flags = folio.flags.data[row];
  const anon = (page.flags.data[folio.head.data[row]] & PG_anon) !== 0;
  const found: Breach[] = [];
  if (flags & FOLIO_DOUBLE_MAP && (!k.model.doubleMap || (anon && folio._entire_mapcount.data[row] === 0))) {
    found.push(told("double-map", "has PG_double_map, and no PMD maps it"));
  }
  if (flags & FOLIO_PARTIALLY_MAPPED && folio.deferred.data[row] === 0) {
    found.push(told("partially-mapped-is-queued", "is marked as partially mapped, and waits for no split"));
  }
  return found;
}

// A slot is of an address space that maps the folio, at least as often as it counts; both count no more than there is. When
// the folio does not count as shared, one slot counts all there is, and so all is one address space's.
function ownerBreaches(k: Kernel, tally: Tally, row: number, told: Tell): Breach[] {
  const { folio } = k.w;
  const mappings = mappingsById(k, tally, row);
  const large = folio._large_mapcount.data[row];
  const slots = [
    { id: folio._mm_id0.data[row], count: folio._mm_id_mapcount0.data[row] },
    { id: folio._mm_id1.data[row], count: folio._mm_id_mapcount1.data[row] },
  ];
  const found: Breach[] = [];
  for (const { id, count } of slots) {
    const maps = mappings.get(id) ?? 0;
    const right = id === MM_ID_DUMMY ? count === 0 : count >= 1 && count <= maps;
    if (!right) found.push(told("mm-ids", `counts ${count} mappings of mm_id ${id}, which has ${maps}`));
  }
  if (slots[0].id !== MM_ID_DUMMY && slots[0].id === slots[1].id) {
    found.push(told("mm-ids", `counts mm_id ${slots[0].id} in both slots`));
  }
  if (folio.flags.data[row] & FOLIO_MM_IDS_SHARED) {
    if (large === 0) found.push(told("mm-ids", "counts as shared, and nobody maps it"));
    return found;
  }
  if (slots.every(({ count }) => count !== large)) {
    found.push(told("mm-ids", `does not count as shared, and no slot has all of its ${large} mappings`));
  }
  if (mappings.size > 1) {
    const text = `counts as one address space's, and ${mappings.size} map it`;
    found.push({ ...told("unshared-has-one-owner", text), kind: "promise" });
  }
  return found;
}

// The entries that map it, by the number of their address space.
function mappingsById(k: Kernel, tally: Tally, row: number): Map<number, number> {
  const { folio, table, mm } = k.w;
  const { stride } = k.geometry;
  const head = folio.head.data[row];
  const end = head + 2 ** folio.order.data[row];
  const counts = new Map<number, number>();
  for (let page = head; page < end; page++) {
    for (const entry of tally.mapping(page)) {
      const id = mm.mm_id.data[table.mm.data[Math.floor(entry / stride)] - 1];
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}
