// What must hold after every operation: the counters against the holders, and what the model promises.
// mm-semantics §15. A breach of a promise is what a person may have come to see; a breach of bookkeeping is our bug.
//
// Each rule is about one object (a page, an address space, an entry, …) and looks at the sums of a tally, so that it can be
// asked again for the objects that something happened to. audit.ts decides which those are; breaches() asks for all.

import { DEFAULT_HELD, default_home } from "./default_page.ts";
import { PG_anon, PG_anon_exclusive, PG_default_page, PG_ksm } from "./flags.ts";
import { folio_test_anon, folio_test_hugetlb, page_folio, page_pgoff } from "./folio.ts";
import { hugetlbBreaches } from "./invariants_hugetlb.ts";
import { ksmBreaches } from "./invariants_ksm.ts";
import { lruBreaches } from "./invariants_lru.ts";
import type { Kernel } from "./kernel.ts";
import { leafEntry } from "./leaf.ts";
import { vmasOf } from "./observe.ts";
import { overflowed, signed } from "./overflow.ts";
import { free_pages, max_pfn } from "./page_alloc.ts";
import { refcount_wraps } from "./page_ref.ts";
import { mk_pte, PTE_PRESENT, PTE_SPECIAL, PTE_TABLE, pte_pfn, WAITING } from "./pgtable.ts";
import { linear_page_index } from "./rmap.ts";
import { mapping_vmas } from "./rmap_walk.ts";
import { RSS, type Tally } from "./tally.ts";

// The rules' stable names, in the order in which breaches are told.
export const RULES = [
  "refcount",
  "mapcount",
  "entire-mapcount",
  "large-mapcount",
  "nr-pages-mapped",
  "pincount",
  "double-map",
  "partially-mapped-is-queued",
  "mm-ids",
  "free-page",
  "free-count",
  "rss",
  "swap-count",
  "swap-exclusive",
  "swap-used",
  "hugetlb-pool",
  "map-count",
  "vma-order",
  "stray-entry",
  "table-tree",
  "exclusive-mapped-once",
  "writable-is-exclusive",
  "unshared-has-one-owner",
  "rmap-finds-mappings",
  "default-page-has-one-mapping",
  "ksm-is-shared",
  "lru-has-what-it-may",
  "pin-follows-owner",
  "long-pin-follows-owner",
  "pinned-page-is-kept",
  "referenced-is-exclusive",
  "reference-sees-no-stranger",
] as const;
export type Rule = (typeof RULES)[number];

export interface Breach {
  readonly rule: Rule;
  // "bookkeeping": a counter that does not match the world. "promise": what the model's kernel claims.
  readonly kind: "bookkeeping" | "promise";
  readonly message: string;
  readonly pfn?: number;
  readonly mm?: number;
  readonly vpn?: number;
}

type Place = Pick<Breach, "pfn" | "mm" | "vpn">;

// A page's counters, and from 5.19 on: an exclusive page is mapped at most once, and a writable entry of a private
// mapping has an exclusive page.
export function pageBreaches(k: Kernel, tally: Tally, pfn: number): Breach[] {
  const { page } = k.w;
  if (pfn >= page.capacity) return [];
  const count = page._refcount.data[pfn];
  const mapcount = page._mapcount.data[pfn];
  const flags = page.flags.data[pfn];
  const held = tally.refs[pfn];
  const refs = refcount_wraps(k, pfn) ? signed(held, k.machine.refcount_bits) : held;
  const maps = signed(counted_maps(k, tally, pfn), k.machine.mapcount_bits);
  const found = [...ksmBreaches(k, tally, pfn), ...lruBreaches(k, pfn)];
  if (count !== refs) {
    found.push(broken(k, "refcount", `pfn ${pfn} has refcount ${count}, its holders add up to ${refs}`, { pfn }));
  }
  const large = page.folio.data[pfn] !== 0;
  if (!large && mapcount !== maps) {
    found.push(broken(k, "mapcount", `pfn ${pfn} has mapcount ${mapcount}, ${maps} entries map it`, { pfn }));
  }
  if (count === 0 && flags !== 0 && held === 0 && !large) {
    found.push(broken(k, "free-page", `pfn ${pfn} is free but has flags`, { pfn }));
  } else if (count === 0 && flags === 0 && held !== 0) {
    found.push(broken(k, "free-page", `pfn ${pfn} is free, and ${held} references to it are left`, { pfn }));
  }
  const folio = page_folio(k, pfn);
  const mapped = tally.maps[pfn] + tally.entire[folio];
  if (!k.model.anonExclusive || !folio_test_anon(k, folio) || mapped === 0) return found;
  const exclusive = (flags & PG_anon_exclusive) !== 0;
  if (exclusive && mapped > 1) {
    const message = `pfn ${pfn} is exclusive but mapped ${large ? mapped : mapcount} times`;
    found.push({ rule: "exclusive-mapped-once", kind: "promise", message, pfn });
  }
  if (!exclusive && k.model.writableIsExclusive && tally.writable[pfn] + tally.writableEntire[pfn] > 0) {
    const message = `pfn ${pfn} is mapped writable in a private mapping but is not exclusive`;
    found.push({ rule: "writable-is-exclusive", kind: "promise", message, pfn });
  }
  return found;
}

// The entries that the page's mapcount has to count: none of a driver's page, which has no mapping, where vm_insert_page() does
// not count it.
function counted_maps(k: Kernel, tally: Tally, pfn: number): number {
  const { page } = k.w;
  if (k.model.insertPageCountsMapping || page.mapping.data[pfn] !== 0) return tally.maps[pfn];
  return page.flags.data[pfn] & PG_anon ? tally.maps[pfn] : 0;
}

// A slot counts the entries that name it (and the page-cache slots of shmem). From 5.19 on an entry that says exclusive is
// the slot's only one.
export function slotBreaches(k: Kernel, tally: Tally, slot: number): Breach[] {
  const { swap, page } = k.w;
  const count = swap.count.data[slot] ?? 0;
  const { all, exclusive } = tally.names.get(slot) ?? { all: 0, exclusive: 0 };
  const found: Breach[] = [];
  if (count !== all) {
    found.push(broken(k, "swap-count", `swap slot ${slot} has count ${count}, ${all} entries name it`, {}));
  }
  const pfn = (swap.cache.data[slot] ?? 0) - 1;
  if (pfn >= 0 && page.swap.data[page_folio(k, pfn)] + pfn - page_folio(k, pfn) !== slot) {
    found.push(broken(k, "swap-count", `pfn ${pfn} is cached for swap slot ${slot} but says otherwise`, { pfn }));
  }
  if (exclusive > 0 && all > 1) {
    const message = `an entry says that swap slot ${slot} is exclusive, ${all} entries name it`;
    found.push({ rule: "swap-exclusive", kind: "promise", message });
  }
  return found;
}

// The allocators' own counts: frame 0 is nobody's; a slot is in use while it is named or cached.
export function machineBreaches(k: Kernel, tally: Tally): Breach[] {
  const found: Breach[] = [];
  const allocated = max_pfn(k) - 1 - free_pages(k);
  if (allocated !== tally.used) {
    found.push(broken(k, "free-count", `${tally.used} frames are in use, the allocator counts ${allocated}`, {}));
  }
  found.push(...hugetlbBreaches(k));
  const slots = k.w.machine.swap_used.data[0];
  if (slots !== tally.usedSlots) {
    found.push(broken(k, "swap-used", `${tally.usedSlots} swap slots are in use, the device counts ${slots}`, {}));
  }
  return found;
}

// The counters of an address space are what its entries add up to, where the model promises that.
export function rssBreaches(k: Kernel, tally: Tally, mm: number): Breach[] {
  if (k.w.mm.users.data[mm] === 0) return [];
  const found: Breach[] = [];
  for (const [kind, name] of RSS.entries()) {
    const counter = k.w.mm[name].data[mm];
    const mapped = tally.rss(mm, kind);
    // Who shares a table of PMDs counts only what it faulted in itself, and never takes that back.
    if (counter === mapped || (name === "hugetlb_usage" && k.w.machine.pmds_shared.data[0] !== 0)) continue;
    const breach = broken(k, "rss", `${name} is ${counter}, ${mapped} entries count`, { mm });
    found.push(k.model.rssMatchesMappings ? breach : { ...breach, kind: "promise" });
  }
  return found;
}

// The VMAs of an address space: counted, in order, none empty, none over another.
export function layoutBreaches(k: Kernel, mm: number): Breach[] {
  const { mm: m, vma } = k.w;
  if (m.users.data[mm] === 0) return [];
  const found: Breach[] = [];
  const vmas = vmasOf(k, mm);
  if (m.map_count.data[mm] !== vmas.length) {
    found.push(broken(k, "map-count", `map_count is ${m.map_count.data[mm]}, there are ${vmas.length} VMAs`, { mm }));
  }
  let end = 0;
  for (const row of vmas) {
    const vpn = vma.start.data[row];
    if (vpn < end || vma.end.data[row] <= vpn) {
      found.push(broken(k, "vma-order", `VMA ${row} overlaps the one before it or is empty`, { mm, vpn }));
    }
    end = vma.end.data[row];
  }
  return found;
}

// What an entry says is said inside of a VMA. An entry that maps a page is among those that a walk from the page visits,
// unless the file let go of the page. Up to 5.19 an anon_vma that fork reused too early breaks this; mm-semantics §13, bug 23.
export function entryBreaches(k: Kernel, row: number): Breach[] {
  const entry = leafEntry(k, row);
  if (entry === 0) return [];
  const { table, vma, page } = k.w;
  const at = Math.floor(row / k.geometry.stride);
  const mm = table.mm.data[at] - 1;
  const vpn = table.first.data[at] + (row % k.geometry.stride) * k.scales[table.level.data[at]];
  const next = k.vmas.find(mm, vpn);
  if (next < 0 || vma.start.data[next] > vpn) {
    return [broken(k, "stray-entry", `an entry translates page ${vpn} of mm ${mm}, which no VMA holds`, { mm, vpn })];
  }
  if ((entry & (PTE_PRESENT | PTE_SPECIAL)) !== PTE_PRESENT) return [];
  const pfn = pte_pfn(entry);
  const folio = page_folio(k, pfn);
  if (page.mapping.data[folio] === 0 || page.flags.data[folio] & PG_ksm || folio_test_hugetlb(k, folio)) return [];
  if (page.flags.data[folio] & PG_default_page) return defaultPageBreaches(k, next, pfn, { pfn, mm, vpn });
  if (linear_page_index(k, next, vpn) === page_pgoff(k, pfn) && mapping_vmas(k, pfn).includes(next)) return [];
  const message = `pfn ${pfn} is mapped where a walk from the page does not come by`;
  return [{ rule: "rmap-finds-mappings", kind: "promise", message, pfn, mm, vpn }];
}

// refpage-in-mapping: a default page is mapped in its own mapping alone, anywhere in it; its home has the mapping's reference, so that
// there are no more references than pages.
function defaultPageBreaches(k: Kernel, vma: number, pfn: number, place: Place): Breach[] {
  if (k.w.vma.default_page.data[vma] === pfn + 1) {
    const twice = place.vpn === default_home(k, vma) && (k.w.vma.default_state.data[vma] & DEFAULT_HELD) !== 0;
    if (!twice) return [];
    return [broken(k, "default-page-has-one-mapping", `pfn ${pfn} is held by its home and by its mapping`, place)];
  }
  return [broken(k, "default-page-has-one-mapping", `pfn ${pfn} is the default page of another mapping`, place)];
}

// A table in use hangs where it says that it hangs.
export function tableBreaches(k: Kernel, row: number): Breach[] {
  const { table, pte, mm: m } = k.w;
  const mm = table.mm.data[row] - 1;
  if (mm < 0) return [];
  const up = table.up.data[row] - 1;
  const level = table.level.data[row] + 1;
  const slot = table.slot.data[row];
  const hangs =
    slot === WAITING
      ? up < 0 || (table.mm.data[up] === mm + 1 && table.level.data[up] === 1)
      : up < 0
        ? m.pgd.data[mm] === row + 1 && table.first.data[row] === 0
        : pte.entry.data[up * k.geometry.stride + slot] === mk_pte(row, PTE_TABLE | PTE_PRESENT) &&
          table.mm.data[up] === mm + 1 &&
          table.first.data[row] === table.first.data[up] + slot * k.scales[level];
  return hangs ? [] : [broken(k, "table-tree", `table ${row} of mm ${mm} does not hang where it says`, { mm })];
}

// After an overflow it is the kernel that has lost count.
function broken(k: Kernel, rule: Rule, message: string, place: Place): Breach {
  return { rule, kind: overflowed(k) ? "promise" : "bookkeeping", message, ...place };
}
