// What KSM remembers: its pages (stable nodes) and the addresses that map them (rmap items). mm/ksm.c; mm-semantics §5.9.
//
//   ksm_stable_node ──kpfn──▶ page          no reference: the node is good while page.mapping points back to it
//      ├─ hlist ──▶ ksm_rmap_item ──next──▶ ksm_rmap_item     newest first

import { bug } from "./errors.ts";
import { PG_ksm } from "./flags.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";

// How many addresses may share a KSM page before a second one with the same bytes is made (max_page_sharing).
export const KSM_MAX_PAGE_SHARING = 256;

// The stable node (row) of a KSM page, -1 for other pages. Mirrors folio_stable_node(), mm/ksm.c, 6.12.
export function folio_stable_node(k: Kernel, pfn: number): number {
  const { flags, mapping } = k.w.page;
  return flags.data[pfn] & PG_ksm ? mapping.data[pfn] - 1 : -1;
}

// The node's page, or -1 when it is gone by now: the node goes too. Mirrors ksm_get_folio(), mm/ksm.c, 6.12, without the
// reference that keeps the page from going meanwhile.
export function ksm_get_folio(k: Kernel, node: number): number {
  const pfn = k.w.ksm_stable_node.kpfn.data[node];
  if (k.w.page._refcount.data[pfn] > 0 && folio_stable_node(k, pfn) === node) return pfn;
  remove_node_from_stable_tree(k, node);
  return -1;
}

// The items stay with their address spaces, but are listed nowhere. Mirrors remove_node_from_stable_tree(), mm/ksm.c, 6.12.
const remove_node_from_stable_tree = kernelFunction(
  "remove_node_from_stable_tree",
  "mm/ksm.c",
  (k: Kernel, node: number) => {
    const { ksm_stable_node: n, ksm_rmap_item: item } = k.w;
    for (let row = n.hlist.data[node] - 1; row >= 0; ) {
      const next = item.next.data[row] - 1;
      k.set(item.head, row, 0);
      k.set(item.next, row, 0);
      row = next;
    }
    k.set(n.hlist, node, 0);
    k.set(n.len, node, 0);
    k.set(n.kpfn, node, 0);
  },
);

// Takes the item off its node's list. Mirrors the first half of remove_rmap_item_from_tree(), mm/ksm.c, 6.12.
export function remove_from_stable_node(k: Kernel, row: number): void {
  const { ksm_stable_node: n, ksm_rmap_item: item } = k.w;
  const node = item.head.data[row] - 1;
  if (node < 0 || ksm_get_folio(k, node) < 0) return;
  const after = item.next.data[row];
  if (n.hlist.data[node] === row + 1) {
    k.set(n.hlist, node, after);
  } else {
    let before = n.hlist.data[node] - 1;
    while (before >= 0 && item.next.data[before] !== row + 1) before = item.next.data[before] - 1;
    if (before < 0) bug(`rmap item ${row} is not on the list of stable node ${node}`);
    k.set(item.next, before, after);
  }
  k.set(n.len, node, n.len.data[node] - 1);
  k.set(item.head, row, 0);
  k.set(item.next, row, 0);
}

// One more address maps the node's page. Mirrors stable_tree_append(), mm/ksm.c, 6.12.
export const stable_tree_append = kernelFunction(
  "stable_tree_append",
  "mm/ksm.c",
  (k: Kernel, row: number, node: number) => {
    const { ksm_stable_node: n, ksm_rmap_item: item, vma } = k.w;
    const anon_vma = vma.anon_vma.data[k.vmas.lookup(item.mm.data[row] - 1, item.vpn.data[row])];
    k.set(item.head, row, node + 1);
    k.set(item.anon_vma, row, anon_vma);
    k.set(item.next, row, n.hlist.data[node]);
    k.set(n.hlist, node, row + 1);
    k.set(n.len, node, n.len.data[node] + 1);
  },
);

// A node for a page that has just become KSM's. Mirrors the part of stable_tree_insert(), mm/ksm.c, 6.12, that makes it.
export function alloc_stable_node(k: Kernel, pfn: number, rank: number): number {
  const { ksm_stable_node: n } = k.w;
  const node = k.create(n);
  k.set(n.kpfn, node, pfn);
  k.set(n.rank, node, rank);
  k.set(k.w.page.mapping, pfn, node + 1);
  return node;
}

// The page is somewhere else from now on. Mirrors folio_migrate_ksm(), mm/ksm.c, 6.12: newfolio has its flags and mapping.
export function folio_migrate_ksm(k: Kernel, newfolio: number, folio: number): void {
  const node = folio_stable_node(k, folio);
  if (node < 0) return;
  k.set(k.w.ksm_stable_node.kpfn, node, newfolio);
  k.set(k.w.page.mapping, folio, 0);
}

// Calls visit with each place that may map a KSM page: the addresses that KSM merged, then the same addresses of other
// address spaces, which may have been forked since. False from visit ends the walk. Mirrors rmap_walk_ksm(), mm/ksm.c, 6.12.
export function rmap_walk_ksm(k: Kernel, pfn: number, visit: (vma: number, vpn: number) => boolean): boolean {
  const { ksm_stable_node: n, ksm_rmap_item: item, vma: v } = k.w;
  const node = folio_stable_node(k, pfn);
  if (node < 0) return true;
  for (const forks of [false, true]) {
    for (let row = n.hlist.data[node] - 1; row >= 0; row = item.next.data[row] - 1) {
      const vpn = item.vpn.data[row];
      for (const vma of k.rmap.ofAddress(item.anon_vma.data[row], vpn)) {
        if ((v.mm.data[vma] !== item.mm.data[row]) === forks && !visit(vma, vpn)) return false;
      }
    }
  }
  return true;
}
