// A fault on an entry that is not present: a swapped page comes back, a migration is waited for, a marker speaks.
// mm/memory.c; mm-semantics §2.7.

import { type Fault, VM_FAULT_HWPOISON, VM_FAULT_MAJOR, VM_FAULT_OOM, VM_FAULT_SIGSEGV } from "./fault.ts";
import { folio_test_large, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { ksm_might_need_to_copy } from "./ksm_swapin.ts";
import { folio_add_lru, folio_add_lru_vma } from "./lru.ts";
import { migration_entry_wait } from "./migration_wait.ts";
import { SWAPIN } from "./outcome.ts";
import { folio_get, folio_put, refuses_refs } from "./page_ref.ts";
import { read_swap_cache_async, swap_read_folio } from "./swap_in.ts";
import { swap_update_readahead, swap_vma_readahead } from "./swap_readahead.ts";
import { swap_count } from "./swap_slots.ts";
import { swap_cache_get_page } from "./swap_state.ts";
import { swapin_large } from "./swapin_large.ts";
import { is_guard_marker, is_migration_entry, is_swap_entry, swp_offset } from "./swapops.ts";

const SKIPS_CACHE = condition("si->flags & SWP_SYNCHRONOUS_IO && __swap_count(entry) == 1", "swap count");

// The page comes from the swap cache, or from the device (a major fault). The reference that the search or the
// allocation gives becomes the mapping's: mapcount + 1, rss_anon + 1, rss_swap - 1, the slot loses a user. Whether the
// entry becomes writable, the page exclusive, and the swap cache lets go, is the model's.
// Mirrors do_swap_page(), mm/memory.c, 6.12.
export const do_swap_page = kernelFunction("do_swap_page", "mm/memory.c", (k: Kernel, vmf: Fault): number => {
  if (is_migration_entry(vmf.entry)) return migration_entry_wait(k, vmf);
  if (!is_swap_entry(vmf.entry)) return handle_pte_marker(k, vmf);
  const slot = swp_offset(vmf.entry);
  let result = 0;
  let page = swap_cache_get_page(k, slot);
  if (page >= 0) {
    if (refuses_refs(k, page_folio(k, page), 1)) return VM_FAULT_OOM;
    folio_get(k, page_folio(k, page));
    if (!folio_test_large(k, page)) swap_update_readahead(k, vmf.vma, vmf.vpn, page);
  } else {
    page = swapin(k, vmf, slot);
    if (page < 0) return VM_FAULT_OOM;
    result = VM_FAULT_MAJOR;
  }
  k.outcome |= SWAPIN;
  const own = folio_test_large(k, page) ? page : ksm_might_need_to_copy(k, page, vmf.vma, vmf.vpn);
  if (own < 0) {
    folio_put(k, page);
    return VM_FAULT_OOM;
  }
  if (own !== page) folio_add_lru_vma(k, own, vmf.vma);
  result |= k.model.mapSwappedPage(k, vmf, own, slot);
  if (own !== page) folio_put(k, page);
  return result;
});

// Reads the page back from the device, with one reference for the caller, and its neighbours with it. A synchronous
// device reads none: up to 6.18 when no other entry names the slot, and then the page skips the swap cache; 7.2 ever. From
// 6.12 on it is read as a part of a large folio where such are allowed. -1 when memory is used up.
function swapin(k: Kernel, vmf: Fault, slot: number): number {
  if (k.machine.swap_device !== "sync") return swap_vma_readahead(k, vmf.vma, vmf.vpn, slot);
  const count = swap_count(k, slot);
  if (k.model.swapinSkipsCache && !k.decide(SKIPS_CACHE, count, count === 1)) {
    return swap_vma_readahead(k, vmf.vma, vmf.vpn, slot);
  }
  const page = swapin_large(k, vmf, slot);
  if (page >= 0) return page;
  if (!k.model.swapinSkipsCache) return read_swap_cache_async(k, slot);
  const pfn = swap_read_folio(k, slot);
  if (pfn >= 0) folio_add_lru(k, pfn);
  return pfn;
}

// A guard page is a SIGSEGV, poison a SIGBUS. Mirrors handle_pte_marker(), mm/memory.c, 7.2.
const handle_pte_marker = kernelFunction("handle_pte_marker", "mm/memory.c", (_k: Kernel, vmf: Fault): number =>
  is_guard_marker(vmf.entry) ? VM_FAULT_SIGSEGV : VM_FAULT_HWPOISON,
);
