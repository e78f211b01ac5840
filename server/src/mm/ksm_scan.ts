// ksmd at work: it reads the mergeable mappings page by page and merges what is equal. mm/ksm.c; mm-semantics §5.9.
//
//   page ─▶ cmp_and_merge_page ─┬─ KSM's already (forked) ────────▶ one more item of its stable node
//                               ├─ changed since the last pass ──▶ wait
//                               ├─ all zero, with ksm_zero_pages ▶ the zero page
//                               ├─ equal to a KSM page ──────────▶ merged into it
//                               ├─ equal to a page of this pass ─▶ becomes KSM's, and that one is merged into it
//                               └─ none of these ────────────────▶ waits in the unstable tree for its like
//
// The trees find equal pages; in which order they stand changes nothing, so here they are maps by content. One NUMA node.
// Smart scan (6.7) is left out: it only puts off what a fixed point comes to. A chain of duplicates is pruned as it is
// walked, as within two seconds of the last pruning.

import { VM_MERGEABLE } from "./flags.ts";
import { folio_test_anon, folio_test_large, page_folio } from "./folio.ts";
import { __folio_split } from "./folio_split.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { break_ksm, find_mergeable_vma, KSMD } from "./ksm.ts";
import { try_to_merge_with_ksm_page, try_to_merge_with_zero_page } from "./ksm_merge.ts";
import {
  alloc_stable_node,
  folio_stable_node,
  KSM_MAX_PAGE_SHARING,
  ksm_get_folio,
  remove_from_stable_node,
  stable_tree_append,
} from "./ksm_nodes.ts";
import { lru_add_drain } from "./lru.ts";
import { followed, vm_normal_page } from "./normal_page.ts";
import { leafAt } from "./observe.ts";
import { folio_get, folio_put } from "./page_ref.ts";
import { PTE_SPECIAL, pmd_trans_huge, pte_pfn, type VisitHuge, walk_ptes } from "./pgtable.ts";
import { SamePages } from "./same_pages.ts";

const ANON = condition("folio_test_anon(folio)", "anon");
const CHECKSUM = condition("rmap_item->oldchecksum == checksum", "scans before");
const SHARING_CANDIDATE = condition("is_page_sharing_candidate(stable_node_dup)", "rmap items");

interface Scan {
  readonly same: SamePages;
  // By content: the stable nodes of equal pages, in the order of their chain.
  readonly stable: Map<number, number[]>;
  // By content: the rmap item that waits in this pass, and where it waits.
  readonly unstable: Map<number, number>;
  readonly waits: Map<number, number>;
  // The rmap items of each address space, ascending.
  readonly items: Map<number, number[]>;
  // Something merged, or was seen for the first time.
  changed: boolean;
}

// Passes over all mergeable memory until one changes nothing. What it has to leave alone stays as it was.
// Mirrors ksm_do_scan(), mm/ksm.c, 6.12.
export const ksm_do_scan = kernelFunction("ksm_do_scan", "mm/ksm.c", (k: Kernel) => {
  const scan = begin_scan(k);
  // What ksmd's own faults did is no outcome of anybody's.
  const { outcome } = k;
  do {
    lru_add_drain(k);
    scan.unstable.clear();
    scan.waits.clear();
    scan.changed = false;
    for (const mm of mm_slots(k)) scan_mm(k, mm, scan);
  } while (scan.changed);
  k.outcome = outcome;
});

// The trees as the columns have them. Stale nodes go, which the kernel would notice in passing.
function begin_scan(k: Kernel): Scan {
  const { ksm_stable_node: n, ksm_rmap_item: item } = k.w;
  const same = new SamePages(k.contents);
  const stable = new Map<number, number[]>();
  for (let node = 0; node < k.rows(n); node++) {
    if (n.kpfn.data[node] === 0) continue;
    const pfn = ksm_get_folio(k, node);
    if (pfn < 0) continue;
    const key = same.of(k.w.page.content.data[pfn]);
    const chain = stable.get(key);
    if (chain) chain.push(node);
    else stable.set(key, [node]);
  }
  for (const chain of stable.values()) chain.sort((a, b) => n.rank.data[b] - n.rank.data[a]);
  const items = new Map<number, number[]>();
  for (let row = 0; row < k.rows(item); row++) {
    const mm = item.mm.data[row] - 1;
    if (mm < 0) continue;
    const rows = items.get(mm);
    if (rows) rows.push(row);
    else items.set(mm, [row]);
  }
  for (const rows of items.values()) rows.sort((a, b) => item.vpn.data[a] - item.vpn.data[b]);
  return { same, stable, unstable: new Map(), waits: new Map(), items, changed: false };
}

// KSM's list of address spaces. One that has ended stands at its head, to be cleared away: __ksm_exit(), mm/ksm.c, 6.12.
function mm_slots(k: Kernel): number[] {
  const { ksm_slot, users } = k.w.mm;
  const rows: number[] = [];
  for (let mm = 0; mm < k.rows(k.w.mm); mm++) if (ksm_slot.data[mm] !== 0) rows.push(mm);
  const place = (mm: number) => (users.data[mm] === 0 ? 0 : ksm_slot.data[mm]);
  return rows.sort((a, b) => place(a) - place(b));
}

// One address space: all pages of its mergeable VMAs, ascending. Items whose page is gone go; an address space without
// mergeable VMAs leaves the list. Mirrors scan_get_next_rmap_item(), mm/ksm.c, 6.12.
const scan_mm = kernelFunction("scan_get_next_rmap_item", "mm/ksm.c", (k: Kernel, mm: number, scan: Scan) => {
  const { vma: v, mm: m, ksm_rmap_item: item } = k.w;
  const old = scan.items.get(mm) ?? [];
  const rows: number[] = [];
  let at = 0;
  let mergeable = false;
  for (const vma of m.users.data[mm] === 0 ? [] : [...k.vmas.of(mm)]) {
    if ((v.flags.data[vma] & VM_MERGEABLE) === 0) continue;
    mergeable = true;
    if (v.anon_vma.data[vma] === 0) continue;
    const look = (vpn: number, page: number) => {
      if (!folio_test_anon(k, page_folio(k, page)) && !k.decide(ANON, 0, false)) return;
      k.tick();
      while (at < old.length && item.vpn.data[old[at]] < vpn) free_rmap_item(k, old[at++], scan);
      const row = at < old.length && item.vpn.data[old[at]] === vpn ? old[at++] : alloc_rmap_item(k, mm, vpn);
      rows.push(row);
      cmp_and_merge_page(k, row, page, scan);
    };
    // The pages of a THP one after the other, until one of them is merged, which splits it; then those that are left.
    let next = 0;
    const huge: VisitHuge = (pmd, first, from, to, entry) => {
      if (!followed(k, entry) || entry & PTE_SPECIAL) return;
      for (next = from; next < to && pmd_trans_huge(k.w.pte.entry.data[pmd]); next++)
        look(next, pte_pfn(entry) + next - first);
    };
    const visit = (_pte: number, vpn: number, entry: number) => {
      const page = vpn >= next && followed(k, entry) ? vm_normal_page(k, vma, entry) : undefined;
      if (page !== undefined) look(vpn, page);
    };
    walk_ptes(k, mm, v.start.data[vma], v.end.data[vma], visit, huge);
  }
  while (at < old.length) free_rmap_item(k, old[at++], scan);
  scan.items.set(mm, rows);
  if (!mergeable) k.set(m.ksm_slot, mm, 0);
});

function alloc_rmap_item(k: Kernel, mm: number, vpn: number): number {
  const { ksm_rmap_item: item } = k.w;
  const row = k.create(item);
  k.set(item.mm, row, mm + 1);
  k.set(item.vpn, row, vpn);
  return row;
}

function free_rmap_item(k: Kernel, row: number, scan: Scan): void {
  remove_rmap_item_from_tree(k, row, scan);
  k.set(k.w.ksm_rmap_item.mm, row, 0);
}

// Mirrors remove_rmap_item_from_tree(), mm/ksm.c, 6.12.
function remove_rmap_item_from_tree(k: Kernel, row: number, scan: Scan): void {
  remove_from_stable_node(k, row);
  const key = scan.waits.get(row);
  if (key === undefined) return;
  scan.waits.delete(row);
  scan.unstable.delete(key);
}

// Mirrors cmp_and_merge_page(), mm/ksm.c, 6.12. Up to 6.10 a page looks for its like among KSM's before it is asked
// whether it keeps still.
const cmp_and_merge_page = kernelFunction(
  "cmp_and_merge_page",
  "mm/ksm.c",
  (k: Kernel, row: number, pfn: number, scan: Scan) => {
    const { ksm_rmap_item: item } = k.w;
    const node = folio_stable_node(k, pfn);
    if (node >= 0) {
      if (item.head.data[row] === node + 1) return;
      remove_rmap_item_from_tree(k, row, scan);
      stable_tree_append(k, row, node);
      scan.changed = true;
      return;
    }
    if (k.model.ksmAsksChecksumFirst) {
      remove_rmap_item_from_tree(k, row, scan);
      if (keeps_still(k, row, pfn, scan) && !becomes_zero(k, row, pfn, scan) && !joins_stable(k, row, pfn, scan)) {
        unstable_tree(k, row, pfn, scan);
      }
      return;
    }
    if (joins_stable(k, row, pfn, scan)) return;
    remove_rmap_item_from_tree(k, row, scan);
    if (keeps_still(k, row, pfn, scan) && !becomes_zero(k, row, pfn, scan)) unstable_tree(k, row, pfn, scan);
  },
);

// The page holds what it held when this address was last scanned (the checksum of the kernel, by the bytes themselves).
function keeps_still(k: Kernel, row: number, pfn: number, scan: Scan): boolean {
  const { oldchecksum } = k.w.ksm_rmap_item;
  const content = k.w.page.content.data[pfn];
  const seen = oldchecksum.data[row];
  if (seen !== 0 && k.contents.equal(seen - 1, content)) return true;
  k.decide(CHECKSUM, seen === 0 ? 0 : 1, false);
  k.set(oldchecksum, row, content + 1);
  scan.changed = true;
  return false;
}

function becomes_zero(k: Kernel, row: number, pfn: number, scan: Scan): boolean {
  if (!k.machine.ksm_zero_pages || k.w.page.content.data[pfn] !== 0) return false;
  folio_get(k, page_folio(k, pfn));
  const merged = try_to_merge_with_zero_page(k, row, pfn);
  folio_put(k, page_folio(k, pfn));
  scan.changed ||= merged;
  return merged;
}

// A page that KSM has already is the page's like: merged into it, or not. False when there is none.
function joins_stable(k: Kernel, row: number, pfn: number, scan: Scan): boolean {
  const node = stable_tree_search(k, pfn, scan);
  if (node < 0) return false;
  const kpage = k.w.ksm_stable_node.kpfn.data[node];
  folio_get(k, page_folio(k, pfn));
  folio_get(k, kpage);
  remove_rmap_item_from_tree(k, row, scan);
  if (try_to_merge_with_ksm_page(k, row, pfn, kpage)) {
    stable_tree_append(k, row, node);
    scan.changed = true;
  }
  folio_put(k, kpage);
  folio_put(k, page_folio(k, pfn));
  return true;
}

// The stable node of an equal page that may be mapped once more, or -1. Among duplicates the first that may be, which
// comes to the head of the chain when it has room for two. Mirrors stable_tree_search() and stable_node_dup(), mm/ksm.c,
// 6.12.
function stable_tree_search(k: Kernel, pfn: number, scan: Scan): number {
  const { len, rank } = k.w.ksm_stable_node;
  const key = scan.same.of(k.w.page.content.data[pfn]);
  const chain = scan.stable.get(key);
  if (!chain) return -1;
  const live = chain.filter((node) => ksm_get_folio(k, node) >= 0);
  const found = live.find((node) => is_page_sharing_candidate(k, node, 0)) ?? live[0] ?? -1;
  if (found >= 0 && found !== live[0] && is_page_sharing_candidate(k, found, 1)) {
    live.splice(live.indexOf(found), 1);
    k.set(rank, found, rank.data[live[0]] + 1);
    live.unshift(found);
  }
  scan.stable.set(key, live);
  if (found < 0) return -1;
  return k.decide(SHARING_CANDIDATE, len.data[found], is_page_sharing_candidate(k, found, 0)) ? found : -1;
}

// Mirrors __is_page_sharing_candidate(), mm/ksm.c, 6.12: it is mapped at all, and not too often.
function is_page_sharing_candidate(k: Kernel, node: number, offset: number): boolean {
  const length = k.w.ksm_stable_node.len.data[node];
  return length > 0 && length + offset < KSM_MAX_PAGE_SHARING;
}

// An equal page of this pass: the page scanned now becomes KSM's, that one is merged into it. Else the page waits.
// Mirrors the last third of cmp_and_merge_page() with unstable_tree_search_insert(), mm/ksm.c, 6.12.
function unstable_tree(k: Kernel, row: number, pfn: number, scan: Scan): void {
  const { mm, vpn } = k.w.ksm_rmap_item;
  const key = scan.same.of(k.w.page.content.data[pfn]);
  const tree = scan.unstable.get(key);
  if (tree === undefined) {
    scan.unstable.set(key, row);
    scan.waits.set(row, key);
    return;
  }
  const tree_page = get_mergeable_page(k, mm.data[tree] - 1, vpn.data[tree]);
  // A page that fork has shared does not stand in for itself.
  if (tree_page < 0 || tree_page === pfn) return;
  // A folio that holds both has two references then, so that it is not split for the first.
  folio_get(k, page_folio(k, pfn));
  folio_get(k, page_folio(k, tree_page));
  if (try_to_merge_two_pages(k, row, pfn, tree, tree_page)) {
    remove_rmap_item_from_tree(k, tree, scan);
    const chain = scan.stable.get(key) ?? [];
    const node = alloc_stable_node(k, pfn, chain.length === 0 ? 1 : k.w.ksm_stable_node.rank.data[chain[0]] + 1);
    scan.stable.set(key, [node, ...chain]);
    stable_tree_append(k, tree, node);
    stable_tree_append(k, row, node);
    scan.changed = true;
  }
  const folio = page_folio(k, pfn);
  const both = folio_test_large(k, folio) && page_folio(k, tree_page) === folio;
  folio_put(k, page_folio(k, tree_page));
  if (both && __folio_split(k, folio, { page: pfn }) === 0) scan.changed = true;
  folio_put(k, page_folio(k, pfn));
}

// When the second half fails, the first is undone: the page that has become KSM's alone is copied. That happens in each
// pass again. Mirrors try_to_merge_two_pages(), mm/ksm.c, 6.12.
const try_to_merge_two_pages = kernelFunction(
  "try_to_merge_two_pages",
  "mm/ksm.c",
  (k: Kernel, row: number, pfn: number, tree: number, tree_page: number): boolean => {
    if (!try_to_merge_with_ksm_page(k, row, pfn, -1)) return false;
    if (try_to_merge_with_ksm_page(k, tree, tree_page, pfn)) return true;
    break_cow(k, row);
    return false;
  },
);

// Mirrors break_cow(), mm/ksm.c, 6.12.
const break_cow = kernelFunction("break_cow", "mm/ksm.c", (k: Kernel, row: number) => {
  const { mm, vpn } = k.w.ksm_rmap_item;
  const vma = find_mergeable_vma(k, mm.data[row] - 1, vpn.data[row]);
  if (vma >= 0) break_ksm(k, KSMD, vma, vpn.data[row], vpn.data[row] + 1);
});

// The anonymous page at the address, or -1. Mirrors get_mergeable_page(), mm/ksm.c, 6.12.
function get_mergeable_page(k: Kernel, mm: number, vpn: number): number {
  const vma = find_mergeable_vma(k, mm, vpn);
  if (vma < 0) return -1;
  const { entry } = leafAt(k, mm, vpn);
  const page = followed(k, entry) ? vm_normal_page(k, vma, entry) : undefined;
  return page !== undefined && folio_test_anon(k, page_folio(k, page)) ? page : -1;
}
