// What must hold after every operation: the counters against the holders, and what the model promises.
// mm-semantics §15. A breach of a promise is what a person may have come to see; a breach of bookkeeping is our bug.

import { FOLL_PIN } from "./abi.ts";
import { PG_anon, PG_anon_exclusive, PG_ksm, PG_swapbacked, VM_SHARED } from "./flags.ts";
import { breaches_of_ksm } from "./invariants_ksm.ts";
import type { Kernel } from "./kernel.ts";
import { vm_normal_page } from "./normal_page.ts";
import { forEachHolder, livePins, mmOf, pageAt, vmasOf } from "./observe.ts";
import { free_pages } from "./page_alloc.ts";
import { PTE_WRITE, walk_ptes } from "./pgtable.ts";
import { linear_page_index } from "./rmap.ts";
import { mapping_vmas } from "./rmap_walk.ts";
import { is_migration_entry, is_swap_entry, migration_entry_pfn, PTE_SWP_EXCLUSIVE, swp_offset } from "./swapops.ts";

export interface Breach {
  // A stable name of the rule.
  readonly rule:
    | "refcount"
    | "mapcount"
    | "free-page"
    | "free-count"
    | "rss"
    | "swap-count"
    | "swap-exclusive"
    | "swap-used"
    | "map-count"
    | "vma-order"
    | "exclusive-mapped-once"
    | "writable-is-exclusive"
    | "rmap-finds-mappings"
    | "ksm-is-shared"
    | "pin-follows-owner";
  // "bookkeeping": a counter that does not match the world. "promise": what the model's kernel claims.
  readonly kind: "bookkeeping" | "promise";
  readonly message: string;
  readonly pfn?: number;
  readonly mm?: number;
  readonly vpn?: number;
}

// All breaches in the whole world. The order is that of the rules, then of the rows.
export function breaches(k: Kernel): Breach[] {
  return [
    ...countersOfPages(k),
    ...countersOfSpaces(k),
    ...swapSlots(k),
    ...exclusivity(k),
    ...rmap(k),
    ...breaches_of_ksm(k),
    ...pins(k),
  ];
}

function countersOfPages(k: Kernel): Breach[] {
  const { page, machine } = k.w;
  const last = machine.next_pfn.data[0];
  const refs = new Float64Array(last);
  const maps = new Float64Array(last);
  const found: Breach[] = [];
  forEachHolder(k, (pfn, holder) => {
    refs[pfn] += holder.count;
    if (holder.kind === "pte") maps[pfn] += 1;
  });
  let used = 0;
  for (let pfn = 1; pfn < last; pfn++) {
    const count = page._refcount.data[pfn];
    if (count !== 0) used++;
    if (count !== refs[pfn]) {
      found.push(broken("refcount", `pfn ${pfn} has refcount ${count}, its holders add up to ${refs[pfn]}`, { pfn }));
    }
    if (page._mapcount.data[pfn] !== maps[pfn]) {
      const mapcount = page._mapcount.data[pfn];
      found.push(broken("mapcount", `pfn ${pfn} has mapcount ${mapcount}, ${maps[pfn]} entries map it`, { pfn }));
    }
    if (count === 0 && page.flags.data[pfn] !== 0) {
      found.push(broken("free-page", `pfn ${pfn} is free but has flags`, { pfn }));
    }
  }
  // Frame 0 is nobody's, frame 1 (the zero page) was there before the allocator.
  const allocated = k.totalPages - 1 - free_pages(k);
  if (allocated !== used) {
    found.push(broken("free-count", `${used} frames are in use, the allocator counts ${allocated}`, {}));
  }
  return found;
}

function countersOfSpaces(k: Kernel): Breach[] {
  const { mm: m, vma, page } = k.w;
  const found: Breach[] = [];
  for (let mm = 0; mm < k.rows(m); mm++) {
    if (m.users.data[mm] === 0) continue;
    const rss = { file: 0, anon: 0, shmem: 0, swap: 0 };
    const vmas = vmasOf(k, mm);
    let end = 0;
    for (const row of vmas) {
      if (vma.start.data[row] < end || vma.end.data[row] <= vma.start.data[row]) {
        found.push(
          broken("vma-order", `VMA ${row} overlaps the one before it or is empty`, { mm, vpn: vma.start.data[row] }),
        );
      }
      end = vma.end.data[row];
      walk_ptes(k, mm, vma.start.data[row], end, (_pte, _vpn, entry) => {
        if (is_swap_entry(entry)) rss.swap++;
        const pfn = is_migration_entry(entry) ? migration_entry_pfn(entry) : vm_normal_page(k, row, entry);
        if (pfn !== undefined) rss[kindOf(page.flags.data[pfn])]++;
      });
    }
    if (m.map_count.data[mm] !== vmas.length) {
      found.push(broken("map-count", `map_count is ${m.map_count.data[mm]}, there are ${vmas.length} VMAs`, { mm }));
    }
    for (const [name, counter] of [
      ["file", m.rss_file],
      ["anon", m.rss_anon],
      ["shmem", m.rss_shmem],
      ["swap", m.rss_swap],
    ] as const) {
      if (counter.data[mm] === rss[name]) continue;
      found.push(broken("rss", `rss_${name} is ${counter.data[mm]}, ${rss[name]} entries count`, { mm }));
    }
  }
  return found;
}

// A slot counts the entries that name it (and the page-cache slots of shmem), and is in use while it is named or cached.
// From 5.19 on an entry that says exclusive is the slot's only one.
function swapSlots(k: Kernel): Breach[] {
  const { vma, swap, page, cache, machine } = k.w;
  const last = machine.next_swap.data[0];
  const named = new Float64Array(last + 1);
  const exclusive = new Map<number, { mm: number; vpn: number }>();
  const found: Breach[] = [];
  for (let row = 0; row < k.rows(vma); row++) {
    const mm = vma.mm.data[row] - 1;
    if (mm < 0) continue;
    walk_ptes(k, mm, vma.start.data[row], vma.end.data[row], (_pte, vpn, entry) => {
      if (!is_swap_entry(entry)) return;
      named[swp_offset(entry)]++;
      if (entry & PTE_SWP_EXCLUSIVE) exclusive.set(swp_offset(entry), { mm, vpn });
    });
  }
  for (let row = 0; row < k.rows(cache); row++) if (cache.swap.data[row] !== 0) named[cache.swap.data[row]]++;
  let used = 0;
  for (let slot = 1; slot <= last; slot++) {
    const cached = swap.cache.data[slot] - 1;
    if (swap.count.data[slot] !== 0 || cached >= 0) used++;
    if (swap.count.data[slot] !== named[slot]) {
      const message = `swap slot ${slot} has count ${swap.count.data[slot]}, ${named[slot]} entries name it`;
      found.push(broken("swap-count", message, {}));
    }
    if (cached >= 0 && page.swap.data[cached] !== slot) {
      found.push(
        broken("swap-count", `pfn ${cached} is cached for swap slot ${slot} but says otherwise`, { pfn: cached }),
      );
    }
    const place = exclusive.get(slot);
    if (place && named[slot] > 1) {
      const message = `an entry says that swap slot ${slot} is exclusive, ${named[slot]} entries name it`;
      found.push({ rule: "swap-exclusive", kind: "promise", message, ...place });
    }
  }
  if (machine.swap_used.data[0] !== used) {
    found.push(
      broken("swap-used", `${used} swap slots are in use, the device counts ${machine.swap_used.data[0]}`, {}),
    );
  }
  return found;
}

function kindOf(flags: number): "file" | "anon" | "shmem" {
  if (flags & PG_anon) return "anon";
  return flags & PG_swapbacked ? "shmem" : "file";
}

// From 5.19 on: an exclusive page is mapped at most once, and a writable entry of a private mapping has an exclusive page.
function exclusivity(k: Kernel): Breach[] {
  if (!k.model.anonExclusive) return [];
  const { vma, page } = k.w;
  const found: Breach[] = [];
  for (let row = 0; row < k.rows(vma); row++) {
    const mm = vma.mm.data[row] - 1;
    if (mm < 0 || vma.flags.data[row] & VM_SHARED) continue;
    walk_ptes(k, mm, vma.start.data[row], vma.end.data[row], (_pte, vpn, entry) => {
      const pfn = vm_normal_page(k, row, entry);
      if (pfn === undefined || (page.flags.data[pfn] & PG_anon) === 0) return;
      const exclusive = (page.flags.data[pfn] & PG_anon_exclusive) !== 0;
      if (exclusive && page._mapcount.data[pfn] > 1) {
        const message = `pfn ${pfn} is exclusive but mapped ${page._mapcount.data[pfn]} times`;
        found.push({ rule: "exclusive-mapped-once", kind: "promise", message, pfn, mm, vpn });
      }
      if (!exclusive && entry & PTE_WRITE) {
        const message = `pfn ${pfn} is mapped writable in a private mapping but is not exclusive`;
        found.push({ rule: "writable-is-exclusive", kind: "promise", message, pfn, mm, vpn });
      }
    });
  }
  return found;
}

// Each entry is among those that a walk from its page visits, unless the file let go of the page. Up to 5.19 an
// anon_vma that fork reused too early breaks this; mm-semantics §13, bug 23.
function rmap(k: Kernel): Breach[] {
  const { vma, page } = k.w;
  const found: Breach[] = [];
  for (let row = 0; row < k.rows(vma); row++) {
    const mm = vma.mm.data[row] - 1;
    if (mm < 0) continue;
    walk_ptes(k, mm, vma.start.data[row], vma.end.data[row], (_pte, vpn, entry) => {
      const pfn = vm_normal_page(k, row, entry);
      if (pfn === undefined || page.mapping.data[pfn] === 0 || page.flags.data[pfn] & PG_ksm) return;
      if (linear_page_index(k, row, vpn) === page.index.data[pfn] && mapping_vmas(k, pfn).includes(row)) return;
      const message = `pfn ${pfn} is mapped where a walk from the page does not come by`;
      found.push({ rule: "rmap-finds-mappings", kind: "promise", message, pfn, mm, vpn });
    });
  }
  return found;
}

// The anonymous page that a FOLL_PIN holds is the one that its owner's address still maps, unless the owner unmapped it.
// Kernels before 5.19 break this; mm-semantics §13, bugs 5, 6 and 17. Nothing of the kind is promised for a page of the
// page cache: a read-only pin of a private file mapping goes stale with the first write.
function pins(k: Kernel): Breach[] {
  const found: Breach[] = [];
  for (const pin of livePins(k)) {
    const mm = mmOf(k, k.w.pin.owner.data[pin] - 1);
    if (mm < 0 || (k.w.pin.flags.data[pin] & FOLL_PIN) === 0) continue;
    for (const [i, pfn] of k.side.pinPages[pin].entries()) {
      const vpn = k.side.pinStarts[pin] + i;
      const mapped = pageAt(k, mm, vpn);
      const anon = (k.w.page.flags.data[pfn] & PG_anon) !== 0;
      if (!anon || mapped < 0 || mapped === pfn || k.w.page._mapcount.data[pfn] === 0) continue;
      const message = `the pin holds pfn ${pfn}, its owner's address maps pfn ${mapped} by now`;
      found.push({ rule: "pin-follows-owner", kind: "promise", message, pfn, mm, vpn });
    }
  }
  return found;
}

function broken(rule: Breach["rule"], message: string, place: { pfn?: number; mm?: number; vpn?: number }): Breach {
  return { rule, kind: "bookkeeping", message, ...place };
}
